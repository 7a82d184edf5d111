"""How storyboards are called in what people read."""

from __future__ import annotations

from storyboard.records import Storyboard


def display_name(board: Storyboard) -> str:
    """The storyboard's file, and the variant that is read of it: `film.yaml (draft)`."""
    return str(board.path) if board.variant is None else f"{board.path} ({board.variant})"
