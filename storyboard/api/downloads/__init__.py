"""Result links: which may be followed, downloading them, resuming a partial file."""
