"""Every card keeps the same contract: its limits hold at their edges, here and in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations as combinations_of
from typing import Any

import pytest
from jsonschema import Draft7Validator

from storyboard.language.load import load_storyboard
from storyboard.language.validation.check import Origin, check_payload
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.card_check import check_card, request_check
from storyboard.models.schema.storyboard import storyboard_schema
from storyboard.models.schema.validator import matcher
from storyboard.models.words import MEDIA, PICTURES
from storyboard.records import Json, Position
from storyboard.sandbox.checks import payload_error

NAMES = load_catalog().names()
HERE = Position("film.yaml", 1, 1)

FIRST, LAST = "https://example.com/pier.png", "https://example.com/sea.png"
SONG, CLIP = "https://example.com/theme.mp3", "https://example.com/pier.mp4"

NEEDED: dict[str, dict[str, Json]] = {
    "alibaba/wan2.7-i2v": {"first_frame": FIRST},
    "bytedance/seedance-1.5-pro-i2v": {"first_frame_image": FIRST},
}
"""What is needed where a rule across fields asks for one of several."""

MAPPED: dict[str, list[tuple[str, Json, str, Json]]] = {
    "alibaba/happyhorse-1.0-i2v": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "alibaba/wan2.6-i2v-flash": [
        ("first_frame", FIRST, "img_url", FIRST),
        ("audio", SONG, "audio_url", SONG),
        ("sound", True, "audio", True),
    ],
    "alibaba/wan2.7-i2v": [
        ("first_frame", FIRST, "first_frame", FIRST),
        ("last_frame", LAST, "last_frame", LAST),
        ("audio", SONG, "driving_audio", SONG),
    ],
    "alibaba/wanx2.1-kf2v-plus": [
        ("first_frame", FIRST, "first_frame_url", FIRST),
        ("last_frame", LAST, "last_frame_url", LAST),
    ],
    "bytedance/seedance-1.5-pro-i2v": [
        ("first_frame", FIRST, "first_frame_image", FIRST),
        ("last_frame", LAST, "last_frame_image", LAST),
    ],
    "bytedance/seedance-2.0-fast-i2v": [
        ("first_frame", FIRST, "first_frame_image", FIRST),
        ("last_frame", LAST, "last_frame_image", LAST),
        ("references", [FIRST, LAST], "reference_images", [FIRST, LAST]),
        ("audio", SONG, "audio_urls", [SONG]),
    ],
    "google/veo-2-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "lastFrame", LAST),
    ],
    "google/veo-3.1-lite-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "lastFrame", LAST),
    ],
    "kling/kling-v1-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "image_tail", LAST),
    ],
    "kling/kling-v1.6-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "image_tail", LAST),
    ],
    "kling/kling-v1.6-mi2v": [("references", [FIRST, LAST], "images", [FIRST, LAST])],
    "kling/kling-v2.5-turbo-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "image_tail", LAST),
    ],
    "kling/kling-v2.6-i2v": [
        ("first_frame", FIRST, "image", FIRST),
        ("last_frame", LAST, "image_tail", LAST),
        ("sound", True, "sound", "on"),
    ],
    "minimax/hailuo-2.3-fast-i2v": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "minimax/hailuo-2.3-i2v": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "minimax/minimax-i2v-01": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "minimax/minimax-i2v-01-live": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "vidu/viduq3-mix-r2v": [
        ("references", [FIRST, LAST], "reference_images", [FIRST, LAST]),
        ("ratio", "9:16", "aspect_ratio", "9:16"),
    ],
    "vidu/viduq3-pro-fl2v": [
        ("first_frame", FIRST, "first_frame_image", FIRST),
        ("last_frame", LAST, "last_frame_image", LAST),
    ],
    "vidu/viduq3-pro-i2v": [("first_frame", FIRST, "first_frame_image", FIRST)],
    "vidu/viduq3-turbo-i2v": [
        ("first_frame", FIRST, "first_frame_image", FIRST),
        ("resolution", "540P", "resolution", "540p"),
    ],
    "alibaba/happyhorse-1.0-t2v": [("ratio", "3:4", "ratio", "3:4")],
    "alibaba/wan2.6-t2v": [
        ("resolution", "720P", "size", "1280*720"),
        ("ratio", "1:1", "size", "1440*1440"),
        ("audio", SONG, "audio_url", SONG),
    ],
    "alibaba/wan2.7-t2v": [
        ("resolution", "720P", "resolution", "720P"),
        ("seed", 7, "seed", 7),
        ("audio", SONG, "audio_url", SONG),
    ],
    "bytedance/seedance-1.0-lite-t2v": [("resolution", "480P", "resolution", "480p")],
    "bytedance/seedance-1.0-pro-fast-t2v": [("seed", -1, "seed", -1)],
    "bytedance/seedance-1.5-pro-t2v": [("sound", False, "generate_audio", False)],
    "google/veo-2-t2v": [("duration", 5, "durationSeconds", "5")],
    "google/veo-3-fast-t2v": [("negative_prompt", "text", "negativePrompt", "text")],
    "google/veo-3-t2v": [("ratio", "9:16", "aspectRatio", "9:16")],
    "google/veo-3.1-fast-t2v": [("duration", 8, "durationSeconds", "8")],
    "google/veo-3.1-lite-t2v": [("resolution", "1080P", "resolution", "1080p")],
    "google/veo-3.1-t2v": [("duration", 4, "durationSeconds", "4")],
    "kling/kling-v1-t2v": [("ratio", "1:1", "aspect_ratio", "1:1")],
    "kling/kling-v1.6-t2v": [("duration", 10, "duration", 10)],
    "kling/kling-v2.6-t2v": [("sound", True, "sound", "on"), ("sound", False, "sound", "off")],
    "kling/kling-v3-t2v": [
        ("sound", True, "audio", "native"),
        ("sound", False, "audio", "off"),
        ("resolution", "4K", "resolution", "4k"),
    ],
    "minimax/hailuo-2.3-t2v": [("resolution", "768P", "resolution", "768P")],
    "minimax/minimax-t2v-01": [("duration", 6, "duration", 6)],
    "pixverse/v6-t2v": [
        ("resolution", "540P", "quality", "540p"),
        ("sound", True, "generate_audio_switch", True),
        ("ratio", "21:9", "aspect_ratio", "21:9"),
    ],
}
"""What a word becomes in a request, transcribed from what the makers publish of each model."""


@cache
def card_of(name: str) -> ModelCard:
    card = load_catalog().get(name)
    assert card is not None
    return card


def least(card: ModelCard) -> dict[str, Json]:
    """What is required and no more."""
    return NEEDED.get(card.name, {}) | {
        name: known.limits["examples"][0]  # type: ignore[index,call-overload]
        for name, known in card.parameters.items()
        if known.is_required
    }


def edges(limits: Mapping[str, Any]) -> Iterator[tuple[Json, bool]]:
    """Values at the limits of a field and one past them, with whether they are allowed."""
    if "enum" in limits:
        yield from ((value, True) for value in limits["enum"])
        yield f"{limits['enum'][0]}x", False
        return
    if limits["type"] in ("integer", "number"):
        for key, step in (("minimum", -1), ("maximum", 1)):
            if key in limits:
                yield limits[key], True
                yield limits[key] + step, False
        yield "many", False
    elif limits["type"] == "string" and "pattern" not in limits:
        if limits.get("minLength"):
            yield "x" * limits["minLength"], True
            yield "x" * (limits["minLength"] - 1), False
        if "maxLength" in limits:
            yield "x" * limits["maxLength"], True
            yield "x" * (limits["maxLength"] + 1), False
        yield 5, False
    elif "pattern" in limits:
        yield FIRST, True
        yield "frames/pier.png", False
        yield "https://example.com/a pier.png", False
        yield {"take": "pier-1", "frame": "last"}, False
    elif limits["type"] == "array":
        yield [FIRST] * limits.get("minItems", 1), True
        yield ["frames/pier.png"], False
        if "maxItems" in limits:
            yield [FIRST] * limits["maxItems"], True
            yield [FIRST] * (limits["maxItems"] + 1), False
    elif limits["type"] == "boolean":
        yield True, True
        yield "yes", False


def with_what_it_needs(card: ModelCard, payload: dict[str, Json]) -> dict[str, Json]:
    """The payload with the other fields that the card's rules ask for beside its values.

    What was only needed for want of another is left out where the two do not go together.
    """
    for needed in NEEDED.get(card.name, {}):
        rest = {name: value for name, value in payload.items() if name != needed}
        if not request_check(card)(payload) and request_check(card)(rest):
            return rest
    for field in card.parameters:
        if request_check(card)(payload):
            break
        enum = card.parameters[field].limits.get("enum")
        for value in enum if isinstance(enum, list) and field not in payload else ():
            if request_check(card)({**payload, field: value}):
                return {**payload, field: value}
    return payload


@pytest.mark.parametrize("name", NAMES)
def test_each_limit_holds_at_its_edge_and_the_sandbox_agrees(name: str) -> None:
    card = card_of(name)
    check_card(card)
    assert request_check(card)(with_what_it_needs(card, least(card)))
    for field, known in card.parameters.items():
        for value, is_allowed in edges(known.limits):
            payload = with_what_it_needs(card, {**least(card), field: value})
            assert request_check(card)(payload) is is_allowed, (field, value)
            assert (payload_error(payload, card) is None) is is_allowed, (field, value)
    assert payload_error({**least(card), "no_such_field": 1}, card) is not None


@pytest.mark.parametrize("name", NAMES)
def test_the_editors_schema_agrees_about_each_setting(name: str) -> None:
    card = card_of(name)
    validator = Draft7Validator(storyboard_schema([card]))
    for setting, known in card.settings.items():
        for value, is_allowed in edges(known.limits):
            if value is True and setting == "sound":
                continue
            if setting in card.words and setting in MEDIA and isinstance(value, str | list):
                continue  # a name, of which the payload's check knows whether it is there
            if setting in card.words and setting in PICTURES and isinstance(value, dict):
                continue  # a frame of another take
            shot = {"id": "a", "prompt": "A pier", setting: value}
            document = {"version": 1, "model": name, "shots": [shot]}
            is_text_of_number = isinstance(value, str) and setting == "seed"  # a shared seed
            if not is_text_of_number:
                assert validator.is_valid(document) is is_allowed, (setting, value)


@pytest.mark.parametrize("name", NAMES)
def test_each_common_word_becomes_what_the_maker_publishes(name: str, tmp_path: Any) -> None:
    card = card_of(name)
    for word, value, field, expected in MAPPED[name]:
        needed = {each: found for each, found in least(card).items() if each != "prompt"}
        lines = [f"{key}: {written(known)}" for key, known in needed.items() if key != field]
        text = f"""version: 1
