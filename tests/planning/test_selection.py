from __future__ import annotations

import pytest

from storyboard.errors import UsageError
from storyboard.planning.selection import Selection, narrow, select_takes
from storyboard.records import Position, Submission, SubmissionState, Take
from tests.made import make_done, make_submission, make_take


def take(take_id: str, *, scene: str | None = None, tags: tuple[str, ...] = ()) -> Take:
    shot = take_id.split(".t", maxsplit=1)[0]
    position = Position("film.yaml", 1, 1)
    return Take(take_id, shot, scene, 1, "m/x", {}, "0" * 64, position, tags)


TAKES = (
    take("wide", scene="pier"),
    take("walk.t1", scene="pier", tags=("hero",)),
    take("walk.t2", scene="pier", tags=("hero", "night")),
    take("city-osaka", scene="cities", tags=("[wip]",)),
    take("city-porto", scene="Cities", tags=("night",)),
    take("loose"),
)
ALL = frozenset(take.id for take in TAKES)


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(), ALL),
        (Selection(only=["walk"]), {"walk.t1", "walk.t2"}),
        (Selection(only=["walk.t2"]), {"walk.t2"}),
        (Selection(only=["WIDE", "city-*"]), {"wide", "city-osaka", "city-porto"}),
        (Selection(only=["*.t?"]), {"walk.t1", "walk.t2"}),
        (Selection(without=["city-*", "walk.t1"]), {"wide", "walk.t2", "loose"}),
        (Selection(only=["walk"], without=["*.t1"]), {"walk.t2"}),
        (Selection(tags=["night"]), {"walk.t2", "city-porto"}),
        (Selection(tags=["hero", "night"]), {"walk.t1", "walk.t2", "city-porto"}),
        (Selection(tags=["[wip]"]), {"city-osaka"}),
        (Selection(scenes=["cities"]), {"city-osaka", "city-porto"}),
        (Selection(scenes=["pier"], tags=["night"]), {"walk.t2"}),
    ],
)
def test_a_selection_picks_these(selection: Selection, ids: set[str]) -> None:
    assert select_takes(TAKES, selection) == ids


@pytest.mark.parametrize(
    ("selection", "message", "next_step"),
    [
        (Selection(only=["wlak"]), "--only 'wlak' matches no take", "did you mean 'walk'?"),
        (Selection(without=["x*"]), "--except 'x*' matches no take", "see the ids with: "),
        (Selection(tags=["heroo"]), "--tag 'heroo' matches no take", "did you mean 'hero'?"),
        (Selection(scenes=["peir"]), "--scene 'peir' matches no take", "did you mean 'pier'?"),
        (Selection(only=["wide", ""]), "--only '' matches no take", "see the ids with: "),
        (
            Selection(only=["Pier"]),
            "--only 'Pier' matches no take",
            "that is a scene: --scene Pier",
        ),
        (Selection(only=["hero"]), "--only 'hero' matches no take", "that is a tag: --tag hero"),
        (
            Selection(only=["cit?es"]),
            "--only 'cit?es' matches no take",
            "that is a scene: --scene 'cit?es'",
        ),
        (Selection(tags=["pier"]), "--tag 'pier' matches no take", "that is a scene: --scene pier"),
        (
            Selection(scenes=["walk"]),
            "--scene 'walk' matches no take",
            "that is a take or a shot: --only walk",
        ),
        # Nothing but takes and shots can be left out.
        (Selection(without=["pier"]), "--except 'pier' matches no take", "see the ids with: "),
    ],
)
def test_a_pattern_that_picks_nothing_stops_with_the_word_that_was_meant(
    selection: Selection, message: str, next_step: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select_takes(TAKES, selection)
    assert str(caught.value) == message
    assert (caught.value.next_step or "").startswith(next_step)


def test_what_is_asked_for_together_may_pick_nothing() -> None:
    assert select_takes(TAKES, Selection(scenes=["cities"], tags=["hero"])) == frozenset()


def test_a_command_without_these_options_is_told_of_none() -> None:
    with pytest.raises(UsageError) as caught:
        select_takes(TAKES, Selection(only=["pier"]), only_option="TAKE")
    assert caught.value.next_step == "see the ids with: storyboard list FILE"


# What was sent before

State = SubmissionState
SHOTS = [make_take(name) for name in ("new", "edited", "same", "broken", "refused")]
IDS = frozenset(take.id for take in SHOTS)
BEFORE = make_take("edited", seed=1)


def narrowed(selection: Selection, *submissions: Submission) -> list[str]:
    chosen = narrow(IDS, selection, SHOTS, submissions)
    return [take.id for take in SHOTS if take.id in chosen]


@pytest.mark.parametrize(
    ("submissions", "ids"),
    [
        ([], []),
        ([make_done(SHOTS[2])], []),
        ([make_done(BEFORE)], ["edited"]),
        ([make_submission(BEFORE, State.REJECTED)], ["edited"]),
        # Nothing was accepted of it, so nothing was changed since.
        ([make_submission(BEFORE, State.UNAVAILABLE)], []),
    ],
)
def test_changed_are_takes_that_were_sent_with_another_request(
    submissions: list[Submission], ids: list[str]
) -> None:
    assert narrowed(Selection(changed=True), *submissions) == ids


@pytest.mark.parametrize("state", [State.UNAVAILABLE, State.ACCEPTED, State.FAILED, State.UNKNOWN])
def test_a_take_stays_changed_until_its_new_request_is_rendered(state: State) -> None:
    then, now = make_done(BEFORE), make_submission(SHOTS[1], state, id=2)
    assert narrowed(Selection(changed=True), then, now) == ["edited"]
    assert narrowed(Selection(changed=True), then, make_done(SHOTS[1], id=2)) == []


def test_a_locked_take_keeps_its_video_and_is_not_changed() -> None:
    locked = make_take("edited", is_locked=True)
    assert not narrow(frozenset(["edited"]), Selection(changed=True), [locked], [make_done(BEFORE)])


def test_failed_are_takes_that_status_calls_failed_or_rejected() -> None:
    sent = [
        make_done(SHOTS[2]),
        make_submission(SHOTS[3], State.FAILED, id=2),
        make_submission(SHOTS[4], State.REJECTED, id=3),
        make_submission(SHOTS[1], State.UNKNOWN, id=4),
    ]
    assert narrowed(Selection(failed=True), *sent) == ["broken", "refused"]


def test_a_limit_keeps_the_first_of_what_is_left() -> None:
    sent = [make_submission(take, State.FAILED, id=n) for n, take in enumerate(SHOTS[1:], 1)]
    assert narrowed(Selection(limit=2)) == ["new", "edited"]
    assert narrowed(Selection(limit=2, failed=True), *sent) == ["edited", "same"]
    assert narrowed(Selection(limit=9)) == [take.id for take in SHOTS]
