"""The three rules of a turn, checked in the loop's own thread through a second connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.job import Progress, Step
from storyboard.errors import StateError
from storyboard.records import SubmissionState
from storyboard.state.queries import read_submissions
from storyboard.state.store import Store
from tests.engine.rig import make_takes
from tests.engine.simulation import ApiWithLog, Call, Simulation

TAKES = 6


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    return Simulation(tmp_path / "out", make_takes(TAKES), monkeypatch, concurrency=3)


def test_no_post_leaves_before_its_intention_is_committed(sim: Simulation) -> None:
    accept, is_committed = sim.on_post, []

    def read_first(call: Call) -> Answer:
        rows = read_submissions(sim.folder)
        sending = [row.payload for row in rows if row.state is SubmissionState.SENDING]
        is_committed.append(call.payload in sending)
        return accept(call)

    sim.on_post = read_first
    sim.render()
    assert is_committed == [True] * TAKES


def test_no_post_leaves_where_its_intention_cannot_be_committed(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = Store.transaction

    @contextmanager
    def full_disk(store: Store) -> Iterator[None]:
        with transaction(store):
            yield
            raise StateError("the disk is full", next_step="free some space")

    monkeypatch.setattr(Store, "transaction", full_disk)
    with pytest.raises(StateError, match="the disk is full"):
        sim.render()
    assert sim.api.posts == []


def test_the_end_of_a_task_and_the_next_intention_share_one_transaction(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit is seen in which a slot is free although a take waits for it."""
    sim.concurrency, sim.requests_per_minute, sim.render_s = 1, 60_000, 1.0
    transaction, is_slot_used = Store.transaction, []

    @contextmanager
    def noted(store: Store) -> Iterator[None]:
        with transaction(store):
            yield
        is_slot_used.append(
            any(row.state.value in ("sending", "accepted") for row in store.submissions())
        )

    monkeypatch.setattr(Store, "transaction", noted)
    sim.render()
    begin = is_slot_used.index(True)
    end = is_slot_used.index(False, begin)
    assert begin <= 1  # the first commit may be that of the loading
    assert not any(is_slot_used[end:])


def test_the_listener_hears_of_nothing_that_is_not_committed(sim: Simulation) -> None:
    is_committed: dict[Step, list[bool]] = {}

    def compare(progress: Progress) -> None:
        rows = read_submissions(sim.folder)
        is_committed.setdefault(progress.step, []).append(progress.submission in rows)

    sim.listener = compare
    sim.render()
    steps = (Step.ACCEPTED, Step.RENDERED, Step.DOWNLOADED)
    assert is_committed == {step: [True] * TAKES for step in steps}


@pytest.mark.parametrize("requests_per_minute", [100, 3000])
@pytest.mark.parametrize(("poll_s", "log_check_s"), [(8.0, 0.05), (8.0, 8.0), (0.2, 20.0)])
def test_no_turn_is_taken_in_which_nothing_can_be_done(
    sim: Simulation, requests_per_minute: int, poll_s: float, log_check_s: float
) -> None:
    """As where slow polls hold the connections, and a check of the log waits for its turn."""
    sim.takes, sim.concurrency = make_takes(20), 20
    sim.requests_per_minute, sim.latency_s = requests_per_minute, poll_s
    api = ApiWithLog(sim)
    sim.api, api.log_check_s = api, log_check_s
    sim.render()

    answers = len(api.posts) + len(api.polls) + len(api.log_checks) + len(sim.takes)
    assert sim.clock.turns < 2 * answers
