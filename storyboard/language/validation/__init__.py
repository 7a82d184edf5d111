"""Checks files and payloads against their schemas, and explains what does not fit."""
