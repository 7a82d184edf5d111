"""The names of storyboards in text for people."""

from __future__ import annotations

from storyboard.records import Storyboard


def display_name(board: Storyboard) -> str:
    """The storyboard's file, and which of its variants was read: `film.yaml (draft)`."""
    return str(board.path) if board.variant is None else f"{board.path} ({board.variant})"
