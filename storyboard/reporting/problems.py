"""Sorts problems, drops duplicates and formats them in one of the styles.

    style      for
    text       people: position, message, the source line underlined, hint
    concise    editors and grep: one line each
    json       programs: one document
    github     GitHub's annotations: workflow commands
    sarif      code scanning: SARIF 2.1.0

A new style is a function and a line in `_FORMATTERS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from storyboard.records import Position, Problem, Severity
from storyboard.reporting.amounts import count_text
from storyboard.reporting.problem_documents import github_text, json_text, sarif_text
from storyboard.reporting.problem_text import concise_text, plain_text

_FORMATTERS = {
    "concise": concise_text,
    "json": json_text,
    "github": github_text,
    "sarif": sarif_text,
}

_SEVERAL = ("missing-key", "unknown-parameter")
"""Codes that can occur several times at one position: a missing key is reported at a
neighbouring key, and a shared default can be unknown to several models.
"""


def tidy(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems sorted by position, one for each position.

    Among several problems at one position the first is kept; if they have rows, the first for
    each row; if their code is one of `_SEVERAL`, all of them. Warnings are kept at positions
    without problems, one of each code, which says how many more takes it applies to.
    """
    problems = list(problems)
    counts = Counter(_same(problem) for problem in problems if _is_of_take(problem))
    chosen: dict[tuple[object, ...], Problem] = {}
    with_rows: set[tuple[object, ...]] = set()
    for problem in sorted(problems, key=lambda problem: problem.is_warning):
        at = (problem.position.path, problem.position.line, problem.position.column)
        if problem.row and not problem.is_warning:
            chosen.setdefault((*at, problem.row.position), problem)
            with_rows.add(at)
        elif problem.code in _SEVERAL:
            chosen.setdefault((*at, problem.message), problem)
        elif not problem.is_warning:
            chosen.setdefault(at, problem)
        elif at not in chosen and at not in with_rows:
            chosen.setdefault((*at, problem.code), _with_count(problem, counts))
    return tuple(sorted(chosen.values(), key=lambda problem: problem.position))


def _same(problem: Problem) -> tuple[Position, str]:
    return problem.position, problem.code


def _is_of_take(problem: Problem) -> bool:
    return problem.is_warning and problem.message.startswith("take ")


def _with_count(warning: Problem, counts: Mapping[tuple[Position, str], int]) -> Problem:
    more = counts[_same(warning)] - 1
    if more < 1:
        return warning
    return replace(warning, message=f"{warning.message} (and {count_text(more, 'more take')})")


def format_problems(
    problems: Iterable[Problem],
    sources: Mapping[str, str],
    *,
    style: str = "text",
    color: bool = False,
) -> str:
    """The problems in one of the styles, tidied, without a line break at the end.

    `sources` maps each file's display name to its text, for quoting lines. Only the style
    "text", for people, uses `sources` and `color`.
    """
    tidied = tidy(problems)
    return (
        plain_text(tidied, sources, color=color) if style == "text" else _FORMATTERS[style](tidied)
    )


def summarize(problems: Iterable[Problem], *, outcome: str | None = None) -> str:
    """One line with the counts: "2 problems, 1 warning, nothing submitted."

    `outcome` ends the line. By default it is "nothing submitted" if there are problems,
    and otherwise empty.
    """
    counts = Counter(problem.severity for problem in tidy(problems))
    parts = [
        count_text(counts[severity], severity.value) for severity in Severity if counts[severity]
    ] or ["no problems"]
    if outcome is None and counts[Severity.PROBLEM]:
        outcome = "nothing submitted"
    return ", ".join([*parts, *([outcome] if outcome else [])]) + "."
