"""One careful request: sessions, connections, and whether a request was sent when it failed."""
