"""Proposes repairs for problems that have exactly one right correction.

Syntax errors get their repairs where they are found. This module adds repairs for misspelt words
and invisible characters, which it looks up in the source. No repair is proven here. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from storyboard.language.repairs.tabs import without_tabs
from storyboard.records import Position, Problem, Repair
from storyboard.reporting.invisible import CURLY_QUOTES, INVISIBLE, replacement_of
from storyboard.reporting.lines import split_lines
from storyboard.reporting.suggest import Suggestion

_OF_ONE_FILE = frozenset(
    {
        *("yaml-syntax", "unquoted-template", "unknown-alias"),
        *("unknown-key", "wrong-type", "not-allowed", "wrong-form"),
    }
)
"""Problems that an included file causes in every storyboard that includes it.

Any other problem in an included file may concern this storyboard alone; the value may be right
for another.
"""

_SAFE = re.compile(r"[^\W_][\w.-]*(?::[\w.-]+)*")
"""A word that means the same with or without quotes, inside or outside brackets.

A model's name does not match, because it contains a slash: another model is not a typing mistake.
"""

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_HIDDEN = re.compile(INVISIBLE)
_WRONG_IN_TAG = re.compile(f"{INVISIBLE}|[{''.join(CURLY_QUOTES)}]")
_OF_WORDS = frozenset(
    {
        *("unknown-key", "wrong-type", "not-allowed", "wrong-form", "bad-id"),
        *("unknown-negative", "unknown-seed", "unknown-parameter"),
    }
)


def with_repairs(
    problems: Iterable[Problem], texts: Mapping[str, str], own: str
) -> tuple[Problem, ...]:
    """Add repairs to the problems; `texts` has the storyboard `own` and its includes."""
    lines: dict[str, list[str]] = {}
    return tuple(_with_repairs(problem, texts, own, lines) for problem in problems)


def _with_repairs(
    problem: Problem, texts: Mapping[str, str], own: str, lines: dict[str, list[str]]
) -> Problem:
    position = problem.position
    if position.path not in texts or problem.is_warning:
        return replace(problem, repairs=()) if problem.repairs else problem
    is_of_one_file = problem.code in _OF_ONE_FILE and not problem.message.startswith("take ")
    if position.path != own and not is_of_one_file:
        return problem
    if problem.repairs:
        return problem
    if position.path not in lines:
        lines[position.path] = split_lines(texts[position.path])
    of_file = lines[position.path]
    if not 0 < position.line <= len(of_file):
        return problem
    line = of_file[position.line - 1]
    if problem.code == "yaml-syntax" and _is_tab(line, position):
        repairs = without_tabs(texts[position.path], position.path)
    else:
        repairs = tuple(_in_line(problem, line))
    return replace(problem, repairs=repairs) if repairs else problem


def _is_tab(line: str, position: Position) -> bool:
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    return "\t" in indentation[position.column - 1 :]


def _in_line(problem: Problem, line: str) -> Iterator[Repair]:
    position = problem.position
    start, end = position.column - 1, position.column - 1 + position.width
    if problem.code == "template-syntax":
        for tag in _TAG.finditer(line, start, end):
            if not set("'\"") & set(tag[0]):
                for found in _WRONG_IN_TAG.finditer(line, *tag.span()):
                    plain = "'" if found[0] in CURLY_QUOTES else replacement_of(found[0])
                    yield _replace(position, found.start(), found.end(), plain)
    elif problem.code in _OF_WORDS and _HIDDEN.search(line, start, end):
        yield from _without_hidden(position, line[start:end])
    elif isinstance(problem.hint, Suggestion) and _SAFE.fullmatch(problem.hint.meant):
        yield from _meant(problem.hint, position, line[start:end])


def _without_hidden(position: Position, text: str) -> Iterator[Repair]:
    """Remove invisible characters at the ends of a word; replace any others with a space."""
    start = position.column - 1
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    for found in _HIDDEN.finditer(text):
        is_at_end = found.end() >= last or (found.start() <= first and start > 0)
        plain = "" if is_at_end else replacement_of(found[0])
        yield _replace(position, start + found.start(), start + found.end(), plain)


def _meant(hint: Suggestion, position: Position, text: str) -> Iterator[Repair]:
    """Replace the wrong word with the one that is meant, if the wrong word occurs exactly once."""
    start = position.column - 1
    if hint.is_whole:
        if text in (hint.word, f"'{hint.word}'", f'"{hint.word}"'):
            yield _replace(position, start, start + len(text), hint.meant)
        return
    found = [*re.finditer(rf"(?<![\w-]){re.escape(hint.word)}(?![\w-])", text)]
    if len(found) == 1:
        yield _replace(position, start + found[0].start(), start + found[0].end(), hint.meant)


def _replace(position: Position, start: int, end: int, text: str) -> Repair:
    """Build a repair that replaces `start` to `end` (from 0) in the line of a position."""
    return Repair(position._replace(column=start + 1, width=end - start), text)