model: {name}
shots:
  - id: a
    prompt: A pier at night
    {word}: {written(value)}
"""
        text += "".join(f"    {line}\n" for line in lines)
        (tmp_path / "film.yaml").write_text(text, encoding="utf-8")
        board = load_storyboard(tmp_path / "film.yaml", load_catalog())
        errors = [one.message for one in board.problems if not one.is_warning]
        assert errors == []
        assert board.takes[0].payload[field] == expected
        assert card.words_of(board.takes[0].payload).get(word) in (value, None)


@pytest.mark.parametrize("name", NAMES)
def test_the_words_about_an_address_name_each_scheme_that_the_card_takes(name: str) -> None:
    for known in card_of(name).parameters.values():
        for limits in (known.limits, known.limits.get("items")):
            if isinstance(limits, Mapping) and "pattern" in limits:
                takes = matcher(str(limits["pattern"]))
                for address in (FIRST, FIRST.replace("https:", "http:")):
                    scheme = address.partition("//")[0]
                    is_named = f"{scheme}//" in str(limits["x-error-message"])
                    assert is_named is bool(takes(address)), (known.name, scheme)


def test_wan_takes_six_combinations_of_pictures_sound_and_a_clip() -> None:
    card, fields = card_of("alibaba/wan2.7-i2v"), {"first_frame": FIRST, "last_frame": LAST}
    fields |= {"driving_audio": SONG, "first_clip": CLIP}
    combinations = [set(names) for count in range(5) for names in combinations_of(fields, count)]
    taken = [names for names in combinations if request_check(card)({n: fields[n] for n in names})]
    assert taken == [
        {"first_frame"},
        {"first_clip"},
        {"first_frame", "last_frame"},
        {"first_frame", "driving_audio"},
        {"last_frame", "first_clip"},
        {"first_frame", "last_frame", "driving_audio"},
    ]
    for names in combinations:
        payload: dict[str, Json] = {name: fields[name] for name in names}
        assert (payload_error(payload, card) is None) is (names in taken)
    said = {"last_frame": LAST}
    [problem] = check_payload(said, card, lambda *_: Origin(HERE), "a", values=said)
    assert problem.message == (
        "take a: alibaba/wan2.7-i2v takes one of: first_frame; first_frame and last_frame; "
        "first_frame and audio; first_frame, last_frame and audio; clip; clip and last_frame"
    )


def written(value: Json) -> str:
    return json.dumps(value)  # a JSON scalar is a YAML one


def test_every_card_has_its_line_in_the_table_of_words() -> None:
    assert MAPPED.keys() == set(NAMES)


def test_a_film_of_four_makers_says_the_same_of_each(tmp_path: Any) -> None:
    models = [
        "alibaba/wan2.7-t2v",
        "google/veo-3.1-t2v",
        "kling/kling-v3-t2v",
        "bytedance/seedance-1.5-pro-t2v",
    ]
    shots = "".join(
        f"  - {{id: s{number}, model: {name}, prompt: A pier at night}}\n"
        for number, name in enumerate(models)
    )
    (tmp_path / "film.yaml").write_text(
        "version: 1\nif_missing: {seed: drop}\n"
        f"defaults: {{resolution: 720P, ratio: 9:16, duration: 8, seed: 4}}\nshots:\n{shots}",
        encoding="utf-8",
    )
    board = load_storyboard(tmp_path / "film.yaml", load_catalog())
    assert [one.code for one in board.problems if not one.is_warning] == []
    catalog = load_catalog()
    said = []
    for take in board.takes:
        card = catalog.get(take.model)
        assert card is not None
        words = card.words_of(take.payload)
        said.append((words["resolution"], words["ratio"], words["duration"], words.get("seed")))
    assert said == [("720P", "9:16", 8, 4), ("720P", "9:16", 8, None)] * 1 + [
        ("720P", "9:16", 8, None),
        ("720P", "9:16", 8, 4),
    ]
