"""Explains a parser's error to the person who wrote the file.

Recognizes seven common mistakes, each with its repair: a tab, a character that only looks like a
space, a colon (one too many, or without its space), quotes, a first character with a special
meaning in YAML, brackets and indentation. Any other error becomes one plain sentence. The
position is where the mistake was made, which is often not where the parser stopped.

PyYAML's two parsers word their errors slightly differently; both are understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from storyboard.language.yaml.convert import HALF_CHARACTER, HALF_CHARACTER_HINT
from storyboard.language.yaml.reading import Reading, too_deep
from storyboard.models.yamltext import is_too_deep
from storyboard.records import Problem, Repair
from storyboard.reporting.invisible import INVISIBLE, in_place_of, name_invisible, repair_of
from storyboard.reporting.lines import line_end, line_start, position_at
from storyboard.reporting.value_paths import shorten

# No pattern can match one text in two ways, so none takes quadratic time.
_LEAD = re.compile(r"\s*(?:-[ \t]+)*")
_KEY = re.compile(r"(?P<key>[^\s:#\"'{\[][^:#]*):[ \t]+(?=\S)")
_BRACES = ("{{", "{%", "{#")
_MISSING_SPACE = re.compile(r"(?:- +)*[\w-]+:(?=[^\s:/])")
_IS_PLAIN = re.compile(r"\w[^:#{}\[\],\"]*")
_INSTEAD_OF_SPACE = re.compile(rf"""(?:^[ \t]*|[-:'"\]}}])({INVISIBLE})""", re.MULTILINE)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_BELOW = re.compile(r"\s*[\r\n]( *)(?=[^\s#])")
_HYPHEN = re.compile(r"^ *-(?=(?P<key>[A-Za-z_]{1,40}):[^\n]*\n\s*\Z)", re.MULTILINE)
"""A hyphen without a space after it that is meant to begin an entry on a text's last line."""

_MAX_QUOTED = 70


@dataclass(frozen=True, slots=True)
class _ValueLine:
    """A line that holds a value; the value begins at `start`, perhaps after a key."""

    key: str | None
    value: str
    start: int


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong, and where. If `width` is None, the place extends to the end of the line.

    `repair` is the start and the end of the text to replace, and its replacement.
    """

    index: int
    message: str
    hint: str | None = None
    width: int | None = 1
    code: str = "yaml-syntax"
    repair: tuple[int, int, str] | None = None


@dataclass(frozen=True, slots=True)
class _Complaint:
    """A parser's error: `said` is about where it stopped, `doing` about what it was reading.

    `begun` is where that began, `last` the event before, if any.
    """

    text: str
    said: str
    doing: str
    index: int
    begun: int
    last: Any


def syntax_problem(error: Exception, reading: Reading, last: Any) -> Problem:
    """Return the problem behind a parser's error. `last` is the last event before it, or None."""
    text, display_name = reading.text, reading.display_name
    mark = getattr(error, "problem_mark", None)
    if mark is None or not isinstance(error, yaml.MarkedYAMLError):
        at = last.end_mark.index if last else 0
        found = _Finding(
            at, "an escape or a number has no meaning here or in what follows", width=None
        )
    elif is_too_deep(error):
        return too_deep(position_at(text, mark.index, display_name, width=1))
    else:
        begun = mark if error.context_mark is None else error.context_mark
        said, doing = str(error.problem), str(error.context)
        found = _explain(_Complaint(text, said, doing, mark.index, begun.index, last))
    position = position_at(text, found.index, display_name, width=found.width)
    repairs = (_repair(reading, *found.repair),) if found.repair else ()
    return Problem(position, found.code, found.message, found.hint, repairs=repairs)


def _repair(reading: Reading, start: int, end: int, text: str) -> Repair:
    position = position_at(reading.text, start, reading.display_name, width=1)
    return Repair(position._replace(width=end - start), text)


def unquoted_template(error: Exception, text: str) -> int | None:
    """Return the index of an unquoted template that made the parser fail, or None."""
    if is_too_deep(error):
        return None
    for name in ("context_mark", "problem_mark"):
        mark = getattr(error, name, None)
        if mark is None:
            continue
        start = line_start(text, mark.index)
        line = _value_line(text[start : line_end(text, start)])
        if line and line.value.startswith(_BRACES):
            return start + line.start
    return None


def quote_hint(line: str) -> str:
    """Return a hint that shows a line's value in quotes."""
    found = _value_line(line)
    if not found or len(found.value) > _MAX_QUOTED:
        return "put the whole value in quotes"
    if (quoted := in_quotes(found.value)) is None:
        return "put the value on a line of its own below a |"
    return f"write {found.key}: {quoted}" if found.key else f"write {quoted}"


def in_quotes(value: str) -> str | None:
    """Return a value in suitable quotes, or None if no quotes can hold it."""
    if _is_quoted(value):
        value = value[1:-1]
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return None if "'" in value else f"'{value}'"


def _quoting(text: str, index: int) -> tuple[int, int, str] | None:
    """Return how to quote the value that begins at `index`, if it can end in only one place.

    It may end before a comment, and it may continue on the lines below.
    """
    start = line_start(text, index)
    line = text[start : line_end(text, start)]
    found = _value_line(line)
    if found is None or found.start != index - start or " #" in found.value:
        return None
    quoted = in_quotes(found.value)
    indent = _indent_of_entry(line)
    below = _BELOW.match(text, line_end(text, start))
    goes_on = below is not None and len(below[1]) > indent
    return None if quoted is None or goes_on else (index, index + len(found.value), quoted)


def _indent_of_entry(line: str) -> int:
    """Return how many columns precede a line's key, or its dash if it has no key."""
    lead = _LEAD.match(line)
    end = lead.end() if lead else 0
    return end if _KEY.match(line, end) else len(line) - len(line.lstrip(" "))


def _is_quoted(value: str) -> bool:
    """Whether the value's first and last characters are its quotes, and any between them are text.

    They are in "She says "hello" to him" and in 'it's raining'. They are not in "hello" she says,
    or in "yes" or "no", where the second quote closes the first.
    """
    sign = value[0]
    if sign not in "'\"" or len(value) < 3 or value[-1] != sign:
        return False
    second = value.index(sign, 1)
    if second == len(value) - 1:
        return False
    is_within = value[second - 1] == " " or value[second + 1].isalnum()
    return is_within or value.count(sign) % 2 == 1


def _value_line(line: str) -> _ValueLine | None:
    lead = _LEAD.match(line)
    start = lead.end() if lead else 0
    key = _KEY.match(line, start)
    if key:
        start = key.end()
    value = line[start:].rstrip()
    return _ValueLine(key["key"] if key else None, value, start) if value else None


def _explain(complaint: _Complaint) -> _Finding:
    for mistake in (_tab, _invisible, _colon, _first_sign, _quotes, _brackets, _indentation):
        if found := mistake(complaint):
            return found
    hint = "put text that has another meaning in YAML in quotes"
    return _Finding(complaint.index, "YAML does not allow this here", hint)


def _tab(complaint: _Complaint) -> _Finding | None:
    text, start = complaint.text, line_start(complaint.text, complaint.index)
    line = text[start : line_end(text, start)]
    tab = line.find("\t", 0, len(line) - len(line.lstrip(" \t")))
    if tab < 0 and text.startswith("\t", complaint.index):
        index, message = complaint.index, "a tab where YAML allows only spaces"
        return _Finding(index, message, "use spaces", repair=(index, index + 1, " "))
    if tab < 0:
        return None
    message = "a tab in the indentation; YAML allows only spaces there"
    return _Finding(start + tab, message, "use spaces")


def _invisible(complaint: _Complaint) -> _Finding | None:
    """A character that looks like a space, or is invisible, where YAML needs a space."""
    text, last = complaint.text, complaint.last
    for index in (complaint.index, complaint.begun, last.start_mark.index if last else 0):
        start = line_start(text, index)
        found = _INSTEAD_OF_SPACE.search(text, start, line_end(text, start))
        if found:
            message = f"{name_invisible(found[1])} is where YAML allows only plain spaces"
            repair = (*found.span(1), in_place_of(found[1]))
            return _Finding(found.start(1), message, repair_of(found[1]), repair=repair)
    return None


def _colon(complaint: _Complaint) -> _Finding | None:
    """A value that contains `: `, or a key whose `:` has no space after it and so reads as text."""
    text, last = complaint.text, complaint.last
    if "could not find expected ':'" in complaint.said:
        return _missing_space(text, complaint.begun)
    if "mapping values are not allowed" not in complaint.said:
        return None
    line, column = _line_at(text, complaint.index)
    before = _value_line(line[:column])
    if before and before.key:
        message = "a value without quotes cannot contain ': '"
        repair = _quoting(text, complaint.index - column + before.start)
        return _Finding(complaint.index, message, quote_hint(line), repair=repair)
    if type(last) is yaml.ScalarEvent and not last.style:
        return _missing_space(text, complaint.last.start_mark.index)
    return None


def _missing_space(text: str, index: int) -> _Finding | None:
    if found := _MISSING_SPACE.match(text, index):
        message = "a space is missing after this ':'"
        value = text[found.end() : line_end(text, index)].strip()
        is_short = len(value) <= _MAX_QUOTED and _IS_PLAIN.fullmatch(value)
        hint = f"write {found[0]} {value}" if is_short else "keys are written key: value"
        repair = (found.end(), found.end(), " ")
        return _Finding(found.end() - 1, message, hint, repair=repair)
    return None


def _first_sign(complaint: _Complaint) -> _Finding | None:
    """A value whose first character has a special meaning in YAML."""
    text, index = complaint.text, complaint.index
    if any(word in complaint.doing for word in ("anchor", "alias", "tag", "block scalar")):
        index = complaint.begun
    elif not any(words in complaint.said for words in ("cannot start any token", "tag handle")):
        return None
    sign = text[index : index + 1]
    if sign == "%" and text.startswith("{", index - 1):
        index, sign = index - 1, "{%"
    message = f"a value without quotes cannot begin with {sign}"
    hint = quote_hint(_line_at(text, index)[0])
    # A text that follows one of these was hardly meant to include it.
    repair = None if sign in ">|*" else _quoting(text, index)
    return _Finding(index, message, hint, None, repair=repair)


def _quotes(complaint: _Complaint) -> _Finding | None:
    """An unclosed quote, a backslash in double quotes, or text after a value."""
    text, said, begun = complaint.text, complaint.said, complaint.begun
    if complaint.doing.startswith("while parsing a block"):
        return _text_behind(complaint)
    if "quoted scalar" not in complaint.doing:
        return None
    if "end of stream" in said or "document" in said:
        message = "this quote is never closed"
        return _Finding(begun, message, "close it at the end of the value", None)
    back = text.rfind("\\", begun, complaint.index + 1)
    if back < 0:
        return None
    if _HALF.match(text, back):
        return _Finding(back, HALF_CHARACTER, HALF_CHARACTER_HINT, 6, "half-a-character")
    message = f"{text[back : back + 2]} has no meaning inside double quotes"
    return _Finding(back, message, "write \\\\ for a backslash, or use single quotes", 2)


def _text_behind(complaint: _Complaint) -> _Finding | None:
    """Text after a closing quote, a closing bracket or an alias, on the same line."""
    last, text, index = complaint.last, complaint.text, complaint.index
    if last is None or last.start_mark.index == last.end_mark.index:  # nothing, or a block's end
        return None
    start, end = last.start_mark, last.end_mark
    if line_start(text, end.index) != line_start(text, index):
        return None
    if isinstance(last, yaml.ScalarEvent) and last.style in ("'", '"'):
        if start.line != end.line:
            opened = start.line + 1
            message = f"the quote opened on line {opened} is closed just before this"
            return _Finding(index, message, f"should it have been closed on line {opened}?", None)
        what = "the closing quote"
    elif isinstance(last, yaml.SequenceEndEvent | yaml.MappingEndEvent):
        what = f"the closing {text[end.index - 1]}"
    elif isinstance(last, yaml.AliasEvent):
        what = f"*{shorten(str(last.anchor), 60)}"
    else:
        return None
    hint = quote_hint(_line_at(text, index)[0])
    message = f"there is text after {what}"
    repair = None if isinstance(last, yaml.AliasEvent) else _quoting(text, start.index)
    return _Finding(index, message, hint, None, repair=repair)


def _brackets(complaint: _Complaint) -> _Finding | None:
    """An unclosed bracket, or a missing comma."""
    if "flow sequence" not in complaint.doing and "flow mapping" not in complaint.doing:
        return None
    text, index, begun = complaint.text, complaint.index, complaint.begun
    sign = text[begun : begun + 1]
    closing = "]" if sign == "[" else "}"
    if line_start(text, begun) == line_start(text, index):
        message = f"a comma or {closing} is missing before this"
        hint = f"a value that begins with {sign} needs quotes"
        if text.startswith(":", index):
            hint = "put a comma between the entries, or quotes around a value that contains ': '"
        return _Finding(index, message, hint)
    message = f"this {sign} is not closed where it should be"
    hint = f"add {closing} or a comma; a value that begins with {sign} needs quotes"
    return _Finding(begun, message, hint, None)


def _indentation(complaint: _Complaint) -> _Finding | None:
    """A line that is indented too far or not far enough."""
    said, doing = complaint.said, complaint.doing
    if "could not find expected ':'" in said:
        message = "this line is neither a key with a value nor part of the text above it"
        hint = "a key needs a ':'; text on several lines needs deeper indentation"
        return _Finding(complaint.begun, message, hint, None)
    if "mapping values are not allowed" in said:
        return _deeper_key(complaint)
    if "document start" in said:
        return _Finding(complaint.index, "this does not belong to the value above it", None, None)
    if "block mapping" in doing or "block collection" in doing:
        return _misfit(complaint, is_list="collection" in doing)
    return None


def _deeper_key(complaint: _Complaint) -> _Finding:
    line, column = _line_at(complaint.text, complaint.index)
    first = len(line) - len(line.lstrip(" "))
    if hyphen := _HYPHEN.search(complaint.text, 0, complaint.index - column):
        end = hyphen.end()
        message, hint = "a space is missing behind this hyphen", f"write - {hyphen['key']}:"
        return _Finding(end - 1, message, hint, repair=(end, end, " "))
    message = "this key is indented deeper than the value above it allows"
    hint = "line it up with the keys it belongs to, or put the value above it in quotes"
    return _Finding(complaint.index - column + first, message, hint, max(column - first, 1))


def _misfit(complaint: _Complaint, *, is_list: bool) -> _Finding:
    """A line that does not continue the keys or entries that begin at `begun`."""
    begun = position_at(complaint.text, complaint.begun, "", width=1)
    line, _ = _line_at(complaint.text, complaint.index)
    indent = len(line) - len(line.lstrip(" "))
    what = "list entries" if is_list else "keys"
    message = f"this line does not fit the {what} that begin on line {begun.line}"
    if indent != begun.column - 1:
        hint = f"they are indented by {begun.column - 1}, this line by {indent}"
    elif is_list:
        hint = "an entry of that list begins with '- '"
    else:
        hint = "a key and a ':' are expected here"
    return _Finding(complaint.index, message, hint, None)


def _line_at(text: str, index: int) -> tuple[str, int]:
    """Return the line that contains `index`, and the column (from 0) of `index` in it."""
    start = line_start(text, index)
    return text[start : line_end(text, start)], index - start
