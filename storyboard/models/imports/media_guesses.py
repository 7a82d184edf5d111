"""Finds in a field's description what a picture, a sound or a clip has to be. Pure.

Descriptions are prose, and a wrong limit would refuse good files, so a limit is taken only where a
description states it once, in one of a few plain forms. The user checks the card in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storyboard.models.media_limits import KEY
from storyboard.models.words import MEDIA

_FORMATS = {
    **dict.fromkeys(("jpg", "jpeg"), "jpeg"),
    **{name: name for name in ("png", "webp", "bmp", "gif", "mp3", "wav", "mp4", "mov")},
}
_LISTS_FORMATS = re.compile(r"\b(?:formats?|supports?|supported|accepts?)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*(?:data:|https?:)\S*|\b\w+\.(?:jpe?g|png|webp)\b", re.IGNORECASE)
_EXCEPTION = re.compile(r"\b(?:except|unsupported|without|but|not supported)\b", re.IGNORECASE)
_MEGABYTES = re.compile(r"(\d{1,4}(?:\.\d{1,2})?) ?(?:MB|MiB)\b")
_AT_MOST = re.compile(
    r"(?:at most|up to|max(?:imum)?(?: size)?(?: is| of)?:?|(?:no|not) (?:more|larger) than|exceed"
    r"|within|<=|≤) ?(?=\d{1,4}(?:\.\d{1,2})? ?(?:MB|MiB)\b)",
    re.IGNORECASE,
)
_SIDES = re.compile(
    r"(?:width and height|each side|both sides|sides)\D{0,30}?(?:at least|minimum|>=|≥) ?"
    r"(\d{2,5}) ?(?:px|pixels)\b",
    re.IGNORECASE,
)
_PAIR = r"(\d{1,2}(?:\.\d{1,2})?):(\d{1,2}(?:\.\d{1,2})?)"
_RATIO = re.compile(
    rf"(?:ratio|aspect)\D{{0,30}}?{_PAIR} ?(?:and|to|-|~) ?{_PAIR}(?!\d|:|\.\d)", re.IGNORECASE
)


def with_media_limits(fields: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's fields; those that media words set have the limits that they describe."""
    found = dict(fields)
    for word in MEDIA:
        means = words.get(word)
        name = means.get("field") if isinstance(means, Mapping) else means
        limits = found.get(name) if isinstance(name, str) else None
        if isinstance(limits, Mapping) and (media := read_media_limits(limits)):
            found[str(name)] = {**limits, KEY: media}
    return found


def read_media_limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a field's description says of its files; empty if it says nothing for certain."""
    text = limits.get("description")
    return dict(_limits_in(text)) if isinstance(text, str) else {}


def _limits_in(text: str) -> Iterator[tuple[str, Any]]:
    if formats := _formats_in(text):
        yield "formats", formats
    sizes = _MEGABYTES.findall(text)
    if len(sizes) == 1 and _AT_MOST.search(text) and float(sizes[0]):
        yield "megabytes", _number(sizes[0])
    sides = _SIDES.findall(text)
    if len(sides) == 1 and int(sides[0]):
        yield "pixels", {"least": int(sides[0])}
    ratios = _RATIO.findall(text)
    if len(ratios) == 1 and len(re.findall(_PAIR, text)) == 2 and all(map(float, ratios[0])):
        first, second = (float(a) / float(b) for a, b in (ratios[0][:2], ratios[0][2:]))
        if first < second:
            yield "ratio", {"least": round(first, 4), "most": round(second, 4)}


def _formats_in(text: str) -> list[str]:
    if _EXCEPTION.search(text) or not _LISTS_FORMATS.search(text):
        return []
    words = re.split(r"[\s,;/|()]+", _ADDRESS.sub(" ", text))
    names = (word.strip(".:").lower() for word in words)
    return list(dict.fromkeys(_FORMATS[name] for name in names if name in _FORMATS))


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value
