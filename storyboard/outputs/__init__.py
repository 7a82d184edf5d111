"""What a render leaves beside the videos: one file each."""
