"""Expands a matrix into its combinations; the first axis varies slowest. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storyboard.fingerprint import canonical_json
from storyboard.language.expansion.cascade import Setting, settings_of
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import Report, attempt, read_node
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.records import Json, Position, Problem, Severity
from storyboard.reporting.suggest import did_you_mean

_LISTS = ("exclude", "include")

Combination = dict[str, Json]


class Matrix(NamedTuple):
    """The axes of one shot, and the combinations dropped from and added to their product.

    `where` is the path to the matrix, `position` the position of its key. `is_fixed` says that it
    contains no template, so it is the same for every row.
    """

    axes: Mapping[str, Sequence[Setting]]
    exclude: Sequence[Mapping[str, Setting]]
    include: Sequence[Mapping[str, Setting]]
    where: str
    position: Position
    is_fixed: bool

    @property
    def max_combinations(self) -> int:
        """How many combinations there are before `exclude`, counted without making them."""
        product = math.prod(map(len, self.axes.values())) if self.axes else 0
        return product + len(self.include)


def read_matrix(entry: MappingNode, where: str) -> Matrix | None:
    """Return the matrix of a shot, or None if it has none; `where` is the path to the shot."""
    node = entry.get("matrix")
    if not isinstance(node, MappingNode):
        return None
    where = f"{where}.matrix"
    settings = settings_of(node, where)
    axes = {
        name: setting.items
        for name, setting in settings.items()
        if name not in _LISTS and isinstance(setting.node, SequenceNode)
    }
    exclude, include = (_mappings(settings.get(name)) for name in _LISTS)
    position = entry.entries["matrix"].key_position
    return Matrix(axes, exclude, include, where, position, not _has_template(node))


def read_combinations(matrix: Matrix, scope: ShotScope, report: Report) -> list[Combination]:
    """Return a matrix's combinations with templates filled in; none if a value has a problem."""

    def read(setting: Setting) -> Json:
        return attempt(report, read_node, setting, scope)

    def read_entries(entries: Sequence[Mapping[str, Setting]]) -> list[Combination]:
        return [{key: read(setting) for key, setting in entry.items()} for entry in entries]

    axes = {
        name: [
            value for setting in settings if (value := read(setting)) is not None or setting.is_null
        ]
        for name, settings in matrix.axes.items()
    }
    exclude, include = read_entries(matrix.exclude), read_entries(matrix.include)
    combinations, unused = expand_matrix(axes, exclude, include)
    if all(axes.values()):
        for problem in check_combinations(matrix, combinations, unused):
            report(problem)
    return combinations


def expand_matrix(
    axes: Mapping[str, Sequence[Json]],
    exclude: Sequence[Combination] = (),
    include: Sequence[Combination] = (),
) -> tuple[list[Combination], frozenset[int]]:
    """Return all combinations, and which entries of `exclude` (from 0) dropped none.

    An entry of `exclude` drops a combination that matches it on every key it names. Each entry of
    `include` adds one combination.
    """
    # Indexed by the keys that an entry names, so that combinations are looked up, not compared.
    excluded: dict[tuple[str, ...], dict[tuple[str, ...], set[int]]] = {}
    for number, entry in enumerate(exclude):
        if entry and entry.keys() <= axes.keys():
            values = tuple(map(canonical_json, entry.values()))
            excluded.setdefault(tuple(entry), {}).setdefault(values, set()).add(number)
    keyed = [[(value, canonical_json(value)) for value in values] for values in axes.values()]
    used: set[int] = set()
    combinations: list[Combination] = []
    for pairs in itertools.product(*keyed) if keyed else ():
        spelled = {name: pair[1] for name, pair in zip(axes, pairs, strict=True)}
        matches = [
            numbers
            for keys, entries in excluded.items()
            if (numbers := entries.get(tuple(spelled[key] for key in keys)))
        ]
        used.update(*matches)
        if not matches:
            combinations.append({name: pair[0] for name, pair in zip(axes, pairs, strict=True)})
    combinations.extend(include)
    return combinations, frozenset(range(len(exclude))) - used


def check_matrix(matrix: Matrix) -> list[Problem]:
    """Check before rendering: a matrix without axes, and `exclude` keys that are not axes."""
    if not matrix.axes:
        if not matrix.exclude or matrix.include:
            return []  # valid, or malformed and already reported by the schema
        message = f"{matrix.where}: the matrix has no axis, so it makes no shot"
        hint = "give it lists of values by name, or remove it"
        return [Problem(matrix.position, "empty-matrix", message, hint)]
    return [
        Problem(
            setting.key_position,
            "unknown-axis",
            f"{setting.where}: the matrix has no axis {key!r}",
            did_you_mean(key, matrix.axes) or f"known: {', '.join(matrix.axes)}",
        )
        for entry in matrix.exclude
        for key, setting in entry.items()
        if key not in matrix.axes
    ]


def check_combinations(
    matrix: Matrix, combinations: Sequence[Combination], unused: frozenset[int]
) -> list[Problem]:
    """Report a problem if nothing is left, and warn about each `exclude` without effect."""
    problems = []
    if not combinations and matrix.axes:
        message = f"{matrix.where}: every combination is excluded, so it makes no shot"
        problems.append(Problem(matrix.position, "empty-matrix", message, "exclude fewer"))
    for number in sorted(unused):
        entry = matrix.exclude[number]
        if matrix.is_fixed and entry and entry.keys() <= matrix.axes.keys():
            position = next(iter(entry.values())).key_position
            message = f"{matrix.where}.exclude[{number}]: no combination matches this"
            warning = Severity.WARNING
            problems.append(Problem(position, "unused-exclude", message, severity=warning))
    return problems


def _mappings(setting: Setting | None) -> list[dict[str, Setting]]:
    return [
        settings_of(item.node, item.where)
        for item in (setting.items if setting else ())
        if isinstance(item.node, MappingNode)
    ]


def _has_template(node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return node.is_template
    items = node.items if isinstance(node, SequenceNode) else [value for _, value in node]
    return any(_has_template(item) for item in items)
