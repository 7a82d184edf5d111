"""What a command works on: workspace, output folder, connection, git."""
