"""Repairs of a storyboard's mistakes, where only one can be right, and the proof of each."""
