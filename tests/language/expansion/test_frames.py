"""Which takes show frames of which: ids, circles and chains."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.media import FrameInput
from storyboard.records import Storyboard
from tests.language.boards import load_text, told

WAN = "version: 1\nmodel: alibaba/wan2.7-i2v\nshots:\n"
HERO = "https://example.com/hero.png"
FREE = f"first_frame: {HERO}"


def board_of(folder: Path, *shots: str) -> Storyboard:
    lines = (f"  - {{id: {shot}, prompt: A pier}}\n" for shot in shots)
    return load_text(folder, WAN + "".join(lines))


def lines_of(folder: Path, *shots: str) -> list[str]:
    return [line.split(": ", 1)[1] for line in told(board_of(folder, *shots))]


def after(*takes: str) -> str:
    words = ("first_frame", "last_frame")
    return ", ".join(f"{word}: {{take: {take}}}" for word, take in zip(words, takes, strict=False))


def test_a_take_may_come_later_in_the_file_and_be_spelled_in_any_case(tmp_path: Path) -> None:
    board = board_of(tmp_path, f"b, {after('PIER')}", f"Pier, {FREE}", f"c, {after('Pier')}")
    assert told(board) == []
    first, _, last = board.takes
    assert first.inputs == (FrameInput(("first_frame",), "Pier", "last"),)
    assert first.payload["first_frame"] == {"take": "Pier", "frame": "last"}
    assert first.fingerprint == last.fingerprint


def test_a_take_that_does_not_exist_is_a_problem_with_a_suggestion(tmp_path: Path) -> None:
    board = board_of(tmp_path, f"pier-1, {FREE}", f"b, {after('peir-1')}")
    (problem,) = board.problems
    assert problem.message == "shots[1].first_frame: there is no take 'peir-1'"
    assert problem.hint == "did you mean 'pier-1'?"
    assert problem.position[1:] == (5, 33, 6)


def test_a_shot_with_several_takes_is_named_by_take(tmp_path: Path) -> None:
    pier = f"pier, takes: 2, {FREE}"
    board = board_of(tmp_path, pier, f"b, {after('Pier')}")
    (problem,) = [one for one in board.problems if not one.is_warning]
    words = "shot 'Pier' has 2 takes; name the one whose frame you mean"
    assert problem.message == f"shots[1].first_frame: {words}"
    assert problem.hint == "write pier.t2, for example"
    (one,) = board_of(tmp_path, pier, f"b, {after('pier.T2')}").takes[2].inputs
    assert isinstance(one, FrameInput)
    assert one.take == "pier.t2"


def test_the_only_take_of_a_shot_has_the_id_of_the_shot(tmp_path: Path) -> None:
    board = board_of(tmp_path, f"pier, {FREE}", f"b, {after('Pier.t1')}")
    (problem,) = board.problems
    assert problem.message == "shots[1].first_frame: there is no take 'Pier.t1'"
    assert problem.hint == "write pier: the shot has one take"


def test_a_frame_after_the_end_of_a_video_is_a_problem(tmp_path: Path) -> None:
    """Otherwise the first video would be paid for, and the second could not be sent."""
    pier = f"pier, duration: 4, {FREE}"
    board = board_of(tmp_path, pier, "b, first_frame: {take: Pier, frame: 4}")
    (problem,) = board.problems
    assert problem.message == (
        "shots[1].first_frame: take pier is 4 s long, so it has no frame at 4 s"
    )
    assert problem.hint == "write frame: last for its end"
    assert lines_of(tmp_path, pier, "b, first_frame: {take: pier, frame: 3.9}") == []


@pytest.mark.parametrize(
    "pier",
    [
        f"pier, duration: 2, locked: true, {FREE}",  # its video may be an earlier, longer one
        f"pier, {FREE}",  # of this model it is not known
        "pier, duration: 2, clip: https://example.com/a.mp4",  # it may begin with the clip
    ],
)
def test_a_video_of_unknown_length_may_have_any_frame(tmp_path: Path, pier: str) -> None:
    assert lines_of(tmp_path, pier, "b, first_frame: {take: pier, frame: 3}") == []


def test_the_longest_video_of_several_models_counts(tmp_path: Path) -> None:
    models = "model: [alibaba/wan2.6-t2v, google/veo-3.1-lite-t2v], duration: 8"
    assert lines_of(tmp_path, f"pier, {models}", "b, first_frame: {take: pier, frame: 7}") == []


@pytest.mark.parametrize("named", ["pier", "Pier.t2"])
def test_a_skipped_shot_has_no_frames(tmp_path: Path, named: str) -> None:
    found = lines_of(tmp_path, f"pier, skip: true, {FREE}", f"b, {after(named)}")
    assert found == [f"shots[1].first_frame: shot '{named}' is skipped, so it has no video"]


def test_a_shot_with_another_problem_is_not_told_to_be_missing(tmp_path: Path) -> None:
    found = lines_of(tmp_path, f"pier, model: no/model, {FREE}", f"b, {after('pier')}")
    assert [line.split(":")[0] for line in found] == ["shots[0].model"]


@pytest.mark.parametrize(
    ("shots", "steps"),
    [
        (("a, " + after("a"),), "a -> a"),
        (("a, " + after("b"), "b, " + after("a")), "b -> a -> b"),
        ((f"f, {FREE}", f"a, {after('f', 'c')}", f"b, {after('a')}", f"c, {after('b')}"), "b -> c"),
        ((f"d, {after('a')}", f"a, {after('b')}", f"b, {after('a')}"), "b -> a -> b"),
    ],
)
def test_a_circle_is_one_problem_that_names_it(
    tmp_path: Path, shots: tuple[str, ...], steps: str
) -> None:
    (line,) = [one for one in lines_of(tmp_path, *shots) if not one.startswith("warning")]
    assert "these takes show frames of one another in a circle: " in line
    assert steps in line


def test_two_circles_are_two_problems(tmp_path: Path) -> None:
    assert len(lines_of(tmp_path, f"a, {after('a')}", f"b, {after('b')}")) == 2


def chain(length: int) -> list[str]:
    links = (f"s{n}, {after(f's{n - 1}')}" for n in range(1, length))
    return [f"s0, {FREE}", *links]


def test_a_chain_of_three_is_fine_and_one_of_four_a_warning_at_its_end(tmp_path: Path) -> None:
    assert lines_of(tmp_path, *chain(3)) == []
    (line,) = lines_of(tmp_path, *chain(4))
    assert line == (
        "warning: take s3: is the end of a chain of 4 takes, and each link adds the faults of "
        "those before: s0 -> s1 -> s2 -> s3"
    )


def test_each_end_of_a_long_chain_is_told_and_very_long_ones_are_cut(tmp_path: Path) -> None:
    ends = [f"x, {after('s2')}", f"y, {after('s2', 's0')}"]
    assert [line.split(": ")[1] for line in lines_of(tmp_path, *chain(3), *ends)] == [
        "take x",
        "take y",
    ]
    (line,) = lines_of(tmp_path, *chain(3000))
    assert line.endswith(
        "of 3,000 takes, and each link adds the faults of those before: "
        "s0 -> s1 -> ... -> s2998 -> s2999"
    )


def test_the_frames_of_a_fallback_count(tmp_path: Path) -> None:
    text = f"""version: 1
