"""Which log row belongs to which unknown submission: only what is beyond doubt is taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from storyboard.api.account import LogEntry
from storyboard.records import Submission, SubmissionState
from storyboard.recovery.matching import (
    Match,
    UserIds,
    find_user_ids,
    is_model,
    match_log,
    spans_of,
)

MODEL = "alibaba/wan2.7-t2v"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)


def sent(take: str = "one", *, after_s: float = 0.0, user: str | None = "render-a") -> Submission:
    return Submission(
        id=sum(take.encode()),
        take=take,
        shot=take,
        scene=None,
        fingerprint=take,
        state=SubmissionState.UNKNOWN,
        model=MODEL,
        endpoint="/api/v1/x",
        payload={},
        sent_at=NOON + timedelta(seconds=after_s),
        user_id=user,
    )


def row(
    task: str = "task-1",
    *,
    after_s: float | None = 2.0,
    model: str | None = MODEL,
    user: str | None = None,
) -> LogEntry:
    at = None if after_s is None else NOON + timedelta(seconds=after_s)
    return LogEntry(task, "success", model, at, 0.2, user)


def match(
    unknown: list[Submission],
    rows: list[LogEntry],
    *,
    known: Collection[str] = (),
    others: list[Submission] | None = None,
    user_ids: UserIds | None = None,
    offset_s: float = 0.0,
) -> tuple[Match, ...]:
    return match_log(
        unknown,
        rows,
        known_tasks=known,
        others=others or [],
        user_ids=user_ids or UserIds(),
        clock_offset_s=offset_s,
    )


def test_the_one_row_that_fits_one_submission_is_taken() -> None:
    (found,) = match([sent()], [row()])
    assert found.entry == row()
    assert found.doubt is None


@pytest.mark.parametrize(
    "other",
    [row(model="alibaba/wan2.6-t2v"), row(after_s=-121), row(after_s=181), row(user="render-b")],
    ids=["another model", "made too early", "made too late", "another user"],
)
def test_a_row_that_cannot_be_it_is_no_candidate(other: LogEntry) -> None:
    (found,) = match([sent()], [other])
    assert (found.entry, found.candidates) == (None, ())
    assert found.doubt == "no row of the request log fits"


def test_a_task_that_the_state_file_knows_is_no_candidate() -> None:
    (found,) = match([sent()], [row("task-1"), row("task-2")], known={"task-1"})
    assert found.entry == row("task-2")


def test_a_task_that_an_error_reply_named_is_taken_where_the_log_tells_whose_it_is() -> None:
    named = replace(sent(), reply='{"code": 429, "message": "task-1 is running"}')
    (found,) = match([named], [row()])
    assert (found.entry, found.candidates) == (None, (row(),))
    assert found.doubt == (
        "the reply named the task of the only row that fits, which according to the log may "
        "belong to another request"
    )
    for rows, user_ids in (
        ([row(user="render-a")], UserIds()),
        ([row()], UserIds({"task-1": "render-a"}, frozenset({"render-a"}), is_complete=True)),
    ):
        (found,) = match([named], rows, user_ids=user_ids)
        assert (found.entry, found.doubt) == (rows[0], None)
    (found,) = match([replace(named, user_id=None)], [row(user="colleague")])
    assert found.entry is None


def test_two_rows_for_one_submission_are_shown_and_none_is_taken() -> None:
    (found,) = match([sent()], [row("task-2", after_s=9), row("task-1")])
    assert found.entry is None
    assert [entry.task_id for entry in found.candidates] == ["task-1", "task-2"]
    assert found.doubt == "2 rows of the request log fit"


def test_a_row_that_two_submissions_may_have_made_is_given_to_neither() -> None:
    first, second = match([sent("one"), sent("two", after_s=60)], [row()])
    assert (first.entry, second.entry) == (None, None)
    assert first.doubt == "the only row that fits may also belong to two"


def test_several_unknowns_near_each_other_are_not_told_apart_by_their_order() -> None:
    unknown = [sent("one"), sent("two", after_s=10), sent("three", after_s=20)]
    rows = [row("task-1", after_s=1), row("task-2", after_s=11), row("task-3", after_s=21)]
    found = match(unknown, rows)
    assert [one.entry for one in found] == [None, None, None]
    assert all(len(one.candidates) == 3 for one in found)


def test_unknowns_that_are_far_apart_each_have_their_own() -> None:
    first, second = match(
        [sent("one"), sent("two", after_s=600)], [row("task-1"), row("task-2", after_s=603)]
    )
    assert first.entry is not None and first.entry.task_id == "task-1"
    assert second.entry is not None and second.entry.task_id == "task-2"


def test_the_unknown_of_another_storyboard_may_have_made_the_row() -> None:
    (found,) = match([sent("one")], [row()], others=[sent("elsewhere", after_s=5)])
    assert found.entry is None
    assert found.doubt == "the only row that fits may also belong to elsewhere"


def test_two_submissions_of_one_take_are_rivals_too() -> None:
    found = match([sent("one"), replace(sent("one"), id=9)], [row()])
    assert [one.entry for one in found] == [None, None]
    assert found[0].doubt == "the only row that fits may also belong to another one"


@pytest.mark.parametrize("vague", [row(after_s=None), row(model=None)])
def test_a_row_without_time_or_model_is_shown_but_never_taken(vague: LogEntry) -> None:
    (found,) = match([sent()], [vague])
    assert (found.entry, found.candidates) == (None, (vague,))
    assert found.doubt == "the only row that may fit lacks a time or a model"
    (found,) = match([sent()], [row(), replace(vague, task_id="task-2")])
    assert found.entry is None


def test_a_row_named_twice_by_shifting_pages_is_one_row() -> None:
    (found,) = match([sent()], [row(), row()])
    assert found.entry == row()


@pytest.mark.parametrize("offset_s", [600, -600])
def test_a_clock_that_is_wrong_by_minutes_is_allowed_for(offset_s: int) -> None:
    (found,) = match([sent()], [row(after_s=offset_s + 2)], offset_s=offset_s)
    assert found.entry is not None
    (found,) = match([sent()], [row(after_s=offset_s + 2)])
    assert found.entry is None


def test_a_clock_that_was_set_since_leaves_both_times_possible() -> None:
    (found,) = match([sent()], [row("task-1"), row("task-2", after_s=602)], offset_s=600)
    assert found.doubt == "2 rows of the request log fit"


def test_the_user_id_tells_two_renders_apart() -> None:
    unknown = [sent("one", user="render-a"), sent("two", user="render-b")]
    first, second = match(unknown, [row("task-1", user="render-b"), row("task-2", user="render-a")])
    assert first.entry is not None and first.entry.task_id == "task-2"
    assert second.entry is not None and second.entry.task_id == "task-1"


def test_a_submission_without_a_user_id_takes_a_row_of_any() -> None:
    (found,) = match([sent(user=None)], [row(user="render-b")])
    assert found.entry is not None


# What the log's own filter shows


def test_the_filter_leaves_only_our_row_of_two() -> None:
    rows = [row("task-1"), row("task-2")]
    user_ids = find_user_ids(rows, {"render-a": {"task-2"}}, {})
    (found,) = match([sent()], rows, user_ids=user_ids)
    assert found.entry is not None and found.entry.task_id == "task-2"


def test_where_the_filter_works_the_row_of_another_render_is_not_ours() -> None:
    rows = [row("task-1"), row("task-2"), row("task-3", after_s=900)]
    user_ids = find_user_ids(rows, {"render-a": set(), "render-b": {"task-1", "task-2"}}, {})
    (found,) = match([sent(user="render-a")], rows, user_ids=user_ids)
    assert found.doubt == "no row of the request log fits"


def test_a_filter_that_names_nothing_leaves_a_doubt_and_shows_the_row() -> None:
    user_ids = find_user_ids([row()], {"render-a": set()}, {})
    (found,) = match([sent()], [row()], user_ids=user_ids)
    assert (found.entry, found.candidates) == (None, (row(),))
    assert found.doubt is not None
    assert "does not list it under this render" in found.doubt


def test_a_filter_that_changes_nothing_is_no_evidence() -> None:
    rows = [row("task-1"), row("task-2")]
    assert find_user_ids(rows, {"render-a": {"task-1", "task-2"}}, {}) == UserIds()


def test_with_a_user_id_each_submissions_near_each_other_are_told_apart() -> None:
    unknown = [sent("one", user="take-0001"), sent("two", after_s=1, user="take-0002")]
    rows = [row("task-1"), row("task-2", after_s=3)]
    user_ids = find_user_ids(rows, {"take-0001": {"task-2"}, "take-0002": {"task-1"}}, {})
    found = match(unknown, rows, user_ids=user_ids)
    assert [one.entry and one.entry.task_id for one in found] == ["task-2", "task-1"]
    user_ids = find_user_ids(rows[:1], {"take-0001": {"task-1"}, "take-0002": set()}, {})
    found = match(unknown, rows[:1], user_ids=user_ids)
    assert [one.entry and one.entry.task_id for one in found] == ["task-1", None]


def test_a_filter_that_gives_one_task_to_two_users_is_no_evidence() -> None:
    rows = [row("task-1"), row("task-2")]
    assert find_user_ids(rows, {"render-a": {"task-1"}, "render-b": {"task-1"}}, {}) == UserIds()


def test_a_filter_that_hides_a_task_we_know_to_be_ours_is_no_evidence() -> None:
    rows = [row("task-1"), row("task-2"), row("task-3")]
    answers = {"render-a": {"task-2"}}
    assert find_user_ids(rows, answers, {"task-1": "render-a"}) == UserIds()
    assert find_user_ids(rows, answers, {"task-2": "render-a"}).is_complete


def test_an_empty_log_says_nothing_of_the_filter() -> None:
    assert find_user_ids([], {"render-a": set()}, {}).unanswered == frozenset()


# What the log is asked for


def test_the_span_reaches_from_before_the_sending_to_after_it() -> None:
    assert spans_of([sent()]) == ((NOON - timedelta(minutes=2), NOON + timedelta(minutes=3)),)


def test_near_spans_are_read_as_one_and_far_ones_apart() -> None:
    day = 24 * 3600
    near = spans_of([sent("one"), sent("two", after_s=1800), sent("three", after_s=2 * day)])
    assert near == (
        (NOON - timedelta(minutes=2), NOON + timedelta(minutes=33)),
        (NOON + timedelta(days=2, minutes=-2), NOON + timedelta(days=2, minutes=3)),
    )


def test_no_span_is_longer_than_the_log_can_be_asked_for() -> None:
    unknown = [sent(f"t{n}", after_s=n * 1800) for n in range(60 * 48)]
    spans = spans_of(unknown)
    assert len(spans) == 3
    assert all(end - start <= timedelta(days=30) for start, end in spans)


@pytest.mark.parametrize(
    ("name_in_log", "is_it"),
    [
        ("alibaba/wan2.7-t2v", True),
        ("wan2.7-t2v", True),
        ("Alibaba/Wan-2-7-T2V", True),
        ("alibaba/alibaba/wan2.7-t2v", True),
        ("alibaba/wan2.6-t2v", False),
        ("other/wan2.7-t2v", False),
        ("", False),
    ],
)
def test_a_model_is_known_however_the_log_spells_it(name_in_log: str, is_it: bool) -> None:
    assert is_model(name_in_log, MODEL) is is_it
