"""From a storyboard file to its takes: cascade, matrix, seeds, payloads."""
