"""Communication with the API: HTTP, the meaning of its replies, downloads, account and key."""
