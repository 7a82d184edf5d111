from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog


@pytest.fixture(scope="module")
def wan() -> ModelCard:
    card = load_catalog().get("alibaba/wan2.7-t2v")
    assert card is not None
    return card


def test_the_endpoint_is_the_path_that_the_vendors_page_shows(wan: ModelCard) -> None:
    assert wan.service.origin == "https://api.modellix.ai"
    assert wan.endpoint == "/api/v1/alibaba/wan2.7-t2v/async"


def test_without_its_suffix_the_endpoint_is_the_newer_short_form(wan: ModelCard) -> None:
    service = replace(wan.service, submit_suffix="")
    assert replace(wan, service=service).endpoint == "/api/v1/alibaba/wan2.7-t2v"


def test_each_parameter_knows_its_type_and_the_apis_default(wan: ModelCard) -> None:
    assert {name: (known.type, known.default) for name, known in wan.parameters.items()} == {
        "prompt": ("string", None),
        "negative_prompt": ("string", None),
        "audio_url": ("string", None),
        "resolution": ("string", "1080P"),
        "ratio": ("string", "16:9"),
        "duration": ("integer", 5),
        "prompt_extend": ("boolean", True),
        "seed": ("integer", None),
    }
    assert [known.name for known in wan.parameters.values() if known.is_required] == ["prompt"]


def test_seeds_have_the_apis_range(wan: ModelCard) -> None:
    assert wan.seed_range == (0, 2147483647)


@pytest.mark.parametrize(
    ("resolution", "ratio", "expected"),
    [
        ("720P", "16:9", (1280, 720)),
        ("1080P", "9:16", (1080, 1920)),
        (None, "1:1", (1440, 1440)),
        ("720P", None, (1280, 720)),
        (None, None, (1920, 1080)),
        ("480P", "16:9", None),
    ],
)
def test_pixels_follow_resolution_and_ratio_or_their_defaults(
    wan: ModelCard, resolution: str | None, ratio: str | None, expected: tuple[int, int] | None
) -> None:
    assert wan.pixels(resolution, ratio) == expected


def test_every_resolution_and_ratio_has_a_size_that_h264_can_hold(wan: ModelCard) -> None:
    resolutions = wan.parameters["resolution"].limits["enum"]
    ratios = wan.parameters["ratio"].limits["enum"]
    assert isinstance(resolutions, list)
    assert isinstance(ratios, list)
    assert set(wan.sizes or {}) == {(str(r), str(q)) for r in resolutions for q in ratios}
    assert all(side % 2 == 0 for size in (wan.sizes or {}).values() for side in size)


@pytest.mark.parametrize(
    ("payload", "seconds"),
    [({"duration": 8}, 8.0), ({}, 5.0), ({"duration": 6.5}, 6.5), ({"duration": "long"}, None)],
)
def test_the_expected_length_is_the_one_asked_for_or_the_default(
    wan: ModelCard, payload: dict[str, int | str], seconds: float | None
) -> None:
    assert wan.expected_duration_s(payload) == seconds


def test_what_a_reply_does_not_say_stands_on_the_card_or_in_the_service(wan: ModelCard) -> None:
    assert (wan.service.retention_h, wan.slowest_s) == (24, 3600)
    assert wan.frame_rate == 30
    assert (wan.service.name, wan.service.protocol) == ("modellix", "modellix")


def test_a_card_says_where_its_limits_were_read(wan: ModelCard) -> None:
    assert wan.docs_url == wan.source == "https://docs.modellix.ai/alibaba/wan-2-7-t2v"
    assert replace(wan, source="a letter").docs_url == ""
    assert (wan.read, wan.confidence, wan.retires) == ("2026-11-22", "high", None)


def test_the_common_words_of_this_model_are_its_own(wan: ModelCard) -> None:
    words = ("resolution", "ratio", "duration", "seed", "negative_prompt")
    assert {name: word.field for name, word in wan.words.items()} == {
        **{word: word for word in words},
        "sound": None,
        "audio": "audio_url",
    }
