"""From a path to a Storyboard: composes the stages in order, and gathers every problem.

Reads the storyboard, the files it includes, its rows and its macros, and
nothing else. Never raises for what a file holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.fileformat import include_schema, storyboard_schema
from storyboard.records import Json, Place, Problem, Severity, Storyboard, Take
from storyboard.spec.check import check_file, check_payload
from storyboard.spec.expand import Workshop, expand_storyboard
from storyboard.spec.layers import Layer, read_level
from storyboard.spec.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.spec.problems import tidy
from storyboard.spec.prompt import Request, Shared
from storyboard.spec.rows import Rows, read_rows
from storyboard.spec.scope import RESERVED_NAMES, Usage
from storyboard.spec.source import read_source
from storyboard.spec.suggest import did_you_mean
from storyboard.spec.templates import Templates

_SHARED = ("vars", "negatives", "seeds")


@dataclass(slots=True)
class _Reading:
    """What has been read so far, and what was wrong with it."""

    catalog: Catalog
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)


def load_storyboard(
    path: Path,
    catalog: Catalog,
    *,
    shown: str | None = None,
    overrides: Mapping[str, Node] | None = None,
) -> Storyboard:
    """The storyboard at `path`, expanded and checked twice: its shape, and every payload.

    `shown` is the name for messages, as the user typed it. `overrides` are
    the vars of the command line; they beat every level.
    """
    reading = _Reading(catalog)
    shown = shown or str(path)
    root = _read_file(path, shown, storyboard_schema(catalog.cards()), reading)
    takes: list[Take] = []
    title = None
    if root is not None:
        title, takes = _expand(path, shown, root, reading, overrides or {})
    return Storyboard(
        path=path,
        name=path.stem,
        title=title,
        takes=tuple(takes),
        problems=tuple(tidy(reading.problems)),
        sources=reading.sources,
    )


def read_overrides(
    assignments: Iterable[str], files: Iterable[Path]
) -> tuple[dict[str, Node], list[Problem], dict[str, str]]:
    """Vars from `--vars FILE` (typed) and `--var NAME=VALUE` (text), the latter winning.

    Also the problems with them, and the texts of the files for quoting.
    """
    variables: dict[str, Node] = {}
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for path in files:
        source = read_source(path, str(path))
        sources[str(path)] = source.text
        problems.extend(source.problems)
        if isinstance(source.root, MappingNode):
            variables.update(source.root)
        elif source.root is not None:
            message = "a file of vars is a mapping of names to values"
            problems.append(Problem(source.root.place, "wrong-type", message))
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        place = Place(f"--var {name}", 1, 1)
        if not equals or not name.isidentifier() or name in RESERVED_NAMES:
            message = f"{assignment!r} is not NAME=VALUE with a name that vars may take"
            problems.append(Problem(place, "bad-var", message))
            continue
        variables[name] = ScalarNode(text, text, place, is_plain=False, text_line=1)
    return variables, problems, sources


def _expand(
    path: Path, shown: str, root: MappingNode, reading: _Reading, overrides: Mapping[str, Node]
) -> tuple[str | None, list[Take]]:
    files = [(included, False) for included in _read_includes(path, shown, root, reading, ())]
    files.append((root, True))
    shared: dict[str, dict[str, Node]] = {key: {} for key in _SHARED}
    base = Layer()
    for node, is_own in files:
        for key in _SHARED:
            value = node.get(key)
            if isinstance(value, MappingNode):
                shared[key].update(value)
        if not is_own:
            base = base.under(read_level(node, ""))
    usage = Usage()
    folder = path.parent / "templates"
    shown_folder = os.path.join(os.path.dirname(shown), "templates")  # noqa: PTH118, PTH120 (a shown name, not a path)
    templates = Templates(folder if folder.is_dir() else None, shown=shown_folder)
    reading.problems.extend(templates.problems)
    reading.sources.update(templates.sources)
    shop = Workshop(
        templates=templates,
        cards=reading.catalog,
        shared=Shared(shared["negatives"], shared["seeds"], usage),
        read_rows=lambda node, where: _read_rows(path, shown, node, where, reading),
        check_payload=_check_payload,
        overrides=overrides,
        report=reading.problems.append,
    )
    title, takes = expand_storyboard(root, base, shop)
    reading.problems.extend(_unused(root, overrides, usage))
    return title, takes


def _read_file(
    path: Path, shown: str, schema: dict[str, Json], reading: _Reading
) -> MappingNode | None:
    source = read_source(path, shown)
    reading.sources[shown] = source.text
    reading.problems.extend(source.problems)
    if source.root is None:
        return None
    reading.problems.extend(check_file(source.root, schema, shown=shown))
    return source.root if isinstance(source.root, MappingNode) else None


def _read_includes(
    path: Path, shown: str, root: MappingNode, reading: _Reading, above: tuple[Path, ...]
) -> list[MappingNode]:
    """The included files in order, those that they include before them."""
    above = (*above, path.resolve())
    node = root.get("include")
    found: list[MappingNode] = []
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if not isinstance(item, ScalarNode) or not isinstance(item.value, str):
            continue
        target, target_shown = _beside(path, shown, item.value)
        if target.resolve() in above:
            names = " -> ".join([*(step.name for step in above), target.name])
            reading.problems.append(
                Problem(
                    item.place,
                    "circular-include",
                    f"include: {item.value} includes itself: {names}",
                    hint="take one of them out of the circle",
                )
            )
            continue
        if not target.exists():
            message = f"include: there is no file {item.value} beside {Path(shown).name}"
            reading.problems.append(Problem(item.place, "missing-file", message))
            continue
        included = _read_file(target, target_shown, include_schema(reading.catalog.cards()), reading)
        if included is not None:
            found.extend(_read_includes(target, target_shown, included, reading, above))
            found.append(included)
    return found


def _read_rows(
    path: Path, shown: str, node: ScalarNode, where: str, reading: _Reading
) -> list[dict[str, Json]]:
    target, target_shown = _beside(path, shown, node.text)
    if target_shown not in reading.rows:
        if not target.exists():
            message = f"{where}: there is no file {node.text} beside {Path(shown).name}"
            reading.problems.append(Problem(node.place, "missing-file", message))
            return []
        rows = read_rows(target, target_shown)
        reading.rows[target_shown] = rows
        reading.sources[target_shown] = rows.text
        reading.problems.extend(rows.problems)
    data = [row.data for row in reading.rows[target_shown].rows]
    return [row for row in data if isinstance(row, dict)]


def _beside(path: Path, shown: str, name: str) -> tuple[Path, str]:
    """A file that `path` names, and its name for messages."""
    shown_name = os.path.normpath(os.path.join(os.path.dirname(shown), name))  # noqa: PTH118, PTH120 (a shown name, not a path)
    return path.parent / name, shown_name


def _check_payload(request: Request, card: ModelCard, take: Take) -> Iterable[Problem]:
    def place_of(name: str) -> Place:
        return request.places.get(name, take.place)

    return check_payload(take.payload, card, place_of, request.shown.get, take.id)


def _unused(root: MappingNode, overrides: Mapping[str, Node], usage: Usage) -> list[Problem]:
    """Warnings for shared names of the storyboard itself that nothing uses.

    Included files serve several films, so what this one leaves unused is no matter.
    """
    warnings: list[Problem] = []
    known = set(overrides)
    for key, used in zip(_SHARED, (usage.vars, usage.negatives, usage.seeds), strict=True):
        mapping = root.get(key)
        if not isinstance(mapping, MappingNode):
            continue
        kind = key.removesuffix("s")
        if key == "vars":
            known |= set(mapping.entries)
        warnings.extend(
            _warning(entry.key_place, f"unused-{kind}", f"{key}.{name}: nothing uses this {kind}")
            for name, entry in mapping.entries.items()
            if name not in used
        )
    warnings.extend(
        _warning(node.place, "unused-var", f"nothing uses the var {name!r}", known - {name})
        for name, node in overrides.items()
        if name not in usage.vars
    )
    return warnings


def _warning(place: Place, code: str, message: str, known: Iterable[str] | None = None) -> Problem:
    hint = None if known is None else did_you_mean(message.split("'")[1], known)
    return Problem(place, code, message, hint, severity=Severity.WARNING)
