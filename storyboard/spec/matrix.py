"""The combinations of a matrix: the first axis turns slowest. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storyboard.records import Json, Place, Problem
from storyboard.spec.fingerprint import canonical_json
from storyboard.spec.nodes import MappingNode, Node, SequenceNode
from storyboard.spec.suggest import did_you_mean

_LISTS = ("exclude", "include")


@dataclass(frozen=True, slots=True)
class Matrix:
    """The axes of one shot, and what is dropped from and added to their product."""

    axes: Mapping[str, Sequence[Node]]
    exclude: Sequence[MappingNode]
    include: Sequence[MappingNode]

    @property
    def most(self) -> int:
        """How many combinations there are at most, counted without making them."""
        product = 1 if self.axes else 0
        for values in self.axes.values():
            product *= len(values)
        return product + len(self.include)


def read_matrix(node: Node | None) -> Matrix | None:
    """The matrix under a shot's `matrix` key, None where there is none."""
    if not isinstance(node, MappingNode):
        return None
    axes = {
        name: values.items
        for name, values in node
        if name not in _LISTS and isinstance(values, SequenceNode)
    }
    exclude, include = (_mappings(node.get(name)) for name in _LISTS)
    return Matrix(axes, exclude, include)


def expand_matrix(matrix: Matrix, values: Mapping[str, Sequence[Json]]) -> list[dict[str, Json]]:
    """All combinations, `values` being the axes' values after templates.

    A combination is dropped where one entry of `exclude` matches on all the
    keys it names; each entry of `include` adds one combination.
    """
    excluded = [{key: canonical_json(node.data) for key, node in entry} for entry in matrix.exclude]
    keyed = {
        name: [(value, canonical_json(value)) for value in axis] for name, axis in values.items()
    }
    combinations = [
        {name: pair[0] for name, pair in zip(keyed, pairs, strict=True)}
        for pairs in (itertools.product(*keyed.values()) if keyed else ())
        if not any(
            _matches(entry, dict(zip(keyed, (pair[1] for pair in pairs), strict=True)))
            for entry in excluded
        )
    ]
    combinations.extend({key: node.data for key, node in entry} for entry in matrix.include)
    return combinations


def check_matrix(matrix: Matrix, where: str, place: Place) -> list[Problem]:
    """Entries of `exclude` that name no axis, and a matrix that leaves nothing."""
    problems = []
    for number, entry in enumerate(matrix.exclude):
        for key, node in entry.entries.items():
            if key not in matrix.axes:
                problems.append(
                    Problem(
                        node.key_place,
                        "unknown-axis",
                        f"{where}.exclude[{number}].{key}: the matrix has no axis {key!r}",
                        hint=did_you_mean(key, matrix.axes),
                    )
                )
    if not matrix.axes and not matrix.include:
        problems.append(
            Problem(
                place,
                "empty-matrix",
                f"{where}: the matrix has no axis, so it makes no shot",
                hint="give it lists of values by name, or leave it out",
            )
        )
    return problems


def _matches(entry: Mapping[str, str], combination: Mapping[str, str]) -> bool:
    return bool(entry) and all(combination.get(key) == value for key, value in entry.items())


def _mappings(node: Node | None) -> list[MappingNode]:
    items = node.items if isinstance(node, SequenceNode) else ()
    return [item for item in items if isinstance(item, MappingNode)]
