"""Checks files and payloads against their schemas; returns problems with positions. Pure.

Validation happens twice: `check_file` before templates are rendered, against the storyboard's
schema, and `check_payload` afterwards, against the model's. jsonschema-rs accepts nearly
everything; jsonschema explains the rest, and may still find nothing wrong. Codes: unknown-key,
missing-key, unknown-parameter, missing-parameter, and those of `models.schema.messages`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from storyboard.json_values import MAX_PAYLOAD_LENGTH, MAX_PAYLOAD_LEVELS, is_shallow
from storyboard.language.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.validation.hints import (
    hint_for_unknown_key,
    hint_for_value,
    hint_for_wide_colon,
)
from storyboard.models.schema.card_check import request_check
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.messages import describe_error, most_specific
from storyboard.models.schema.validator import compile_check
from storyboard.models.schema.words import ALSO, CARD_RULE
from storyboard.models.words import RATIO, RESOLUTION
from storyboard.records import Json, Payload, Position, Problem, RowSource, Severity
from storyboard.reporting.amounts import and_text
from storyboard.reporting.suggest import Suggestion, closest, did_you_mean
from storyboard.reporting.value_paths import ValuePath, format_path

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard
    from storyboard.models.words import Word


_MAX_QUOTED = 70
_ENCODER = json.JSONEncoder(ensure_ascii=False)  # made once: every take of a storyboard is measured


class Origin(NamedTuple):
    """Where a parameter was written, the text a template made for it, and from which row."""

    position: Position
    rendered: str | None = None
    row: RowSource | None = None

    def problem(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        severity: Severity = Severity.PROBLEM,
    ) -> Problem:
        """Return a problem with the value that was written here."""
        return Problem(self.position, code, message, hint, self.rendered, severity, self.row)


def check_file(
    root: Node,
    schema: Mapping[str, Any],
    *,
    display_name: str,
    models_with: Callable[[str], Sequence[str]] = lambda setting: (),
) -> tuple[Problem, ...]:
    """Return all problems with a file's shape and its literal values, sorted by position.

    `schema` is the storyboard's or the included file's, from `models.schema.storyboard`.
    `display_name` is used in the message if the file is not a mapping. `models_with` returns the
    models that have a setting which the file's own models lack.
    """
    if not isinstance(root, MappingNode):
        found = "a list" if isinstance(root, SequenceNode) else "a single value"
        words = f"{display_name} contains {found}; keys with values are needed, such as version: 1"
        hint = hint_for_wide_colon(root.text) if isinstance(root, ScalarNode) else None
        return (Problem(root.position, "wrong-type", words, hint),)
    data = root.data
    if compile_check(schema)(data):
        return ()
    errors = list(find_errors(data, schema, skip_valid_entries=True))
    unknown = [error for error in errors if error.keyword == UNKNOWN]
    missing = [error for error in errors if error.keyword == MISSING]
    bad = [error for error in errors if error.keyword not in (UNKNOWN, MISSING)]
    problems = [
        *(_bad_value(root, error) for error in _one_for_each_path(bad) if not _is_padding(error)),
        *(_unknown_key(root, error, schema, models_with) for error in unknown),
        *_missing_keys(root, missing, unknown),
    ]
    # An anchored value is written once and used in several places.
    once = {(problem.position, problem.code): problem for problem in reversed(problems)}
    return tuple(sorted(once.values(), key=lambda problem: problem.position))


def check_payload(
    payload: Payload,
    card: ModelCard,
    origin_of: Callable[[str, ValuePath], Origin],
    take_id: str,
    *,
    values: Mapping[str, Json],
    why_long: Callable[[str], str | None] = lambda parameter: None,
) -> tuple[Problem, ...]:
    """Return all problems with one take's request, one per setting.

    `values` are the settings that made the payload, by their names in the storyboard. `origin_of`
    returns where a setting comes from, or the value at a path inside it, and must also answer for
    missing ones. `why_long` returns the hint for a setting that is too long.

    Raises UsageError if the card's request schema is not a valid schema.
    """
    known = (card.words[name] for name in values.keys() & card.words.keys())
    if request_check(card)(payload) and not any(word.excludes(values[word.name]) for word in known):
        return _not_recordable(payload, origin_of, take_id, values=values)
    problems = []
    errors = list(_errors_of_request(payload, card, values))
    missing = _missing_by_position(errors, origin_of)
    for error in errors:
        name = str(error.path[0]) if error.path else ""
        origin = origin_of(name, error.path[1:])
        beside = missing.get(origin.position, [])
        if name in beside[1:]:
            continue  # each position has one problem; its hint names all the missing keys
        code, words, hint = _describe_parameter(error, name, card, beside)
        if code == "too-long":
            hint = hint or why_long(name)
        message = f"take {take_id}: {_sentence(error.path, words)}"
        problems.append(origin.problem(code, message, hint))
    return tuple(problems)


def _not_recordable(
    payload: Payload,
    origin_of: Callable[[str, ValuePath], Origin],
    take_id: str,
    *,
    values: Mapping[str, Json],
) -> tuple[Problem, ...]:
    """Return the problem with a request that state file and manifest cannot hold, if any."""
    if (found := _excess(payload)) is None:
        return ()
    code, words = found
    name = next((name for name, value in values.items() if _excess({name: value})), "")
    message = f"take {take_id}: {_sentence((name,), words) if name else f'the request {words}'}"
    return (origin_of(name, ()).problem(code, message),)


def _excess(payload: Payload) -> tuple[str, str] | None:
    """Return code and words if a request is nested too deeply or too long, whatever its model."""
    text = _ENCODER.encode(payload)
    brackets = text.count("{") + text.count("[")
    if brackets > MAX_PAYLOAD_LEVELS and not is_shallow(payload, MAX_PAYLOAD_LEVELS):
        return "nested-too-deep", f"is nested more than {MAX_PAYLOAD_LEVELS} levels deep"
    if len(text) > MAX_PAYLOAD_LENGTH:
        most = f"{MAX_PAYLOAD_LENGTH:,}, the most that a request may have"
        return "too-long", f"has {len(text):,} characters, more than {most}"
    return None


def _missing_by_position(
    errors: Iterable[SchemaError], origin_of: Callable[[str, ValuePath], Origin]
) -> dict[Position, list[str]]:
    found: dict[Position, list[str]] = {}
    for error in errors:
        if error.keyword == MISSING and not error.path[1:]:
            name = str(error.path[0])
            found.setdefault(origin_of(name, ()).position, []).append(name)
    return found


def _errors_of_request(
    payload: Payload, card: ModelCard, values: Mapping[str, Json]
) -> Iterator[SchemaError]:
    """Yield the errors of a request under the storyboard's names for the settings; one per path."""
    known = [one for name, one in card.words.items() if not one.is_for_field(values.get(name, ""))]
    words = {word.name: word.limits for word in known if word.name in values}
    of_words = {"$schema": card.request_schema["$schema"], "properties": words}
    own = {name: value for name, value in values.items() if name in words}
    errors = list(_one_for_each_path(find_errors(own, of_words))) or [*_misfits(card, values)]
    yield from errors
    known.sort(key=lambda word: word.name in values)
    is_own = {word.field for word in known if word.field in values and word.field != word.name}
    by_field = {word.field: word for word in known if word.field not in is_own}
    explained = {error.path[0] for error in errors}
    for error in _one_for_each_path(find_errors(payload, card.request_schema)):
        word = by_field.get(str(error.path[0])) if error.path else None
        of_word = _in_common_words(error, word, values) if word else error
        if not of_word.path or of_word.path[0] not in explained:
            yield of_word


