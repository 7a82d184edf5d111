"""Rows of words on stdout; on a terminal in colour, each column wrapped within its own width.

rich draws them there, and is imported only here. With NO_COLOR, on a terminal without
colours, and in a pipe or a file they are plain lines.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Sequence

from storyboard.console.printing import align, print_lines, print_safe, wants_color
from storyboard.private import mask
from storyboard.reporting.quoting import cut, visible

STYLES = {
    "submit": "green",
    "resume": "cyan",
    "download": "cyan",
    "keep": "dim",
    "wait": "blue",
    "hold": "yellow",
    "ask": "bold yellow",
    "rendered": "green",
    "not downloaded": "cyan",
    "rendering": "cyan",
    "not sent yet": "dim",
    "outcome unknown": "bold yellow",
    "failed": "red",
    "rejected": "red",
}
"""The style of the first word of a row, which says the same without it."""

_MAX_DRAWN = 1000  # rows; more would take seconds, and nobody reads so many on a terminal

# A wrapped line may begin with what a CI service takes for a command; see `quoting`.
_COMMAND_START = re.compile(r"^((?:\s|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)


def print_rows(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    titles: Sequence[str] = (),
    indent: int = 2,
) -> None:
    """Prints the heads as lines, and the rows under them; `titles` are only for a terminal."""
    if _can_draw(rows):
        width = shutil.get_terminal_size().columns
        print_safe(drawn(heads, rows, titles=titles, indent=indent, width=width))
    else:
        print_lines(_plain(heads, rows, indent))


def screen_lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The same as safe lines for `redraw`; what is not drawn is cut where the terminal ends."""
    width = shutil.get_terminal_size().columns - 1
    if _can_draw(rows):
        return drawn(heads, rows, width=width).split("\n")
    return [cut(visible(line), width) for line in _plain(heads, rows, 2)]


def _can_draw(rows: Sequence[Sequence[str]]) -> bool:
    is_drawing = wants_color(sys.stdout.isatty()) and os.environ.get("TERM") != "dumb"
    return is_drawing and len(rows) <= _MAX_DRAWN


def _plain(heads: Sequence[str], rows: Sequence[Sequence[str]], indent: int) -> list[str]:
    return [*heads, *(f"{' ' * indent}{line}" for line in align(rows))]


def drawn(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    titles: Sequence[str] = (),
    indent: int = 2,
    width: int,
) -> str:
    """What is sent to a terminal of that many columns; nothing in the texts is read as markup."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    def text(words: str, style: str = "") -> Text:
        return Text(mask(visible(words)), style, overflow="fold")  # no key is found once wrapped

    table = Table(box=None, pad_edge=False, show_header=bool(titles), header_style="dim")
    for number in range(len(rows[0]) if rows else 0):
        table.add_column(text(titles[number]) if titles else "", overflow="fold")
    for first, *others in rows:
        table.add_row(text(first, STYLES.get(first, "")), *map(text, others))
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        width=width,
    )
    with console.capture() as capture:
        for head in heads:
            console.print(text(head, "bold"))
        if rows:
            console.print(Padding(table, (0, 0, 0, indent), expand=False))
    return _COMMAND_START.sub(r"\1\\x3a", capture.get()).rstrip("\n")
