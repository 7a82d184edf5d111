"""Comments that silence a warning on their line: `# storyboard: ignore[SB201]`. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

import yaml

from storyboard.language.yaml.convert import IGNORE
from storyboard.language.yaml.source import LOADER
from storyboard.records import Position, Problem, Severity
from storyboard.reporting.codes import find_code, near_code
from storyboard.reporting.lines import split_lines
from storyboard.reporting.suggest import Suggestion

_WORD = re.compile(r"[^\s,]+")
_EXAMPLE = "write its code in brackets: # storyboard: ignore[SB201]"


class _Ignore(NamedTuple):
    """One code in an ignore comment: the name it stands for, and its position."""

    name: str
    position: Position


class _Span(NamedTuple):
    """A YAML scalar's first and last line and column, counted from 1."""

    begin: tuple[int, int]
    end: tuple[int, int]
    is_block: bool


class _Comments(NamedTuple):
    """One file's scalars, the codes its comments silence, and the problems with those comments."""

    ignores: list[_Ignore]
    problems: list[Problem]
    spans: list[_Span]


def silence(
    problems: Iterable[Problem], texts: Mapping[str, str], *, is_whole: bool = True
) -> list[Problem]:
    """Drop the warnings that comments silence, and add the problems with those comments.

    `texts` maps display names to YAML files. A comment on the first or last line of a multi-line
    text covers the whole text. A comment that silences nothing is a warning. It is not reported
    if there are problems, or if the storyboard was not read in full with all its variants,
    because the warning it silences may not have been found.
    """
    files = {name: _read(name, text) for name, text in texts.items() if IGNORE.search(text)}
    by_line: dict[tuple[str, int, str], list[_Ignore]] = {}
    for name, file in files.items():
        for ignore in file.ignores:
            by_line.setdefault((name, ignore.position.line, ignore.name), []).append(ignore)
    left = [problem for file in files.values() for problem in file.problems]
    used: set[_Ignore] = set()
    for problem in problems:
        path = problem.position.path
        lines = _lines(problem.position, files[path].spans) if path in files else ()
        found = [one for line in lines for one in by_line.get((path, line, problem.code), ())]
        used.update(found)
        if not found:
            left.append(problem)
    if is_whole and all(problem.is_warning for problem in left):
        ignores = (ignore for file in files.values() for ignore in file.ignores)
        left += [_unused(ignore) for ignore in ignores if ignore not in used]
    return left


def _read(display_name: str, text: str) -> _Comments:
    ignores: list[_Ignore] = []
    problems: list[Problem] = []
    spans = list(_spans(text))
    for number, line in enumerate(split_lines(text), start=1):
        comment = IGNORE.search(line)
        if comment is None or _is_text(spans, (number, comment.start() + 1)):
            continue
        words = list(_WORD.finditer(line, *comment.span(1))) if comment[1] else []
        if not words:
            position = Position(display_name, number, comment.start() + 1, len(comment[0]))
            message = "this comment does not say which warning it silences"
            problems.append(Problem(position, "bad-ignore", message, _EXAMPLE))
        for word in words:
            position = Position(display_name, number, word.start() + 1, len(word[0]))
            one = _read_code(word[0], position)
            if isinstance(one, Problem):
                problems.append(one)
            else:
                ignores.append(one)
    return _Comments(ignores, problems, spans)


def _read_code(word: str, position: Position) -> _Ignore | Problem:
    code = find_code(word)
    if code and code.number == word and code.is_warning:
        return _Ignore(code.name, position)
    if code and not code.is_warning:
        message = f"{code.number} ({code.name}) is a problem; only warnings can be silenced"
        return Problem(position, "bad-ignore", message)
    if code:
        hint: str | None = Suggestion.of(f"write {code.number}", word, code.number)
    else:
        near = near_code(word, warnings_only=True)
        hint = f"did you mean {near.number} ({near.name})?" if near else None
    hint = hint or "storyboard explain lists all codes"
    return Problem(position, "bad-ignore", f"there is no code {word!r}", hint)


def _unused(ignore: _Ignore) -> Problem:
    message = "this comment silences a warning that does not occur"
    hint = "remove it, so that it does not hide a later one"
    return Problem(ignore.position, "unused-ignore", message, hint, severity=Severity.WARNING)


def _spans(text: str) -> Iterator[_Span]:
    """Yield the scalars of a text in order, up to the first YAML error."""
    with suppress(yaml.YAMLError, ValueError):
        for token in yaml.scan(text, Loader=LOADER):
            if isinstance(token, yaml.ScalarToken):
                begin, end = token.start_mark, token.end_mark
                yield _Span(
                    (begin.line + 1, begin.column + 1),
                    (end.line + 1, end.column + 1),
                    token.style in ("|", ">"),
                )


def _is_text(spans: list[_Span], point: tuple[int, int]) -> bool:
    """Whether a line and column are inside a scalar, after any block scalar indicator."""
    span = _span_at(spans, point)
    is_header = span is not None and span.is_block and span.begin[0] == point[0]
    return span is not None and not is_header and point < span.end


def _lines(position: Position, spans: list[_Span]) -> set[int]:
    """The lines whose comments cover a position: its own, and the first and last of its scalar."""
    span = _span_at(spans, (position.line, position.column))
    if span is None or position.line > span.end[0]:
        return {position.line}
    ends = {span.begin[0]} if span.is_block else {span.begin[0], span.end[0]}
    return {position.line, *ends}


def _span_at(spans: list[_Span], point: tuple[int, int]) -> _Span | None:
    """Return the last scalar that begins at or before a line and column."""
    number = bisect_right(spans, point, key=lambda span: span.begin)
    return spans[number - 1] if number else None
