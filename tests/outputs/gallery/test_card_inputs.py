"""What a card says of the files and frames in a take's request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.media import FileInput, Frame, FrameInput, Input, with_inputs
from storyboard.outputs.gallery.cards import make_groups
from storyboard.outputs.gallery.page import gallery_html
from storyboard.records import TakeState, TakeStatus
from tests.outputs.gallery.test_page import ATTRIBUTES, ELEMENTS, HOSTILE, Page
from tests.outputs.states import make_page, make_state, make_take

FILE = FileInput(("first_frame",), "d0" * 32, "frames/pier.png")


def frame(take: str, which: Frame = "last") -> FrameInput:
    return FrameInput(("last_frame",), take, which, "ab" * 32)


def given(name: str, *inputs: Input, status: TakeStatus = TakeStatus.PENDING) -> TakeState:
    take = make_take(name)
    places = {one.at[0]: None for one in inputs}
    payload = with_inputs({**take.payload, **places}, inputs)
    return make_state(replace(take, payload=payload, inputs=inputs), status)


def test_a_card_names_files_and_links_to_the_take_whose_frame_it_is() -> None:
    page = Page(gallery_html(make_page(given("a", FILE), given("b", FILE, frame("a")))))
    assert [attrs["class"] for attrs in page.of_class("given")] == ["given", "given"]
    assert page.all("a", "href").count("#take-a") == 2  # its own, and that of the frame
    assert "first_frame\n \nframes/pier.png" in page.text
    assert "last_frame\n \nthe last frame of \na" in page.text


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("first", "the first frame of "),
        ("last", "the last frame of "),
        (1.5, "the frame at 1.5 s of "),
    ],
)
def test_a_frame_is_named_as_people_say_it(which: Frame, words: str) -> None:
    [group] = make_groups(make_page(given("b", frame("a", which))))
    [one] = group.cards[0].inputs
    assert (one.words, one.take, one.is_linked) == (words, "a", False)


def test_a_take_that_the_page_does_not_show_is_not_linked() -> None:
    page = Page(gallery_html(make_page(given("b", frame("gone")))))
    assert "#take-gone" not in page.all("a", "href")
    assert "the last frame of gone" in page.text.replace("\n", "")


def test_a_request_has_words_for_files_and_frames_and_the_payload_is_exact() -> None:
    [group] = make_groups(make_page(given("b", FILE, frame("a"))))
    card = group.cards[0]
    request = dict(card.request)
    assert request["first_frame"] == "frames/pier.png"
    assert request["last_frame"] == "the last frame of a"
    assert FILE.sha256 in card.payload


def test_a_card_without_files_and_frames_looks_as_before() -> None:
    assert 'class="given"' not in gallery_html(make_page())


@pytest.mark.parametrize("path", [*HOSTILE, "../../secret.png", "../javascript:alert(1)"])
def test_the_path_of_a_file_is_text_and_nothing_else(path: str) -> None:
    hostile = FileInput(("first_frame",), "d0" * 32, path)
    page = Page(gallery_html(make_page(given("a", hostile))))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attrs in page.elements for name in attrs} <= ATTRIBUTES
    assert path.replace("\x00", "\ufffd") in page.text.replace("\x00", "\ufffd")
    assert set(page.all("a", "href")) == {"#take-a"}


@pytest.mark.parametrize("frame", [True, None, {"a": 1}, [1], "middle", 10**39, 1e308, -1, "\x1b"])
@pytest.mark.parametrize("key", ["video", "take"])
def test_a_frame_that_nobody_can_have_asked_for_does_not_stop_the_page(
    key: str, frame: object
) -> None:
    """A payload may hold anything; only what the manifest's inputs say of it was checked."""
    odd = {"first_frame": {key: [frame], "frame": frame}, "pictures": [{"sha256": frame}, frame]}
    assert "first_frame" in gallery_html(
        make_page(make_state(make_take(**odd), TakeStatus.PENDING))
    )
