"""Simulates hours of rendering in milliseconds: a manual clock, and an API that is a function.

Nothing here waits, listens or starts a thread. The API returns raw HTTP
responses, so the code that reads them is tested along with the loop.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import queue
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from storyboard.api.account import Checkup, LogEntry, LogPage
from storyboard.api.http.response import Answer
from storyboard.api.modellix.submissions import read_submission
from storyboard.api.modellix.tasks import read_task
from storyboard.engine.events import Crashed
from storyboard.engine.job import EngineSettings, Job, Progress, Provenance, RunResult, RunStatus
from storyboard.engine.loop import Engine
from storyboard.media import Frame
from storyboard.money import NO_CAPS, FilmCaps
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.records import Payload, Submission, Take, Video
from storyboard.replies import (
    RateHint,
    SubmitReply,
    TaskReply,
    Uploaded,
    UploadRefused,
    UploadReply,
)
from storyboard.state.store import Store
from storyboard.videos.files import finish_moves, has_file
from storyboard.videos.result import Fetch, Fetched, FetchResult

T = TypeVar("T")

START = datetime(2026, 11, 22, 18, 0, tzinfo=timezone.utc)
ORIGIN = "https://api.example"
HOUR = 3600.0

# Responses of the API


def json_answer(document: Any, *, status: int = 200, **headers: str) -> Answer:
    """A response with a JSON body; `retry_after` becomes the header Retry-After."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, names, json.dumps(document).encode(), received_at=START.timestamp())


def accepted(task_id: str) -> Answer:
    return json_answer({"code": 0, "data": {"status": "pending", "task_id": task_id}})


def refused(status: int, message: str = "No: because", **headers: str) -> Answer:
    return json_answer({"code": status, "message": message}, status=status, **headers)


def no_connection() -> Answer:
    """Nothing was sent."""
    return Answer(was_sent=False, problem="the connection was refused")


def no_answer() -> Answer:
    """The request was sent, and no response came."""
    return Answer(was_sent=True, problem="the connection was closed without a reply")


def task(task_id: str, status: str = "processing") -> Answer:
    data: dict[str, Any] = {"status": status, "task_id": task_id}
    if status == "success":
        url = f"https://files.example/{task_id}.mp4"
        data["result"] = {"resources": [{"url": url, "type": "video"}]}
    return json_answer({"code": 0, "message": "success", "data": data})


def png(content: bytes) -> bytes:
    """Bytes that begin as a PNG does."""
    return b"\x89PNG\r\n\x1a\n" + content


def frame_of(path: Path, frame: Frame) -> bytes:
    """What stands for a frame of a simulated video."""
    return png(f"{frame} frame of ".encode() + path.read_bytes())


# Time


class Killed(BaseException):
    """Stands for a kill of the process."""


class ManualClock:
    """A clock that jumps to the next event. Counts the engine's turns.

    At turn `dies_at` it raises Killed.
    """

    def __init__(self, max_turns: int = 100_000) -> None:
        self.time_s = 0.0
        self.turns = 0
        self.dies_at: int | None = None
        self.call_s = 0.0  # duration of the call being made; set by the one who is called
        self._max_turns = max_turns
        self._events: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time_s)

    def monotonic(self) -> float:
        return self.time_s

    def schedule(self, after_s: float, item: Any) -> None:
        """Puts `item` into the inbox after so many seconds."""
        heapq.heappush(self._events, (self.time_s + after_s, next(self._numbers), item))

    def clear(self) -> None:
        """Drops what is scheduled: results for one process do not reach the next."""
        self._events.clear()
        self.dies_at = None

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        self.turns += 1
        assert self.turns <= self._max_turns, "the engine does not come to an end"
        if self.turns == self.dies_at:
            raise Killed
        items: list[T] = []
        while not inbox.empty():
            items.append(inbox.get_nowait())
        next_at = self._events[0][0] if self._events else None
        if not items:
            assert wait_s is not None or next_at is not None, "the engine waits for nothing"
            until = self.time_s + wait_s if wait_s is not None else next_at
            assert until is not None
            self.time_s = until if next_at is None else max(self.time_s, min(until, next_at))
        while self._events and self._events[0][0] <= self.time_s:
            items.append(heapq.heappop(self._events)[2])
        return items


class InlineWorkers(Generic[T]):
    """Replaces the worker threads: makes a call at once, and delivers its result later."""

    def __init__(
        self, clock: ManualClock, size: int, inbox: queue.SimpleQueue[T], *, name: str
    ) -> None:
        self.size = size
        self.busy = 0
        self._clock = clock

    @property
    def free(self) -> int:
        return self.size - self.busy

    def start(self, call: Callable[[], T]) -> None:
        assert self.free, "more calls than threads"
        self.busy += 1
        self._clock.call_s = 0.0
        result = call()
        if isinstance(result, Crashed) and isinstance(result.error, Killed):
            raise result.error  # a kill in any thread ends the process
        self._clock.schedule(self._clock.call_s, result)

    def finished(self) -> None:
        self.busy -= 1

    def stop(self, *, wait_s: float) -> None:
        """There are no threads to end."""


