"""From text to takes, pure: source, rows, templates, expand, prompt, problems."""
