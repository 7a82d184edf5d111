"""Combines the limits of a field's alternative branches into one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from storyboard.models.imports.document import NotUnderstood, Pointer

Limits: TypeAlias = dict[str, Any]

MAX_SPELLED = 64  # values that a range may expand to if a list is needed

_ANNOTATIONS = ("description", "default")


def union(found: Pointer, branches: Sequence[Limits]) -> Limits:
    """Return the limits that allow whatever any of the branches allows.

    Raises NotUnderstood if the result is not a list, a range or another form that a card can
    state.
    """
    bare = [_without_annotations(branch) for branch in branches]
    if len(branches) == 1:
        return {**bare[0], **branches[0]}
    if all(branch == bare[0] for branch in bare):
        return bare[0]
    bare = _one_type(bare)
    types = {branch.get("type") for branch in bare}
    if types == {"integer"}:
        return _numbers(found, bare)
    if all("enum" in branch for branch in bare) and len(types) == 1:
        return {"type": bare[0]["type"], "enum": _all_values(bare)}
    if types == {"string"}:
        return _texts(found, bare)
    raise NotUnderstood(found, "takes one thing or another; a card's field is of one kind")


def _without_annotations(branch: Limits) -> Limits:
    return {key: value for key, value in branch.items() if key not in _ANNOTATIONS}


def _all_values(branches: Sequence[Limits]) -> list[Any]:
    return list(dict.fromkeys(value for branch in branches for value in branch["enum"]))


def _one_type(branches: list[Limits]) -> list[Limits]:
    """If integers and text are mixed, read the branches of numeric text as integers."""
    if {branch.get("type") for branch in branches} != {"integer", "string"}:
        return branches
    return [
        {"type": "integer", "enum": [int(value) for value in branch["enum"]]}
        if branch["type"] == "string" and _are_numbers(branch.get("enum"))
        else branch
        for branch in branches
    ]


def _are_numbers(values: list[str] | None) -> bool:
    return values is not None and all(one.isdecimal() and len(one) < 20 for one in values)


def _numbers(found: Pointer, branches: Sequence[Limits]) -> Limits:
    """Return one range if the branches' ranges adjoin, else the list of all their values."""
    ranges: list[tuple[float, float]] = []
    for branch in branches:
        if set(branch) - {"type", "enum", "minimum", "maximum"}:
            raise NotUnderstood(found, "has branches with other limits than a range or a list")
        if "enum" in branch:
            ranges += [(value, value) for value in branch["enum"]]
        else:
            ranges.append(
                (branch.get("minimum", float("-inf")), branch.get("maximum", float("inf")))
            )
    joined = _joined(ranges)
    if len(joined) == 1:
        least, most = joined[0]
        bounds = {"minimum": least, "maximum": most}
        finite = {key: value for key, value in bounds.items() if abs(value) != float("inf")}
        return {"type": "integer", **finite}
    if sum(most - least + 1 for least, most in joined) > MAX_SPELLED:
        raise NotUnderstood(found, "has ranges that do not adjoin; a card states one, or a list")
    values = [value for least, most in joined for value in range(int(least), int(most) + 1)]
    return {"type": "integer", "enum": values}


def _joined(ranges: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for least, most in sorted(ranges):
        if joined and least <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(most, joined[-1][1]))
        else:
            joined.append((least, most))
    return joined


def _texts(found: Pointer, branches: Sequence[Limits]) -> Limits:
    free = [branch for branch in branches if "enum" not in branch]
    if any(set(branch) - {"type", "minLength", "maxLength", "format"} for branch in free):
        raise NotUnderstood(found, "has branches of text with other limits than its length")
    lengths = [len(value) for branch in branches for value in branch.get("enum", ())]
    limits: Limits = {"type": "string"}
    for name, farthest in (("maxLength", max), ("minLength", min)):
        if all(name in branch for branch in free):
            limits[name] = farthest([*lengths, *(branch[name] for branch in free)])
    return limits