# The API


@dataclass(frozen=True)
class Call:
    """A POST (with a payload) or a poll (with a task id); `number` counts its kind from 1."""

    number: int
    at_s: float
    payload: Payload = field(default_factory=dict)
    task_id: str = ""


class ScriptedApi:
    """Responds by the functions of the simulation. Records each call."""

    origin = ORIGIN

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self.posts: list[Call] = []
        self.polls: list[Call] = []
        self.uploaded: list[tuple[str, bytes]] = []  # each upload that was asked for

    def submit(self, endpoint: str, payload: Payload, *, user_id: str | None = None) -> SubmitReply:
        call = Call(len(self.posts) + 1, self._sim.clock.time_s, payload=payload)
        self.posts.append(call)
        self._sim.clock.call_s = self._sim.latency_s
        return read_submission(self._sim.on_post(call))

    def poll(self, task_id: str) -> TaskReply:
        call = Call(len(self.polls) + 1, self._sim.clock.time_s, task_id=task_id)
        self.polls.append(call)
        self._sim.clock.call_s = self._sim.latency_s
        return read_task(self._sim.on_poll(call), task_id)

    def account(self, salt: str) -> str:
        return hashlib.sha256(salt.encode()).hexdigest()[:32]

    def upload(self, name: str, content: bytes) -> UploadReply:
        self._sim.clock.call_s = self._sim.latency_s
        self.uploaded.append((name, content))
        return self._sim.on_upload(name, content)

    def uploads(self) -> tuple[Uploaded, ...] | None:
        self._sim.clock.call_s = self._sim.latency_s
        return self._sim.on_list()

    def delete_upload(self, file_id: str) -> bool:
        self._sim.clock.call_s = self._sim.latency_s
        return self._sim.on_delete(file_id)

    def close(self) -> None:
        """Nothing is open."""


class ApiWithLog(ScriptedApi):
    """An API with a request log, oldest first; `log_checks` are the times when it was read.

    `log_status` returns the status of a task in the log, or raises the log's error.
    """

    def __init__(self, sim: Simulation, log_status: Callable[[str], str] | None = None) -> None:
        super().__init__(sim)
        self.log_checks: list[float] = []
        self.log_check_s = sim.latency_s
        self.log_status = log_status or (
            lambda task_id: "success" if sim.is_done(task_id) else "processing"
        )

    def check_up(self) -> Checkup:
        return Checkup(is_key_valid=True, rate=RateHint())

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        sim = self._sim
        self.log_checks.append(sim.clock.time_s)
        sim.clock.call_s = self.log_check_s
        since_s, until_s = ((moment - START).total_seconds() for moment in (start, end))
        found = [
            name for name, accepted_s in sim.accepted_s.items() if since_s <= accepted_s <= until_s
        ]
        entries = tuple(
            LogEntry(name, self.log_status(name))
            for name in found[(page - 1) * page_size : page * page_size]
        )
        return LogPage(entries, len(found), len(entries))


