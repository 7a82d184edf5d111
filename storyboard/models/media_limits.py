"""What a file may be that a field of a request names: the `x-media` of a model card. Pure.

formats: [jpeg, png]             what the file is
megabytes: 10                    its most, each of 1024 * 1024 bytes
pixels: {least: 300, most: 8000} of its width and of its height
ratio: {least: 0.4, most: 2.5}   of width to height
seconds: {least: 2, most: 30}    of a sound or a clip
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from storyboard.models.schema.words import joined
from storyboard.reporting.value_paths import ValuePath

MediaLimits: TypeAlias = Mapping[str, Any]
"""The limits of a field, as its card states them; empty if it states none."""

KEY = "x-media"

BYTES = 1024 * 1024
"""Bytes in a megabyte. A page that means 1,000,000 refuses a few files that are let through here,
and a refusal is not charged."""

NAMES = {"jpeg": "JPEG", "png": "PNG", "webp": "WebP", "mp3": "MP3", "wav": "WAV"}
"""How people write the formats whose names are not just upper case."""

_SPANS = ("pixels", "ratio", "seconds")


def limits_at(schema: Mapping[str, Any], path: ValuePath) -> MediaLimits:
    """Return the limits of what is at a path in a request, whose fields' schemas these are."""
    found = schema_at(schema, path)
    limits = found.get(KEY)
    return limits if isinstance(limits, Mapping) else {}


def schema_at(schema: Mapping[str, Any], path: ValuePath) -> Mapping[str, Any]:
    """Return the schema of what is at a path in a request; empty if none is stated."""
    for step in path:
        inner = schema.get("items") if isinstance(step, int) else schema.get("properties", {})
        inner = inner.get(step) if isinstance(step, str) and isinstance(inner, Mapping) else inner
        if not isinstance(inner, Mapping):
            return {}
        schema = inner
    return schema


def impossible_span(limits: MediaLimits) -> str | None:
    """Return the key of limits that allow nothing, or None; their shape is right."""
    for key in _SPANS:
        span = limits.get(key, {})
        if "least" in span and "most" in span and span["least"] > span["most"]:
            return key
    return None


def format_names(formats: list[str]) -> str:
    """Return formats in words: "JPEG, PNG or WebP"."""
    return joined([NAMES.get(one, one.upper()) for one in formats])


def ratio_words(ratio: float) -> str:
    """Return a ratio of width to height as people write it: "5:2"."""
    found = Fraction(ratio).limit_denominator(50)
    return f"{found.numerator}:{found.denominator}"


def limits_of(schema: Mapping[str, Any]) -> MediaLimits:
    """Return the limits of a field, or of each entry of a field that is a list."""
    return limits_at(schema, ()) or limits_at(schema, (0,))


def describe_media(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a field's file may be, in words: "JPEG or PNG", "at most 10 MB"."""
    limits = limits_of(schema)
    if "formats" in limits:
        yield format_names(limits["formats"])
    if "megabytes" in limits:
        yield f"at most {limits['megabytes']:g} MB"
    if "pixels" in limits:
        yield f"each side {_span(limits['pixels'], '{:,}')} pixels"
    if "ratio" in limits:
        words = {key: ratio_words(value) for key, value in limits["ratio"].items()}
        yield f"width to height {_span(words, '{}')}"
    if "seconds" in limits:
        yield f"{_span(limits['seconds'], '{:g}')} seconds"


def _span(span: Mapping[str, Any], form: str) -> str:
    least, most = (form.format(span[key]) if key in span else "" for key in ("least", "most"))
    if least and most:
        return f"{least} to {most}"
    return f"at least {least}" if least else f"at most {most}"
