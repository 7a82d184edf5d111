"""What a parser's complaint means for the person who wrote the file.

Comes from PyYAML's two parsers, whose words differ a little; goes out as one
problem each, with the place where the mistake was made, which is often not
where the parser stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from storyboard.records import Problem
from storyboard.reporting.lines import line_end, line_start, position_at
from storyboard.reporting.value_paths import shorten

# A line that opens a value: its indentation and dashes, perhaps a key, then the value.
_VALUE_LINE = re.compile(
    r"(?P<lead>\s*(?:-[ \t]+)*)(?:(?P<key>[^\s:#\"'{\[][^:#]*?):[ \t]+)?(?P<value>\S.*?)\s*$"
)
_BRACES = re.compile(r"\{[{%#]")
_MISSING_SPACE = re.compile(r"(?:- +)*[\w-]+:(?=[^\s:/])")
_MAX_QUOTED = 70


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong, and where; `width` None reaches to the end of the line."""

    index: int
    message: str
    hint: str | None = None
    width: int | None = 1


def syntax_problem(error: Exception, text: str, display_name: str, last: Any) -> Problem:
    """The problem behind a parser's error. `last` is the last event that it gave, or None."""
    found = _explain(error, text, last)
    position = position_at(text, found.index, display_name, width=found.width)
    return Problem(position, "yaml-syntax", found.message, found.hint)


def unquoted_template(error: Exception, text: str) -> int | None:
    """Where a template without quotes stands that made the parser fail, or None."""
    for index in (_index(error, "context_mark"), _index(error, "problem_mark")):
        if index is None:
            continue
        start = line_start(text, index)
        line = _VALUE_LINE.match(text[start : line_end(text, start)])
        if line and _BRACES.match(line["value"]):
            return start + line.start("value")
    return None


def quote_hint(line: str) -> str:
    """How to write a line's value in quotes."""
    match = _VALUE_LINE.match(line)
    if not match or len(match["value"]) > _MAX_QUOTED:
        return "put the whole value in quotes"
    value, key = match["value"], match["key"]
    if value[0] == value[-1] and value[0] in "'\"" and value.count(value[0]) % 2:
        value = value[1:-1]  # 'it's raining': the quotes are there, one apostrophe too many
    if '"' not in value and "\\" not in value:
        quoted = f'"{value}"'
    elif "'" not in value:
        quoted = f"'{value}'"
    else:
        return "put the value on a line of its own below a | sign"
    return f"write {key}: {quoted}" if key else f"write {quoted}"


def _explain(error: Exception, text: str, last: Any) -> _Finding:
    index = _index(error, "problem_mark")
    context = _index(error, "context_mark")
    if index is None or not isinstance(error, yaml.MarkedYAMLError):
        at = last.end_mark.index if last else 0
        return _Finding(at, "an escape or a number from here on means nothing", width=None)
    at = index if context is None else context
    if tab := _tab(text, index):
        return tab
    if isinstance(error, yaml.scanner.ScannerError) or "CScanner" in type(error).__name__:
        found = _of_characters(error, text, index, at, last)
    else:
        found = _of_structure(error, text, index, at, last)
    return found or _Finding(index, f"this is not YAML: {shorten(str(error.problem), 100)}")


def _of_characters(
    error: yaml.MarkedYAMLError, text: str, index: int, at: int, last: Any
) -> _Finding | None:
    """What the scanner complains about; `at` is where the thing begins that it was scanning."""
    said, doing = str(error.problem), str(error.context)
    if "are not allowed" in said:
        return _not_allowed_here(text, index, said, last)
    if "cannot start any token" in said:
        return _bad_start(text, index)
    if "quoted scalar" in doing:
        return _in_quotes(text, index, at, said)
    if any(word in doing for word in ("anchor", "alias", "tag")):
        return _bad_start(text, at)
    if "block scalar" in doing:
        message = f"text goes on after the {text[at : at + 1]} sign"
        return _Finding(at, message, quote_hint(_line(text, at)), None)
    if "could not find expected ':'" in said:
        if missing := _missing_space(text, at):
            return missing
        message = "this line is neither a key with a value nor part of the text above it"
        hint = "a key needs a ':'; text on several lines needs deeper indentation"
        return _Finding(at, message, hint, None)
    return None


def _of_structure(
    error: yaml.MarkedYAMLError, text: str, index: int, at: int, last: Any
) -> _Finding | None:
    """What the parser complains about; `at` is where the collection begins that it was in."""
    said, doing = str(error.problem), str(error.context)
    if "tag handle" in said:
        return _bad_start(text, index)
    if "flow sequence" in doing or "flow mapping" in doing:
        return _in_brackets(text, index, at)
    if after := _after_value(text, index, last):
        return after
    if "document start" in said:
        return _Finding(index, "this does not belong to the value above it", None, None)
    if "block mapping" in doing or "block collection" in doing:
        return _misfit(text, index, at, is_list="collection" in doing)
    if "node content" in said and not text[index:].strip():
        return _Finding(index, "the file ends where a value is expected")
    if "node content" in said:
        return _Finding(index, f"a value cannot begin with {text[index]}", "put it in quotes")
    return None


def _index(error: Exception, name: str) -> int | None:
    mark = getattr(error, name, None)
    return None if mark is None else int(mark.index)


