"""Turns text into takes: YAML, rows, templates, expansion, validation. Pure."""
