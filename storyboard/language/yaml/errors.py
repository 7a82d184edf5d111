"""Explains a parser's error to the person who wrote the file.

Recognizes eight common mistakes, each with its repair: a tab, a character that only looks like a
space, one that only looks like a hyphen or a colon, a colon (one too many, or without its space),
quotes, a first character with a special meaning in YAML, brackets and indentation. Any other
error becomes one plain sentence. The position is where the mistake was made, which is often not
where the parser stopped.

PyYAML's two parsers word their errors slightly differently; both are understood.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from storyboard.language.yaml.convert import HALF_CHARACTER, HALF_CHARACTER_HINT
from storyboard.language.yaml.failures import Failure, Finding, line_at
from storyboard.language.yaml.look_alikes import invisible, look_alike
from storyboard.language.yaml.parse_state import ParseState, too_deep
from storyboard.models.yamltext import is_too_deep
from storyboard.records import Problem, Repair
from storyboard.reporting.lines import line_end, line_start, position_at
from storyboard.reporting.value_paths import shorten

# No pattern can match one text in two ways, so none takes quadratic time.
_LINE = re.compile(
    r"(?P<lead>\s*(?:-[ \t]+)*)(?:(?P<key>[^\s:#\"'{\[][^:#]*):[ \t]+(?=\S))?(?P<value>.*)"
)
_BRACES = ("{{", "{%", "{#")
_MISSING_SPACE = re.compile(r"(?:- +)*[\w-]+:(?=[^\s:/])")
_IS_PLAIN = re.compile(r"\w[^:#{}\[\],\"]*")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_BELOW = re.compile(r"\s*[\r\n]( *)(?=[^\s#])")
_HYPHEN = re.compile(r"^ *-(?=(?P<key>[A-Za-z_]{1,40}):[^\n]*\n\s*\Z)", re.MULTILINE)
"""A hyphen without a space after it that is meant to begin an entry on a text's last line."""

_FENCE = re.compile(r" *```[\w-]*\s*")
"""A line of Markdown that begins or ends a block of code."""

_MAX_QUOTED = 70


class _Line(NamedTuple):
    """A line's key, if it has one, and its value, which may be empty and begins at `start`.

    `indent` is how many columns precede the key, or the dash if there is no key.
    """

    key: str | None
    value: str
    start: int
    indent: int


def syntax_problem(error: Exception, state: ParseState, last: Any) -> Problem:
    """Return the problem behind a parser's error. `last` is the last event before it, or None."""
    text, display_name = state.text, state.display_name
    mark = getattr(error, "problem_mark", None)
    if mark is None or not isinstance(error, yaml.MarkedYAMLError):
        at = last.end_mark.index if last else 0
        found = Finding(
            at, "an escape or a number has no meaning here or in what follows", width=None
        )
    elif is_too_deep(error):
        return too_deep(position_at(text, mark.index, display_name, width=1))
    else:
        start = mark if error.context_mark is None else error.context_mark
        words = str(error.problem), str(error.context)
        found = _explain(Failure(text, *words, mark.index, start.index, last))
    position = position_at(text, found.index, display_name, width=found.width)
    repairs = (_repair(state, *found.repair),) if found.repair else ()
    return Problem(position, found.code, found.message, found.hint, repairs=repairs)


def _repair(state: ParseState, start: int, end: int, text: str) -> Repair:
    position = position_at(state.text, start, state.display_name, width=1)
    return Repair(position._replace(width=end - start), text)


def unquoted_template(error: Exception, text: str) -> int | None:
    """Return the index of an unquoted template that made the parser fail, or None."""
    if is_too_deep(error):
        return None
    for name in ("context_mark", "problem_mark"):
        mark = getattr(error, name, None)
        if mark is None:
            continue
        line, column = line_at(text, mark.index)
        found = _parse_line(line)
        if found.value.startswith(_BRACES):
            return int(mark.index) - column + found.start
    return None


def quote_hint(line: str) -> str:
    """Return a hint that shows a line's value in quotes."""
    found = _parse_line(line)
    if not 0 < len(found.value) <= _MAX_QUOTED:
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
    line, column = line_at(text, index)
    found = _parse_line(line)
    if not found.value or found.start != column or " #" in found.value:
        return None
    quoted = in_quotes(found.value)
    below = _BELOW.match(text, line_end(text, index))
    goes_on = below is not None and len(below[1]) > found.indent
    return None if quoted is None or goes_on else (index, index + len(found.value), quoted)


