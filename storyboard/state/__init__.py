"""The state file, its rows and its lock; the only room that uses SQLite."""
