"""What `storyboard init` writes: the files of a new project, and a storyboard around a list."""
