"""Submissions whose outcome is unknown: matching the request log, and recording decisions."""
