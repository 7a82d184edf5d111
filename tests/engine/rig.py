"""A render within a test's process: real HTTP, real SQLite, and videos of a few bytes."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from storyboard.api.credentials import ApiKey
from storyboard.api.modellix.client import ModellixApi
from storyboard.api.protocols import Api
from storyboard.engine.clock import SystemClock
from storyboard.engine.job import EngineSettings, Job, Progress, Provenance, RunResult
from storyboard.engine.loop import Engine
from storyboard.engine.pictures import ReadFile
from storyboard.fingerprint import fingerprint
from storyboard.media import FrameInput
from storyboard.models.catalog import load_catalog
from storyboard.money import NO_CAPS, FilmCaps
from storyboard.planning.cost import CostOf
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.states import read_states
from storyboard.records import Payload, Plan, Position, Submission, Take, TakeState, Video
from storyboard.state.store import Store
from storyboard.videos.files import finish_moves, has_file
from storyboard.videos.result import Fetch, Fetched, FetchResult

MODEL = "alibaba/wan2.7-t2v"


def make_take(number: int, prompt: str | None = None) -> Take:
    payload: Payload = {"prompt": prompt or f"shot {number}", "duration": 2}
    return Take(
        id=f"shot-{number}",
        shot=f"shot-{number}",
        scene=None,
        number=1,
        model=MODEL,
        payload=payload,
        fingerprint=fingerprint(MODEL, payload),
        position=Position("film.yaml", number, 1),
    )


def make_takes(count: int) -> list[Take]:
    return [make_take(number) for number in range(1, count + 1)]


def make_follower(number: int, *parents: int, prompt: str | None = None) -> Take:
    """A take that shows the last frame of each of these shots."""
    take = make_take(number, prompt)
    inputs = tuple(
        FrameInput(("pictures", n), f"shot-{parent}", "last") for n, parent in enumerate(parents)
    )
    payload: Payload = {**take.payload, "pictures": [one.value for one in inputs]}
    return replace(
        take, payload=payload, inputs=inputs, fingerprint=fingerprint(take.model, payload)
    )


def make_candidates(number: int, *prompts: str) -> Take:
    """A take whose models each get one of these prompts, by which a POST is told from another."""
    first, *rest = (with_model(make_take(number, prompt), prompt[-1]) for prompt in prompts)
    return replace(first, fallbacks=tuple(rest))


def with_model(take: Take, model: str) -> Take:
    return replace(take, model=model, fingerprint=fingerprint(model, take.payload))


def tiny_fetch(submission: Submission, part: Path) -> FetchResult:
    """A stand-in for the download: writes a whole file at once."""
    data = f"video of {submission.task_id}".encode()
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(data)
    return Fetched(Video("", hashlib.sha256(data).hexdigest(), len(data)), part)


def read_nothing(path: str) -> bytes:
    """A stand-in for the files beside the storyboard: there are none."""
    raise FileNotFoundError(path)


def wait_for_threads() -> None:
    """Waits until the requests that were open when a run ended are answered."""
    for thread in threading.enumerate():
        if thread.name.startswith(("api-", "download-", "upload-")):
            thread.join(5.0)


@dataclass
class Rig:
    """One output folder, for any number of runs."""

    folder: Path
    base_url: str
    takes: Sequence[Take]
    fetch: Fetch = tiny_fetch
    plan_options: PlanOptions = field(default_factory=PlanOptions)
    concurrency: int | None = 10
    requests_per_minute: int | None = 60_000
    timeout_s: float | None = 30.0
    cost_of: CostOf = lambda take: None
    caps: FilmCaps = NO_CAPS
    max_cost_micros: int | None = None
    read_file: ReadFile = read_nothing
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the engine, on top of ours
    progress: list[Progress] = field(default_factory=list)
    listener: Callable[[Progress], None] = lambda progress: None
    wrap_api: Callable[[Api], Api] = lambda api: api
    wrap_store: Callable[[Store], Store] = lambda store: store

    def plan(self, store: Store) -> Plan:
        submissions = store.submissions()
        finish_moves(self.folder, submissions)
        return make_plan(
            self.takes,
            submissions,
            now=datetime.now(timezone.utc),
            has_file=partial(has_file, self.folder),
            options=self.plan_options,
        )

    def render(self, on_engine: Callable[[Engine], None] = lambda engine: None) -> RunResult:
        """One whole run, from the state file to the state file."""
        self.folder.mkdir(exist_ok=True)
        catalog = load_catalog()
        with closing(Store(self.folder, origin="sandbox", storyboard="film")) as opened:
            store = self.wrap_store(opened)
            api = self.wrap_api(ModellixApi(self.base_url, ApiKey("sandbox")))
            job = Job(
                "film",
                self.plan(store),
                store,
                self.folder,
                Provenance(user_id="a" * 12),
                cost_of=self.cost_of,
                caps=self.caps,
                read_file=self.read_file,
            )

            def endpoint(model: str) -> str:
                card = catalog.get(model)
                assert card is not None
                return card.endpoint

            settings = EngineSettings(
                endpoint_of=endpoint,
                retention_s=lambda model: 3600.0,
                concurrency=self.concurrency,
                requests_per_minute=self.requests_per_minute,
                download=self.plan_options.download,
                timeout_s=self.timeout_s,
                max_cost_micros=self.max_cost_micros,
                connections=6,
                **self.settings,
            )

            def listen(progress: Progress) -> None:
                self.progress.append(progress)
                self.listener(progress)

            engine = Engine(
                [job],
                api,
                self.fetch,
                settings=settings,
                clock=SystemClock(),
                listener=listen,
                jitter=random.Random(1),
            )
            on_engine(engine)
            try:
                return engine.run()
            finally:
                wait_for_threads()
                api.close()

    def submissions(self) -> list[Submission]:
        with closing(Store(self.folder, origin="sandbox", storyboard="film")) as store:
            return store.submissions()

    def states(self) -> list[TakeState]:
        present = partial(has_file, self.folder)
        return list(read_states(self.takes, self.submissions(), has_file=present))

    def statuses(self) -> list[str]:
        return [state.status.value for state in self.states()]
