"""Problems for people: position, message, the source line underlined, hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from storyboard.records import Position, Problem, RowSource, Use
from storyboard.reporting.codes import number_of
from storyboard.reporting.lines import split_lines
from storyboard.reporting.quoting import bounded, printable, quote, visible
from storyboard.reporting.value_paths import cell_path, format_value

MAX_ROWS = 20
"""How many problems at one template, each with its row, are shown; the rest are counted."""

_MAX_CELLS = 3
_MAX_USES = 3
_MANY = 3
"""More warnings than this with the same code become one line."""

_MAX_MESSAGE = 1_000
_MAX_RENDERED = 120

_RESET, _BOLD, _RED, _YELLOW, _CYAN = "\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[36m"


def plain_text(
    problems: Sequence[Problem], sources: Mapping[str, str], *, color: bool = False
) -> str:
    """Each problem with its source line; many warnings with the same code become one line."""
    counts = Counter(problem.code for problem in problems if problem.is_warning)
    lines_of = cache(lambda path: split_lines(sources.get(path, "")))
    seen: set[str] = set()
    out: list[str] = []
    for problem in _without_most_rows(problems):
        if isinstance(problem, str):
            out.append(problem)
            continue
        count = counts[problem.code] if problem.is_warning else 1
        if count <= _MANY:
            out.append(_header(problem, color=color))
            out.extend(_quoted(problem, lines_of(problem.position.path), color=color))
        elif problem.code not in seen:
            seen.add(problem.code)
            out.append(f"{_header(problem, color=color)} (and {count - 1:,} more like it)")
        else:
            continue
        out.extend(_details(problem, color=color))
    return "\n".join(out)


def concise_text(problems: Sequence[Problem]) -> str:
    """Each problem on one line, without its source."""
    lines = []
    for problem in _without_most_rows(problems):
        if isinstance(problem, str):
            lines.append(problem)
        else:
            row = f" ({describe_row(problem.row)})" if problem.row else ""
            lines.append(_header(problem, color=False) + row)
    return "\n".join(lines)


def describe_row(row: RowSource) -> str:
    """Where a row is, with those of its cells that were used: `p.csv:3, row.seconds: 'five'`."""
    cells = [f"{cell_path(name)}: {format_value(value)}" for name, value in row.cells[:_MAX_CELLS]]
    return ", ".join([str(row), *map(printable, cells)])


def describe_uses(uses: Sequence[Use]) -> str:
    """Where something is used, and how that is written: `film.yaml:9:5 (*slow)`."""
    words = [f"{printable(str(use.position))} ({printable(use.by)})" for use in uses[:_MAX_USES]]
    more = len(uses) - len(words)
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")


def _without_most_rows(problems: Sequence[Problem]) -> Iterator[Problem | str]:
    """The problems. Of many with rows at one position, only the first and a line with the count."""
    of_rows = Counter(problem.position for problem in problems if problem.row)
    printed: Counter[Position] = Counter()
    for problem in problems:
        position = problem.position
        if problem.row:
            printed[position] += 1
        if not problem.row or printed[position] <= MAX_ROWS:
            yield problem
        elif printed[position] == MAX_ROWS + 1:
            more = of_rows[position] - MAX_ROWS
            rows = "row has" if more == 1 else "rows have"
            where = visible(f"{position}:")
            yield f"{where} {more:,} more {rows} a problem here; --format json names all of them"


def _header(problem: Problem, *, color: bool) -> str:
    position = problem.position
    where = _paint(visible(f"{position}:"), _BOLD, color=color)
    marked = f"{_paint('warning:', _YELLOW, color=color)} " if problem.is_warning else ""
    number = number_of(problem.code)
    code = f" [{number}]" if number else ""
    return f"{where} {marked}{bounded(problem.message, _MAX_MESSAGE)}{code}"


def _quoted(problem: Problem, lines: Sequence[str], *, color: bool) -> list[str]:
    position = problem.position
    if not 0 < position.line <= len(lines) or not lines[position.line - 1].strip():
        return []
    text, carets = quote(lines[position.line - 1], position)
    number = f"{position.line:5d}"
    caret_color = _YELLOW if problem.is_warning else _RED
    return [
        f"{number} | {text}",
        f"{' ' * len(number)} | {_paint(carets, caret_color, color=color)}",
    ]


def _details(problem: Problem, *, color: bool) -> list[str]:
    details = []
    if problem.rendered is not None:
        details.append(f'    rendered: "{bounded(problem.rendered, _MAX_RENDERED)}"')
    if problem.row is not None:
        details.append(f"    row: {describe_row(problem.row)}")
    if problem.uses:
        details.append(f"    used: {describe_uses(problem.uses)}")
    if problem.hint is not None:
        hint = bounded(problem.hint, _MAX_MESSAGE)
        details.append(f"    {_paint('hint:', _CYAN, color=color)} {hint}")
    return details


def _paint(text: str, paint: str, *, color: bool) -> str:
    return f"{paint}{text}{_RESET}" if color else text