def _in_common_words(error: SchemaError, word: Word, values: Mapping[str, Json]) -> SchemaError:
    """Return the error of a field under the word that sets it: `duration: 4`, not the "4" sent."""
    if error.path[1:]:
        value = error.value
    else:
        value = word.name if error.keyword == MISSING else values.get(word.name)
    return replace(error, path=(word.name, *error.path[1:]), value=value)


def _misfits(card: ModelCard, values: Mapping[str, Json]) -> Iterator[SchemaError]:
    """Find a ratio that the model makes, but not at this resolution, if one field means both."""
    table = card.words[RATIO].table if RATIO in card.words else None
    resolution, ratio = (values.get(name, card.defaults.get(name)) for name in (RESOLUTION, RATIO))
    if table and (resolution, ratio) not in table:
        there = [pair[1] for pair in table if pair[0] == resolution]
        schema = {"type": "string", "enum": there, ALSO: f"at {resolution}"}
        word = RATIO if RATIO in values else RESOLUTION
        yield SchemaError((word,), "enum", values.get(word), there, schema)


def _describe_parameter(
    error: SchemaError, name: str, card: ModelCard, missing: Sequence[str]
) -> tuple[str, str, str | None]:
    """Return code, words after the path, and hint; `missing` lists all the keys to add."""
    if error.keyword == MISSING:
        rule = _rule_for_missing(error) if error.schema is not card.request_schema else None
        words = f"is missing: {rule}" if rule else f"is missing; {card.name} needs it"
        keys = and_text([f"{key}:" for key in missing or [name]])
        return "missing-parameter", words, f"add {keys} to the shot"
    if error.keyword == UNKNOWN and len(error.path) == 1:
        hint = did_you_mean(name, card.settings)
        return "unknown-parameter", f"{card.name} has no such parameter", hint
    message = describe_error(error, model=card.name)
    return message.code, message.words, hint_for_value(error, message.code)


def _rule_for_missing(error: SchemaError) -> str | None:
    """Return why a key is needed, or None if the rule does not say."""
    known = error.schema.get("properties", {})
    return error.rule or next(
        (rule for key in error.limit if (rule := known.get(key, {}).get(CARD_RULE))), None
    )


def _one_for_each_path(errors: Iterable[SchemaError]) -> Iterator[SchemaError]:
    """Return the most specific error of each path, in the order in which the paths first occur."""
    by_path: dict[ValuePath, list[SchemaError]] = {}
    for error in errors:
        by_path.setdefault(error.path, []).append(error)
    return map(most_specific, by_path.values())


