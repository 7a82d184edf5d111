"""Carries out a Plan: the loop, its pacing, submissions, polls and downloads."""