def _line(text: str, index: int) -> str:
    return text[line_start(text, index) : line_end(text, index)]


def _indent(text: str, index: int) -> int:
    line = _line(text, index)
    return len(line) - len(line.lstrip(" "))


def _misfit(text: str, index: int, at: int, *, is_list: bool) -> _Finding:
    """A line that does not go on with the keys or entries that begin at `at`."""
    begun = position_at(text, at, "", width=1)
    indent = _indent(text, index)
    what = "list entries" if is_list else "keys"
    message = f"this line does not fit the {what} that begin on line {begun.line}"
    if indent != begun.column - 1:
        hint = f"they are indented by {begun.column - 1}, this line by {indent}"
    elif is_list:
        hint = "an entry of that list begins with '- '"
    else:
        hint = "a key and a ':' are expected here"
    return _Finding(index, message, hint, None)


def _missing_space(text: str, index: int) -> _Finding | None:
    """A key whose ':' has no space behind it, so that it is text."""
    if match := _MISSING_SPACE.match(text, index):
        message = "a space is missing behind this ':'"
        return _Finding(match.end() - 1, message, "keys are written key: value")
    return None


def _tab(text: str, index: int) -> _Finding | None:
    """A tab where only spaces may stand: at the error or in its line's indentation."""
    start = line_start(text, index)
    blank = re.compile(r"[ \t]*").match(text, start)
    tab = text.find("\t", start, blank.end() if blank else start)
    if tab < 0 and text.startswith("\t", index):
        return _Finding(index, "a tab where YAML allows only spaces", "use spaces")
    if tab < 0:
        return None
    return _Finding(tab, "a tab in the indentation; YAML allows only spaces there", "use spaces")


def _not_allowed_here(text: str, index: int, said: str, last: Any) -> _Finding:
    if "sequence" in said:
        message = "a list cannot begin on the line of its key"
        return _Finding(index, message, "put each entry on a line of its own, below the key")
    line = _line(text, index)
    before = line[: index - line_start(text, index)]
    match = _VALUE_LINE.match(before)
    if match and match["key"]:
        return _Finding(index, "a value without quotes cannot hold ': '", quote_hint(line))
    is_text = isinstance(last, yaml.ScalarEvent) and not last.style
    if is_text and last.start_mark and (missing := _missing_space(text, last.start_mark.index)):
        return missing
    message = "this key stands deeper than the value above it allows"
    hint = "line it up with the keys it belongs to, or put the value above it in quotes"
    first = len(line) - len(line.lstrip(" "))
    return _Finding(line_start(text, index) + first, message, hint, max(len(before) - first, 1))


def _bad_start(text: str, index: int) -> _Finding:
    sign = text[index : index + 1]
    if sign == "%" and text.startswith("{", index - 1):
        index, sign = index - 1, "{%"
    message = f"a value without quotes cannot begin with {sign}"
    return _Finding(index, message, quote_hint(_line(text, index)), None)


def _in_quotes(text: str, index: int, opened: int, said: str) -> _Finding:
    if "end of stream" in said or "document" in said:
        message = "this quote is opened here and never closed"
        return _Finding(opened, message, "close it at the end of the value", None)
    if "escape" not in said and "hexdecimal" not in said and "hexadecimal" not in said:
        return _Finding(index, f"these quotes do not end well: {shorten(said, 100)}")
    back = index if text.startswith("\\", index) else text.rfind("\\", opened, index + 1)
    message = f"{text[back : back + 2]} means nothing inside double quotes"
    hint = "write \\\\ for a backslash, or use single quotes"
    return _Finding(max(back, opened), message, hint, 2)


def _in_brackets(text: str, index: int, opened: int) -> _Finding:
    sign = text[opened : opened + 1]
    closing = "]" if sign == "[" else "}"
    begun = position_at(text, opened, "", width=1)
    if position_at(text, index, "", width=1).line != begun.line:
        message = f"this {sign} is opened here and not closed where it should be"
        hint = f"add {closing} or a comma; a value that begins with {sign} needs quotes"
        return _Finding(opened, message, hint, None)
    message = f"a comma or {closing} is missing before this"
    return _Finding(index, message, f"a value that begins with {sign} needs quotes")


def _after_value(text: str, index: int, last: Any) -> _Finding | None:
    """Text that goes on behind a closing quote or bracket, on the same line."""
    if last is None or last.start_mark.index == last.end_mark.index:  # nothing, or a block's end
        return None
    if last.end_mark.line + 1 != position_at(text, index, "", width=1).line:
        return None
    is_quoted = isinstance(last, yaml.ScalarEvent) and last.style in ('"', "'")
    if is_quoted and last.start_mark.line != last.end_mark.line:
        opened = last.start_mark.line + 1
        message = f"the quote that is opened on line {opened} is closed just before this"
        return _Finding(index, message, f"was it to be closed on line {opened}?", None)
    if is_quoted:
        message = "text goes on after the closing quote"
    elif type(last) in (yaml.SequenceEndEvent, yaml.MappingEndEvent):
        message = f"text goes on after the closing {text[last.end_mark.index - 1]}"
    elif type(last) is yaml.AliasEvent:
        message = f"text goes on after *{shorten(str(last.anchor), 60)}"
    else:
        return None
    return _Finding(index, message, quote_hint(_line(text, index)), None)
