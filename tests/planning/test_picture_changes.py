"""Files and frames in words: which one is another, and whose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storyboard.media import FileInput, FrameInput, Input
from storyboard.planning.changes import describe_changes
from storyboard.planning.diff import ChangeKind, compare_takes, group_changes, new_requests
from storyboard.planning.picture_changes import Pictures, picture_text
from storyboard.records import Take
from tests.made import make_take
from tests.planning.test_following import A, B, after, done, with_frames_of
from tests.planning.test_plan import plan

OLD_FILE, NEW_FILE = {"sha256": A}, {"sha256": B}
HTTPS = "https://example.com/pier.png"
PIER = FileInput(("first_frame",), B, "frames/pier.png")


def of_take(take: str = "pier-1") -> FrameInput:
    return FrameInput(("first_frame",), take, "last")


def video(sha256: str, frame: Any = "last") -> dict[str, Any]:
    return {"video": sha256, "frame": frame}


@pytest.mark.parametrize(
    ("old", "new", "inputs", "words"),
    [
        (OLD_FILE, NEW_FILE, [PIER], "another picture in frames/pier.png"),
        (OLD_FILE, NEW_FILE, [], "another picture"),
        (HTTPS, NEW_FILE, [PIER], f'"{HTTPS}" to frames/pier.png'),
        (OLD_FILE, HTTPS, [], f'a picture to "{HTTPS}"'),
        (video(A), video(B), [of_take()], "another video of pier-1"),
        (video(A), video(B), [], "another video"),
        (video(A), {"take": "pier-1", "frame": "last"}, [of_take()], "another video of pier-1"),
        (video(A, "first"), video(A), [of_take()], "another frame, the last frame of pier-1"),
        (video(A), video(A, 2.5), [of_take()], "another frame, the frame at 2.5 s of pier-1"),
        (video(A), video(B, 2), [of_take()], "the frame at 2 s of another video of pier-1"),
        (OLD_FILE, video(B), [of_take()], "a picture to the last frame of pier-1"),
        (video(A), NEW_FILE, [PIER], "the last frame of a video to frames/pier.png"),
        (
            {"take": "pier-1", "frame": "last"},
            {"take": "pier-2", "frame": "last"},
            [of_take("pier-2")],
            "the last frame of pier-1 to the last frame of pier-2",
        ),
    ],
)
def test_a_change_is_told_in_words(old: Any, new: Any, inputs: list[Input], words: str) -> None:
    told = describe_changes({"first_frame": old}, {"first_frame": new}, inputs=inputs)
    assert told == f"first_frame changed: {words}"


def test_a_picture_that_comes_or_goes_is_told_in_words() -> None:
    told = describe_changes({"last_frame": video(A)}, {"first_frame": NEW_FILE}, inputs=[PIER])
    assert told == (
        "first_frame added: frames/pier.png; last_frame removed: the last frame of a video"
    )


def test_of_a_list_the_pictures_that_differ_are_told() -> None:
    inputs = [FileInput(("images", n), "c" * 64, f"cast/{n}.png") for n in range(3)]
    old = {"images": [OLD_FILE, HTTPS, NEW_FILE]}
    new = {"images": [OLD_FILE, NEW_FILE, OLD_FILE]}
    assert describe_changes(old, new, inputs=inputs) == (
        f'images changed: "{HTTPS}" to cast/1.png and another picture in cast/2.png'
    )
    fewer = {"images": [OLD_FILE]}
    assert describe_changes(fewer, new, inputs=inputs) == (
        "images changed: a picture to cast/0.png, cast/1.png, cast/2.png"
    )


def test_a_picture_within_other_values_is_told_in_words() -> None:
    one = Pictures({"input": {"image": NEW_FILE, "strength": 2}}, [])
    assert picture_text(one, "input") == '{"image": "a picture", "strength": 2}'
    other = {"input": {"image": OLD_FILE, "strength": 2}}
    assert describe_changes(other, one.payload) == "input changed: another picture"


@pytest.mark.parametrize("frame", [10**400, -1, True, None, {"a": 1}, 1e308, "x" * 500])
def test_what_a_state_file_or_a_manifest_may_hold_is_told_all_the_same(frame: Any) -> None:
    odd = {"take": 7, "frame": frame}
    told = describe_changes({"first_frame": video(A)}, {"first_frame": odd})
    assert told.startswith("first_frame changed: ")
    assert len(told) < 200


def test_a_long_path_is_cut() -> None:
    long = PIER._replace(path="frames/" + "x" * 500)
    told = describe_changes({}, {"first_frame": NEW_FILE}, inputs=[long])
    assert len(told) < 100


def test_takes_whose_pictures_changed_alike_share_a_change() -> None:
    takes = [take for n in "xy" for take in (make_take(n), after(f"{n}2", n))]
    rows = [
        row
        for n, (first, second) in enumerate(zip(takes[::2], takes[1::2], strict=True))
        for row in (
            done(first, 10 * n + 1, A),
            done(with_frames_of(second, **{first.id: A}), 10 * n + 2, A),
            done(first, 10 * n + 3, B),
        )
    ]
    told = [one for one in plan(takes, rows).actions if one.change]
    assert [one.reason for one in told] == [
        "pictures changed: another video of x",
        "pictures changed: another video of y",
    ]
    assert {one.change for one in told} == {"pictures changed: another video"}


# Between two versions of a storyboard


def with_file(take: Take, sha256: str, path: str) -> Take:
    shown = make_take(take.id, picture={"sha256": sha256})
    return replace(shown, inputs=(FileInput(("picture",), sha256, path),))


def edits(old: list[Take], new: list[Take]) -> list[tuple[str, str, str]]:
    groups = group_changes(compare_takes(old, new))
    return [(one.changes[0].take.id, one.edit.old, one.edit.new) for one in groups if one.edit]


def test_another_picture_is_one_change_with_its_path() -> None:
    take = make_take("a")
    old, new = with_file(take, A, "pier.png"), with_file(take, B, "pier.png")
    assert edits([old], [new]) == [("a", "pier.png", "another picture in pier.png")]
    assert edits([old], [with_file(take, B, "sea.png")]) == [("a", "pier.png", "sea.png")]
    assert edits([old], [with_file(take, A, "sea.png")]) == []
    assert edits([take], [new]) == [("a", "", "pier.png")]
    assert edits([new], [take]) == [("a", "pier.png", "")]


def test_what_follows_an_edited_take_is_changed_and_paid_for_as_well() -> None:
    old = [make_take("a"), after("b", "a"), after("c", "b"), make_take("free")]
    new = [make_take("a", seed=1), *old[1:]]
    changes = compare_takes(old, new)
    assert [one.take.id for one in changes] == ["a", "b", "c"]
    assert [take.id for take in new_requests(changes)] == ["a", "b", "c"]
    assert edits(old, new)[1:] == [
        ("b", "the last frame of a", "another video of a"),
        ("c", "the last frame of b", "another video of b"),
    ]
    both = [*old, after("d", "a", "free")]
    assert edits(both, [new[0], *both[1:]])[-1][2] == "another video of a or free"
    assert changes[1].fields[0].new == [{"take": "a", "frame": "last"}]


def test_what_follows_a_renamed_or_a_locked_take_stays_as_it_is() -> None:
    old = [make_take("a"), after("b", "a")]
    dock = replace(old[0], id="dock", shot="dock")
    changes = compare_takes(old, [dock, after("b", "dock")])
    assert [(one.kind, one.take.id) for one in changes] == [(ChangeKind.RENAMED, "dock")]
    locked = make_take("a", seed=1, is_locked=True)
    assert [one.take.id for one in compare_takes(old, [locked, old[1]])] == ["a"]
