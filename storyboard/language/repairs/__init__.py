"""Repairs for mistakes with exactly one right correction, and the proof of each."""
