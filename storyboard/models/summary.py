"""A model's limits in a line, and each of its parameters in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.models.card import DURATION, RATIO, RESOLUTION, ModelCard, Parameter
from storyboard.models.schema.words import CARD_RULE, allowed_words, joined, spelled, whole_range

_BY_VALUE = (RESOLUTION, RATIO, DURATION)


def limits_line(card: ModelCard) -> str:
    """What a model makes: "720P or 1080P; 16:9 or 1:1; 2 to 15 s; with seed"."""
    parts = [_values(parameter) for word in (RESOLUTION, RATIO) for parameter in _of(card, word)]
    parts += [f"{_values(parameter)} s" for parameter in _of(card, DURATION)]
    others = [word for word in card.words if word not in _BY_VALUE]
    if others:
        parts.append(f"with {' and '.join(sorted(others))}")
    return "; ".join(parts)


def parameter_words(parameter: Parameter) -> str:
    """What a parameter takes, and what holds where it is not set."""
    words = allowed_words(parameter.limits)
    if rule := parameter.limits.get(CARD_RULE):
        words += f"; {rule}"
    if parameter.is_required:
        return f"{words}; required"
    default = parameter.default
    return words if default is None else f"{words}; default {spelled(default)}"


def _of(card: ModelCard, word: str) -> Iterator[Parameter]:
    if word in card.words:
        yield card.parameters[card.words[word]]


def _values(parameter: Parameter) -> str:
    values = parameter.limits.get("enum")
    if not isinstance(values, list):
        least, most = parameter.limits.get("minimum"), parameter.limits.get("maximum")
        is_span = least is not None and most is not None
        return f"{least} to {most}" if is_span else allowed_words(parameter.limits)
    if span := whole_range(values):
        return f"{span[0]} to {span[1]}"
    return joined([str(value) for value in values])
