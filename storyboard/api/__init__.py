"""What travels to and from the API: http/, what its answers mean, downloads, account and key."""
