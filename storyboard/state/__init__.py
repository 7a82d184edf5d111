"""The state file, its rows and its lock: the only place that speaks SQLite."""
