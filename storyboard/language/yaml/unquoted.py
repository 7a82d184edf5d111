"""Hides from the parsers what they would misread: unquoted templates, and certain characters.

`prompt: {{ hero }} walks` is the commonest mistake of all, and YAML cannot be read past it. It is
reported, then covered in the parsed text by a quoted value of the same length. That way every
other position in the file stays right, and one such line does not hide other mistakes.
"""

from __future__ import annotations

import re

from storyboard.language.yaml.parse_state import ParseState
from storyboard.records import Problem, Repair
from storyboard.reporting.lines import line_end, line_start, position_at, split_lines

MAX_COVERED = 20
"""The file is parsed again from its start after each one."""

# YAML 1.1, which the parsers implement, breaks lines at these; 1.2 does not.
_OLD_BREAKS = "\x85\u2028\u2029"
_PRIVATE_USE = range(0xE000, 0xF900)

# A backslash after another one stands for itself.
_HALVES = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")

_COMMENT = re.compile(r"[ \t]#")
_BREAKS = re.compile(r"\n+")
_NEXT_LINE = re.compile(r"(?:\r\n|\n|\r)([ ]*)([^\r\n]*)")


class Covered:
    """A text in the form that is parsed, and what was covered in it.

    `values` maps the index where each covered value begins to the value as it was meant;
    `problems` says where they are. `stand_ins` maps each stand-in character to the character it
    replaces: the line breaks of YAML 1.1, and the backslashes of an escape in two halves,
    `\\ud83e\\udd80`, which is valid JSON but which the C parser rejects.
    """

    def __init__(self, text: str, display_name: str) -> None:
        self.values: dict[int, str] = {}
        self.problems: list[Problem] = []
        self._display_name = display_name
        self._text = text
        self.stand_ins = _stand_ins(text)
        for free, old in self.stand_ins.items():
            text = _with_stand_in(text, old, chr(free))
        self.parsed = text

    def restored(self, text: str, style: str | None) -> str:
        """Return a parsed value as it was meant; `style` is its quote or indicator, if any."""
        for free, old in self.stand_ins.items() if style == '"' else ():
            if old == "\\":
                halves = "?u(d[89ab]..)?u(d[c-f]..)".replace("?", chr(free))
                text = re.sub(halves, _joined, text, flags=re.IGNORECASE)
        return text.translate(self.stand_ins)

    def cover(self, index: int, state: ParseState) -> bool:
        """Report the template at `index`, and cover it; return False if nothing can be covered.

        `state` is that of the parser, which has reached the template.
        """
        from storyboard.language.yaml.errors import in_quotes, quote_hint

        text, path = self._text, state.path
        column = state.block_column(index)
        message = f"a value that begins with {text[index : index + 2]} needs quotes"
        end = _value_end(text, index, column) if column else line_end(text, index)
        is_one_line = column is not None and end <= line_end(text, index)
        line = text[line_start(text, index) : end]
        position = position_at(text, index, self._display_name)
        quoted = in_quotes(text[index:end]) if column and is_one_line else None
        self.problems.append(
            Problem(
                position,
                "unquoted-template",
                f"{path}: {message}" if path else message,
                quote_hint(line) if is_one_line else "put it in double quotes",
                repairs=(Repair(position._replace(width=end - index), quoted),) if quoted else (),
            )
        )
        if not column or len(self.problems) >= MAX_COVERED:
            return False
        value = text[index:end]
        self.values[index] = _fold(value)
        cover = '"' + re.sub(r"[^\r\n]", "x", value[1:-1]) + '"'
        self.parsed = self.parsed[:index] + cover + self.parsed[end:]
        return True


def _joined(halves: re.Match[str]) -> str:
    """Return the character that an escape in two halves stands for."""
    high, low = int(halves[1], 16), int(halves[2], 16)
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)


def _stand_ins(text: str) -> dict[int, str]:
    """Map each character that the parsers must not see to one that does not occur in the text."""
    found = [old for old in _OLD_BREAKS if old in text]
    if "\\u" in text and _HALVES.search(text):
        found.append("\\")
    used = set(text) if found else set()
    free = (code for code in _PRIVATE_USE if chr(code) not in used)
    return dict(zip(free, found, strict=False))


def _with_stand_in(text: str, old: str, free: str) -> str:
    if old != "\\":
        return text.replace(old, free)
    return _HALVES.sub(lambda found: found[0].replace("\\u", f"{free}u"), text)


def _value_end(text: str, index: int, column: int) -> int:
    """Return where a plain value that begins at `index` ends; its block is at `column` (from 1)."""
    here = end = line_end(text, index)
    # A # inside the template does not begin a YAML comment.
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


def _fold(value: str) -> str:
    """Join the lines of a plain value as YAML does: a blank line becomes a line break."""
    lines = "\n".join(line.strip(" \t") for line in split_lines(value))
    return _BREAKS.sub(lambda found: found.group()[1:] or " ", lines)
