"""How a payload names files and frames, and how addresses go in."""

from __future__ import annotations

import copy

from storyboard.media import (
    STAND_IN,
    FileInput,
    FrameInput,
    find_contents,
    with_inputs,
    with_stand_ins,
    with_values,
    with_videos,
)

_SHA = "ab" * 32
_PAYLOAD = {
    "prompt": "She walks on",
    "first_frame": {"take": "pier-1", "frame": "last"},
    "pictures": [{"url": {"sha256": _SHA}}, {"url": "https://example.com/sea.png"}],
    "options": {"mode": "fast"},
}


def test_files_and_frames_are_found_with_their_places() -> None:
    assert dict(find_contents(_PAYLOAD)) == {
        ("first_frame",): {"take": "pier-1", "frame": "last"},
        ("pictures", 0, "url"): {"sha256": _SHA},
    }


def test_values_are_replaced_in_a_copy() -> None:
    before = copy.deepcopy(_PAYLOAD)
    changed = with_values(_PAYLOAD, {("pictures", 0, "url"): "https://example.com/1.png"})
    assert changed["pictures"][0] == {"url": "https://example.com/1.png"}
    assert changed["pictures"][1] == _PAYLOAD["pictures"][1]
    assert before == _PAYLOAD


def test_a_check_sees_an_address_in_place_of_each_file_and_frame() -> None:
    checked = with_stand_ins(_PAYLOAD)
    assert checked["first_frame"] == STAND_IN
    assert checked["pictures"][0] == {"url": STAND_IN}
    assert checked["options"] == {"mode": "fast"}


def test_a_payload_without_files_is_checked_as_it_is() -> None:
    payload = {"prompt": "The sea", "size": {"sha256": _SHA, "more": 1}}
    assert with_stand_ins(payload) is payload


def test_a_frame_is_named_by_its_video_once_that_is_known() -> None:
    inputs = (
        FileInput(("pictures", 0, "url"), _SHA, "cast/hero.png"),
        FrameInput(("first_frame",), "pier-1", 1.5),
    )
    known = with_videos(inputs, {"pier-1": "cd" * 32}.get)
    assert with_inputs(_PAYLOAD, known)["first_frame"] == {"video": "cd" * 32, "frame": 1.5}
    assert with_inputs(_PAYLOAD, inputs)["first_frame"] == {"take": "pier-1", "frame": 1.5}
    assert with_videos(known, {}.get) == known
