"""Guesses what the author of a storyboard meant by a wrong value or an unknown key. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import normalize

from storyboard.language.spellings import as_seconds, as_switch
from storyboard.language.templates.slug import slug
from storyboard.language.yaml.scalars import read_plain
from storyboard.models.schema.errors import SchemaError
from storyboard.models.schema.keys import JINJA_WORDS
from storyboard.models.schema.words import allowed_words, spelled
from storyboard.models.words import DURATION, MEDIA, NEGATIVE_PROMPT, RATIO, RESOLUTION, SEED, SOUND
from storyboard.names import RESERVED_NAMES, check_id
from storyboard.reporting.invisible import CURLY_QUOTES, WIDE_COLON, hint_for_invisible
from storyboard.reporting.suggest import Suggestion, did_you_mean

_MIN_LETTERS = 3
_MAX_NAME = 40
NO_SEED = "leave seed empty, and the API chooses one"
_HYPHEN = "begin each entry with a hyphen and a space"
_OWN_KEYS = "put keys of your own under meta"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WIDE = re.compile(r"[A-Za-z_-]+\uff1a")


FOREIGN_NAMES: Mapping[str, str] = {
    "aspect_ratio": "ratio",
    "aspect": "ratio",
    "seconds": "duration",
    "length": "duration",
    "duration_s": "duration",
    "duration_seconds": "duration",
    "quality": "resolution",
    "size": "resolution",
    "start_frame": "first_frame",
    "start_image": "first_frame",
    "end_frame": "last_frame",
    "end_image": "last_frame",
    "soundtrack": "audio",
    "music": "audio",
    "text": "prompt",
    "description": "prompt",
    "comment": "notes",
    "comments": "notes",
    "note": "notes",
}
"""What other tools call the keys of a shot."""

# Words from shot lists that resemble a key but mean something else.
_OWN_WORDS = frozenset(
    {
        *("camera", "style", "scene", "description", "mood", "action", "lighting", "location"),
        *("lens", "step", "steps"),
    }
)


def hint_for_value(error: SchemaError, code: str) -> str | None:
    """Return the hint for a value whose problem has this code, or None."""
    texts = error.value if isinstance(error.value, dict) else [error.value]
    if hint := next(filter(None, (hint_for_invisible(str(text)) for text in texts)), None):
        return hint
    key, value = error.path[-1] if error.path else "", error.value
    if key == DURATION and code == "too-large":
        return "split the shot in two"
    if key == SEED and code == "too-small":
        return NO_SEED
    if key == SOUND and (hint := _hint_for_sound(error)):
        return hint
    if key == "id" and error.keyword == "pattern" and not value.startswith(CURLY_QUOTES):
        return _hint_for_id(value)
    if error.is_about_key and error.path[-2:-1] == ("vars",):
        name = re.sub(r"\W+", "_", str(value)).strip("_")
        is_sound = name.isidentifier() and name not in (value, *RESERVED_NAMES, *JINJA_WORDS)
        return f"write {name}" if is_sound else None
    if error.keyword == "enum" and key == "model":
        return _hint_for_model(value, error.limit)
    if error.keyword == "enum":
        return _hint_for_enum(error, code)
    if error.keyword == "const" and isinstance(value, str):
        is_quoted = _is_one(_unquoted(value), [error.limit])
        return _without_quotes(value, value) if is_quoted else None
    if error.keyword == "type":
        return _hint_for_type(error)
    if isinstance(value, str) and value.startswith(CURLY_QUOTES):
        plain = _without_curly(value)
        return Suggestion.of("write straight quotes, or none", value, plain, is_whole=True)
    return None


def _hint_for_enum(error: SchemaError, code: str) -> str | None:
    hint = _hint_for_choice(error.value, error.schema.get("enum", ()))
    is_beyond = code in ("too-small", "too-large")  # the message names the limit
    return hint or (None if is_beyond else _nearest(error.value, error))


def meant_by(key: str) -> str | None:
    """Return the key of a shot for another tool's name, in any spelling, or None."""
    return FOREIGN_NAMES.get(_in_snake_case(key))


def _in_snake_case(key: str) -> str:
    """Return `negative_prompt` for `negativePrompt`, `Negative Prompt` and `NEGATIVE-PROMPT`."""
    words = _CAPITAL.sub("_", key) if not key.isupper() else key
    return re.sub(r"[-_ ]+", "_", words.strip()).casefold()


