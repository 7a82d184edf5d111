"""What a name means among the unknown submissions, and what a decision makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from storyboard.planning.contradictions import describe_contradiction
from storyboard.planning.plan import make_plan
from storyboard.records import ActionKind, Position, Submission, SubmissionState, Take
from storyboard.recovery.decisions import (
    abandoned,
    adopted,
    find_named,
    owns_task,
    released,
    unknown_among,
    untraced_among,
)

State = SubmissionState
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)
LATER = NOON + timedelta(hours=1)


def take(name: str, shot: str | None = None, *, request: str | None = None) -> Take:
    return Take(name, shot or name, None, 1, "m/x", {}, request or name, Position("f", 1, 1))


def sent(
    number: int,
    name: str,
    shot: str | None = None,
    *,
    request: str | None = None,
    state: SubmissionState = SubmissionState.UNKNOWN,
) -> Submission:
    return Submission(
        id=number,
        take=name,
        shot=shot or name,
        scene=None,
        fingerprint=request or name,
        state=state,
        model="m/x",
        endpoint="/x",
        payload={},
        sent_at=NOON,
        reason="the connection was closed without a reply",
    )


def action_of(submission: Submission) -> tuple[ActionKind, str]:
    plan = make_plan([take("one")], [submission], now=LATER, has_file=lambda _: False)
    return plan.actions[0].kind, plan.actions[0].reason


def test_a_submission_that_was_being_sent_is_unknown_too() -> None:
    rows = [sent(1, "one", state=SubmissionState.SENDING), sent(2, "two")]
    rows.append(sent(3, "three", state=SubmissionState.ACCEPTED))
    assert [one.id for one in unknown_among(rows)] == [1, 2]


def test_what_was_given_up_may_still_have_made_a_task() -> None:
    rows = [sent(n, "one", state=state) for n, state in enumerate(SubmissionState)]
    assert {one.state.value for one in untraced_among(rows)} == {
        "sending",
        "unknown",
        "abandoned",
        "released",
    }
    assert untraced_among([adopted(rows[0], "task-1")]) == ()


def test_a_task_is_owned_unless_it_is_unknown_given_up_or_contradicted() -> None:
    why = describe_contradiction("task-9", ["take two"])
    rows = [replace(sent(n, "one", state=state), task_id="task-9") for n, state in enumerate(State)]
    owners = {one.state.value for one in rows if owns_task(one)}
    states = {state.value for state in State}
    assert owners == states - {"sending", "unknown", "abandoned", "released"}
    assert not any(owns_task(replace(one, reason=f"doubtful: {why}")) for one in rows)


def test_what_lost_its_task_to_another_may_have_made_a_task_that_no_file_knows() -> None:
    why = describe_contradiction("task-9", ["take two"])
    row = replace(sent(1, "one"), task_id="task-9", reason=why)
    assert untraced_among([row]) == (row,)
    assert untraced_among([replace(row, reason="it disappeared")]) == ()


def test_a_take_is_found_by_its_id_without_regard_to_case() -> None:
    named = find_named("ONE", [sent(1, "one"), sent(2, "two")], [])
    assert ([one.id for one in named.submissions], named.is_shot) == ([1], False)


def test_a_shot_means_all_its_takes() -> None:
    named = find_named("two", [sent(1, "two.t1", "two"), sent(2, "two.t2", "two")], [])
    assert ([one.id for one in named.submissions], named.is_shot) == ([1, 2], True)
    assert named.repeated == ()


def test_a_take_with_the_same_request_as_another_is_decided_under_its_own_name_too() -> None:
    rows = [sent(1, "one", request="r")]
    named = find_named("twin", rows, [take("one", request="r"), take("twin", request="r")])
    assert [one.id for one in named.submissions] == [1]


def test_a_take_sent_twice_with_different_requests_is_told_as_repeated() -> None:
    rows = [sent(1, "one", request="old"), sent(2, "one", request="new")]
    assert find_named("one", rows, [take("one", request="new")]).repeated == ("one",)


def test_a_name_that_means_nothing_unknown_finds_nothing() -> None:
    assert find_named("one", [sent(1, "one", state=SubmissionState.FAILED)], []).submissions == ()


def test_an_adopted_submission_is_resumed() -> None:
    kind, reason = action_of(adopted(sent(1, "one"), "task-7"))
    assert (kind, reason) == (ActionKind.RESUME, "task task-7 was accepted and is not finished")


def test_a_released_submission_is_sent_again() -> None:
    assert action_of(released(sent(1, "one"), now=LATER)) == (
        ActionKind.SUBMIT,
        "released to be sent again",
    )


def test_an_abandoned_submission_is_held_and_says_why() -> None:
    assert action_of(abandoned(sent(1, "one"), now=LATER)) == (
        ActionKind.HOLD,
        "abandoned: given up by hand; the connection was closed without a reply; "
        "--retry-failed sends it again",
    )
