"""Submissions whose outcome is unknown: matching the request log, and what was decided."""