def hint_for_unknown_key(
    key: str, known: Iterable[str], schema: Mapping[str, Any], *, beside: Iterable[str] = ()
) -> str | None:
    """Return where a known key belongs, else the known key that it resembles or means.

    `schema` is the whole file's. `known` are the keys allowed where `key` was found, `beside` the
    keys written there.
    """
    if hint := hint_for_invisible(key, is_key=True):
        return hint
    definitions = schema.get("definitions", {})
    in_defaults = definitions.get("defaults", {}).get("properties", {})
    in_shot = definitions.get("shot", {}).get("properties", {})
    if key in in_defaults:
        return f"'{key}' belongs in defaults or in a shot"
    if key in in_shot:
        return f"'{key}' belongs in a shot"
    is_word_too = key in MEDIA and "prompt_suffix" in known  # one that the models do not have
    if key in schema.get("properties", {}) and not is_word_too:
        return f"'{key}' belongs at the top of the file"
    if key in ("scenes", "shots") and not in_shot:
        return "an included file contains no shots, only what they share"
    same = _in_snake_case(key)
    meant = same if same in known else meant_by(key)
    if meant and meant in known and meant not in beside:
        return Suggestion.of(f"did you mean '{meant}'?", key, meant)
    if key.casefold() == "name" and "id" in known:
        names = [f"'{name}'" for name in ("id", "title") if name in known and name not in beside]
        return f"did you mean {' or '.join(names)}?" if names else _OWN_KEYS
    guess = None if key.casefold() in _OWN_WORDS else did_you_mean(key, known)
    if guess is None and "meta" in known:
        is_name = key.isidentifier() and len(key) <= _MAX_NAME
        return f"put keys of your own under meta: {{{key}: ...}}" if is_name else _OWN_KEYS
    return guess


def _hint_for_type(error: SchemaError) -> str | None:
    """Say how to write what is meant, or name the nearest value if the model lacks it."""
    value, wanted = error.value, error.limit
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    if choice := _hint_for_choice(value, error.schema.get("enum", ())):
        return choice
    if isinstance(value, str):
        text = _without_curly(value)
        plain = _unquoted(text)
        if "boolean" in wanted and plain is None and as_switch(text) != text:
            return _write(spelled(as_switch(text)), value)
        if plain is not None and wanted[0] in ("integer", "number", "boolean"):
            hint = _without_quotes(value, text)
            return hint if _is_within(plain, error) else _nearest(plain, error)
        if error.path[-1:] == (DURATION,) and (seconds := as_seconds(text)) != text:
            hint = _write(f"{seconds:g}", value)
            return hint if _is_within(seconds, error) else _nearest(seconds, error)
    if shape := _hint_for_shape(error, wanted):
        return shape
    if any(key in MEDIA for key in error.path):
        return None  # which names a file or a shared reference; a number hardly does
    if value is not None and not isinstance(value, str | list | dict) and "string" in wanted:
        return "put it in quotes" if _is_within(str(value), error) else None
    return None


def _hint_for_shape(error: SchemaError, wanted: list[str]) -> str | None:
    """Say how a list or a mapping is written in place of a text, or of each other."""
    value, key = error.value, error.path[-1] if error.path else ""
    if isinstance(value, str) and wanted == ["object"] and (hint := hint_for_wide_colon(value)):
        return hint
    if error.path[-2:-1] == ("shots",) and isinstance(value, str):
        return "write - id: and a name, and on the line below prompt: and this text"
    if isinstance(value, str) and wanted[0] == "array":
        return "write it as a list, in brackets: [...]"
    if isinstance(value, dict) and wanted == ["array"]:
        name = next(iter(value), "")
        are_shots = key == "shots" and all(isinstance(one, dict) for one in value.values())
        is_by_name = are_shots and check_id(name) is None
        return f"begin each shot with - id: {name}" if is_by_name else _HYPHEN
    if isinstance(value, list) and wanted == ["object"]:
        return "write each entry as name: value, without hyphens and brackets"
    if isinstance(value, list) and key == NEGATIVE_PROMPT:
        return "write it as one text, with commas between the words"
    return None


def hint_for_wide_colon(text: str) -> str | None:
    """Return what to do about a wide colon behind a key, not one in a text of another script."""
    return WIDE_COLON if _WIDE.match(text) else None


def _hint_for_sound(error: SchemaError) -> str | None:
    """Return the ways out if a model always makes sound and is not to, or the other way round."""
    wanted, allowed = as_switch(error.value), allowed_words(error.schema)
    if wanted is False and allowed == "true":
        return "leave it out, or choose a model that can render without sound"
    if wanted is True and allowed == "false":
        return "leave it out, or choose a model that makes sound"
    return None


