"""The gallery: one HTML page that shows every take."""
