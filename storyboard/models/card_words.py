"""Reads a card's common words, and lists everything that a storyboard can set. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storyboard.errors import CardError
from storyboard.models.card import Parameter
from storyboard.models.words import (
    AUDIO,
    CLIP,
    DURATION,
    FIRST_FRAME,
    LAST_FRAME,
    MEDIA,
    NEGATIVE_PROMPT,
    RATIO,
    REFERENCES,
    RESOLUTION,
    SEED,
    SOUND,
    WORDS,
    Word,
    read_key,
    whole_number,
)
from storyboard.records import Json

_ABOUT: Mapping[str, Mapping[str, Any]] = {
    RESOLUTION: {"description": "How many pixels the picture has."},
    RATIO: {"description": "The ratio of width to height.", "examples": ["16:9"]},
    DURATION: {"description": "The length of the video in whole seconds.", "examples": [5]},
    SEED: {
        "description": "The starting point for random numbers. The same seed makes similar videos "
        "likely, not certain.",
        "examples": [42],
    },
    NEGATIVE_PROMPT: {
        "description": "What the video should not show.",
        "examples": ["blurry, low quality, watermark"],
    },
    SOUND: {"description": "Whether the video has sound.", "examples": [True]},
    FIRST_FRAME: {
        "description": "The picture that the video begins with.",
        "examples": ["https://example.com/pier.png"],
    },
    LAST_FRAME: {
        "description": "The picture that the video ends with.",
        "examples": ["https://example.com/sea.png"],
    },
    REFERENCES: {"description": "Pictures of what the video shows.", "examples": [["hero"]]},
    AUDIO: {"description": "The soundtrack.", "examples": ["https://example.com/theme.mp3"]},
    CLIP: {
        "description": "The video that this one continues: an https address, or a name from "
        "`references`.",
        "examples": ["https://example.com/pier.mp4"],
    },
}
"""How to describe each word if a model's field for it has another name."""


