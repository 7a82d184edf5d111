"""The common words of storyboards, and what each means in a model card. Pure.

A storyboard says `ratio: 16:9` for any model. The card says which field of the request that is,
and how its value is spelled there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from storyboard.media import is_content
from storyboard.records import Json

ParameterType: TypeAlias = Literal["string", "integer", "number", "boolean", "array", "object"]

PARAMETER_TYPES: tuple[ParameterType, ...] = get_args(ParameterType)

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")

RESOLUTION, RATIO, DURATION = "resolution", "ratio", "duration"
SEED, NEGATIVE_PROMPT, SOUND = "seed", "negative_prompt", "sound"
FIRST_FRAME, LAST_FRAME, REFERENCES = "first_frame", "last_frame", "references"
AUDIO, CLIP = "audio", "clip"

WORDS: Mapping[str, ParameterType] = {
    RESOLUTION: "string",
    RATIO: "string",
    DURATION: "integer",
    SEED: "integer",
    NEGATIVE_PROMPT: "string",
    SOUND: "boolean",
    FIRST_FRAME: "string",
    LAST_FRAME: "string",
    REFERENCES: "array",
    AUDIO: "string",
    CLIP: "string",
}
"""Every common word, with the type of its values in a storyboard."""

MEDIA = (FIRST_FRAME, LAST_FRAME, REFERENCES, AUDIO, CLIP)
"""The words whose values are pictures, sounds and clips."""

PICTURES = (FIRST_FRAME, LAST_FRAME, REFERENCES)
"""The words whose values are pictures, which can also be files, or frames of other takes."""

Table: TypeAlias = Mapping[tuple[str, str], Json]
"""The values of a field that means both resolution and ratio, by these two."""


@dataclass(frozen=True)
class Word:
    """What a common word means to one model.

    `field` is the parameter that the word sets. It is None if the model has no such parameter
    because it always does what `limits` allows. `limits` is the JSON Schema of the word's values.
    `values` maps the word's values, as text, to the field's, if they differ. `any_value` is the
    field's value for "any"; seeds that count up skip it. `table` is set if the field
    means both resolution and ratio. While the parameter `unless` is set, the word has no effect.
    `is_in_list` is true if the field is a list, which then holds only the word's value.
    `is_text_only` is true if the model has another field with the word's name, which takes all
    values that are not text.
    """

    name: str
    field: str | None
    limits: Mapping[str, Json]
    values: Mapping[str, Json]
    is_text: bool = False
    any_value: Json = None
    table: Table | None = None
    unless: str | None = None
    is_in_list: bool = False
    is_text_only: bool = False

    def is_for_field(self, value: Json) -> bool:
        """Whether the value belongs to the field of the same name, not to the word."""
        return self.is_text_only and not isinstance(value, str) and not is_content(value)

    def excludes(self, value: Json) -> bool:
        """Return whether the word sets no field and the model never does this: no sound, say."""
        return self.field is None and not any(value is one for one in listed(self.limits))

    def to_field(self, value: Json) -> Json:
        """Return the field's value for the word's; a value not allowed is returned unchanged."""
        if self.is_in_list:
            return [value]
        if write_key(value) in self.values:
            return self.values[write_key(value)]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return write_key(value) if self.is_text and is_number else value

    def value_in(self, payload: Mapping[str, Json]) -> Json:
        """Return the word's value in a payload, or None if the payload does not set it."""
        if self.unless in payload:
            return None
        if self.field is None:
            return next(iter(listed(self.limits)), None)
        value = payload.get(self.field)
        if self.table is None:
            return self.from_field(value)
        both = next((pair for pair, each in self.table.items() if each == value), None)
        return both[self.name == RATIO] if both else None

    def from_field(self, value: Json) -> Json:
        """Return the word's value for the field's, or None if the field says "any" or nothing."""
        if value is None or value == self.any_value:
            return None
        if self.is_in_list:
            return value[0] if isinstance(value, list) and len(value) == 1 else None
        for key, meant in self.values.items():
            if type(meant) is type(value) and meant == value:
                return read_key(self.name, key)
        is_number = self.is_text and WORDS[self.name] == "integer" and isinstance(value, str)
        return whole_number(str(value)) if is_number else value


def write_key(value: Json) -> str:
    """Return a value as a card writes it as a key: true and false as in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_key(name: str, key: str) -> Json:
    """Return the value of a common word that a card writes as this key, or None if it is none."""
    if WORDS[name] == "boolean":
        return {"true": True, "false": False}.get(key)
    return whole_number(key) if WORDS[name] == "integer" else key


def whole_number(text: str) -> int | None:
    """Return the number that is written as this text and no other way, or None."""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def fields_of(
    words: Mapping[str, Word], defaults: Mapping[str, Json], settings: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the fields for a storyboard's settings; a field's own name wins over a word.

    `defaults` are those of the words. A value that a model does not allow is passed on, so that
    the request's schema rejects it.
    """
    found: dict[str, Json] = {}
    for key, value in settings.items():
        word = words.get(key)
        if word is None or word.is_for_field(value):
            found[key] = value
        elif word.field == key or not (word.field is None or _is_own(word.field, words, settings)):
            if word.table is None:
                found[word.field] = word.to_field(value)
            else:
                found[word.field] = _table_value(word.table, settings, defaults)
    return found


def _is_own(field: str, words: Mapping[str, Word], settings: Mapping[str, Json]) -> bool:
    """Whether the storyboard sets a field under its own name."""
    if field not in settings:
        return False
    word = words.get(field)
    return word is None or word.field == field or word.is_for_field(settings[field])


def _table_value(table: Table, settings: Mapping[str, Json], defaults: Mapping[str, Json]) -> Json:
    resolution, ratio = (str(settings.get(key, defaults.get(key))) for key in (RESOLUTION, RATIO))
    return table.get((resolution, ratio), f"{resolution} {ratio}")


def words_of(words: Mapping[str, Word], payload: Mapping[str, Json]) -> dict[str, Json]:
    """Return a payload's values in common words, without the words that it does not set."""
    found = {name: word.value_in(payload) for name, word in words.items()}
    return {name: value for name, value in found.items() if value is not None}


def listed(limits: Mapping[str, Json]) -> list[Json]:
    """Return the values that limits list; empty if they list none."""
    values = limits.get("enum")
    return values if isinstance(values, list) else []
