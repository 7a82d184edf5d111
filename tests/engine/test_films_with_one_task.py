"""Two films of one run get the same task, and the run is killed between their commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.job import EngineSettings, Job
from storyboard.engine.loop import Engine
from storyboard.planning.contradictions import is_contradicted
from storyboard.planning.plan import make_plan
from storyboard.records import Submission, SubmissionState
from storyboard.recovery.decisions import adopted
from storyboard.state.store import Store
from tests.engine.rig import make_take
from tests.engine.simulation import ORIGIN, Call, Killed, Simulation, accepted, task

FILMS = ("harbor", "lighthouse")
BELIEVED = (SubmissionState.ACCEPTED, SubmissionState.SUCCEEDED)


@pytest.fixture
def sim(sim: Simulation) -> Simulation:
    """Each film has a take, and both get the task "task-1", which never ends."""
    sim.timeout_s = 60.0
    sim.on_post = lambda call: accepted("task-1")
    sim.on_poll = lambda call: task("task-1")
    return sim


def open_store(sim: Simulation, film: str) -> Store:
    (sim.folder / film).mkdir(parents=True, exist_ok=True)
    return Store(sim.folder / film, origin=ORIGIN, storyboard=film)


def rows(sim: Simulation) -> list[Submission]:
    found = []
    for film in FILMS:
        with closing(open_store(sim, film)) as store:
            found += store.submissions()
    return found


def render(sim: Simulation, *, killed_at: int = 0) -> int:
    """One run of both films, killed before its commit of that number; how many there were."""
    commits = 0
    transaction = Store.transaction

    @contextmanager
    def counted(store: Store) -> Iterator[None]:
        nonlocal commits
        with transaction(store):
            before = store._db.total_changes
            yield
            commits += store._db.total_changes > before
            if killed_at and commits >= killed_at:
                raise Killed

    settings = EngineSettings(
        endpoint_of=lambda model: "/api/v1/x",
        retention_s=lambda model: 3600.0,
        timeout_s=sim.timeout_s,
    )
    with ExitStack() as stack:
        jobs = []
        for number, film in enumerate(FILMS, 1):
            store = stack.enter_context(closing(open_store(sim, film)))
            plan = make_plan(
                [make_take(number)],
                store.submissions(),
                now=sim.clock.now(),
                has_file=lambda video: False,
            )
            jobs.append(Job(film, plan, store, sim.folder / film))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(Store, "transaction", counted)
        with suppress(Killed):
            Engine(jobs, sim.api, sim.fetch, settings=settings, clock=sim.clock).run()
    sim.clock.clear()
    return commits


def start_afresh(sim: Simulation, number: int) -> None:
    sim.folder = sim.folder.with_name(f"out-{number}")
    sim.folder.mkdir()


@pytest.mark.parametrize("latencies_s", [(1.0, 20.0), (20.0, 1.0), (20.0, 20.0)])
def test_no_film_believes_a_task_that_another_says_is_in_doubt_wherever_the_run_is_killed(
    sim: Simulation, latencies_s: tuple[float, float]
) -> None:
    def accept(call: Call) -> Answer:
        sim.clock.call_s = latencies_s[len(sim.api.posts) - 1]
        return accepted("task-1")

    sim.on_post = accept
    commits = render(sim)
    assert [row.state.value for row in rows(sim)] == ["unknown", "unknown"]
    assert all(map(is_contradicted, rows(sim)))
    for killed_at in range(1, commits + 1):
        start_afresh(sim, killed_at)
        sim.api.posts.clear()
        render(sim, killed_at=killed_at)
        for _ in range(2):
            after = rows(sim)
            is_in_doubt = any(map(is_contradicted, after))
            assert not (is_in_doubt and any(row.state in BELIEVED for row in after))
            render(sim)
        payloads = [str(call.payload) for call in sim.api.posts]
        assert len(payloads) == len(set(payloads))


def believe(sim: Simulation) -> None:
    """Both films hold the task, as where each was rendered by itself."""
    start_afresh(sim, 0)
    for number, film in enumerate(FILMS, 1):
        with closing(open_store(sim, film)) as store:
            row = store.begin(make_take(number), endpoint="/api/v1/x", now=sim.clock.now())
            facts = {"task_id": "task-1", "submitted_at": sim.clock.now(), "http_status": 200}
            store.update(replace(row, state=SubmissionState.ACCEPTED, **facts))


@pytest.mark.parametrize("killed_at", [1, 2])
def test_films_that_hold_one_task_are_in_doubt_at_the_next_start_after_a_kill_at_this_one(
    sim: Simulation, killed_at: int
) -> None:
    believe(sim)
    render(sim, killed_at=killed_at)
    render(sim)
    assert [row.state.value for row in rows(sim)] == ["unknown", "unknown"]
    assert all(map(is_contradicted, rows(sim)))
    assert not sim.api.posts


def test_a_task_that_was_given_to_one_of_the_films_by_hand_is_its_own(sim: Simulation) -> None:
    believe(sim)
    render(sim)
    with closing(open_store(sim, FILMS[0])) as store:
        (row,) = store.submissions()
        store.update(adopted(row, "task-1"))
    render(sim)
    assert [row.state.value for row in rows(sim)] == ["accepted", "unknown"]
