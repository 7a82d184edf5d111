"""Guesses what a model makes its videos from: text, an image, frames and so on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from storyboard.models.card import Kind

_ENDINGS: Mapping[str, Kind] = {
    "t2v": "text",
    "i2v": "image",
    "fl2v": "frames",
    "kf2v": "frames",
    "flf2v": "frames",
    "r2v": "reference",
    "mi2v": "reference",
    "v2v": "video",
}
"""Parts of model names, as the makers use them."""

_PHRASES: Mapping[str, Kind] = {
    "text-to-video": "text",
    "first-last-frame": "frames",
    "image-to-video": "image",
    "reference-to-video": "reference",
    "video-to-video": "video",
}

_TEXTS = frozenset({"prompt", "negative_prompt"})
_MEDIA = re.compile(r"image|video|frame|clip|mask|reference", re.IGNORECASE)


def guess_kind(
    name: str, texts: Iterable[str], fields: Iterable[str], required: Iterable[str]
) -> tuple[Kind, str] | None:
    """Return the kind and the evidence: the model's name, the document's words, or its fields."""
    for part in re.split(r"[-_.]", name.partition("/")[2].lower()):
        if part in _ENDINGS:
            return _ENDINGS[part], f"its name has {part}"
    text = re.sub(r"[\s_]+", "-", " ".join(texts).lower())
    kinds = {kind: phrase for phrase, kind in _PHRASES.items() if phrase in text}
    if len(kinds) == 1:
        kind, phrase = next(iter(kinds.items()))
        return kind, f"the document says {phrase}"
    needed = set(required)
    if needed and not kinds and needed <= _TEXTS and not any(map(_MEDIA.search, fields)):
        return "text", "it takes text alone"
    return None
