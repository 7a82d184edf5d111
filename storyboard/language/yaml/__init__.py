"""Turns YAML text into nodes that keep their file, line and column."""
