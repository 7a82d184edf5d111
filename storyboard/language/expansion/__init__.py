"""Expands a storyboard file into its takes: cascade, matrix, seeds, payloads."""
