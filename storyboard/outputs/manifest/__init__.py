"""The manifest: what was sent and what came back, written for git and read by clones."""
