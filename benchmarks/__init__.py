"""What storyboard costs, each figure a ratio to a baseline measured beside it: `make bench`."""