def _is_quoted(value: str) -> bool:
    """Whether the value's first and last characters are its quotes, and any between them are text.

    They are in "She says "hello" to him" and in 'it's raining'. They are not in "hello" she says,
    or in "yes" or "no", where the second quote closes the first.
    """
    quote = value[0]
    if quote not in "'\"" or len(value) < 3 or value[-1] != quote:
        return False
    second = value.index(quote, 1)
    if second == len(value) - 1:
        return False
    is_within = value[second - 1] == " " or value[second + 1].isalnum()
    return is_within or value.count(quote) % 2 == 1


def _parse_line(line: str) -> _Line:
    found = _LINE.match(line)
    assert found  # noqa: S101 (the pattern matches any line)
    has_key = found["key"] is not None
    indent = found.end("lead") if has_key else len(line) - len(line.lstrip(" "))
    return _Line(found["key"], found["value"].rstrip(), found.start("value"), indent)


def _explain(failure: Failure) -> Finding:
    for mistake in (
        _tab,
        invisible,
        look_alike,
        _colon,
        _first_character,
        _quotes,
        _brackets,
        _indentation,
    ):
        if found := mistake(failure):
            return found
    hint = "put text that has another meaning in YAML in quotes"
    return Finding(failure.index, "YAML does not allow this here", hint)


def _tab(failure: Failure) -> Finding | None:
    index = failure.index
    line, column = line_at(failure.text, index)
    tab = line.find("\t", 0, len(line) - len(line.lstrip(" \t")))
    if tab >= 0:
        message = "a tab in the indentation; YAML allows only spaces there"
        return Finding(index - column + tab, message, "use spaces")
    if not failure.text.startswith("\t", index):
        return None
    message = "a tab where YAML allows only spaces"
    return Finding(index, message, "use spaces", repair=(index, index + 1, " "))


def _colon(failure: Failure) -> Finding | None:
    """A value that contains `: `, or a key whose `:` has no space after it and so reads as text."""
    text, index, last = failure.text, failure.index, failure.last
    if "could not find expected ':'" in failure.problem:
        return _missing_space(text, failure.start)
    if "mapping values are not allowed" not in failure.problem:
        return None
    line, column = line_at(text, index)
    before = _parse_line(line[:column])
    if before.key:
        message = "a value without quotes cannot contain ': '"
        repair = _quoting(text, index - column + before.start)
        return Finding(index, message, quote_hint(line), repair=repair)
    if type(last) is yaml.ScalarEvent and not last.style:
        return _missing_space(text, failure.last.start_mark.index)
    return None


def _missing_space(text: str, index: int) -> Finding | None:
    if found := _MISSING_SPACE.match(text, index):
        message = "a space is missing after this ':'"
        value = text[found.end() : line_end(text, index)].strip()
        is_short = len(value) <= _MAX_QUOTED and _IS_PLAIN.fullmatch(value)
        hint = f"write {found[0]} {value}" if is_short else "keys are written key: value"
        repair = (found.end(), found.end(), " ")
        return Finding(found.end() - 1, message, hint, repair=repair)
    return None


def _first_character(failure: Failure) -> Finding | None:
    """A value whose first character has a special meaning in YAML."""
    text, index = failure.text, failure.index
    if any(word in failure.context for word in ("anchor", "alias", "tag", "block scalar")):
        index = failure.start
    elif not any(words in failure.problem for words in ("cannot start any token", "tag handle")):
        return None
    first = text[index : index + 1]
    if first == "%" and text.startswith("{", index - 1):
        index, first = index - 1, "{%"
    start, end = line_start(text, index), line_end(text, index)
    if _FENCE.fullmatch(text, start, end):
        message = "``` begins or ends a block in Markdown; in YAML it has no meaning"
        if index > start and text[:start].rstrip().endswith(":"):  # around the text of a key
            return Finding(index, message, "delete it, and the one that ends the text", None)
        return Finding(index, message, "delete it", None, repair=(index, end, ""))
    message = f"a value without quotes cannot begin with {first}"
    hint = quote_hint(line_at(text, index)[0])
    # A text that follows one of these was hardly meant to include it.
    repair = None if first in ">|*" else _quoting(text, index)
    return Finding(index, message, hint, None, repair=repair)


