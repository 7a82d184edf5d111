"""Reads the rows of any table: a header with names, and one cell for each name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from storyboard.language.nodes import Row
from storyboard.records import Json, Position, Problem, Severity
from storyboard.reporting.amounts import count_text
from storyboard.reporting.invisible import hint_for_invisible, name_invisible

ESCAPED = "\\|"
"""The separator of tables in which a | inside a cell is escaped with a backslash."""

_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|", ESCAPED: "|"}
"""The names of the separators."""

_TITLE = "if the first line is a title, remove it: the names of the columns must come first"

_ERRORS = {"#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#spill!", "#n/a"}
_EMPTY_WORDS = _ERRORS | {"nan", "none", "null", "n/a", "-", "\N{EN DASH}", "\N{EM DASH}"}
"""What programs and people write into a cell without a value, in lower case."""

_MAX_EMPTY_WORD = max(map(len, _EMPTY_WORDS)) + 2


def read_table(
    records: Iterable[tuple[Position, Sequence[str]]], *, separator: str
) -> Iterator[Row | Problem]:
    """Read the rows below the first record, which names the columns.

    Records with only empty cells are skipped, because spreadsheets leave them at the end. Columns
    without a name are left out, with a warning if they contain something. Cells in which a
    program wrote that there is no value are empty, with a warning. `separator` is the text
    between cells, for messages.
    """
    names: list[str] = []
    filled: set[int] = set()
    empty: dict[str, int] = {}
    first_empty = None
    header = nameless = None
    for position, record in records:
        if not any(map(str.strip, record)):
            continue
        if header is None:
            header, names = position, [cell.strip() for cell in record]
            nameless = [number for number, name in enumerate(names) if not name]
            yield from _check_names(names, position)
        elif len(record) < len(names) or any(map(str.strip, record[len(names) :])):
            yield _wrong_length(record, names, separator, position)
        else:
            cells: dict[str, Json] = dict(zip(names, record, strict=False))
            if nameless:
                filled.update(number for number in nameless if record[number].strip())
                del cells[""]
            for name in [name for name in cells if _means_empty(cells[name])]:
                first_empty = first_empty or (position, str(cells[name]).strip())
                empty[name] = empty.get(name, 0) + 1
                cells[name] = ""
            yield Row(position, cells)
    if first_empty:
        yield _empty_cells(*first_empty, empty)
    if header and filled:
        numbers = ", ".join(str(number + 1) for number in sorted(filled))
        message = f"column {numbers} has no name and is ignored"
        if len(filled) > 1:
            message = f"columns {numbers} have no name and are ignored"
        is_title = len(names) - len(nameless or ()) == 1
        hint = _TITLE if is_title else "give it a name if templates need it"
        severity = Severity.WARNING
        yield Problem(header, "nameless-column", message, hint, severity=severity)


def _means_empty(cell: Json) -> bool:
    is_short = isinstance(cell, str) and len(cell) <= _MAX_EMPTY_WORD
    return is_short and str(cell).strip().casefold() in _EMPTY_WORDS


def _empty_cells(position: Position, cell: str, counts: Mapping[str, int]) -> Problem:
    """Return one warning per table, because the cells of a row have one position."""
    columns = ", ".join(f"{name!r} ({count:,})" for name, count in counts.items())
    message = f"{cell!r} and the like are read as empty cells, in column {columns}"
    hint = "leave the cell empty, or fix its formula; to print it, write it in the template"
    return Problem(position, "empty-cell", message, hint, severity=Severity.WARNING)


def _check_names(names: Sequence[str], position: Position) -> Iterator[Problem]:
    """Yield at most one problem, because the whole header has one position."""
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1 and name]
    if repeated:
        message = f"more than one column is called {', '.join(repeated)}"
        yield Problem(position, "repeated-column", message)
    elif name := next(filter(name_invisible, names), None):
        message = f"the name of column {name!r} contains an invisible character"
        hint = hint_for_invisible(name)
        warning = Severity.WARNING
        yield Problem(position, "invisible-character", message, hint, severity=warning)


def _wrong_length(
    record: Sequence[str], names: Sequence[str], separator: str, position: Position
) -> Problem:
    cells, columns = count_text(len(record), "cell"), count_text(len(names), "column")
    message = f"{cells}, but the header has {columns}"
    if len(record) <= len(names):
        name = names[len(record)]
        hint = f"the cells from {name!r} on are missing" if name else "the last cells are missing"
        hint += f"; an empty one needs its {_SEPARATOR_NAMES[separator]} too"
    elif separator == ESCAPED:
        hint = "a | inside a cell is written \\|"
    else:
        hint = f"a cell that contains a {_SEPARATOR_NAMES[separator]} needs double quotes"
        is_prose = any(cell.startswith(" ") for cell in record)
        if len(names) == 1 and not is_prose:
            hint += f"; {_TITLE}"
    return Problem(position, "row-length", message, hint)
