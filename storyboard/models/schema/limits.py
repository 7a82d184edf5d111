"""States a model's limits in the form that the storyboard's schema uses. Pure.

In a storyboard, a parameter may also be a template, whose result is checked later, or null, which
means not set. So each definition says "a template is fine; anything else must meet the limits".
Editors explain this form better than `anyOf`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from storyboard.models.card import ModelCard, Parameter
from storyboard.models.schema import media_keys
from storyboard.models.schema.keys import Schema, or_template
from storyboard.models.schema.words import ALSO, CARD_RULE, EDITORS_RULE, MODELS, spelled
from storyboard.models.summary import limits_words
from storyboard.models.words import MEDIA, SEED

_Setting: TypeAlias = tuple[ModelCard, Parameter]

_MAX_DIGITS = 20

_OF_SEEDS = "the name of a shared seed or auto"

# Keywords in a parameter's schema that are not limits.
_ANNOTATIONS = ("description", "default", "example", "examples", "x-media", "title", "deprecated")


def parameter_definitions(cards: Iterable[ModelCard]) -> Schema:
    """Return all settings of the models by name, in the order of the cards."""
    by_name: dict[str, list[_Setting]] = {}
    for card in cards:
        for name, parameter in card.settings.items():
            by_name.setdefault(name, []).append((card, parameter))
    return {name: _definition(settings) for name, settings in by_name.items()}


def model_limits(card: ModelCard) -> Schema:
    """Return one model's own limits by parameter, for a schema that several models share."""
    return {name: _or_template([(card, known)]) for name, known in card.settings.items()}


def seed_limits(cards: Iterable[ModelCard]) -> Schema:
    """Return the limits of a shared seed: what any model accepts, but not null or another name."""
    settings = [(card, card.settings[SEED]) for card in cards if SEED in card.settings]
    return {**_merged(settings), "type": "integer"} if settings else {"type": "integer"}


def _definition(settings: list[_Setting]) -> Schema:
    first = settings[0][1]
    description = str(first.limits.get("description", ""))
    return {
        "description": description,
        "markdownDescription": _markdown(description, settings),
        **_default(settings),
        "examples": _examples(settings),
        **(media_keys.snippets(first.name) if _is_media(*settings) else {}),
        **_or_template(settings),
    }


def _or_template(settings: list[_Setting]) -> Schema:
    """Return the limits of a setting; a seed or a picture may also be the name of a shared one."""
    name, limits = settings[0][1].name, _merged(settings)
    if _is_media(*settings):
        limits = media_keys.media(name, limits)
    elif name == SEED:
        limits = {ALSO: _OF_SEEDS, **limits}
        limits = {"if": {"type": "string"}, "then": {"minLength": 1}, "else": limits}
    return or_template(limits)


def _is_media(*settings: _Setting) -> bool:
    """Whether a setting is an address or a name, not just models' fields of the same name."""
    return any(known.name in MEDIA and known.name in card.words for card, known in settings)


def _merged(settings: list[_Setting]) -> Schema:
    """Return the limits of one parameter, or those of each model if they differ."""
    alternatives: list[tuple[dict[str, Any], list[str]]] = []
    for card, parameter in settings:
        limits = _plain_limits(parameter)
        if _is_media((card, parameter)):
            limits = _without_addresses(limits)
        same = next((names for known, names in alternatives if known == limits), None)
        if same is None:
            alternatives.append((limits, [card.name]))
        else:
            same.append(card.name)
    merged = [{MODELS: names, **limits} for limits, names in alternatives]
    return merged[0] if len(merged) == 1 else {"anyOf": merged}


def _plain_limits(parameter: Parameter) -> Schema:
    """Return the card's limits; null is allowed if the parameter may be left out."""
    limits = {
        key: value
        for key, value in _for_editors(parameter.limits).items()
        if key not in _ANNOTATIONS
    }
    types, enum = limits["type"], limits.get("enum")
    types = [types] if isinstance(types, str) else list(types)
    if isinstance(enum, list) and "string" in types:
        texts = [text for text in enum if isinstance(text, str) and text.isdecimal()]
        # Without quotes, "8" and "08" are read as a number; int refuses more than 4,300 digits.
        if numbers := [int(text) for text in texts if len(text) < _MAX_DIGITS]:
            types, enum = [*types, "integer"], [*enum, *numbers]
    if not parameter.is_required:
        types = [*types, "null"]
        enum = [*enum, None] if isinstance(enum, list) else enum
    limits["type"] = types[0] if len(types) == 1 else types
    return limits if enum is None else {**limits, "enum": enum}


def _without_addresses(limits: Mapping[str, Any]) -> Schema:
    """Return the limits that also apply to names: the type, and how many there are."""
    counts = {key: limits[key] for key in ("minItems", "maxItems") if key in limits}
    items = {"items": or_template(media_keys.REFERENCE)} if "array" in limits["type"] else {}
    return {"type": limits["type"], **counts, **items}


def _for_editors(schema: Any) -> Any:
    """Return the schema with its rules in words under the name that editors know."""
    if isinstance(schema, list):
        return [_for_editors(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        EDITORS_RULE if key == CARD_RULE else key: _of_keyword(key, item)
        for key, item in schema.items()
    }


def _of_keyword(key: str, value: Any) -> Any:
    """Return a keyword's value; templates inside a list or a mapping are checked later, too."""
    if key == "items":
        return or_template(_for_editors(value))
    if key == "properties":
        return {name: or_template(_for_editors(limits)) for name, limits in value.items()}
    return _for_editors(value)


def _default(settings: list[_Setting]) -> Schema:
    """Return the default, if all models agree on one."""
    defaults = [parameter.default for _, parameter in settings]
    if defaults[0] is None or any(default != defaults[0] for default in defaults):
        return {}
    return {"default": defaults[0]}


def _examples(settings: list[_Setting]) -> list[Any]:
    """Return the cards' own examples, then every other value if a model lists its values."""
    media = media_keys.examples(settings[0][1].name) if _is_media(*settings) else []
    found = {json.dumps(value): value for value in media}
    for _, parameter in settings:
        limits = parameter.limits
        listed = limits.get("enum", [True, False] if parameter.type == "boolean" else None)
        for values in (limits.get("examples"), [parameter.default], listed):
            for value in values if isinstance(values, list) else ():
                if value is not None:
                    found.setdefault(json.dumps(value), value)  # 1 and true are different values
    return list(found.values())


def _markdown(description: str, settings: list[_Setting]) -> str:
    models: dict[str, list[str]] = {}
    for card, parameter in settings:
        more = {ALSO: _OF_SEEDS} if parameter.name == SEED else {}
        words = limits_words({**parameter.limits, **more})
        if parameter.default is not None:
            words += f"; the API's default is `{spelled(parameter.default)}`"
        models.setdefault(words, []).append(f"`{card.name}`")
    if _is_media(*settings):
        description += media_keys.more_about(settings[0][1].name)
    known = [f"- {', '.join(names)}: {words}" for words, names in models.items()]
    lines = [description, "", *known, "", "Can be a template. `null` means: not set, not sent."]
    if settings[0][1].is_required:
        lines[-1] = "Can be a template."
    return "\n".join(lines)
