"""Writes a model card as the text of its file, from what was read about a model. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from storyboard.models.imports.media_guesses import with_media_limits
from storyboard.models.imports.understand import Understood

_WIDTH = 160


def card_document(model: Understood, *, source: str, read: str, confidence: str) -> dict[str, Any]:
    """Return the card; `source` is where its limits were read, on the day `read`."""
    guesses = model.guesses
    return {
        "name": model.name,
        "title": model.title,
        "service": model.service.name,
        "kind": model.kind,
        "source": source,
        "read": read,
        "confidence": confidence,
        **({"words": guesses.words} if guesses.words else {}),
        **({"tables": guesses.tables} if guesses.tables else {}),
        "request": {
            **model.request.as_card(),
            "properties": with_media_limits(model.request.fields, guesses.words),
        },
    }


def card_text(document: dict[str, Any]) -> str:
    """Return the card's file, with one field per line if it fits, like cards written by hand."""
    request = document["request"]
    fields = {name: _Line(limits) for name, limits in request["properties"].items()}
    words = {
        word: _Line(means) if isinstance(means, dict) else means
        for word, means in document.get("words", {}).items()
    }
    return yaml.dump(
        {
            **document,
            **({"words": words} if words else {}),
            "request": {**request, "properties": fields},
        },
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=None,
    )


class _Line(dict[str, Any]):
    """A mapping that is written on one line if it fits."""


class _Dumper(yaml.SafeDumper):
    """Writes without anchors, which cards may not have."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _Line,
    lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line, flow_style=True),
)
