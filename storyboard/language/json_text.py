"""JSON as values that remember their place.

The standard library's decoder gives no places, takes NaN, and keeps the last
of two equal keys; and JSON is not quite YAML (escapes of surrogate pairs).
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from storyboard.language.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)
from storyboard.language.yaml.scalars import MAX_DIGITS
from storyboard.records import Position, Problem
from storyboard.reporting.lines import split_lines
from storyboard.reporting.value_paths import format_path, shorten

MAX_LEVELS = 64

_BLANKS = (" ", "\t", "\r", "\n")
_BLANK = re.compile(r"[ \t\r\n]*")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[\w.+-]+")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def parse_json(text: str, display_name: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The value of a JSON text, or None, and what is wrong with it."""
    reader = _Reader(text, display_name, 1)
    root = reader.read()
    return root, tuple(reader.problems)


def parse_json_lines(
    text: str, display_name: str, *, most: int
) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """The value of each line that is not blank, at most `most`; a bad line hides no other."""
    nodes: list[Node] = []
    problems: list[Problem] = []
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        reader = _Reader(line, display_name, number)
        node = reader.read()
        problems.extend(reader.problems)
        if node is not None:
            nodes.append(node)
        if len(nodes) >= most:
            break
    return tuple(nodes), tuple(problems)


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Reader:
    """Reads one value from a text whose first line has the number `line`."""

    def __init__(self, text: str, display_name: str, line: int) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._display_name = display_name
        self._line = line
        self._line_begins = 0
        self._index = 0
        self._path: list[str | int] = []

    def read(self) -> Node | None:
        try:
            self._skip_blanks()
            node = self._value()
            self._skip_blanks()
            if self._index < len(self._text):
                self._fail("more follows after the end of the value")
        except _Unreadable as error:
            self.problems.append(error.problem)
            return None
        return node

    def _value(self) -> Node:
        sign = self._text[self._index : self._index + 1]
        if sign == '"':
            start, text = self._index, self._string()
            return ScalarNode(text, text, self._position(start), False, self._line)
        if sign in ("{", "["):
            if len(self._path) >= MAX_LEVELS:
                self._fail(f"nested more than {MAX_LEVELS} levels deep", code="nested-too-deep")
            return self._object() if sign == "{" else self._array()
        return self._number_or_word(sign)

    def _object(self) -> MappingNode:
        opened, line, begins = self._index, self._line, self._line_begins
        entries: dict[str, Entry] = {}
        self._index += 1
        self._path.append("")
        while self._goes_on("}", is_first=not entries):
            start = self._index
            if not self._text.startswith('"', start):
                self._fail("a key in double quotes is expected here")
            key = self._string()
            key_position = self._position(start)
            self._path[-1] = key
            self._skip_blanks()
            if not self._text.startswith(":", self._index):
                self._fail("a ':' is expected here")
            self._index += 1
            self._skip_blanks()
            value = self._value()
            if key in entries:
                first = entries[key].key_position.line
                message = (
                    f"{format_path(self._path)}: repeated key; the first one is on line {first}"
                )
                self.problems.append(Problem(key_position, "repeated-key", message))
            else:
                entries[key] = Entry(key_position, value)
        self._path.pop()
        return MappingNode(entries, self._position(opened, line, begins))

    def _array(self) -> SequenceNode:
        opened, line, begins = self._index, self._line, self._line_begins
        items: list[Node] = []
        self._index += 1
        self._path.append(0)
        while self._goes_on("]", is_first=not items):
            self._path[-1] = len(items)
            items.append(self._value())
        self._path.pop()
        return SequenceNode(tuple(items), self._position(opened, line, begins))

    def _goes_on(self, closing: str, *, is_first: bool) -> bool:
        """Whether another entry begins here; eats the comma before it, or the closing sign."""
        self._skip_blanks()
        if self._text.startswith(closing, self._index):
            self._index += 1
            return False
        if is_first:
            return True
        if not self._text.startswith(",", self._index):
            self._fail(f"a comma or {closing} is expected here")
        comma = self._index
        self._index += 1
        self._skip_blanks()
        if self._text.startswith(closing, self._index):
            self._index = max(comma, self._line_begins)
            self._fail(f"a comma before {closing}, with nothing between them")
        return True

    def _string(self) -> str:
        """The text that begins here; goes on behind it."""
        match = _STRING.match(self._text, self._index)
        if match is None:
            self._fail("this text is not closed on its line", hint="a line break is written \\n")
        token = match.group()
        text = token[1:-1]
        if "\\" in token:
            try:
                text = str(json.loads(token))
            except ValueError as error:
                self._index += max(token.rfind("\\", 0, getattr(error, "pos", 0) + 1), 0)
                self._fail(
                    "this backslash means nothing in JSON", hint="write \\\\ for a backslash"
                )
        if not text.isascii() and _HALF_CHARACTER.search(text):
            self._fail("an escape in this text is only half a character")
        self._index = match.end()
        return text

    def _number_or_word(self, sign: str) -> ScalarNode:
        start = self._index
        word = _WORD.match(self._text, start)
        if word is None:
            hint = "JSON wants double quotes" if sign == "'" else None
            self._fail(
                "a value is missing here" if not sign else f"{sign} means nothing here", hint=hint
            )
        token = word.group()
        value: ScalarValue
        if token in _WORDS:
            value = _WORDS[token]
        elif (number := _NUMBER.fullmatch(token)) and len(token) <= MAX_DIGITS:
            value = float(token) if number[1] or number[2] else int(token)
            if not math.isfinite(value):
                self._fail(f"{token} is too large for a number")
        elif number:
            self._fail(f"a number of {len(token):,} characters, more than {MAX_DIGITS}")
        else:
            self._fail(f"{shorten(token, 40)} is no value of JSON", hint="text needs double quotes")
        self._index = word.end()
        return ScalarNode(value, token, self._position(start), True, self._line)

    def _skip_blanks(self) -> None:
        if self._text[self._index : self._index + 1] not in _BLANKS:
            return
        blank = _BLANK.match(self._text, self._index)
        end = blank.end() if blank else self._index
        if end > self._index + 1 or self._text[self._index : end] != " ":
            for found in _LINE_BREAK.finditer(self._text, self._index, end):
                self._line += 1
                self._line_begins = found.end()
        self._index = end

    def _position(self, start: int, line: int | None = None, begins: int | None = None) -> Position:
        """The place from `start` up to here, or to the end of the line where it began."""
        line = self._line if line is None else line
        begins = self._line_begins if begins is None else begins
        end = self._index
        if line != self._line and (found := _LINE_BREAK.search(self._text, start)):
            end = found.start()
        return Position(self._display_name, line, start - begins + 1, max(end - start, 1))

    def _fail(
        self, message: str, *, code: str = "json-syntax", hint: str | None = None
    ) -> NoReturn:
        position = Position(self._display_name, self._line, self._index - self._line_begins + 1)
        raise _Unreadable(Problem(position, code, message, hint))
