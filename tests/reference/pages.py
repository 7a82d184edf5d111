"""The pages of the reference, by file name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.reference.commands import commands_page
from tests.reference.format import format_page
from tests.reference.problems import problems_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

_NOTE = "<!-- Made by `python -m tests.reference`; edit what it is made from. -->"


def pages() -> Mapping[str, str]:
    """The text of each page; none ends in an empty line."""
    made = {
        "format.md": format_page(),
        "commands.md": commands_page(),
        "problems.md": problems_page(),
    }
    return {name: f"{_NOTE}\n\n{text.strip()}\n" for name, text in made.items()}
