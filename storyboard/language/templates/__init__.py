"""Jinja templates, sandboxed, deterministic and bounded."""
