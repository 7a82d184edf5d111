"""Result links: which ones may be followed, downloading them, resuming partial files."""
