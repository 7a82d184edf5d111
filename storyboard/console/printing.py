"""All printing: results to stdout, everything else to stderr, with control characters escaped.

Every line is escaped before it is written, so text from a storyboard, a state file, a
reply or a file name can control neither the terminal nor a CI service that reads the
log. No other module writes to the streams.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from storyboard.console import streams
from storyboard.private import mask
from storyboard.records import Problem
from storyboard.reporting import quoting
from storyboard.reporting.problems import format_problems, summarize

SCHEMA_VERSION = 1


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document with its `schema_version`, on stdout."""
    print_safe(quoting.json_text({"schema_version": SCHEMA_VERSION, **document}))


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines on stdout, each escaped, line breaks within it included."""
    print_safe("\n".join(map(quoting.visible, lines)))


def redraw(lines: Sequence[str], *, over: Sequence[str] = ()) -> None:
    """Prints safe lines on a terminal, as many as fit, in place of the `over` lines before.

    None is wider than the terminal. The lines above those stay.
    """
    import shutil  # which also imports three compressors

    most = shutil.get_terminal_size().lines - 1
    up = min(len(over), most)
    print_safe((f"\x1b[{up}F" if up else "") + "\x1b[J" + "\n".join(lines[:most]))


def print_safe(text: str, *, err: bool = False) -> None:
    """Prints text that is already safe, unchanged and in one go; nothing if it is empty.

    Only for what `reporting` has made safe: problems in one of their styles, JSON.
    Raises nothing if the stream is closed, full or no longer read.
    """
    if not text:
        return
    try:
        click.echo(mask(text), err=err)
    except (OSError, ValueError) as error:
        streams.give_up(sys.stderr if err else sys.stdout, error)


def say(*lines: str) -> None:
    """Prints lines for the person on stderr, each escaped."""
    print_safe("\n".join(map(quoting.visible, lines)), err=True)


def ask(question: str) -> bool:
    """Whether the person at the terminal says yes."""
    return click.confirm(mask(quoting.visible(question)), err=True)


def say_problems(problems: Sequence[Problem], sources: Mapping[str, str]) -> None:
    """Prints problems and warnings with their places on stderr, and one line with their counts."""
    if problems:
        color = wants_color(sys.stderr.isatty())
        print_safe(format_problems(problems, sources, style="text", color=color), err=True)
        say(summarize(problems))


def wants_color(is_terminal: bool) -> bool:
    """Whether to use colour on a terminal; for NO_COLOR see https://no-color.org."""
    return is_terminal and not os.environ.get("NO_COLOR")


def align(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of words as lines, each column but the last as wide as its widest word."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    layout = "  ".join([*(f"{{:<{width}}}" for width in widths[:-1]), "{}"])
    return [layout.format(*row).rstrip() for row in rows]
