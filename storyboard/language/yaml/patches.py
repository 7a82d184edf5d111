"""Templates that should stand in quotes, and how the reading goes on behind them.

`prompt: {{ hero }} walks` is the commonest mistake of all, and YAML cannot
read on from it. It is reported, then covered in the parsed text by a quoted
value of the same length, so that every other place in the file holds and one
such line does not hide what else is wrong.
"""

from __future__ import annotations

import re

from storyboard.language.yaml.convert import NodeBuilder
from storyboard.records import Problem
from storyboard.reporting.lines import line_end, line_start, position_at

MAX_PATCHES = 20
"""Each one parses the file again from its start."""

# YAML 1.1, which the parsers speak, breaks lines at these; 1.2 does not.
_OLD_BREAKS = "\x85\u2028\u2029"
_PRIVATE_USE = range(0xE000, 0xF900)

_COMMENT = re.compile(r"[ \t]#")
_AROUND_BREAK = re.compile(r"[ \t]*(?:\r\n|\n|\r)[ \t]*")
_BREAKS = re.compile(r"\n+")
_NEXT_LINE = re.compile(r"(?:\r\n|\n|\r)([ ]*)([^\r\n]*)")


class Patches:
    """A text in the form that is parsed, and what was covered in it."""

    def __init__(self, text: str, display_name: str) -> None:
        self.display_name = display_name
        self.values: dict[int, str] = {}
        """The values as they were meant, by the index where each begins."""
        self.problems: list[Problem] = []
        self.restore: dict[int, str] = {}
        """Characters that stand for others, to put back into what was read."""
        self._text = text
        for old in _OLD_BREAKS:
            if old in text:
                free = next(
                    (c for c in _PRIVATE_USE if c not in self.restore and chr(c) not in text), None
                )
                if free is not None:
                    text = text.replace(old, chr(free))
                    self.restore[free] = old
        self.parsed = text

    def add(self, index: int, builder: NodeBuilder) -> bool:
        """Report the template at `index`, and cover it; False where nothing can be covered."""
        from storyboard.language.yaml.errors import quote_hint

        text = self._text
        path = builder.reading.path
        column = builder.reading.block_column(index)
        message = f"a value that begins with {text[index : index + 2]} needs quotes"
        end = line_end(text, index) if not column else _value_end(text, index, column)
        is_one_line = column is not None and end <= line_end(text, index)
        line = text[line_start(text, index) : end]
        self.problems.append(
            Problem(
                position_at(text, index, self.display_name),
                "unquoted-template",
                f"{path}: {message}" if path else message,
                quote_hint(line) if is_one_line else "put it in double quotes",
            )
        )
        if not column or len(self.problems) >= MAX_PATCHES:
            return False
        covered = text[index:end]
        self.values[index] = _fold(covered)
        self.parsed = self.parsed[:index] + _cover(covered) + self.parsed[end:]
        return True


def _value_end(text: str, index: int, column: int) -> int:
    """Where a plain value ends that begins at `index` in a block at `column` (from 1)."""
    here = end = line_end(text, index)
    # A # inside the template is none of YAML's.
    closed = max(text.rfind(sign, index, end) for sign in ("}}", "%}", "#}"))
    comment = _COMMENT.search(text, max(closed, index), end)
    while not comment and (line := _NEXT_LINE.match(text, here)):
        here = line.end()
        if line[2]:
            if len(line[1]) < column or line[2].startswith("#"):
                break
            end = here
            comment = _COMMENT.search(text, line.start(2), end)
    end = comment.start() if comment else end
    return index + len(text[index:end].rstrip())


def _fold(covered: str) -> str:
    """The lines of a plain value as YAML joins them: a blank line between them is a break."""
    lines = _AROUND_BREAK.sub("\n", covered)
    return _BREAKS.sub(lambda found: found.group()[1:] or " ", lines)


def _cover(covered: str) -> str:
    inner = re.sub(r"[^\r\n]", "x", covered[1:-1])
    return f'"{inner}"'
