"""Guesses which fields of a model the common words mean, from their names and values. Pure.

An uncertain word is left out, with the reason: a word that means the wrong thing costs videos.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.models.imports.sizes import RESOLUTION_VALUE, table_of
from storyboard.models.imports.unions import Limits
from storyboard.models.words import DURATION, NEGATIVE_PROMPT, RATIO, RESOLUTION, SEED, SOUND, WORDS
from storyboard.reporting.quoting import bounded

NAMES: Mapping[str, tuple[str, ...]] = {
    RESOLUTION: ("resolution", "quality", "video_quality", "output_resolution", "mode"),
    RATIO: ("ratio", "aspect_ratio", "aspectratio"),
    DURATION: ("duration", "duration_seconds", "durationseconds", "seconds", "video_duration"),
    SEED: ("seed", "random_seed"),
    NEGATIVE_PROMPT: ("negative_prompt", "negativeprompt"),
    SOUND: (
        *("sound", "generate_audio", "generateaudio", "generate_audio_switch", "audio"),
        *("with_audio", "enable_audio", "audio_enabled", "has_audio", "generate_sound"),
    ),
}
"""Lower-case field names that may mean a word; the first that fits wins."""

FRAMES = "frames"

SIZES = ("size", "video_size", "output_size")
"""Field names that may mean resolution and ratio together."""

_SWITCHES = (
    frozenset({"on", "true", "yes", "enabled", "native"}),
    frozenset({"off", "false", "no", "disabled", "none"}),
)
_RATIO_VALUE = re.compile(r"[1-9][0-9]?:[1-9][0-9]?")
_FREE_RATIOS = frozenset({"adaptive", "auto"})
_NO_ENUM = "it does not list its values"

Meaning = str | dict[str, Any]


@dataclass(frozen=True)
class Guesses:
    """The words of a card and its tables; `uncertain` says why a word is left out."""

    words: dict[str, Meaning] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    uncertain: dict[str, str] = field(default_factory=dict)


def guess_words(fields: Mapping[str, Limits]) -> Guesses:
    """Return what each common word means to a model with these fields."""
    guesses = Guesses()
    for word in NAMES:
        _guess(word, fields, guesses)
    _guess_sizes(fields, guesses)
    if SOUND not in guesses.words:
        guesses.uncertain.setdefault(
            SOUND, "no field says it; where the model always or never has sound, add {always: true}"
        )
    return guesses


def _guess(word: str, fields: Mapping[str, Limits], guesses: Guesses) -> None:
    order = NAMES[word]
    named = sorted(
        (name for name in fields if name.lower() in order),
        key=lambda name: order.index(name.lower()),
    )
    if word in named:  # a field with the word's own name can mean nothing else
        named = [word]
    for name in named:
        meaning, why = _READERS[word](name, fields[name])
        if meaning is not None:
            guesses.words[word] = _unless(word, meaning, fields)
            guesses.uncertain.pop(word, None)
            return
        guesses.uncertain.setdefault(word, f"{name} may mean it, but {why}")


def _unless(word: str, meaning: Meaning, fields: Mapping[str, Limits]) -> Meaning:
    """Return the meaning; if a model takes both, a length in frames overrides one in seconds."""
    if word != DURATION or FRAMES not in fields:
        return meaning
    return {**({"field": meaning} if isinstance(meaning, str) else meaning), "unless": FRAMES}


def _guess_sizes(fields: Mapping[str, Limits], guesses: Guesses) -> None:
    for name in (name for name in fields if name.lower() in SIZES):
        if {RESOLUTION, RATIO} & {*guesses.words, *fields}:
            return
        table, why = table_of(fields[name])
        if table is None:
            guesses.uncertain[RESOLUTION] = f"{name} may mean it, but {why}"
            continue
        meaning = {"field": name, "by": [RESOLUTION, RATIO]}
        guesses.words[RESOLUTION], guesses.words[RATIO] = meaning, dict(meaning)
        guesses.tables[name] = table
        guesses.uncertain.pop(RESOLUTION, None)


_Guess = tuple[Meaning | None, str]


def _texts(limits: Limits) -> list[str]:
    return limits.get("enum", []) if limits["type"] == "string" else []


def _resolution(name: str, limits: Limits) -> _Guess:
    values = _texts(limits)
    if not values:
        return None, _NO_ENUM
    odd = [value for value in values if not RESOLUTION_VALUE.fullmatch(value)]
    if odd:
        return None, f"{_quoted(odd[0])} is not a resolution such as 480P"
    spelled = {value.upper(): value for value in values}
    if len(spelled) < len(values):
        return None, "two of its values are one resolution"
    return _table(name, spelled)


def _ratio(name: str, limits: Limits) -> _Guess:
    values = _texts(limits)
    if not values:
        return None, _NO_ENUM
    odd = [
        value for value in values if not _RATIO_VALUE.fullmatch(value) and value not in _FREE_RATIOS
    ]
    return (None, f"{_quoted(odd[0])} is not a ratio such as 16:9") if odd else (name, "")


def _duration(name: str, limits: Limits) -> _Guess:
    values = limits.get("enum", [])
    if limits["type"] == "string":
        odd = [value for value in values if not value.isdecimal()]
        if not values or odd:
            return None, f"{_quoted(odd[0])} is not a number of seconds" if odd else _NO_ENUM
        return name, ""
    if limits["type"] not in ("integer", "number"):
        return None, f"it is of the type {limits['type']}"
    free = [value for value in values if value < 0]
    return ({"field": name, "any": free[0]} if len(free) == 1 else name), ""


def _seed(name: str, limits: Limits) -> _Guess:
    if limits["type"] != "integer":
        return None, f"it is of the type {limits['type']}"
    is_any = limits.get("minimum") == -1 or limits.get("default") == -1
    return ({"field": name, "any": -1} if is_any else name), ""


def _negative_prompt(name: str, limits: Limits) -> _Guess:
    return (name, "") if limits["type"] == "string" else (None, "it is not text")


def _sound(name: str, limits: Limits) -> _Guess:
    if limits["type"] == "boolean":
        return name, ""
    values = _texts(limits)
    if len(values) != 2:
        return None, "it is not a switch: true and false, or two values"
    on = [value for value in values if value.lower() in _SWITCHES[0]]
    off = [value for value in values if value.lower() in _SWITCHES[1]]
    if len(on) != 1 or len(off) != 1:
        return None, f"which of {_quoted(values[0])} and {_quoted(values[1])} is off is not plain"
    return _table(name, {"true": on[0], "false": off[0]})


def _table(name: str, values: dict[str, str]) -> _Guess:
    if all(key == value for key, value in values.items()) and name in WORDS:
        return name, ""
    return {"field": name, "values": values}, ""


def _quoted(value: Any) -> str:
    return bounded(repr(value), 60)


_READERS: Mapping[str, Callable[[str, Limits], _Guess]] = {
    RESOLUTION: _resolution,
    RATIO: _ratio,
    DURATION: _duration,
    SEED: _seed,
    NEGATIVE_PROMPT: _negative_prompt,
    SOUND: _sound,
}
