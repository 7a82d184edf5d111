"""What a file may be that a field names: read from a card, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storyboard.models.card_reader import card_problem
from storyboard.models.catalog import load_catalog
from storyboard.models.media_limits import describe_media, ratio_words
from tests.models.cards import card_document, write_card

CATALOG = load_catalog()


def of(name: str) -> Any:
    card = CATALOG.get(name)
    assert card is not None
    return card


def test_a_card_knows_the_limits_of_each_place_in_a_request() -> None:
    horse = of("alibaba/happyhorse-1.0-i2v")
    assert horse.media_limits(("first_frame_image",)) == {
        "formats": ["jpeg", "png", "webp"],
        "megabytes": 10,
        "pixels": {"least": 300},
        "ratio": {"least": 0.4, "most": 2.5},
    }
    for at in (("prompt",), ("no_such_field",), ("first_frame_image", 0), ("prompt", "x")):
        assert horse.media_limits(at) == {}


def test_a_card_knows_where_a_picture_can_stand_in_the_request_itself() -> None:
    assert of("alibaba/wan2.7-i2v").takes_data(("first_frame",))
    assert not of("alibaba/wan2.7-i2v").takes_data(("driving_audio",))
    assert not of("alibaba/wan2.7-i2v").takes_data(("prompt",))
    assert of("vidu/viduq3-mix-r2v").takes_data(("reference_images", 3))


def test_the_pattern_of_a_picture_is_matched_as_requests_are_checked(tmp_path: Path) -> None:
    patterns = {"picture": r"^\p{L}+:image/", "sound": r"^\p{L}+:audio/"}  # not for `re`
    fields = {name: {"type": "string", "pattern": one} for name, one in patterns.items()}
    fields["prompt"] = {"type": "string"}
    write_card(tmp_path, "own/model", card_document("own/model", fields))
    card = load_catalog(tmp_path).get("own/model")
    assert card is not None
    assert card.takes_data(("picture",))
    assert not card.takes_data(("sound",))


def test_limits_are_told_in_words() -> None:
    limits = of("alibaba/happyhorse-1.0-i2v").parameters["first_frame_image"].limits
    assert list(describe_media(limits)) == [
        *("JPEG, PNG or WebP", "at most 10 MB", "each side at least 300 pixels"),
        "width to height 2:5 to 5:2",
    ]
    listed = {"items": {"x-media": {"formats": ["mp3"], "seconds": {"least": 2, "most": 30}}}}
    assert list(describe_media(listed)) == ["MP3", "2 to 30 seconds"]
    assert list(describe_media({"type": "string"})) == []


@pytest.mark.parametrize(
    ("ratio", "words"), [(16 / 9, "16:9"), (0.4, "2:5"), (1.0, "1:1"), (1.3333, "4:3")]
)
def test_a_ratio_is_written_as_people_write_it(ratio: float, words: str) -> None:
    assert ratio_words(ratio) == words


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"format": ["png"]}, "x-media.format is not a key of a model card; did you mean"),
        ({"formats": "png"}, "x-media.formats: 'png' is text"),
        ({"formats": ["PNG"]}, "a format is written in lower case, such as jpeg"),
        ({"formats": []}, "x-media.formats: is empty"),
        ({"megabytes": 0}, "x-media.megabytes: 0 is not allowed"),
        ({"megabytes": "10"}, "x-media.megabytes: '10' is text"),
        ({"megabytes": float("inf")}, "x-media.megabytes: "),
        ({"pixels": {"least": 0.5}}, "x-media.pixels.least: 0.5 is not a whole number"),
        ({"pixels": 300}, "x-media.pixels: 300 is a number"),
        ({"ratio": {}}, "x-media.ratio: "),
        ({"seconds": {"fewest": 2}}, "x-media.seconds.fewest is not a key of a model card"),
        ({}, "x-media: "),
        ([], "x-media: is a list"),
    ],
)
@pytest.mark.parametrize("place", ["field", "entries", "shared"])
def test_a_wrong_limit_is_told_with_its_place(limits: Any, words: str, place: str) -> None:
    holder: Any = {"type": "string", "x-media": limits}
    fields = {
        "field": holder,
        "entries": {"type": "array", "items": holder},
        "shared": {"$ref": "#/$defs/shared"},
    }
    document = card_document("maker/model", {"picture": fields[place]})
    document["request"]["$defs"] = {"shared": holder} if place == "shared" else {}
    found = card_problem(document)
    assert found is not None
    assert words in found
