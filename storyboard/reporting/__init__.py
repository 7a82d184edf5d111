"""Formats problems, source quotes, suggestions and amounts for people and programs."""
