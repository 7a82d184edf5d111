"""What a card makes of the common words: fields out of them, and they out of a payload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import BrokenCard
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.limits import model_limits
from storyboard.models.summary import word_meaning
from storyboard.models.words import fields_of
from storyboard.records import Json
from tests.models.cards import card_document, write_card

FIELDS: dict[str, Any] = {
    "prompt": {"type": "string"},
    "aspectRatio": {"type": "string", "enum": ["16:9", "9:16"], "default": "16:9"},
    "durationSeconds": {"type": "string", "enum": ["4", "6", "8"], "default": "8"},
    "resolution": {"type": "string", "enum": ["720p", "1080p", "4k"], "default": "720p"},
    "seed": {"type": "integer", "minimum": -1, "maximum": 99, "default": -1},
    "sound": {"type": "string", "enum": ["on", "off"], "default": "on"},
    "frames": {"type": "integer"},
}
WORDS: dict[str, Any] = {
    "ratio": "aspectRatio",
    "duration": {"field": "durationSeconds", "unless": "frames"},
    "resolution": {"field": "resolution", "values": {"720P": "720p", "1080P": "1080p", "4K": "4k"}},
    "seed": {"field": "seed", "any": -1},
    "sound": {"field": "sound", "values": {"true": "on", "false": "off"}},
}
SIZES = ["1280*720", "720*1280", "1920*1080"]


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return made(tmp_path, FIELDS, words=WORDS)


@pytest.fixture
def sized(tmp_path: Path) -> ModelCard:
    size = {"type": "string", "enum": [*SIZES, "1*1"], "default": SIZES[2]}
    both = {"field": "size", "by": ["resolution", "ratio"]}
    table = {"720P": {"16:9": SIZES[0], "9:16": SIZES[1]}, "1080P": {"16:9": SIZES[2]}}
    words = {"resolution": both, "ratio": {**both, "by": [*both["by"]]}, "sound": {"always": True}}
    fields = {"prompt": {"type": "string"}, "size": size}
    return made(tmp_path, fields, words=words, tables={"size": table})


def made(folder: Path, fields: dict[str, Any], **changes: Any) -> ModelCard:
    write_card(folder, "maker/words", card_document("maker/words", fields, **changes))
    card = load_catalog(folder).get("maker/words")
    assert card is not None
    return card


def sent(card: ModelCard, **said: Json) -> dict[str, Json]:
    return fields_of(card.words, card.defaults, said)


@pytest.mark.parametrize(
    ("word", "value", "field", "expected"),
    [
        ("ratio", "9:16", "aspectRatio", "9:16"),
        ("ratio", "1:1", "aspectRatio", "1:1"),
        ("duration", 6, "durationSeconds", "6"),
        ("duration", 5, "durationSeconds", "5"),
        ("resolution", "4K", "resolution", "4k"),
        ("resolution", "4k", "resolution", "4k"),
        ("resolution", "480P", "resolution", "480P"),
        ("seed", 7, "seed", 7),
        ("seed", -1, "seed", -1),
        ("sound", True, "sound", "on"),
        ("sound", False, "sound", "off"),
        ("sound", "off", "sound", "off"),
    ],
)
def test_a_word_becomes_a_field_and_what_a_model_lacks_is_left_for_its_schema(
    card: ModelCard, word: str, value: Json, field: str, expected: Json
) -> None:
    assert sent(card, **{word: value}) == {field: expected}


@pytest.mark.parametrize("order", [("aspectRatio", "ratio"), ("ratio", "aspectRatio")])
def test_the_models_own_name_wins(card: ModelCard, order: tuple[str, str]) -> None:
    both: dict[str, Json] = {"aspectRatio": "9:16", "ratio": "16:9"}
    assert sent(card, **{name: both[name] for name in order}) == {"aspectRatio": "9:16"}


def test_one_field_out_of_two_words(sized: ModelCard) -> None:
    assert sent(sized, resolution="720P", ratio="9:16") == {"size": "720*1280"}
    assert sent(sized, resolution="720P") == {"size": "1280*720"}
    assert sent(sized, ratio="16:9") == {"size": "1920*1080"}
    assert sent(sized, size="1*1", resolution="720P") == {"size": "1*1"}
    assert sent(sized, ratio="9:16")["size"] not in SIZES  # not at 1080P, the default


def test_a_word_that_needs_no_field_sends_nothing(sized: ModelCard) -> None:
    assert sent(sized, sound=True) == {}
    assert sized.settings["sound"].limits["enum"] == [True]


def test_a_payload_in_common_words_has_the_apis_defaults(card: ModelCard, sized: ModelCard) -> None:
    defaults = {"ratio": "16:9", "duration": 8, "resolution": "720P", "sound": True}
    assert card.defaults == defaults
    assert sized.defaults == {"resolution": "1080P", "ratio": "16:9", "sound": True}
    payload: dict[str, Json] = {"durationSeconds": "4", "sound": "off", "seed": 3, "frames": None}
    assert card.words_of({"durationSeconds": "4", "sound": "off", "seed": 3}) == {
        **defaults,
        "duration": 4,
        "sound": False,
        "seed": 3,
    }
    assert "duration" not in card.words_of(payload)
    assert sized.words_of({"size": "720*1280"}) == {
        "resolution": "720P",
        "ratio": "9:16",
        "sound": True,
    }
    assert sized.words_of({"size": "1*1"}) == {"sound": True}


def test_a_payload_of_any_value_can_be_put_in_words(card: ModelCard, sized: ModelCard) -> None:
    for value in (None, True, 1, 1.5, "x", [], {}):
        card.words_of(dict.fromkeys(FIELDS, value))
        sized.words_of({"size": value})


def test_takes_never_count_to_the_seed_that_means_any(card: ModelCard) -> None:
    assert card.seed_range == (0, 99)


def test_what_a_storyboard_can_say_of_a_model(card: ModelCard) -> None:
    said = {name: known.limits.get("enum") for name, known in card.settings.items()}
    assert said == {
        "prompt": None,
        "aspectRatio": ["16:9", "9:16"],
        "durationSeconds": ["4", "6", "8"],
        "resolution": ["720P", "1080P", "4K", "720p", "1080p", "4k"],
        "seed": None,
        "sound": [True, False, "on", "off"],
        "frames": None,
        "ratio": ["16:9", "9:16"],
        "duration": [4, 6, 8],
    }


def test_a_word_has_its_meaning_in_a_line(card: ModelCard, sized: ModelCard) -> None:
    assert word_meaning(card.words["ratio"]) == "aspectRatio"
    assert word_meaning(card.words["sound"]) == "sound (true as 'on', false as 'off')"
    assert word_meaning(sized.words["ratio"]) == "size, resolution and ratio in one"
    assert word_meaning(sized.words["sound"]) == "always true"


MEDIA_FIELDS: dict[str, Any] = {
    "prompt": {"type": "string"},
    "image": {"type": "string"},
    "audio": {"type": "boolean", "default": False},
    "audio_urls": {"type": "array", "items": {"type": "string"}},
    "images": {"type": "array", "items": {"type": "string"}},
}


@pytest.fixture
def pictured(tmp_path: Path) -> ModelCard:
    words = {"first_frame": "image", "references": {"field": "images"}, "audio": "audio_urls"}
    return made(tmp_path, MEDIA_FIELDS, words=words)


def test_one_address_may_set_a_field_that_takes_several(pictured: ModelCard) -> None:
    assert sent(pictured, audio="https://a/b.mp3") == {"audio_urls": ["https://a/b.mp3"]}
    assert sent(pictured, references=["x", "y"]) == {"images": ["x", "y"]}
    assert pictured.words_of({"audio_urls": ["x"], "images": ["y"], "image": "z"}) == {
        "first_frame": "z",
        "references": ["y"],
        "audio": "x",
    }
    assert "audio" not in pictured.words_of({"audio_urls": ["x", "y"]})


def test_a_field_of_the_words_name_takes_what_is_not_text(pictured: ModelCard) -> None:
    assert sent(pictured, audio=True) == {"audio": True}
    assert sent(pictured, audio=True, audio_urls=["x"]) == {"audio": True, "audio_urls": ["x"]}
    assert sent(pictured, audio="y", audio_urls=["x"]) == {"audio_urls": ["x"]}
    assert pictured.settings["audio"].limits["type"] == ["boolean", "string"]


@pytest.mark.parametrize(
    ("field", "words", "message"),
    [
        ({"audio": {"type": "string"}}, {"audio": "audio_urls"}, "a field 'audio' as well"),
        ({"images": {"type": "array"}}, {"audio": "images"}, "are not of type string"),
        ({"image": {"type": "array"}}, {"clip": "image"}, "are not of type string"),
        ({}, {"references": "image"}, "image is of type string"),
        ({"seed": {"type": "integer"}, "s": {"type": "integer"}}, {"seed": "s"}, "as well"),
    ],
)
def test_a_media_word_that_cannot_work_is_a_mistake_of_the_card(
    tmp_path: Path, field: dict[str, Any], words: dict[str, str], message: str
) -> None:
    with pytest.raises(BrokenCard, match=message):
        made(tmp_path, MEDIA_FIELDS | field, words=words)


SIZE = {"type": "string", "enum": ["a"], "default": "a"}
BY_BOTH = {"field": "size", "by": ["resolution", "ratio"]}


@pytest.mark.parametrize(
    ("field", "changes", "expected"),
    [
        (
            {"size": SIZE},
            {"words": {"ratio": BY_BOTH}, "tables": {"size": {"720P": {"16:9": "a"}}}},
            "words.ratio needs words.resolution, out of the same table",
        ),
        (
            {"size": SIZE},
            {"words": {"ratio": "size", "resolution": "size"}},
            "words.resolution means 'size', and words.ratio does as well",
        ),
        (
            {"sound": {"type": "boolean"}},
            {"words": {"sound": {"always": True}}},
            "words.sound.always: the request has a field 'sound' as well",
        ),
        (
            {"long": {"type": "string", "enum": ["5 s"]}},
            {"words": {"duration": {"field": "long", "values": {"five": "5 s"}}}},
            "words.duration.values.five is not of type integer",
        ),
        (
            {"audio": {"type": "string", "enum": ["on"]}},
            {"words": {"sound": {"field": "audio", "values": {"yes": "on"}}}},
            "words.sound.values.yes is not of type boolean",
        ),
        (
            {"long": {"type": "string", "enum": ["short", "08"]}},
            {"words": {"duration": "long"}},
            "words.duration: long lists no whole number; give a table of values",
        ),
        (
            {"wide": {"type": "number"}},
            {"words": {"ratio": "wide"}},
            "words.ratio: wide is of type number; give a table of values",
        ),
    ],
)
def test_a_mapping_that_would_lose_what_a_storyboard_says_is_refused(
    tmp_path: Path, field: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(BrokenCard) as caught:
        made(tmp_path, {"prompt": {"type": "string"}, **field}, **changes)
    assert caught.value.reason == expected


def test_a_table_of_durations_has_numbers(tmp_path: Path) -> None:
    values = {"5": "5 s", "10": "10 s"}
    fields = {"prompt": {"type": "string"}, "long": {"type": "string", "enum": [*values.values()]}}
    card = made(tmp_path, fields, words={"duration": {"field": "long", "values": values}})
    assert card.settings["duration"].limits["enum"] == [5, 10]
    assert sent(card, duration=10) == {"long": "10 s"}
    assert card.words_of({"long": "10 s"}) == {"duration": 10}


def test_a_number_is_one_only_where_the_field_spells_it_so(tmp_path: Path) -> None:
    texts = ["9" * 5000, "٣", "08", "-0", "5"]
    fields = {"prompt": {"type": "string"}, "long": {"type": "string", "enum": texts}}
    card = made(tmp_path, fields, words={"duration": "long"})
    assert card.settings["duration"].limits["enum"] == [5]
    assert [card.words_of({"long": text}) for text in texts] == [{}] * 4 + [{"duration": 5}]
    limits = model_limits(card)["long"]["else"]
    # Without quotes, 08 is read as 8, and sent as it is written.
    assert [one for one in limits["enum"] if isinstance(one, int)] == [3, 8, 5]
