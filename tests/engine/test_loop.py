"""The loop against a real server and a real state file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyboard.engine.job import Progress, Step
from storyboard.errors import StateError
from storyboard.planning.plan import PlanOptions
from storyboard.records import Submission, SubmissionState
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from storyboard.state.store import Store
from storyboard.videos.result import Fetch, FetchFailed, FetchResult
from tests.engine.rig import Rig, make_take, make_takes, tiny_fetch

AT_ONCE = SandboxSettings(render_time_s=0, max_in_flight=50, requests_per_minute=100_000)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(settings=AT_ONCE) as running:
        yield running


@pytest.fixture
def rig(server: SandboxServer, tmp_path: Path) -> Rig:
    return Rig(tmp_path / "out", server.base_url, make_takes(6))


def test_every_take_is_submitted_once_rendered_and_put_in_place(
    rig: Rig, server: SandboxServer
) -> None:
    result = rig.render()
    assert result.stopped_by is None
    assert rig.statuses() == ["done"] * 6
    assert sorted(path.name for path in (rig.folder / "videos").iterdir()) == [
        f"shot-{n}.v001.mp4" for n in range(1, 7)
    ]
    assert server.ledger.posts == 6


def test_running_again_sends_no_request_at_all(rig: Rig, server: SandboxServer) -> None:
    rig.render()
    before = (server.ledger.posts, server.ledger.polls)
    rig.render()
    assert (server.ledger.posts, server.ledger.polls) == before


def test_takes_with_equal_requests_share_one_submission_and_one_video(
    rig: Rig, server: SandboxServer
) -> None:
    twin = make_take(2, "the same")
    rig.takes = [make_take(1, "the same"), twin]
    rig.render()
    assert server.ledger.posts == 1
    assert rig.statuses() == ["done", "done"]


def test_a_changed_take_makes_a_second_version_and_the_old_prompt_finds_its_first(
    rig: Rig, server: SandboxServer
) -> None:
    rig.takes = [make_take(1, "before")]
    rig.render()
    rig.takes = [make_take(1, "after")]
    rig.render()
    assert rig.states()[0].submission.video.path == "videos/shot-1.v002.mp4"  # type: ignore[union-attr]
    rig.takes = [make_take(1, "before")]
    rig.render()
    assert rig.states()[0].submission.video.path == "videos/shot-1.v001.mp4"  # type: ignore[union-attr]
    assert server.ledger.posts == 2


def test_what_is_frozen_at_submission_is_what_was_sent(rig: Rig, server: SandboxServer) -> None:
    rig.render()
    sent = {task.id: task.payload for task in server.ledger.submissions}
    stored = {item.task_id: item.payload for item in rig.submissions()}
    assert sent == stored


def test_each_submission_has_an_id_of_its_own_that_begins_with_the_render_s(
    rig: Rig, server: SandboxServer
) -> None:
    rig.render()
    sent = {task.id: task.user_id for task in server.ledger.submissions}
    assert sent == {item.task_id: item.user_id for item in rig.submissions()}
    assert set(sent.values()) == {f"{'a' * 12}-{number}" for number in range(1, 7)}


def test_a_lost_reply_is_never_sent_again_and_the_others_go_on(
    rig: Rig, server: SandboxServer
) -> None:
    server.faults = Faults(lost_reply=(2,))
    rig.render()
    server.faults = Faults()
    assert Counter(rig.statuses()) == {"done": 5, "unknown": 1}
    rig.render()
    assert server.ledger.posts == 6
    assert Counter(rig.statuses()) == {"done": 5, "unknown": 1}


@pytest.mark.parametrize("fault", ["error_500", "error_503", "reset_before", "error_500_after"])
def test_an_outcome_that_is_not_known_waits_for_a_person(
    rig: Rig, server: SandboxServer, fault: str
) -> None:
    server.faults = Faults(**{fault: (1,)})  # type: ignore[arg-type]
    rig.render()
    assert Counter(rig.statuses()) == {"done": 5, "unknown": 1}


def test_five_unknown_outcomes_in_a_row_end_the_submissions(
    rig: Rig, server: SandboxServer
) -> None:
    rig.takes = make_takes(30)
    rig.concurrency = 1
    server.faults = Faults(error_500=1.0)
    result = rig.render()
    assert "5 submissions in a row" in str(result.stopped_by)
    assert server.ledger.posts == 5
    assert Counter(rig.statuses()) == {"unknown": 5, "pending": 25}


def test_a_rate_limit_is_waited_for_and_every_take_is_rendered(
    rig: Rig, server: SandboxServer
) -> None:
    server.settings = SandboxSettings(
        render_time_s=0, max_in_flight=50, requests_per_minute=100_000, retry_after_s=0
    )
    server.faults = Faults(rate_limited=(1, 3))
    rig.render()
    assert rig.statuses() == ["done"] * 6
    assert [item.state for item in rig.submissions()].count(SubmissionState.UNAVAILABLE) == 2


def test_the_account_s_limit_of_tasks_in_flight_is_found_and_kept(
    rig: Rig, server: SandboxServer
) -> None:
    server.settings = SandboxSettings(
        render_time_s=0.05, max_in_flight=3, requests_per_minute=100_000
    )
    rig.takes = make_takes(7)
    rig.concurrency = None
    rig.render()
    assert rig.statuses() == ["done"] * 7
    refused = [s for s in rig.submissions() if s.state is SubmissionState.UNAVAILABLE]
    assert len(refused) <= 3


def test_a_refused_account_stops_new_submissions_and_finishes_what_runs(
    rig: Rig, server: SandboxServer
) -> None:
    server.settings = SandboxSettings(
        render_time_s=0, max_in_flight=50, requests_per_minute=100_000,
        balance_usd=0.5, price_per_second_usd=0.1,
    )  # fmt: skip
    rig.concurrency = 1
    result = rig.render()
    assert "refuses the account (HTTP 402)" in str(result.stopped_by)
    assert Counter(rig.statuses()) == {"done": 2, "rejected": 1, "pending": 3}


def test_failed_tasks_keep_their_reason_and_are_held_until_retried(
    rig: Rig, server: SandboxServer
) -> None:
    server.faults = Faults(task_fails=(1,))
    rig.render()
    server.faults = Faults()
    assert Counter(rig.statuses()) == {"done": 5, "failed": 1}
    rig.render()
    assert server.ledger.posts == 6
    rig.plan_options = PlanOptions(retry_failed=True)
    rig.render()
    assert server.ledger.posts == 7
    assert rig.statuses() == ["done"] * 6


def test_polls_that_are_cut_or_refused_are_repeated(rig: Rig, server: SandboxServer) -> None:
    rig.takes = make_takes(2)
    server.faults = Faults(poll_reset=(1,), poll_error=(2,), poll_missing=())
    rig.render()
    assert rig.statuses() == ["done"] * 2


def test_the_time_given_ends_the_run_and_the_next_one_goes_on(
    rig: Rig, server: SandboxServer
) -> None:
    server.faults = Faults(never_ends=(1,))
    rig.timeout_s = 0.5
    result = rig.render()
    assert "the time of --timeout ran out" in str(result.stopped_by)
    rig.render()  # for what a slow machine had no time to download
    assert Counter(rig.statuses()) == {"done": 5, "rendering": 1}


def test_an_interrupt_waits_for_open_posts_and_loses_none(rig: Rig, server: SandboxServer) -> None:
    server.settings = SandboxSettings(
        render_time_s=60, max_in_flight=50, requests_per_minute=100_000
    )
    rig.takes = make_takes(40)
    engines = []

    def interrupt(progress: Progress) -> None:
        if progress.step is Step.ACCEPTED:
            engines[0].interrupt()

    rig.listener = interrupt
    result = rig.render(on_engine=engines.append)
    assert result.was_interrupted
    assert set(rig.statuses()) == {"rendering", "pending"}
    known = {item.task_id for item in rig.submissions()}
    assert {task.id for task in server.ledger.submissions} == known


def test_tasks_of_takes_that_were_edited_while_they_ran_are_finished_and_downloaded(
    tmp_path: Path,
) -> None:
    later_s = 0.0
    minute = SandboxSettings(render_time_s=60, requests_per_minute=100_000)
    with SandboxServer(settings=minute, clock=lambda: time.time() + later_s) as server:
        rig = Rig(tmp_path / "out", server.base_url, [make_take(1, "before")], timeout_s=0.3)
        rig.render()
        assert rig.statuses() == ["rendering"]
        later_s = 61.0
        rig.takes = []
        rig.render()
        [submission] = rig.submissions()
        assert submission.state is SubmissionState.SUCCEEDED
        assert (rig.folder / "videos" / "shot-1.v001.mp4").is_file()


def gone_once(fetch: Fetch) -> Fetch:
    seen: set[int] = set()

    def fetch_again(submission: Submission, part: Path) -> FetchResult:
        if submission.id not in seen:
            seen.add(submission.id)
            return FetchFailed("host: expired", is_gone=True)
        return fetch(submission, part)

    return fetch_again


def test_an_expired_link_is_renewed_once(rig: Rig, server: SandboxServer) -> None:
    rig.takes = make_takes(2)
    rig.fetch = gone_once(tiny_fetch)
    rig.render()
    assert rig.statuses() == ["done"] * 2


def test_a_link_that_stays_expired_is_reported_and_the_submission_stays_paid(
    rig: Rig, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.engine.downloads._MAX_SETTLING_S", 0.0)
    rig.takes = make_takes(1)
    rig.fetch = lambda submission, part: FetchFailed("host: expired", is_gone=True)
    result = rig.render()
    assert list(result.not_downloaded.values()) == ["host: expired"]
    assert rig.statuses() == ["rendered"]
    rig.fetch = tiny_fetch  # the next day the host has come to its senses
    rig.render()
    assert rig.statuses() == ["done"]
    assert server.ledger.posts == 1


def test_a_full_disk_ends_the_run_with_a_sentence_and_keeps_what_is_known(
    rig: Rig, server: SandboxServer
) -> None:
    full = OSError(28, "No space left on device")
    rig.fetch = lambda submission, part: FetchFailed("full", disk_error=full)
    with pytest.raises(StateError, match="No space left on device"):
        rig.render()
    known = {item.task_id for item in rig.submissions() if item.task_id}
    assert {task.id for task in server.ledger.submissions} == known
    rig.fetch = tiny_fetch
    rig.render()
    assert rig.statuses() == ["done"] * 6
    assert server.ledger.posts == 6


def test_with_no_download_a_rendered_take_is_enough(rig: Rig, server: SandboxServer) -> None:
    rig.plan_options = PlanOptions(download=False)
    rig.render()
    assert rig.statuses() == ["rendered"] * 6
    rig.render()
    assert server.ledger.posts == 6


def test_force_makes_a_new_version_of_what_is_done(rig: Rig, server: SandboxServer) -> None:
    rig.takes = make_takes(1)
    rig.render()
    rig.plan_options = PlanOptions(force=True)
    rig.render()
    assert server.ledger.posts == 2
    assert rig.states()[0].submission.video.path == "videos/shot-1.v002.mp4"  # type: ignore[union-attr]


def test_a_bug_in_a_worker_is_raised_and_not_swallowed(rig: Rig) -> None:
    def broken(submission: Submission, part: Path) -> FetchResult:
        raise ZeroDivisionError("a bug")

    rig.fetch = broken
    with pytest.raises(ZeroDivisionError, match="a bug"):
        rig.render()


def test_a_view_that_breaks_loses_nothing_that_was_accepted(
    rig: Rig, server: SandboxServer
) -> None:
    def broken(progress: Progress) -> None:
        raise BrokenPipeError

    rig.listener = broken
    with pytest.raises(BrokenPipeError):
        rig.render()
    assert SubmissionState.ACCEPTED in {item.state for item in rig.submissions()}


class FullDisk(Store):
    """The same open state file on a disk that is full from the second commit on."""

    def __init__(self, store: Store) -> None:
        vars(self).update(vars(store))
        self._commits = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = self._db.total_changes
        with super().transaction():
            yield
            self._commits += self._db.total_changes != before
            if self._commits == 2:
                raise StateError("the disk is full", next_step="free some space")


def test_the_id_of_a_task_that_a_full_disk_cannot_record_is_in_the_error(
    rig: Rig, server: SandboxServer
) -> None:
    rig.takes = make_takes(1)
    rig.wrap_store = FullDisk
    with pytest.raises(StateError) as caught:
        rig.render()
    [task] = server.ledger.submissions
    assert f"accepted by the API but not recorded: take shot-1 is task {task.id}" in str(
        caught.value
    )
    assert "storyboard resolve FILE TAKE --task-id ID" in str(caught.value.next_step)
    rig.wrap_store = lambda store: store
    assert rig.statuses() == ["unknown"]
