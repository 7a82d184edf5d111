"""YAML text to nodes that keep their file, line and column."""
