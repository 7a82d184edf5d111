"""How commands speak: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from storyboard.records import Problem, TakeState, TakeStatus
from storyboard.reporting.problems import format_problems, summarize

SCHEMA_VERSION = 1


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document with its `schema_version`, on stdout."""
    text = json.dumps(
        {"schema_version": SCHEMA_VERSION, **document}, indent=2, ensure_ascii=False, default=str
    )
    # A file name may hold half a surrogate pair, which no stream takes and JSON can escape.
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def print_lines(lines: Iterable[str]) -> None:
    """Lines on stdout, in one go: for each text, click asks anew what it is printing to."""
    text = "\n".join(lines)
    if text:
        click.echo(text)


def say(text: str) -> None:
    """A line for the person, or several, on stderr."""
    click.echo(text, err=True)


def say_problems(problems: Sequence[Problem], sources: Mapping[str, str]) -> None:
    """Problems and warnings with their places, on stderr, and one line that counts them."""
    if problems:
        color = wants_color(sys.stderr.isatty())
        say(format_problems(problems, sources, style="text", color=color).rstrip("\n"))
        say(summarize(problems))


def wants_color(is_terminal: bool) -> bool:
    """Whether to colour what goes to a terminal; NO_COLOR is https://no-color.org."""
    return is_terminal and not os.environ.get("NO_COLOR")


def align(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of words as lines, each column but the last as wide as its widest word."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    layout = "  ".join([*(f"{{:<{width}}}" for width in widths[:-1]), "{}"])
    return [layout.format(*row).rstrip() for row in rows]


def count_statuses(states: Iterable[TakeState]) -> str:
    """How many takes have which status: "7 done, 1 failed"."""
    counts = Counter(state.status for state in states)
    words = [f"{counts[status]} {status.value}" for status in TakeStatus if counts[status]]
    return ", ".join(words) or "no takes"
