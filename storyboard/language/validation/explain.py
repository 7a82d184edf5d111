"""Problems with their positions, for files and payloads that do not fit their schemas. Pure.

Comes in where the quick check did not say yes, and may still find nothing wrong.
Codes: unknown-key, missing-key, unknown-parameter, missing-parameter, and
those of `models.schema.messages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.language.nodes import MappingNode, Node, SequenceNode
from storyboard.language.validation.hints import hint_for_unknown_key, hint_for_value
from storyboard.models.schema.errors import (
    MISSING,
    UNKNOWN,
    ErrorPath,
    SchemaError,
    find_errors,
)
from storyboard.models.schema.messages import describe_error, most_specific
from storyboard.records import Payload, Position, Problem
from storyboard.reporting.suggest import closest, did_you_mean
from storyboard.reporting.value_paths import format_path

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


def explain_file(root: MappingNode, data: Any, schema: Mapping[str, Any]) -> tuple[Problem, ...]:
    """All that is wrong with a file, sorted by position; `data` is the data of its `root`."""
    errors = list(find_errors(data, schema, skip_valid_entries=True))
    unknown = [error for error in errors if error.keyword == UNKNOWN]
    missing = [error for error in errors if error.keyword == MISSING]
    bad = [error for error in errors if error.keyword not in (UNKNOWN, MISSING)]
    problems = [
        *(_bad_value(root, error) for error in _one_for_each_path(bad) if not _is_padding(error)),
        *(_unknown_key(root, error, schema) for error in unknown),
        *_missing_keys(root, missing, unknown),
    ]
    # An anchored value is used in several places and written in one.
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
    problems = []
    for error in _one_for_each_path(find_errors(payload, card.request_schema)):
        name = str(error.path[0]) if error.path else ""
        code, words, hint = _describe_parameter(error, name, card)
        message = f"take {take_id}: {_sentence(error.path, words)}"
        problems.append(Problem(position_of(name), code, message, hint, rendered_of(name)))
    return tuple(problems)


def _describe_parameter(
    error: SchemaError, name: str, card: ModelCard
) -> tuple[str, str, str | None]:
    """The code, the words after the path, and the hint."""
    if error.keyword == MISSING:
        return "missing-parameter", f"is missing; {card.name} needs it", None
    if error.keyword == UNKNOWN and len(error.path) == 1:
        hint = did_you_mean(name, card.parameters)
        return "unknown-parameter", f"{card.name} has no such parameter", hint
    message = describe_error(error, owner=card.name)
    return message.code, message.words, hint_for_value(error, message.code)


def _one_for_each_path(errors: Iterable[SchemaError]) -> Iterator[SchemaError]:
    """The most specific error of each path, in the order in which the paths first occur."""
    by_path: dict[ErrorPath, list[SchemaError]] = {}
    for error in errors:
        by_path.setdefault(error.path, []).append(error)
    return map(most_specific, by_path.values())


def _bad_value(root: Node, error: SchemaError) -> Problem:
    message = describe_error(error)
    words = _sentence(error.path, message.words)
    position = (
        _key_position(root, error.path)
        if error.is_about_key
        else _node_at(root, error.path).position
    )
    return Problem(position, message.code, words, hint_for_value(error, message.code))


def _unknown_key(root: Node, error: SchemaError, schema: Mapping[str, Any]) -> Problem:
    known = error.schema.get("properties", ())
    return Problem(
        _key_position(root, error.path),
        "unknown-key",
        _sentence(error.path, "unknown key"),
        hint_for_unknown_key(error.value, known, schema),
    )


def _missing_keys(
    root: Node, missing: list[SchemaError], unknown: list[SchemaError]
) -> Iterator[Problem]:
    """One problem for each mapping that lacks keys, at its first key."""
    misspelt = _by_parent(unknown)
    for parent, errors in _by_parent(missing).items():
        by_name = {error.value: error for error in errors}
        # A misspelt key is reported as unknown already.
        for error in misspelt.get(parent, ()):
            by_name.pop(closest(error.value, by_name) or "", None)
        if not by_name:
            continue
        words = f"missing key{'s' if len(by_name) > 1 else ''} {_listed(list(by_name))}"
        rule = next((error.rule for error in by_name.values() if error.rule), None)
        node = _node_at(root, parent)
        entries = list(node.entries.values()) if isinstance(node, MappingNode) else []
        yield Problem(
            entries[0].key_position if entries else node.position,
            "missing-key",
            _sentence(parent, f"{words}: {rule}" if rule else words),
        )


def _by_parent(errors: Iterable[SchemaError]) -> dict[ErrorPath, list[SchemaError]]:
    grouped: dict[ErrorPath, list[SchemaError]] = {}
    for error in errors:
        grouped.setdefault(error.path[:-1], []).append(error)
    return grouped


def _listed(names: list[str]) -> str:
    """Keys in a sentence: "'version' and 'shots'"."""
    quoted = [f"'{name}'" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _is_padding(error: SchemaError) -> bool:
    """Whether a text is too long only by the space around it, which is not sent."""
    return error.keyword == "maxLength" and len(error.value.strip()) <= error.limit


def _sentence(path: ErrorPath, words: str) -> str:
    where = format_path(path)
    return f"{where}: {words}" if where else words


def _node_at(root: Node, path: ErrorPath) -> Node:
    node = root
    for step in path:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
        elif isinstance(node, MappingNode) and isinstance(step, str):
            node = node.entries[step].value
    return node


def _key_position(root: Node, path: ErrorPath) -> Position:
    parent = _node_at(root, path[:-1])
    entry = parent.entries.get(str(path[-1])) if isinstance(parent, MappingNode) else None
    return entry.key_position if entry else parent.position
