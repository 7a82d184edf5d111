"""What was understood of a document, as lines and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.console.printing import align
from storyboard.models.card import ModelCard
from storyboard.models.imports.understand import Understood
from storyboard.models.summary import limits_line, parameter_words


def understood_lines(model: Understood, card: ModelCard, source: str) -> list[str]:
    """The model's facts, a table of its fields, its rules, and what is not in the card."""
    facts = [
        ("service", model.service.name),
        ("kind", f"{model.kind} ({model.evidence})"),
        ("source", source),
        ("confidence", card.confidence),
        ("limits", limits_line(card)),
    ]
    words = _words_by_field(model)
    fields = [
        (name, parameter_words(one), words.get(name, "")) for name, one in card.parameters.items()
    ]
    lines = [f"{model.name}: {model.title}", *align(facts), ""]
    lines += align([("field", "takes", "common word"), *fields])
    rest = [*_rest(model)]
    return [*lines, "", *rest] if rest else lines


def _rest(model: Understood) -> Iterator[str]:
    for rule in model.request.rules:
        yield f"rule: {rule.words}"
    for name, why in model.request.left_out.items():
        yield f"left out: {name}, since {why}"
    for word, why in model.guesses.uncertain.items():
        yield f"not certain: {word}: {why}"
    if model.ignored:
        yield f"ignored: {', '.join(model.ignored)}"


def _words_by_field(model: Understood) -> dict[str, str]:
    """Which common words a field stands for, and how."""
    found: dict[str, list[str]] = {}
    for word, meaning in model.guesses.words.items():
        field, how = (
            (meaning, "") if isinstance(meaning, str) else (meaning["field"], _how(meaning))
        )
        found.setdefault(field, []).append(f"{word}{how}")
    return {field: ", ".join(words) for field, words in found.items()}


def _how(meaning: dict[str, Any]) -> str:
    if "by" in meaning:
        return " (by a table)"
    how = [f"{key} is {value}" for key, value in meaning.get("values", {}).items()]
    how += [f"{meaning['any']} means any"] if "any" in meaning else []
    how += [f"unless {meaning['unless']} is set"] if "unless" in meaning else []
    return f" ({', '.join(how)})"


def understood_document(model: Understood, card: dict[str, Any]) -> dict[str, Any]:
    """The same for programs, with the card itself."""
    return {
        "name": model.name,
        "kind_told_by": model.evidence,
        "card": card,
        "rules": [rule.words for rule in model.request.rules],
        "left_out": dict(model.request.left_out),
        "uncertain": dict(model.guesses.uncertain),
        "ignored": model.ignored,
    }