@dataclass
class Simulation:
    """One output folder and one API, for any number of runs; `clock` goes on from run to run.

    By default the API accepts every POST, and tasks take `render_s`, or each
    the next of `render_times_s`.
    """

    folder: Path
    takes: Sequence[Take]
    monkeypatch: pytest.MonkeyPatch
    concurrency: int | None = None
    requests_per_minute: int | None = None
    timeout_s: float | None = None
    render_s: float = 60.0
    render_times_s: Sequence[float] = ()
    latency_s: float = 0.2
    fetch_s: float = 1.0
    plan_options: PlanOptions = field(default_factory=PlanOptions)
    caps: FilmCaps = NO_CAPS  # in submissions, each of which costs 1
    selected: Collection[str] | None = None
    passed: frozenset[tuple[str, str]] = frozenset()
    pictures: dict[str, bytes] = field(default_factory=dict)  # files, by path
    kept: dict[str, Uploaded] = field(default_factory=dict)  # at the API, by file id
    keeps_files: int = 10
    stored: list[bytes] = field(default_factory=list)  # each content that was kept
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the engine, on top of ours
    on_post: Callable[[Call], Answer] = field(init=False)
    on_poll: Callable[[Call], Answer] = field(init=False)
    fetch: Fetch = field(init=False)
    on_upload: Callable[[str, bytes], UploadReply] = field(init=False)
    on_list: Callable[[], tuple[Uploaded, ...] | None] = field(init=False)
    on_delete: Callable[[str], bool] = field(init=False)
    clock: ManualClock = field(default_factory=ManualClock)
    progress: list[tuple[float, Progress]] = field(default_factory=list)
    accepted_s: dict[str, float] = field(default_factory=dict)
    listener: Callable[[Progress], None] = lambda progress: None
    on_turn: Callable[[RunStatus], None] | None = None

    def __post_init__(self) -> None:
        self.api: ScriptedApi = ScriptedApi(self)
        self.on_post = self.accept
        self.on_poll = self.answer_poll
        self.on_upload = self.keep_file
        self.on_list = lambda: tuple(self.kept.values())
        self.on_delete = lambda file_id: self.kept.pop(file_id, None) is not None
        self.fetch = self._fetch
        workers = partial(InlineWorkers, self.clock)
        for module in ("run", "downloads", "inputs"):
            self.monkeypatch.setattr(f"storyboard.engine.{module}.Workers", workers)

    def accept(self, call: Call) -> Answer:
        """Accepts a submission as a task."""
        task_id = f"task-{len(self.accepted_s) + 1}"
        self.accepted_s[task_id] = self.clock.time_s
        return accepted(task_id)

    def keep_file(self, name: str, content: bytes) -> UploadReply:
        """Keeps an upload, unless as many are kept as the account may have."""
        if len(self.kept) >= self.keeps_files:
            return UploadRefused("Quota exceeded: 10 files", http_status=429, is_full=True)
        number = len(self.api.uploaded)
        now = self.clock.now()
        url = f"https://uploads.example/{number}{name[-4:]}"
        uploaded = Uploaded(f"file-{number}", name, url, now, now + timedelta(days=6))
        self.kept[uploaded.file_id] = uploaded
        self.stored.append(content)
        return uploaded

    def picture(self, path: str) -> bytes:
        """The content of a file beside the storyboard."""
        if path not in self.pictures:
            raise FileNotFoundError(2, "No such file or directory")
        return self.pictures[path]

    def answer_poll(self, call: Call) -> Answer:
        """The current status of a task."""
        return task(call.task_id, "success" if self.is_done(call.task_id) else "processing")

    def is_done(self, task_id: str) -> bool:
        """Whether a task has been rendered by now."""
        number = int(task_id.removeprefix("task-"))
        times_s = self.render_times_s
        took_s = times_s[number - 1] if times_s else self.render_s
        return self.clock.time_s >= self.accepted_s[task_id] + took_s

    def in_flight(self) -> int:
        """How many tasks the API has not finished."""
        return sum(not self.is_done(task_id) for task_id in self.accepted_s)

    def _fetch(self, submission: Submission, part: Path) -> FetchResult:
        self.clock.call_s = self.fetch_s
        data = f"video of {submission.task_id}".encode()
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        return Fetched(Video("", hashlib.sha256(data).hexdigest(), len(data)), part)

    def render(self, on_engine: Callable[[Engine], None] = lambda engine: None) -> RunResult:
        """One whole run."""
        self.folder.mkdir(exist_ok=True)
        with closing(self._open()) as store:
            submissions = store.submissions()
            finish_moves(self.folder, submissions)
            plan = make_plan(
                self.takes,
                submissions,
                now=self.clock.now(),
                has_file=partial(has_file, self.folder),
                selected=self.selected,
                options=self.plan_options,
                passed=self.passed,
            )
            settings = EngineSettings(
                endpoint_of=lambda model: f"/api/v1/{model}",
                retention_s=lambda model: 24 * 3600.0,
                concurrency=self.concurrency,
                requests_per_minute=self.requests_per_minute,
                download=self.plan_options.download,
                timeout_s=self.timeout_s,
                **{"extract_frame": frame_of, **self.settings},
            )

            def listen(progress: Progress) -> None:
                self.progress.append((self.clock.time_s, progress))
                self.listener(progress)

            engine = Engine(
                [
                    Job(
                        "film",
                        plan,
                        store,
                        self.folder,
                        Provenance(profile="studio"),
                        cost_of=lambda take: 1,
                        caps=self.caps,
                        options=self.plan_options,
                        passed=self.passed,
                        read_file=self.picture,
                        command=lambda verb, *words: " ".join((verb, "film.yaml", *words)),
                    )
                ],
                self.api,
                self.fetch,
                settings=settings,
                clock=self.clock,
                listener=listen,
                on_turn=self.on_turn,
                jitter=random.Random(1),
            )
            on_engine(engine)
            try:
                return engine.run()
            finally:
                self.clock.clear()

    def submissions(self) -> list[Submission]:
        with closing(self._open()) as store:
            return store.submissions()

    def states(self) -> list[str]:
        return [submission.state.value for submission in self.submissions()]

    def _open(self) -> Store:
        return Store(self.folder, origin=ORIGIN, storyboard="film")


# Helpers of several tests


def between(start_s: float, end_s: float, sim: Simulation) -> bool:
    return start_s <= sim.clock.time_s < end_s


def cut_off(
    sim: Simulation, start_s: float, end_s: float, answer: Callable[[], Answer] = no_connection
) -> None:
    """The API cannot be reached for a while."""
    on_post, on_poll = sim.on_post, sim.on_poll
    sim.on_post = lambda call: answer() if between(start_s, end_s, sim) else on_post(call)
    sim.on_poll = lambda call: answer() if between(start_s, end_s, sim) else on_poll(call)


def gaps(calls: list[Call]) -> list[float]:
    return [after.at_s - before.at_s for before, after in pairwise(calls)]
