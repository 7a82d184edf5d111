"""From text to takes, pure: YAML, rows, templates, expansion, validation."""
