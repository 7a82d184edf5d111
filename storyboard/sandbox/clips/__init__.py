"""Animatics: the pictures of a take, drawn and encoded as MP4."""
