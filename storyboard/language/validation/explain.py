"""Why values do not fit their schemas, as Problems with places. Pure.

Comes in when a quick verdict was no, and may find nothing wrong after all.
Codes: unknown-key, missing-key, unknown-parameter, missing-parameter, and
those of `schema_messages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.language.nodes import MappingNode, Node, SequenceNode
from storyboard.language.validation.schema_errors import (
    MISSING,
    UNKNOWN,
    Fault,
    FaultPath,
    find_faults,
)
from storyboard.language.validation.schema_messages import (
    Complaint,
    complain,
    importance,
    list_names,
)
from storyboard.language.validation.unknown_keys import hint_for_unknown
from storyboard.records import Payload, Position, Problem
from storyboard.reporting.suggest import closest, did_you_mean
from storyboard.reporting.value_paths import format_path

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


def explain_file(root: MappingNode, data: Any, schema: Mapping[str, Any]) -> tuple[Problem, ...]:
    """All that is wrong with a file, sorted by place; `data` is that of its `root`."""
    faults = list(find_faults(data, schema))
    unknown = [fault for fault in faults if fault.keyword == UNKNOWN]
    missing = [fault for fault in faults if fault.keyword == MISSING]
    bad = [fault for fault in faults if fault.keyword not in (UNKNOWN, MISSING)]
    problems = [
        *(_bad_value(root, fault) for fault in _most_telling(bad) if not _is_padding(fault)),
        *(_unknown_key(root, fault, schema) for fault in unknown),
        *_missing_keys(root, missing, unknown),
    ]
    # An anchored value is used in several places and stands in one.
    once = {(problem.position, problem.code): problem for problem in reversed(problems)}
    return tuple(sorted(once.values(), key=lambda problem: problem.position))


def explain_payload(
    payload: Payload,
    card: ModelCard,
    position_of: Callable[[str], Position],
    rendered_of: Callable[[str], str | None],
    take_id: str,
) -> tuple[Problem, ...]:
    """All that is wrong with one take's request, one problem a parameter."""
    return tuple(
        _bad_parameter(fault, card, position_of, rendered_of, take_id)
        for fault in _most_telling(find_faults(payload, card.request_schema))
    )


def _most_telling(faults: Iterable[Fault]) -> Iterator[Fault]:
    """One fault for each path, in the order of the paths' first."""
    best: dict[FaultPath, Fault] = {}
    for fault in faults:
        known = best.get(fault.path)
        if known is None or importance(fault) < importance(known):
            best[fault.path] = fault
    yield from best.values()


def _bad_value(root: Node, fault: Fault) -> Problem:
    said = complain(fault)
    position = (
        _key_position(root, fault.path)
        if fault.is_about_key
        else _node_at(root, fault.path).position
    )
    return Problem(position, said.code, _sentence(fault.path, said.words), said.hint)


def _unknown_key(root: Node, fault: Fault, schema: Mapping[str, Any]) -> Problem:
    known = fault.schema.get("properties", ())
    return Problem(
        _key_position(root, fault.path),
        "unknown-key",
        _sentence(fault.path, "unknown key"),
        hint_for_unknown(fault.value, known, schema),
    )


def _missing_keys(root: Node, missing: list[Fault], unknown: list[Fault]) -> Iterator[Problem]:
    """One problem for each mapping that lacks keys, at its first key."""
    misspelt = _by_parent(unknown)
    for parent, faults in _by_parent(missing).items():
        by_name = {fault.value: fault for fault in faults}
        # A misspelt key is reported as unknown; it would only be said twice.
        for fault in misspelt.get(parent, ()):
            by_name.pop(closest(fault.value, by_name) or "", None)
        if not by_name:
            continue
        words = f"missing key{'s' if len(by_name) > 1 else ''} {list_names(list(by_name))}"
        rule = next((fault.rule for fault in by_name.values() if fault.rule), None)
        node = _node_at(root, parent)
        entries = list(node.entries.values()) if isinstance(node, MappingNode) else []
        yield Problem(
            entries[0].key_position if entries else node.position,
            "missing-key",
            _sentence(parent, f"{words}: {rule}" if rule else words),
        )


def _by_parent(faults: Iterable[Fault]) -> dict[FaultPath, list[Fault]]:
    grouped: dict[FaultPath, list[Fault]] = {}
    for fault in faults:
        grouped.setdefault(fault.path[:-1], []).append(fault)
    return grouped


def _bad_parameter(
    fault: Fault,
    card: ModelCard,
    position_of: Callable[[str], Position],
    rendered_of: Callable[[str], str | None],
    take_id: str,
) -> Problem:
    name = str(fault.path[0]) if fault.path else ""
    if fault.keyword == MISSING:
        said = Complaint("missing-parameter", f"is missing; {card.name} needs it")
    elif fault.keyword == UNKNOWN and len(fault.path) == 1:
        hint = did_you_mean(name, card.parameters)
        said = Complaint("unknown-parameter", f"{card.name} has no such parameter", hint)
    else:
        said = complain(fault, owner=card.name)
    words = _sentence(fault.path, said.words)
    message = f"take {take_id}: {words}"
    return Problem(position_of(name), said.code, message, said.hint, rendered_of(name))


def _is_padding(fault: Fault) -> bool:
    """Whether a text is too long only by the space around it, which is not sent."""
    return fault.keyword == "maxLength" and len(fault.value.strip()) <= fault.limit


def _sentence(path: FaultPath, words: str) -> str:
    where = format_path(path)
    return f"{where}: {words}" if where else words


def _node_at(root: Node, path: FaultPath) -> Node:
    node = root
    for part in path:
        if isinstance(node, SequenceNode) and isinstance(part, int):
            node = node.items[part]
        elif isinstance(node, MappingNode) and isinstance(part, str):
            node = node.entries[part].value
    return node


def _key_position(root: Node, path: FaultPath) -> Position:
    parent = _node_at(root, path[:-1])
    entry = parent.entries.get(str(path[-1])) if isinstance(parent, MappingNode) else None
    return entry.key_position if entry else parent.position
