"""Reads tables (CSV, JSON, YAML and others) as rows with positions; each row makes a shot."""
