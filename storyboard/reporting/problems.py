"""Sorts problems, drops duplicates and formats them in one of the styles.

    style      for
    text       people: position, message, the source line underlined, hint
    concise    editors and grep: one line each
    json       programs: one document
    github     GitHub's annotations: workflow commands
    sarif      code scanning: SARIF 2.1.0

A new style is a function and a line in `STYLES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module

from storyboard.records import Problem, Severity

_Formatter = Callable[[Sequence[Problem], Mapping[str, str], bool], str]


def _text(problems: Sequence[Problem], sources: Mapping[str, str], color: bool) -> str:
    if not problems:
        return ""
    from storyboard.reporting.problem_text import plain_text

    return plain_text(problems, sources, color=color)


def _from(module: str, function: str) -> _Formatter:
    """A formatter that is imported on first use: most runs have no problem to print."""

    def text(problems: Sequence[Problem], sources: Mapping[str, str], color: bool) -> str:
        made: str = getattr(import_module(f"storyboard.reporting.{module}"), function)(problems)
        return made

    return text


STYLES: dict[str, _Formatter] = {
    "text": _text,
    "concise": _from("problem_text", "concise_text"),
    "json": _from("problem_documents", "json_text"),
    "github": _from("problem_documents", "github_text"),
    "sarif": _from("problem_documents", "sarif_text"),
}

_ABSENT = "missing-key"
"""A missing key has no position of its own; it is reported at that of a neighbour."""


def tidy(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems sorted by position, one for each position.

    Of several problems at one position the first is kept; missing keys, which
    are reported at a neighbour's position, are all kept. A warning is kept
    where its position has no problem, one of each code.
    """
    chosen: dict[tuple[object, ...], Problem] = {}
    for problem in sorted(problems, key=_is_warning):
        spot = (problem.position.path, problem.position.line, problem.position.column)
        if problem.code == _ABSENT:
            chosen.setdefault((*spot, problem.message), problem)
        elif not _is_warning(problem):
            chosen.setdefault(spot, problem)
        elif spot not in chosen:
            chosen.setdefault((*spot, problem.code), problem)
    return tuple(sorted(chosen.values(), key=lambda problem: problem.position))


def format_problems(
    problems: Iterable[Problem],
    sources: Mapping[str, str],
    *,
    style: str = "text",
    color: bool = False,
) -> str:
    """The problems in one of the `STYLES`, tidied, without a line break at the end.

    `sources` maps the display name of each file to its text, for quoting lines.
    """
    return STYLES[style](tidy(problems), sources, color)


def summarize(problems: Iterable[Problem], *, outcome: str | None = None) -> str:
    """One line that counts: "2 problems, 1 warning, nothing submitted."

    `outcome` ends the line; by default "nothing submitted" where there are
    problems, else nothing.
    """
    counts = Counter(problem.severity for problem in tidy(problems))
    parts = [
        f"{counts[severity]:,} {severity.value}{'' if counts[severity] == 1 else 's'}"
        for severity in Severity
        if counts[severity]
    ] or ["no problems"]
    if outcome is None and counts[Severity.PROBLEM]:
        outcome = "nothing submitted"
    return ", ".join([*parts, *([outcome] if outcome else [])]) + "."


def _is_warning(problem: Problem) -> bool:
    return problem.severity is Severity.WARNING
