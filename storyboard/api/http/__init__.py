"""HTTP requests: the client, its connections, and whether a failed request had been sent."""
