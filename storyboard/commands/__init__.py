"""One file per command, and nothing else."""
