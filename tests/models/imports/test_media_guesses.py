"""What a description says of files is taken only where it is plain."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.models.imports.media_guesses import read_media_limits, with_media_limits


def read(text: str) -> dict[str, Any]:
    return read_media_limits({"description": text})


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("Supported formats: JPEG, JPG, PNG, WEBP.", {"formats": ["jpeg", "png", "webp"]}),
        ("Accepts JPG/PNG, up to 10MB", {"formats": ["jpeg", "png"], "megabytes": 10}),
        ("File size must not exceed 4.7 MB.", {"megabytes": 4.7}),
        ("Width and height at least 300 px.", {"pixels": {"least": 300}}),
        ("Aspect ratio between 1:2.5 and 2.5:1.", {"ratio": {"least": 0.4, "most": 2.5}}),
        ("The aspect ratio is 2:5 to 5:2", {"ratio": {"least": 0.4, "most": 2.5}}),
    ],
)
def test_a_plain_limit_is_taken(text: str, limits: dict[str, Any]) -> None:
    assert read(text) == limits


@pytest.mark.parametrize(
    "text",
    [
        "A URL or base64, such as data:image/png;base64,AAAA; supported are both.",
        "For example https://example.com/hero.png; format is a URL.",
        "The format is free, see hero.png",
        "Supports all formats but PNG.",
        "PNG pictures look best.",
        "Images of 10 MB upload slowly.",
        "At most 10 MB, or 20 MB for members.",
        "At most 0 MB.",
        "At least 300 px.",
        "Ratio 16:9 or 9:16.",
        "Ratio 5:2 to 2:5.",
        "Ratio 0:1 to 1:0.",
        "Ratio between 1:2 and 2:1, and ratio between 1:3 and 3:1.",
        "",
    ],
)
def test_what_is_not_plain_is_left_to_the_user(text: str) -> None:
    assert read(text) == {}


def test_only_fields_that_media_words_set_get_limits() -> None:
    described = {"type": "string", "description": "Formats: PNG"}
    fields = {"image": described, "mask": described, "note": {"type": "string"}}
    words = {"first_frame": "image", "ratio": "mask", "last_frame": {"field": "note"}, "clip": 5}
    found = with_media_limits(fields, words)
    assert found == {**fields, "image": {**described, "x-media": {"formats": ["png"]}}}
