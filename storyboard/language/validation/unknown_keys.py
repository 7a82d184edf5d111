"""Keys that the schema does not know where they stand: what was meant by them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.reporting.suggest import did_you_mean


def hint_for_unknown(key: str, known: Iterable[str], schema: Mapping[str, Any]) -> str | None:
    """Where a known key belongs, else the known key that it resembles.

    `schema` is the whole file's, `known` are the keys that may stand where
    `key` was found.
    """
    definitions = schema.get("definitions", {})
    in_defaults = definitions.get("defaults", {}).get("properties", {})
    in_shot = definitions.get("shot", {}).get("properties", {})
    if key in in_defaults:
        return f"'{key}' stands in defaults or in a shot"
    if key in in_shot:
        return f"'{key}' stands in a shot"
    if key in schema.get("properties", {}):
        return f"'{key}' stands at the top of the file"
    if key in ("scenes", "shots") and not in_shot:
        return "a file that is included holds no shots, only what they share"
    return did_you_mean(key, known)
