"""The text of a storyboard around a list of shots: a table, a text with prompts, a JSON file.

The list comes from outside, including its column names. In the generated text they are
written in one-line comments and as escaped strings in templates.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from storyboard.errors import UsageError
from storyboard.language.read_scope import find_scope
from storyboard.language.rows.read import WITH_KEYS, Rows, read_rows
from storyboard.language.rows.shapes import paths_of_lists
from storyboard.language.yaml.source import parse_source
from storyboard.models.card import ModelCard
from storyboard.names import from_file_name
from storyboard.project.new_project.columns import Columns, cell_template, escape, map_columns
from storyboard.project.new_project.project_files import SCHEMA
from storyboard.reporting.amounts import count_text
from storyboard.reporting.quoting import bounded
from storyboard.reporting.value_paths import format_value

_MAX_NAME = 40
_MAX_OTHERS = 30
_DEFAULTS = {"resolution": "720P", "ratio": "16:9", "duration": "5", "prompt_extend": "false"}


class ShotList(NamedTuple):
    """A list of shots as it was read.

    `selector` is the `key` or `sheet` of the file that holds it. `name` is how the storyboard
    refers to the file. With `is_copied`, that is a copy beside the storyboard, which may not
    read the original.
    """

    rows: Rows
    selector: Mapping[str, str]
    name: str
    is_copied: bool


def read_list(
    source: Path, storyboard: Path, *, key: str | None = None, sheet: str | None = None
) -> ShotList:
    """The list of shots in a file, for a storyboard at that path.

    Its problems are those of `rows`. Raises UsageError for a file that a storyboard
    must not read, or if it is unclear which list of the file is meant.
    """
    scope = find_scope(storyboard, allowed=[source.parent])
    if refusal := scope.refusal(source):
        raise UsageError(f"{source} {refusal[0]}", next_step="name another list with --from")
    rows = read_rows(source, str(source), key=key, sheet=sheet)
    if scope.holds_key(rows.text):
        raise UsageError(
            f"{source} contains the API key, so no storyboard is made from it",
            next_step="remove the key, and create a new one: whoever has this file has the old one",
        )
    if key is None and (key := _only_key(source, rows)) is not None:
        rows = read_rows(source, str(source), key=key)
    real, folder = source.resolve(), storyboard.parent.resolve()
    is_copied = not real.is_relative_to(scope.project)
    name = real.name if is_copied else os.path.relpath(real, folder).replace(os.sep, "/")
    selector = {"key": key, "sheet": sheet}
    chosen = {option: value for option, value in selector.items() if value is not None}
    return ShotList(rows, chosen, _checked(name), is_copied)


def _only_key(source: Path, rows: Rows) -> str | None:
    """The key of the only list in a file; None if the file itself is a list."""
    is_none = any(problem.code == "not-rows" for problem in rows.problems)
    if rows.rows or not is_none or source.suffix.lower() not in WITH_KEYS:
        return None
    root = parse_source(rows.text, str(source)).root
    found = list(paths_of_lists(root.data)) if root else []
    if len(found) > 1:
        raise UsageError(
            f"{source} holds {len(found)} lists: {', '.join(found[:10])}",
            next_step="name one with --key KEY",
        )
    return found[0] if found else None


def _checked(name: str) -> str:
    """The name as text. Raises UsageError if a storyboard cannot hold it."""
    text = from_file_name(name)
    if not text.isprintable() or "{{" in text or "{%" in text:
        raise UsageError(
            f"the name {text!r} cannot be used in a storyboard", next_step="rename the file"
        )
    return text


def copied_list(
    shots: ShotList, source: Path, folder: Path, others: Container[str]
) -> dict[str, bytes]:
    """The copy of a list beside the storyboard, by its name.

    Raises UsageError if another file has that name.
    """
    path = folder / shots.name
    if shots.name in others or os.path.lexists(path):
        raise UsageError(
            f"{source} is outside the project, and {path} is a different file",
            next_step=f"copy the list to {folder} under another name, and give that name to --from",
        )
    return {shots.name: source.read_bytes()}


def write_storyboard(shots: ShotList, card: ModelCard) -> str:
    """The text of a storyboard with a shot for each row."""
    columns = map_columns(shots.rows.rows, card)
    return "\n".join(
        [
            f"# yaml-language-server: $schema={SCHEMA}",
            *_comment(shots, columns),
            "version: 1",
            f"model: {card.name}",
            "",
            "defaults: # what each shot asks for, unless its row says otherwise",
            *(f"  {key}: {value}" for key, value in _DEFAULTS.items()),
            "",
            "shots:",
            *_shot(shots, columns),
            "",
        ]
    )


def _comment(shots: ShotList, columns: Columns) -> Iterator[str]:
    count = count_text(len(shots.rows.rows), "row")
    yield f"# One shot for each row of {bounded(shots.name, _MAX_NAME)} ({count})."
    if columns.used:
        yield "# Its columns, and the keys that they fill:"
    width = max((len(_short(column.name)) for column in columns.used), default=0)
    for column in columns.used:
        yield f"#   {_short(column.name):<{width}}  {column.key}"
    for name, (key, cell) in columns.misfits.items():
        yield f"# {_short(name)} fills nothing: {bounded(format_value(cell), 60)} is no {key}."
    others = [name for name in columns.others if name not in columns.misfits]
    if others:
        yield "# Columns that fill nothing yet, and how a template names them:"
    for name in others[:_MAX_OTHERS]:
        yield f"#   {_short(name)}: {bounded(cell_template(name), _MAX_NAME)}"
    if len(others) > _MAX_OTHERS:
        yield f"#   and {len(others) - _MAX_OTHERS} more"


def _shot(shots: ShotList, columns: Columns) -> Iterator[str]:
    rows = _quoted(shots.name)
    if shots.selector:
        parts = {"file": shots.name, **shots.selector}
        rows = f"{{{', '.join(f'{name}: {_quoted(value)}' for name, value in parts.items())}}}"
    templates = {column.key: column.template for column in columns.used}
    lines = {"id": "shot-{{ shot.number }}", **templates}
    yield f"  - id: {_quoted(lines.pop('id'))}"
    yield f"    rows: {rows}"
    if not columns.has_prompt:
        yield "    # No column is named like a prompt: write here which one it is, or several"
        yield "    # of them in one text, as in: A wide shot of {{ row.place }}, {{ row.mood }}"
        yield '    prompt: "{{ row.prompt }}"'
    for key, template in lines.items():
        yield f"    {key}: {_quoted(template)}"


def _quoted(text: str) -> str:
    """The text in double quotes for YAML, with invisible characters escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else escape(char) for char in quoted)


def _short(name: str) -> str:
    return bounded(name, _MAX_NAME)