def _bad_value(root: Node, error: SchemaError) -> Problem:
    message = describe_error(error)
    words, hint = _sentence(error.path, message.words), hint_for_value(error, message.code)
    is_about_key, path = error.is_about_key, error.path
    position = _key_position(root, path) if is_about_key else _node_at(root, path).position
    return Problem(position, message.code, words, hint)


def _unknown_key(
    root: Node,
    error: SchemaError,
    schema: Mapping[str, Any],
    models_with: Callable[[str], Sequence[str]],
) -> Problem:
    words = _sentence(error.path, "unknown key")
    known, parent = error.schema.get("properties", ()), _node_at(root, error.path[:-1])
    beside = parent.entries if isinstance(parent, MappingNode) else {}
    if error.value in beside and _has_no_colon(beside[error.value]):
        hint: str | None = _hint_for_comma(error.value, beside)
    else:
        hint = hint_for_unknown_key(error.value, known, schema, beside=beside)
    if "prompt" in known and (models := models_with(error.value)):
        names = f"{models[0]} and {len(models) - 1} more" if models[1:] else models[0]
        is_sure = isinstance(hint, Suggestion)
        hint = hint if is_sure else f"it is a parameter of {names}, which no shot here names"
    return Problem(_key_position(root, error.path), "unknown-key", words, hint)


def _has_no_colon(entry: Entry) -> bool:
    """Whether a key stands alone between commas: its empty value begins where the key ends."""
    key, value = entry.key_position, entry.value
    is_empty = isinstance(value, ScalarNode) and value.is_plain and not value.text
    return is_empty and value.position[:3] == (key.path, key.line, key.column + key.width)


def _hint_for_comma(key: str, entries: Mapping[str, Entry]) -> str:
    """Explain that the value before a key runs on into it, and show the key and value in quotes."""
    names = list(entries)
    begin = names.index(key)
    while begin > 0 and _has_no_colon(entries[names[begin]]):
        begin -= 1
    first = entries[names[begin]].value
    rest = takewhile(lambda name: _has_no_colon(entries[name]), names[begin + 1 :])
    hint = "inside { }, text with a comma needs quotes"
    if not (isinstance(first, ScalarNode) and isinstance(first.value, str) and first.is_plain):
        return hint
    text = ", ".join([first.text, *rest])
    is_short = len(text) <= _MAX_QUOTED and '"' not in text and "\\" not in text
    return f'{hint}: write {names[begin]}: "{text}"' if is_short else hint


def _missing_keys(
    root: Node, missing: list[SchemaError], unknown: list[SchemaError]
) -> Iterator[Problem]:
    """Yield one problem for each mapping that lacks keys, at its first key."""
    misspelt = _by_parent(unknown)
    for parent, errors in _by_parent(missing).items():
        by_name = {error.value: error for error in errors}
        # A misspelt key is already reported as unknown.
        for error in misspelt.get(parent, ()):
            by_name.pop(closest(error.value, by_name) or "", None)
        if not by_name:
            continue
        names = [f"'{name}'" for name in by_name]
        words = f"missing key{'s'[: len(names) > 1]} {and_text(names)}"
        rule = next((error.rule for error in by_name.values() if error.rule), None)
        node = _node_at(root, parent)
        position = node.first_key_position if isinstance(node, MappingNode) else node.position
        sentence = _sentence(parent, f"{words}: {rule}" if rule else words)
        yield Problem(position, "missing-key", sentence, _hint_for_missing(by_name.values()))


def _hint_for_missing(errors: Iterable[SchemaError]) -> str | None:
    """List the lines to add for missing keys that take only one value, or a name."""
    known = {error.value: error.schema.get("properties", {}) for error in errors}
    wanted = {key: schemas[key] for key, schemas in known.items() if key in schemas}
    lines = [f"{key}: {schema['const']}" for key, schema in wanted.items() if "const" in schema]
    if "id" in known:
        lines.append("id: and a name")
    return f"add {' and '.join(lines)}" if lines else None


def _by_parent(errors: Iterable[SchemaError]) -> dict[ValuePath, list[SchemaError]]:
    grouped: dict[ValuePath, list[SchemaError]] = {}
    for error in errors:
        grouped.setdefault(error.path[:-1], []).append(error)
    return grouped


def _is_padding(error: SchemaError) -> bool:
    """Whether a text is too long only because of the space around it, which is not sent."""
    return error.keyword == "maxLength" and len(error.value.strip()) <= error.limit


def _sentence(path: ValuePath, words: str) -> str:
    where = format_path(path)
    return f"{where}: {words}" if where else words


def _node_at(root: Node, path: ValuePath) -> Node:
    node = root
    for step in path:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
        elif isinstance(node, MappingNode) and isinstance(step, str):
            node = node.entries[step].value
    return node


def _key_position(root: Node, path: ValuePath) -> Position:
    parent = _node_at(root, path[:-1])
    entry = parent.entries.get(str(path[-1])) if isinstance(parent, MappingNode) else None
    return entry.key_position if entry else parent.position
