"""Carries out a Plan: the loop, its pacing, submissions, tasks and downloads."""
