"""Video files: their names, measuring them, fetching them."""
