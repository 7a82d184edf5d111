"""Takes and submissions in, a Plan out: every row of the table, and what cuts across it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from storyboard.planning.plan import PlanOptions, find_orphans, make_plan
from storyboard.planning.states import pair_takes, read_states, status_of
from storyboard.records import (
    Action,
    ActionKind,
    Plan,
    Submission,
    SubmissionState,
    Take,
    TakeStatus,
    Video,
)
from tests.made import HOUR, NOW, make_done, make_submission, make_take, make_video

State = SubmissionState


def is_here(video: Video) -> bool:
    return True


def is_nowhere(video: Video) -> bool:
    return False


def plan(
    takes: Sequence[Take], submissions: Sequence[Submission], *, files: bool = True, **more: Any
) -> Plan:
    has_file = is_here if files else is_nowhere
    return make_plan(takes, submissions, **({"now": NOW, "has_file": has_file} | more))


def decide(submission: Submission | None, *, take: Take | None = None, **more: Any) -> Action:
    """The one action for a take, whose deciding submission this is."""
    plan_ = plan([take or make_take()], [submission] if submission else [], **more)
    assert plan_.orphans == ()
    return plan_.actions[0]


def decision(action: Action) -> tuple[str, str]:
    return action.kind.value, action.reason


# The table, row by row


def test_a_process_that_died_while_sending_is_asked_about() -> None:
    assert decision(decide(make_submission(make_take(), State.SENDING))) == (
        "ask",
        "sent at 2026-11-22 14:03:11 UTC and no reply came; it may have been charged; "
        "storyboard resolve decides about it",
    )


def test_an_unknown_outcome_is_asked_about_with_what_came() -> None:
    unknown = make_submission(make_take(), State.UNKNOWN, reason="HTTP 500: oh no")
    assert decision(decide(unknown)) == (
        "ask",
        "sent at 2026-11-22 14:03:11 UTC; HTTP 500: oh no; it may have been charged; "
        "storyboard resolve decides about it",
    )


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
@pytest.mark.parametrize("option", ["retry_failed", "rerender", "force"])
def test_no_option_sends_again_what_may_have_been_charged(state: State, option: str) -> None:
    options = PlanOptions(**{option: True})
    assert decide(make_submission(make_take(), state), options=options).kind is ActionKind.ASK


def test_an_accepted_task_is_resumed() -> None:
    accepted = make_submission(make_take(), State.ACCEPTED)
    action = decide(accepted)
    assert decision(action) == ("resume", "task task-1 was accepted and is not finished")
    assert action.submission is accepted


def test_an_accepted_task_is_resumed_even_where_a_new_version_is_asked_for() -> None:
    options = PlanOptions(force=True, retry_failed=True, rerender=True)
    accepted = make_submission(make_take(), State.ACCEPTED)
    assert decide(accepted, options=options).kind is ActionKind.RESUME


def test_a_video_in_place_is_kept() -> None:
    assert decision(decide(make_done(make_take()))) == ("keep", "unchanged")


@pytest.mark.parametrize("video", [None, make_video()])
def test_a_missing_file_whose_link_lives_is_downloaded(video: Video | None) -> None:
    done = make_done(make_take(), video=video)
    assert decision(decide(done, files=False)) == (
        "download",
        "rendered, and its file is not here; its link expires in 24 h 0 min",
    )


def test_a_link_whose_end_is_not_known_counts_as_alive() -> None:
    done = make_done(make_take(), video=None, url_expires_at=None)
    assert decision(decide(done)) == ("download", "rendered, and its file is not here")


@pytest.mark.parametrize(
    "gone", [{"url_expires_at": NOW}, {"video_url": None}, {"url_expires_at": NOW - HOUR}]
)
def test_a_missing_file_whose_link_has_gone_is_asked_about(gone: dict[str, Any]) -> None:
    done = make_done(make_take(), **gone)
    assert decision(decide(done, files=False)) == (
        "ask",
        "was paid, and its file and link are gone; --rerender submits it again, at its full price",
    )


def test_a_success_whose_link_never_came_is_asked_about_and_rerender_pays_again() -> None:
    rendered = make_submission(make_take(), State.SUCCEEDED, video_url=None, url_expires_at=None)
    assert decision(decide(rendered)) == (
        "ask",
        "was paid, and its link never came; --rerender submits it again, at its full price",
    )
    for options in (PlanOptions(retry_failed=True), PlanOptions(download=False)):
        assert decide(rendered, options=options).kind is ActionKind.ASK
    for download in (True, False):
        options = PlanOptions(rerender=True, download=download)
        assert decision(decide(rendered, options=options)) == (
            "submit",
            "was paid, its link never came; --rerender pays again",
        )


def test_rerender_pays_again_for_what_was_paid_and_is_gone_and_nothing_else() -> None:
    gone = make_done(make_take(), url_expires_at=NOW)
    options = PlanOptions(rerender=True)
    assert decide(gone, files=False, options=options).kind is ActionKind.SUBMIT
    assert decide(gone, options=options).kind is ActionKind.KEEP
    alive = make_done(make_take())
    assert decide(alive, files=False, options=options).kind is ActionKind.DOWNLOAD


@pytest.mark.parametrize("status", [400, 406, 410, 413, 414, 415, 422, 431, 451, None])
def test_what_was_rejected_for_what_was_sent_is_held(status: int | None) -> None:
    rejected = make_submission(
        make_take(), State.REJECTED, http_status=status, reason="Value out of range"
    )
    assert decision(decide(rejected)) == (
        "hold",
        "rejected: Value out of range; edit it, or --retry-failed sends it again",
    )
    again = decide(rejected, options=PlanOptions(retry_failed=True))
    assert decision(again) == ("submit", "submitted again; rejected: Value out of range")


def test_an_edit_lets_a_rejected_take_go() -> None:
    rejected = make_submission(make_take(seed=1), State.REJECTED, http_status=400)
    assert decision(decide(rejected, take=make_take(seed=2))) == ("submit", "seed changed: 1 to 2")


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 501])
def test_what_was_rejected_for_the_account_is_submitted(status: int) -> None:
    refused = make_submission(make_take(), State.REJECTED, http_status=status, reason="no balance")
    assert decision(decide(refused)) == (
        "submit",
        "was refused before: no balance; nothing was charged",
    )
    silent = replace(refused, reason=None)
    assert decide(silent).reason == f"was refused before: HTTP {status}; nothing was charged"


@pytest.mark.parametrize(
    ("state", "reason", "text"),
    [
        (State.FAILED, "out of memory", "failed: out of memory"),
        (State.FAILED, None, "failed: the API gave no reason"),
        (
            State.FAILED,
            "the task succeeded without a video",
            "failed: the task succeeded without a video",
        ),
        (State.CANCELED, None, "canceled: the API gave no reason"),
        (State.ABANDONED, None, "abandoned: given up by hand"),
    ],
)
def test_what_led_to_nothing_is_held_with_its_reason(
    state: State, reason: str | None, text: str
) -> None:
    over = make_submission(make_take(), state, reason=reason)
    assert decision(decide(over)) == ("hold", f"{text}; --retry-failed sends it again")
    again = decide(over, options=PlanOptions(retry_failed=True))
    assert decision(again) == ("submit", f"submitted again; {text}")


def test_a_take_nothing_is_known_of_is_submitted() -> None:
    assert decision(decide(None)) == ("submit", "new")


def test_what_was_not_accepted_is_submitted() -> None:
    refused = make_submission(make_take(), State.UNAVAILABLE)
    assert decision(decide(refused)) == ("submit", "was not accepted before; nothing was charged")


def test_what_was_released_by_hand_is_submitted() -> None:
    assert decision(decide(make_submission(make_take(), State.RELEASED))) == (
        "submit",
        "released to be sent again",
    )


def test_every_state_has_a_decision_and_a_status() -> None:
    for state in State:
        submission = make_submission(make_take(), state)
        assert decide(submission).reason
        assert isinstance(status_of(submission, has_file=is_here), TakeStatus)
    assert status_of(None, has_file=is_here) is TakeStatus.PENDING


# Several submissions of one fingerprint


@pytest.mark.parametrize(
    ("earlier", "later", "decides"),
    [
        (State.FAILED, State.SUCCEEDED, State.SUCCEEDED),
        (State.SUCCEEDED, State.FAILED, State.SUCCEEDED),
        (State.SUCCEEDED, State.REJECTED, State.SUCCEEDED),
        (State.SUCCEEDED, State.ABANDONED, State.SUCCEEDED),
        (State.SUCCEEDED, State.UNKNOWN, State.UNKNOWN),
        (State.UNKNOWN, State.FAILED, State.UNKNOWN),
        (State.FAILED, State.UNAVAILABLE, State.FAILED),
        (State.RELEASED, State.UNAVAILABLE, State.RELEASED),
        (State.FAILED, State.RELEASED, State.RELEASED),
        (State.RELEASED, State.FAILED, State.FAILED),
    ],
)
def test_what_is_open_decides_then_success_then_the_last_word(
    earlier: State, later: State, decides: State
) -> None:
    take = make_take()
    pair = [make_submission(take, earlier, id=1), make_submission(take, later, id=2)]
    [(_, (_, decider, _))] = pair_takes([take], pair)
    assert decider is not None
    assert decider.state is decides


def test_of_two_successes_the_last_one_counts() -> None:
    take = make_take()
    action = plan([take], [make_done(take, id=1), make_done(take, id=2, version=2)]).actions[0]
    assert action.submission is not None
    assert action.submission.id == 2


def test_a_row_that_the_manifest_completes_counts_once_and_as_completed() -> None:
    take = make_take()
    waiting = make_submission(take, State.ACCEPTED, id=4)
    finished = make_done(take, id=4)
    plan_ = plan([take], [waiting, finished])
    assert [action.kind for action in plan_.actions] == [ActionKind.KEEP]
    assert plan_.orphans == ()


# Wishes


def test_force_makes_a_new_version_of_whatever_is_not_open() -> None:
    over = [make_submission(make_take(), s) for s in (State.FAILED, State.REJECTED)]
    for submission in (make_done(make_take()), *over):
        action = decide(submission, options=PlanOptions(force=True))
        assert decision(action) == ("submit", "--force makes a new version")


def test_without_downloads_rendered_is_enough() -> None:
    rendered = make_submission(make_take(), State.SUCCEEDED)
    options = PlanOptions(download=False)
    expected = ("keep", "rendered; not downloaded because of --no-download")
    assert decision(decide(rendered, options=options)) == expected
    late = replace(rendered, url_expires_at=NOW)
    assert decision(decide(late, options=options)) == expected
    options = PlanOptions(download=False, rerender=True)
    assert decision(decide(rendered, options=options)) == expected
    assert decision(decide(late, options=options)) == (
        "submit",
        "was paid, its file and link are gone; --rerender pays again",
    )


def test_retry_failed_touches_neither_what_is_done_nor_what_is_open() -> None:
    options = PlanOptions(retry_failed=True)
    assert decide(make_done(make_take()), options=options).kind is ActionKind.KEEP
    waiting = make_submission(make_take(), State.ACCEPTED)
    assert decide(waiting, options=options).kind is ActionKind.RESUME


# Shared fingerprints, selections


def test_takes_with_one_request_share_one_action() -> None:
    first, second = make_take("a"), replace(make_take("a"), id="b", shot="b")
    plan_ = plan([first, second], [])
    assert [action.same_as for action in plan_.actions] == [None, "a"]
    assert [action.take.id for action in plan_.of_kind(ActionKind.SUBMIT)] == ["a"]


def test_a_selected_twin_does_not_lean_on_one_that_is_not_selected() -> None:
    first, second = make_take("a"), replace(make_take("a"), id="b", shot="b")
    plan_ = plan([first, second], [], selected={"b"})
    assert [(action.take.id, action.same_as) for action in plan_.actions] == [("b", None)]


def test_takes_that_repeat_a_payload_are_requests_of_their_own() -> None:
    takes = [make_take("a"), replace(make_take("a", repeat=1), id="a.t2")]
    assert len(plan(takes, []).of_kind(ActionKind.SUBMIT)) == 2


def test_only_selected_takes_are_planned_in_file_order() -> None:
    takes = [make_take(name) for name in "abc"]
    plan_ = plan(takes, [], selected={"c", "a"})
    assert [action.take.id for action in plan_.actions] == ["a", "c"]


# Renamed, moved, switched back


def test_a_renamed_take_keeps_its_video() -> None:
    renamed = replace(make_take("old"), id="new", shot="new", scene="pier")
    assert decision(decide(make_done(make_take("old")), take=renamed)) == ("keep", "unchanged")


def test_going_back_to_the_old_prompt_makes_the_first_video_current_again() -> None:
    before, after = make_take(seed=1), make_take(seed=2)
    known = [make_done(before, id=1), make_done(after, id=2, version=2)]
    [action] = plan([before], known).actions
    assert decision(action) == ("keep", "unchanged")
    assert action.submission is not None
    assert action.submission.video == make_video("hero", 1)


def test_a_changed_take_is_submitted_and_says_what_changed() -> None:
    sent = make_done(make_take(seed=42, ratio="16:9"))
    action = decide(sent, take=make_take(seed=43, duration=5))
    assert decision(action) == (
        "submit",
        'seed changed: 42 to 43; duration added: 5; ratio removed: "16:9"',
    )


def test_the_reason_for_a_change_compares_with_the_last_request_that_counted() -> None:
    known = [
        make_done(make_take(seed=1), id=1),
        make_submission(make_take(seed=2), State.UNAVAILABLE, id=2),
    ]
    assert plan([make_take(seed=3)], known).actions[0].reason == "seed changed: 1 to 3"


# Locked takes


def locked(**more: Any) -> Take:
    return make_take(is_locked=True, **more)


def test_a_locked_take_that_did_not_change_is_kept() -> None:
    assert decision(decide(make_done(make_take()), take=locked())) == ("keep", "locked")


def test_a_locked_take_keeps_its_video_and_the_plan_says_what_differs() -> None:
    sent = make_take(seed=1)
    action = decide(make_done(sent), take=locked(seed=2))
    assert decision(action) == ("keep", "locked; the storyboard differs: seed changed: 1 to 2")
    assert action.take.payload == sent.payload
    assert action.take.fingerprint == sent.fingerprint


@pytest.mark.parametrize("option", ["force", "retry_failed", "rerender"])
def test_no_option_renders_a_locked_video_anew(option: str) -> None:
    options = PlanOptions(**{option: True})
    action = decide(make_done(make_take(seed=1)), take=locked(seed=2), options=options)
    assert action.kind is ActionKind.KEEP


def test_a_locked_take_whose_video_is_gone_is_never_paid_again_unasked() -> None:
    gone = make_done(make_take(seed=1), url_expires_at=NOW)
    action = decide(gone, take=locked(seed=1), files=False, options=PlanOptions(rerender=True))
    assert decision(action) == (
        "ask",
        "locked, was paid, and its file and link are gone; unlock it, and --rerender "
        "submits it again, at its full price",
    )


def test_a_locked_take_without_a_video_is_rendered_like_any_other() -> None:
    assert decision(decide(None, take=locked())) == ("submit", "new")
    failed = make_submission(make_take(), State.FAILED)
    assert decide(failed, take=locked(), options=PlanOptions(force=True)).kind is ActionKind.SUBMIT


def test_a_locked_take_stays_with_the_video_that_the_manifest_shows() -> None:
    """Back at its first version when it was locked, the newest one is not the one it had."""
    first, second = make_take(seed=1), make_take(seed=2)
    known = [make_done(first, id=1), make_done(second, id=2, version=2)]
    [action] = plan([locked(seed=3)], known, manifest_tasks={"hero": "task-1"}).actions
    assert action.take.payload == first.payload
    assert action.submission is known[0]


def test_a_locked_take_stays_although_its_new_request_has_a_video_of_another_take() -> None:
    other = make_take(seed=2)
    known = [make_done(make_take(seed=1), id=1), make_done(other, id=2)]
    [action] = plan([locked(seed=2)], known, manifest_tasks={"HERO": "task-1"}).actions
    assert decision(action) == ("keep", "locked; the storyboard differs: seed changed: 1 to 2")


def test_a_locked_take_that_shared_or_inherited_its_video_keeps_it() -> None:
    """The submission bears the id of its twin, or the id the take had before."""
    sent = make_done(make_take("twin", seed=1), id=1)
    take = replace(make_take("hero", seed=2), is_locked=True)
    [action] = plan([take], [sent], manifest_tasks={"hero": "task-1"}).actions
    assert action.kind is ActionKind.KEEP
    assert action.submission is sent


def test_a_new_version_for_a_twin_leaves_the_locked_take_alone() -> None:
    first = make_done(make_take("a"), id=1)
    lock = replace(make_take("a"), is_locked=True)
    twin = replace(make_take("a"), id="b", shot="b")
    plan_ = plan(
        [lock, twin], [first], manifest_tasks={"a": "task-1"}, options=PlanOptions(force=True)
    )
    assert [(a.kind.value, a.same_as) for a in plan_.actions] == [("keep", None), ("submit", None)]
    second = make_done(make_take("a"), id=2, version=2)
    states = read_states(
        [lock, twin], [first, second], has_file=is_here, manifest_tasks={"a": "task-1"}
    )
    assert [state.submission.id for state in states if state.submission] == [1, 2]


def test_a_task_that_ran_when_its_take_was_locked_is_finished_beside_it() -> None:
    done, running = make_done(make_take(seed=1), id=1), make_take(seed=2)
    known = [done, make_submission(running, State.ACCEPTED, id=2)]
    plan_ = plan([locked(seed=2)], known, manifest_tasks={"hero": "task-1"})
    assert [action.kind for action in plan_.actions] == [ActionKind.KEEP]
    assert [action.kind for action in plan_.orphans] == [ActionKind.RESUME]


# Orphans


def test_a_task_whose_take_was_deleted_is_finished_all_the_same() -> None:
    plan_ = plan([], [make_submission(make_take(), State.ACCEPTED)])
    [orphan] = plan_.orphans
    assert decision(orphan) == (
        "resume",
        "task task-1 is not finished, and no take of this render waits for it",
    )
    assert orphan.take.payload == make_take().payload


def test_a_task_whose_take_is_not_selected_is_finished_all_the_same() -> None:
    plan_ = plan([make_take()], [make_submission(make_take(), State.ACCEPTED)], selected=set())
    assert plan_.actions == ()
    assert [orphan.kind for orphan in plan_.orphans] == [ActionKind.RESUME]


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_an_unknown_outcome_of_a_deleted_take_is_still_asked_about(state: State) -> None:
    [orphan] = plan([], [make_submission(make_take(), state)]).orphans
    assert orphan.kind is ActionKind.ASK
    assert "it may have been charged" in orphan.reason


def test_a_paid_video_of_a_deleted_take_is_downloaded_while_its_link_lives() -> None:
    rendered = make_submission(make_take(), State.SUCCEEDED)
    [orphan] = plan([], [rendered]).orphans
    assert decision(orphan) == (
        "download",
        "paid for but never downloaded, and no take of this render uses it",
    )
    assert plan([], [replace(rendered, url_expires_at=NOW)]).orphans == ()
    assert plan([], [rendered], options=PlanOptions(download=False)).orphans == ()


def test_what_was_downloaded_once_is_not_fetched_for_nobody() -> None:
    assert plan([], [make_done(make_take())], files=False).orphans == ()


@pytest.mark.parametrize(
    "state", [State.FAILED, State.REJECTED, State.CANCELED, State.ABANDONED, State.UNAVAILABLE]
)
def test_what_led_to_nothing_leaves_no_orphan(state: State) -> None:
    assert plan([], [make_submission(make_take(), state)]).orphans == ()


def test_an_earlier_version_that_was_paid_and_never_downloaded_is_not_forgotten() -> None:
    take = make_take()
    known = [make_submission(take, State.SUCCEEDED, id=1), make_done(take, id=2)]
    plan_ = plan([take], known)
    assert [action.kind for action in plan_.actions] == [ActionKind.KEEP]
    assert [(o.kind, o.submission) for o in plan_.orphans] == [(ActionKind.DOWNLOAD, known[0])]


def test_force_does_not_forget_the_version_that_was_never_downloaded() -> None:
    rendered = make_submission(make_take(), State.SUCCEEDED)
    plan_ = plan([make_take()], [rendered], options=PlanOptions(force=True))
    assert [action.kind for action in plan_.actions] == [ActionKind.SUBMIT]
    assert [orphan.kind for orphan in plan_.orphans] == [ActionKind.DOWNLOAD]


def test_orphans_are_what_decides_about_no_covered_fingerprint() -> None:
    take, other = make_take("a"), make_take("b")
    known = [
        make_submission(take, State.ACCEPTED, id=1),
        make_submission(other, State.ACCEPTED, id=2),
    ]
    orphans = find_orphans(known, {take.fingerprint}, now=NOW)
    assert [orphan.take.id for orphan in orphans] == ["b"]


def test_submissions_the_state_file_has_not_numbered_yet_are_all_counted() -> None:
    known = [make_submission(make_take(name), State.ACCEPTED, id=0) for name in "abc"]
    assert len(plan([make_take("b")], known).orphans) == 2


def test_plans_are_the_same_for_the_same_facts() -> None:
    takes = [make_take(name) for name in "abc"]
    known = [make_done(make_take("a")), make_submission(make_take("b"), State.FAILED, id=2)]
    assert plan(takes, known) == plan(takes, known)


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (HOUR / 120, "0 min"),
        (HOUR / 2, "30 min"),
        (HOUR, "1 h 0 min"),
        (47.99 * HOUR, "47 h 59 min"),
        (72 * HOUR, "3 days"),
    ],
)
def test_the_life_that_a_link_has_left_is_told_in_words(left: Any, text: str) -> None:
    done = make_done(make_take(), url_expires_at=NOW + left)
    assert decide(done, files=False).reason.endswith(f"its link expires in {text}")
