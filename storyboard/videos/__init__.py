"""Video files: naming, measuring and downloading them."""
