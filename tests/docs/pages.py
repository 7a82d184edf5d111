"""The fenced blocks of a page: the files that it shows, and the commands with what they print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, and the file that it shows where one is named."""

    line: int
    language: str
    file: str | None
    text: str


@dataclass(frozen=True)
class Command:
    """One command of a block and the lines that the page shows below it."""

    line: int
    text: str
    shown: str


def blocks_of(page: str) -> Iterator[Block]:
    """The blocks of a page of Markdown, in order; ` ```yaml film.yaml ` names a file."""
    for found in _FENCE.finditer(page):
        language, _, file = found["info"].strip().partition(" ")
        line = page.count("\n", 0, found.start()) + 2
        yield Block(line, language, file.strip() or None, found["text"])


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a console block, in order."""
    for part in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE):
        if not part.startswith("$ "):
            continue
        first, _, shown = part[2:].partition("\n")
        line = block.line + block.text.count("\n", 0, block.text.index(part))
        yield Command(line, first, shown)


def pattern_of(shown: str) -> str:
    """An expression for what a page shows: `...` is any text, alone on a line any lines."""
    lines = []
    for line in shown.splitlines():
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(re.escape(line).replace(r"\.\.\.", ".*") + r"\n")
    return "".join(lines)