shots:
  - id: a
    prompt: A pier
    model: [alibaba/wan2.7-i2v, kling/kling-v2.5-turbo-i2v]
    first_frame: {{take: A}}
  - {{id: b, prompt: A pier, model: [alibaba/wan2.7-i2v, minimax/minimax-i2v-01], {after("C")}}}
  - {{id: c, prompt: A pier, model: minimax/minimax-i2v-01, {FREE}}}
"""
    board = load_text(tmp_path, text)
    (line,) = told(board)
    assert line.endswith("in a circle: a -> a")
    (fallback,) = board.takes[1].fallbacks
    assert fallback.inputs == (FrameInput((*fallback.inputs[0].at,), "c", "last"),)


def test_pause_stands_in_a_take_and_changes_no_request(tmp_path: Path) -> None:
    plain = board_of(tmp_path, f"a, {FREE}").takes[0]
    paused = board_of(tmp_path, f"a, {FREE}, pause: true").takes[0]
    assert (plain.is_paused, paused.is_paused) == (False, True)
    assert plain.fingerprint == paused.fingerprint
    text = WAN.replace("shots:", "defaults: {pause: '{{ 1 }}'}\nshots:")
    (take,) = load_text(tmp_path, f"{text}  - {{id: a, prompt: A pier, {FREE}}}\n").takes
    assert take.is_paused


def test_a_take_knows_the_number_in_its_fingerprint(tmp_path: Path) -> None:
    board = board_of(tmp_path, f"a, takes: 2, {FREE}")
    assert [take.repeat for take in board.takes] == [0, 1]
