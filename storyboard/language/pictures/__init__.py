"""Finds the pictures that a storyboard names, and checks that they are what the models take."""