def _quotes(failure: Failure) -> Finding | None:
    """An unclosed quote, a backslash in double quotes, or text after a value."""
    text, start = failure.text, failure.start
    if failure.context.startswith("while parsing a block"):
        return _text_after(failure)
    if "quoted scalar" not in failure.context:
        return None
    if "end of stream" in failure.problem or "document" in failure.problem:
        message = "this quote is never closed"
        return Finding(start, message, "close it at the end of the value", None)
    backslash = text.rfind("\\", start, failure.index + 1)
    if backslash < 0:
        return None
    if _HALF.match(text, backslash):
        return Finding(backslash, HALF_CHARACTER, HALF_CHARACTER_HINT, 6, "half-a-character")
    message = f"{text[backslash : backslash + 2]} has no meaning inside double quotes"
    return Finding(backslash, message, "write \\\\ for a backslash, or use single quotes", 2)


def _text_after(failure: Failure) -> Finding | None:
    """Text after a closing quote, a closing bracket or an alias, on the same line."""
    last, text, index = failure.last, failure.text, failure.index
    if last is None or last.start_mark.index == last.end_mark.index:  # nothing, or a block's end
        return None
    start, end = last.start_mark, last.end_mark
    if line_start(text, end.index) != line_start(text, index):
        return None
    if isinstance(last, yaml.ScalarEvent) and last.style in ("'", '"'):
        if start.line != end.line:
            opened = start.line + 1
            message = f"the quote opened on line {opened} is closed just before this"
            return Finding(index, message, f"should it have been closed on line {opened}?", None)
        what = "the closing quote"
    elif isinstance(last, yaml.SequenceEndEvent | yaml.MappingEndEvent):
        what = f"the closing {text[end.index - 1]}"
    elif isinstance(last, yaml.AliasEvent):
        what = f"*{shorten(str(last.anchor), 60)}"
    else:
        return None
    hint = quote_hint(line_at(text, index)[0])
    message = f"there is text after {what}"
    repair = None if isinstance(last, yaml.AliasEvent) else _quoting(text, start.index)
    return Finding(index, message, hint, None, repair=repair)


def _brackets(failure: Failure) -> Finding | None:
    """An unclosed bracket, or a missing comma."""
    if "flow sequence" not in failure.context and "flow mapping" not in failure.context:
        return None
    text, index, start = failure.text, failure.index, failure.start
    opening = text[start : start + 1]
    closing = "]" if opening == "[" else "}"
    if line_start(text, start) == line_start(text, index):
        message = f"a comma or {closing} is missing before this"
        hint = f"a value that begins with {opening} needs quotes"
        if text.startswith(":", index):
            hint = "put a comma between the entries, or quotes around a value that contains ': '"
        return Finding(index, message, hint)
    message = f"this {opening} is not closed where it should be"
    hint = f"add {closing} or a comma; a value that begins with {opening} needs quotes"
    return Finding(start, message, hint, None)


def _indentation(failure: Failure) -> Finding | None:
    """A line that is indented too far or not far enough."""
    problem, context = failure.problem, failure.context
    if "could not find expected ':'" in problem:
        message = "this line is neither a key with a value nor part of the text above it"
        hint = "a key needs a ':'; text on several lines needs deeper indentation"
        return Finding(failure.start, message, hint, None)
    if "mapping values are not allowed" in problem:
        return _deeper_key(failure)
    if "document start" in problem:
        return Finding(failure.index, "this does not belong to the value above it", None, None)
    if "block mapping" in context or "block collection" in context:
        return _misfit(failure, is_list="collection" in context)
    return None


def _deeper_key(failure: Failure) -> Finding:
    line, column = line_at(failure.text, failure.index)
    first = len(line) - len(line.lstrip(" "))
    if hyphen := _HYPHEN.search(failure.text, 0, failure.index - column):
        end = hyphen.end()
        message, hint = "a space is missing behind this hyphen", f"write - {hyphen['key']}:"
        return Finding(end - 1, message, hint, repair=(end, end, " "))
    message = "this key is indented deeper than the value above it allows"
    hint = "line it up with the keys it belongs to, or put the value above it in quotes"
    return Finding(failure.index - column + first, message, hint, max(column - first, 1))


def _misfit(failure: Failure, *, is_list: bool) -> Finding:
    """A line that does not continue the keys or entries that begin at `start`."""
    start = position_at(failure.text, failure.start, "", width=1)
    line, _ = line_at(failure.text, failure.index)
    indent = len(line) - len(line.lstrip(" "))
    what = "list entries" if is_list else "keys"
    message = f"this line does not fit the {what} that begin on line {start.line}"
    if indent != start.column - 1:
        hint = f"they are indented by {start.column - 1}, this line by {indent}"
    elif is_list:
        hint = "an entry of that list begins with '- '"
    else:
        hint = "a key and a ':' are expected here"
    return Finding(failure.index, message, hint, None)