def read_words(document: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> dict[str, Word]:
    """Return a card's words by name. Raises CardError if a word cannot work."""
    tables = document.get("tables", {})
    words = document.get("words", {})
    for name in tables:
        if name not in {each.get("field") for each in words.values() if isinstance(each, dict)}:
            raise CardError(f"tables.{name} is the table of no word")
    found = {name: _read_word(name, means, parameters, tables) for name, means in words.items()}
    _check_fields(found)
    return found


def _check_fields(words: Mapping[str, Word]) -> None:
    """Raises CardError where a word would overwrite another, or lacks the other of its table."""
    by_field: dict[str, Word] = {}
    for word in words.values():
        first = word if word.field is None else by_field.setdefault(word.field, word)
        if first is not word and (first.table is None or word.table is None):
            raise CardError(
                f"words.{word.name} means {word.field!r}, and words.{first.name} does as well"
            )
        if word.table is not None:
            other = RATIO if word.name == RESOLUTION else RESOLUTION
            if other not in words or words[other].field != word.field:
                raise CardError(f"words.{word.name} needs words.{other}, out of the same table")


def _read_word(
    name: str, means: Any, parameters: Mapping[str, Parameter], tables: Mapping[str, Any]
) -> Word:
    where = f"words.{name}"
    if isinstance(means, str):
        means = {"field": means}
    if "always" in means:
        if name != SOUND:
            raise CardError(f"{where}.always: only sound is something that a model always makes")
        if name in parameters:
            raise CardError(f"{where}.always: the request has a field {name!r} as well")
        return Word(name, None, {"type": "boolean", "enum": [means["always"]]}, {})
    field = means["field"]
    if field not in parameters:
        raise CardError(f"{where} means {field!r}, which the request does not have")
    namesake = parameters.get(name) if field != name else None
    if namesake and (name not in MEDIA or namesake.type == "string" or WORDS[name] != "string"):
        raise CardError(f"{where} means {field!r}, and the request has a field {name!r} as well")
    if (unless := means.get("unless")) is not None and unless not in parameters:
        raise CardError(f"{where}.unless names {unless!r}, which the request does not have")
    known = parameters[field]
    if means.get("by"):
        return _word_of_table(name, known, tables)
    values = means.get("values", {})
    return Word(
        name,
        field,
        _limits(name, known, values, where),
        values,
        is_text=known.type == "string",
        any_value=means.get("any"),
        unless=unless,
        is_in_list=_is_in_list(name, known),
        is_text_only=namesake is not None,
    )


def _is_in_list(name: str, known: Parameter) -> bool:
    """Whether a word for one address sets a field that takes several."""
    return name in MEDIA and WORDS[name] == "string" and known.type == "array"


def _limits(name: str, known: Parameter, values: Mapping[str, Json], where: str) -> dict[str, Json]:
    """Return the values that a storyboard can write: the table's keys, or what the field takes."""
    wanted, limits = WORDS[name], _without_words(known.limits)
    if _is_in_list(name, known):
        items = limits.get("items")
        if not isinstance(items, Mapping) or items.get("type") != wanted:
            raise CardError(f"{where}: the entries of {known.name} are not of type {wanted}")
        return _without_words(items)
    if values:
        _check_values(known, values, where)
        own = limits.get("enum")
        keys = [read_key(name, key) for key in values]
        if None in keys:
            raise CardError(f"{where}.values.{[*values][keys.index(None)]} is not of type {wanted}")
        alike = [one for one in own if isinstance(one, str)] if isinstance(own, list) else []
        rest = alike if wanted == "string" or known.name == name else []
        types: Json = [wanted, "string"] if rest and wanted != "string" else wanted
        return {"type": types, "enum": [*keys, *(one for one in rest if one not in keys)]}
    if wanted == "integer" and known.type == "string":
        texts = limits.get("enum")
        if not isinstance(texts, list):
            return {"type": "integer"}
        numbers = [one for text in texts if (one := whole_number(str(text))) is not None]
        if not numbers:
            raise CardError(f"{where}: {known.name} lists no whole number; give a table of values")
        return {"type": "integer", "enum": [*numbers]}
    if known.type != wanted and (known.type, wanted) != ("number", "integer"):
        raise CardError(f"{where}: {known.name} is of type {known.type}; give a table of values")
    return limits


def _check_values(known: Parameter, values: Mapping[str, Json], where: str) -> None:
    allowed = known.limits.get("enum", [True, False] if known.type == "boolean" else None)
    if not isinstance(allowed, list):
        raise CardError(f"{where}.values: {known.name} does not list its values")
    for key, value in values.items():
        if value not in allowed:
            raise CardError(f"{where}.values.{key} is {value!r}, which {known.name} does not take")
        if key != value and key in allowed:
            raise CardError(f"{where}.values.{key} is a value of {known.name}, and means another")


def _word_of_table(name: str, known: Parameter, tables: Mapping[str, Any]) -> Word:
    where, by_resolution = f"tables.{known.name}", tables.get(known.name)
    if not by_resolution:
        raise CardError(f"{where} is missing; words.{name} needs it")
    table = {
        (resolution, ratio): value
        for resolution, by_ratio in by_resolution.items()
        for ratio, value in by_ratio.items()
    }
    allowed = known.limits.get("enum")
    if not isinstance(allowed, list) or known.default not in table.values():
        raise CardError(f"{where}: {known.name} has to list its values, and a default of the table")
    if odd := next((value for value in table.values() if value not in allowed), None):
        raise CardError(f"{where} holds {odd!r}, which {known.name} does not take")
    keys = dict.fromkeys(pair[name == RATIO] for pair in table)
    return Word(name, known.name, {"type": "string", "enum": [*keys]}, {}, table=table)


def settings_of(
    parameters: Mapping[str, Parameter], words: Mapping[str, Word]
) -> dict[str, Parameter]:
    """Return everything a storyboard can set in a request, by name: the fields and the words."""
    reached = {word.field for word in words.values() if word.field != word.name}
    own = {
        name: _own_setting(known, words.get(name), is_reached=name in reached)
        for name, known in parameters.items()
    }
    others = (word for name, word in words.items() if name not in parameters)
    return own | {word.name: _word_setting(word, parameters) for word in others}


def _own_setting(known: Parameter, word: Word | None, *, is_reached: bool) -> Parameter:
    """Return a field under its own name; it is optional if a word sets it."""
    if word is not None and word.is_text_only:
        types: Json = [known.type, "string"]
        return known._replace(limits={**known.limits, **word.limits, "type": types})
    if word is None or word.field != known.name:
        return known._replace(is_required=known.is_required and not is_reached)
    limits = {key: value for key, value in known.limits.items() if key not in ("type", "enum")}
    return known._replace(type=WORDS[word.name], limits={**limits, **word.limits})


def _word_setting(word: Word, parameters: Mapping[str, Parameter]) -> Parameter:
    default = None
    if word.field is not None and word.table is None:
        default = word.from_field(parameters[word.field].default)
    limits = {**_ABOUT[word.name], **word.limits}
    return Parameter(word.name, WORDS[word.name], _with_fitting_example(limits), default=default)


def _with_fitting_example(limits: dict[str, Any]) -> dict[str, Any]:
    values, examples = limits.get("enum"), limits.get("examples", [])
    fits = [one for one in examples if not values or one in values]
    return {**limits, "examples": fits or list(values or ())[:1]}


def _without_words(limits: Mapping[str, Json]) -> dict[str, Json]:
    about = ("description", "default", "examples", "title")
    return {key: value for key, value in limits.items() if key not in about}
