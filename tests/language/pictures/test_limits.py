"""A picture against what the service accepts and what a card says."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.language.pictures.limits import fault_of, has_ratio
from storyboard.language.pictures.measure import COSTLY, NoPicture, Picture

PICTURE = Picture("png", 2_000_000, 1280, 720)
LIMITS = {
    "formats": ["jpeg", "png"],
    "megabytes": 10,
    "pixels": {"least": 300, "most": 4000},
    "ratio": {"least": 0.4, "most": 2.5},
}


def fault(limits: dict[str, Any] | None = None, **changes: Any) -> str | None:
    return fault_of(PICTURE._replace(**changes), LIMITS if limits is None else limits, "m/x")


def test_a_picture_within_all_limits_has_no_fault() -> None:
    assert fault() is None
    assert fault({}) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "webp"}, "is a WebP; m/x takes JPEG or PNG"),
        ({"size_bytes": 11_000_000}, "is 10.5 MB; m/x takes at most 10 MB"),
        ({"height": 299}, "has 1,280 x 299 pixels; m/x takes at least 300 a side"),
        ({"width": 4001}, "has 4,001 x 720 pixels; m/x takes at most 4,000 a side"),
        (
            {"width": 3000, "height": 1000},
            "has 3,000 x 1,000 pixels; m/x takes none that are wider than 5:2",
        ),
        (
            {"width": 300, "height": 1000},
            "has 300 x 1,000 pixels; m/x takes none that are narrower than 2:5",
        ),
    ],
)
def test_each_limit_of_the_card_holds(changes: dict[str, Any], words: str) -> None:
    assert fault(**changes) == words


@pytest.mark.parametrize(
    "changes",
    [
        {"size_bytes": 10 * 1024 * 1024},
        {"height": 300, "width": 750},
        {"width": 4000, "height": 1600},
        {"width": 400, "height": 1000},
    ],
)
def test_what_is_on_a_limit_is_within_it(changes: dict[str, Any]) -> None:
    assert fault(**changes) is None


def test_the_service_accepts_sixteen_megabytes_whatever_the_card_says() -> None:
    large = {"size_bytes": (16 << 20) + 1}
    assert fault({"megabytes": 20}, **large) == "is 16.1 MB; the service accepts at most 16 MB"
    assert fault({}, size_bytes=16 << 20) is None


def test_what_is_no_picture_says_what_would_be_one() -> None:
    assert fault_of(NoPicture("is a GIF"), {}) == (
        "is a GIF; the service accepts PNG, JPEG or WebP pictures"
    )
    assert fault_of(COSTLY, {}) == "takes too much time or memory to decode"


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1280, 720, True), (1366, 768, True), (854, 480, True), (1280, 800, False), (1, 1, False)],
)
def test_a_ratio_is_compared_to_whole_pixels(width: int, height: int, expected: bool) -> None:
    assert has_ratio(PICTURE._replace(width=width, height=height), 16 / 9) is expected
