"""HTTP requests: sessions, connections, and whether a failed request had been sent."""
