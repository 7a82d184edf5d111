"""Two films in one run, with pictures: what they share, and what one leaves to the other."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace

from storyboard.engine.job import EngineSettings, Job, RunResult
from storyboard.engine.loop import Engine
from storyboard.money import NO_CAPS, FilmCaps
from storyboard.planning.plan import make_plan
from storyboard.records import Take
from storyboard.state.store import Store
from tests.engine.simulation import ORIGIN, Simulation
from tests.engine.test_inputs import picture, showing


def render(sim: Simulation, **films: tuple[Take, FilmCaps]) -> RunResult:
    """One run of these films, a take each."""
    settings = EngineSettings(
        endpoint_of=lambda model: "/api/v1/x", retention_s=lambda model: 3600.0, timeout_s=600.0
    )
    with ExitStack() as stack:
        jobs = []
        for name, (take, caps) in films.items():
            folder = sim.folder / name
            folder.mkdir(parents=True, exist_ok=True)
            store = stack.enter_context(closing(Store(folder, origin=ORIGIN, storyboard=name)))
            plan = make_plan(
                [take], store.submissions(), now=sim.clock.now(), has_file=lambda video: False
            )
            job = Job(name, plan, store, folder, cost_of=lambda take: 1, caps=caps)
            jobs.append(replace(job, read_file=sim.picture))
        return Engine(jobs, sim.api, sim.fetch, settings=settings, clock=sim.clock).run()


def test_a_picture_that_two_films_show_goes_up_once(sim: Simulation) -> None:
    picture(sim, "hero.png")
    first, second = showing(sim, 1, "hero.png"), showing(sim, 2, "hero.png")
    render(sim, harbor=(first, NO_CAPS), lighthouse=(second, NO_CAPS))
    assert len(sim.stored) == 1
    assert len({str(call.payload["pictures"]) for call in sim.api.posts}) == 1
    assert len(sim.api.posts) == 2


def test_what_was_prepared_for_a_film_that_may_not_go_on_makes_room_for_another(
    sim: Simulation,
) -> None:
    sim.keeps_files = 1
    picture(sim, "hero.png")
    picture(sim, "pier.png")
    first, second = showing(sim, 1, "hero.png"), showing(sim, 2, "pier.png")
    result = render(sim, harbor=(first, FilmCaps(film=0)), lighthouse=(second, NO_CAPS))
    assert len(result.refusals) == 1
    assert result.held == {}
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 2"]