def _is_within(value: Any, error: SchemaError) -> bool:
    """Return whether a value is of the right type, and listed or within the bounds."""
    limits = error.schema
    if "enum" in limits:
        return _is_one(value, limits["enum"])
    if isinstance(value, str):
        return True  # only asked where text is allowed
    if isinstance(value, bool) or "boolean" in error.limit:
        return isinstance(value, bool) and "boolean" in error.limit
    least, most = limits.get("minimum", -math.inf), limits.get("maximum", math.inf)
    return least <= value <= most and ("number" in error.limit or value == int(value))


def _is_one(value: Any, values: Iterable[Any]) -> bool:
    """Return whether a value is one of those; in Python, True is equal to 1."""
    return any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in values)


def _nearest(value: Any, error: SchemaError) -> str | None:
    """Return the values of a common word nearest to one that the model does not have."""
    measure = _MEASURES.get(str(error.path[-1]) if error.path else "")
    wanted = measure(value) if measure else None
    if measure is None or wanted is None:
        return None
    sizes: dict[float, Any] = {}
    for one in error.schema.get("enum", ()):
        if (size := measure(one)) is not None:
            sizes.setdefault(size, one)
    least = min((abs(size - wanted) for size in sizes), default=None)
    nearest = [spelled(one) for size, one in sizes.items() if abs(size - wanted) == least]
    return f"the nearest is {' or '.join(nearest)}" if len(nearest) in (1, 2) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def _lines(value: Any) -> float | None:
    """Return how many lines a resolution has: 720 for 720P."""
    found = _LINES.fullmatch(value) if isinstance(value, str) else None
    return (_LINES_OF_4K if found[2] in "kK" else 1) * int(found[1]) if found else None


def _width_to_height(value: Any) -> float | None:
    found = _RATIO.fullmatch(value) if isinstance(value, str) else None
    return math.log(int(found[1]) / int(found[2])) if found else None


_LINES, _LINES_OF_4K = re.compile(r"([1-9]\d{0,3})([pPkK])"), 540
_RATIO = re.compile(r"([1-9]\d{0,3}):([1-9]\d{0,3})")
_MEASURES = {DURATION: _number, RESOLUTION: _lines, RATIO: _width_to_height}


def _hint_for_model(value: Any, names: Iterable[str]) -> str | None:
    """Return the model that is meant; its name may lack the maker."""
    known = list(names)
    meant = [name for name in known if name.partition("/")[2] == value]
    if len(meant) == 1:
        return Suggestion.of(f"did you mean '{meant[0]}'?", value, meant[0])
    return did_you_mean(value, known) if isinstance(value, str) else None


def _hint_for_id(text: str) -> str | None:
    """Return an id that the text can be turned into, if there is one."""
    letters = [one for one in normalize("NFKD", text) if one.isalnum()]
    if not letters or not all(map(str.isascii, letters)):
        return None  # another script, of which a slug would keep little or nothing
    meant = slug(text)
    return None if meant == text or check_id(meant) else f"write {meant}"


def _unquoted(text: str) -> bool | int | float | None:
    """Return the number or truth value that YAML would read without quotes, or None."""
    try:
        value = read_plain(text)
    except ValueError:
        return None
    return None if isinstance(value, str) else value


def _hint_for_choice(value: Any, allowed: Iterable[Any]) -> str | None:
    """Return a hint if the value is close to one of those allowed."""
    known = list(allowed)
    if isinstance(value, str) and (read := _unquoted(value)) is not None and _is_one(read, known):
        return _without_quotes(value, value)
    meant = as_switch(value)
    if isinstance(value, str) and isinstance(meant, bool) and _is_one(meant, known):
        return _write(spelled(meant), value)
    texts = [choice for choice in known if isinstance(choice, str)]
    alike = [text for text in texts if _normalized(text) == _normalized(str(value))]
    if len({text.casefold() for text in alike}) == 1:  # 720P, and 720p as the field has it
        return Suggestion.of(f"did you mean '{alike[0]}'?", value, alike[0])
    # Comparing letters would suggest 1:1 for 16:10.
    is_word = isinstance(value, str) and _has_letters(value)
    return did_you_mean(value, texts) if is_word else None


def _write(meant: str, value: str) -> Suggestion:
    return Suggestion.of(f"write {meant}", value, meant, is_whole=True)


def _without_quotes(value: str, meant: str) -> Suggestion:
    return Suggestion.of(f"write {meant} without quotes", value, meant, is_whole=True)


def _without_curly(text: str) -> str:
    return text.strip("".join(CURLY_QUOTES)) if text.startswith(CURLY_QUOTES) else text


def _normalized(text: str) -> object:
    """Return the same for '1080P', '1080p' and '1080', and for '16:9' and '16x9'."""
    numbers = () if _has_letters(text) else re.findall(r"[0-9]{1,9}", text)
    return tuple(map(int, numbers)) or text.casefold()


def _has_letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _MIN_LETTERS
