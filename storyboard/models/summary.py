"""Describes a model's limits in one line, and each of its parameters in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.models.card import ModelCard, Parameter
from storyboard.models.media_limits import describe_media
from storyboard.models.schema.words import CARD_RULE, allowed_words, joined, spelled, whole_range
from storyboard.models.words import DURATION, RATIO, RESOLUTION, Word, listed
from storyboard.records import Json
from storyboard.reporting.amounts import and_text

_BY_VALUE = (RESOLUTION, RATIO, DURATION)


def limits_line(card: ModelCard) -> str:
    """Describe what a model makes: "720P or 1080P; 16:9 or 1:1; 2 to 15 s; with seed"."""
    parts = [_values(card, word) for word in (RESOLUTION, RATIO) if word in card.words]
    parts += [f"{_values(card, word)} s" for word in (DURATION,) if word in card.words]
    others = [word for word in card.words if word not in _BY_VALUE]
    if others:
        parts.append(f"with {and_text(sorted(others))}")
    return "; ".join(parts)


def limits_words(limits: Mapping[str, Json]) -> str:
    """Describe what a field takes: its values, its rule in words, and what its file may be."""
    rule = limits.get(CARD_RULE)
    return "; ".join(
        [allowed_words(limits), *([str(rule)] if rule else ()), *describe_media(limits)]
    )


def parameter_words(parameter: Parameter) -> str:
    """Describe what a parameter takes, and its value if it is not set."""
    words = limits_words(parameter.limits)
    if parameter.is_required:
        return f"{words}; required"
    default = parameter.default
    return words if default is None else f"{words}; default {spelled(default)}"


def word_meaning(word: Word) -> str:
    """Describe what a card maps a word to: "aspect_ratio", "generate_audio", "always true"."""
    if word.field is None:
        return f"always {joined([spelled(value) for value in listed(word.limits)])}"
    pairs = [f"{key} as {spelled(value)}" for key, value in word.values.items()]
    means = f"{word.field}, {RESOLUTION} and {RATIO} in one" if word.table else word.field
    return f"{means} ({', '.join(pairs)})" if pairs else means


def _values(card: ModelCard, word: str) -> str:
    known = card.words[word]
    values = [*known.values] or listed(known.limits)
    if not values:
        least, most = known.limits.get("minimum"), known.limits.get("maximum")
        is_span = least is not None and most is not None
        return f"{least} to {most}" if is_span else allowed_words(known.limits)
    if span := whole_range(values):
        return f"{span[0]} to {span[1]}"
    return joined([str(value) for value in values])
