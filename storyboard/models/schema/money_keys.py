"""JSON Schemas of `prices` and `caps`, each with a description and an example. Pure.

This module contains no prices: they change monthly, so the user supplies them, with their date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from storyboard.models.schema.keys import Schema, ref

MAX_PRICE = 100_000
_DATE = {
    "type": "string",
    "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)",
    "errorMessage": "a date is written as year-month-day, like 2026-11-20",
}
_CAP: Schema = {"type": "number", "minimum": 0, "maximum": 1_000_000_000}
_RATE_ERROR = (
    "a price is a number of US dollars, or one for each resolution, or for sound and silent"
)


def _rates(
    description: str, example: Any, resolutions: Sequence[str], most: float = MAX_PRICE
) -> Schema:
    amount = {"minimum": 0, "maximum": most}
    inner: Schema = {"type": ["number", "object"], "errorMessage": _RATE_ERROR, **amount}
    return {
        "description": description,
        "examples": [example, dict.fromkeys(resolutions, example)],
        **inner,
        "minProperties": 1,
        "additionalProperties": {
            **inner,
            "minProperties": 1,
            "additionalProperties": {"type": "number", "errorMessage": _RATE_ERROR, **amount},
        },
    }


AS_OF: Schema = {
    "description": "The day on which the prices were read.",
    "markdownDescription": "The day on which the prices were read. After 60 days `plan` warns.",
    "examples": ["2026-11-20"],
    **_DATE,
}


def price(resolutions: Sequence[str]) -> Schema:
    """Return the schema of one model's price, which may differ by the models' `resolutions`."""
    return {
        "description": "What the model costs, in US dollars: for a second, a clip or tokens.",
        "examples": [{"per_second": 0.09}, {"per_second": dict.fromkeys(resolutions, 0.09)}],
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "as_of": AS_OF,
            "per_second": _rates("US dollars for a second of video.", 0.09, resolutions),
            "per_clip": _rates("US dollars for a video, however long.", 0.35, resolutions),
            "per_thousand_tokens": _rates("US dollars for 1,000 tokens.", 0.0012, resolutions),
            "tokens_per_second": _rates(
                "How many tokens a second of video counts, where the price is for tokens.",
                48_600,
                resolutions,
                most=1_000_000_000,
            ),
        },
    }


CAPS: Schema = {
    "description": "What the film may cost, over all its renders, in US dollars.",
    "markdownDescription": "What the film may cost, over all its renders, in US dollars. Every "
    "submission of its output folder counts: by its bill, else by its estimate.",
    "examples": [{"day": 20, "film": 200}],
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "day": {
            "description": "The most that may be spent within 24 hours.",
            "examples": [20],
            **_CAP,
        },
        "film": {
            "description": "The most that may be spent on the film in all.",
            "examples": [200],
            **_CAP,
        },
    },
}


def prices(models: Iterable[str]) -> Schema:
    """Return the schema of the prices by model; editors offer the names of `models`."""
    return {
        "description": "What the models cost, by name; none is built in.",
        "markdownDescription": "What the models cost, by name; none is built in. Prices are not "
        "part of the requests: changing one renders nothing again.",
        "examples": [{"as_of": "2026-11-20", "alibaba/wan2.7-t2v": {"per_second": 0.09}}],
        "type": "object",
        "properties": {"as_of": AS_OF, **{name: ref("price") for name in models}},
        "additionalProperties": ref("price"),
    }
