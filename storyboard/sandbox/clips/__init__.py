"""Animatics: a take's pictures, drawn and encoded as MP4."""
