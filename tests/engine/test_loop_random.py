"""Whatever the API replies, and however often a run is ended: every take is paid once."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.api.http.response import Answer
from storyboard.engine.events import Interrupted
from storyboard.engine.job import Progress
from storyboard.engine.loop import Engine
from storyboard.errors import StateError
from storyboard.planning.candidates import DECIDED_STATES
from storyboard.planning.graph import is_resolved
from storyboard.planning.plan import PlanOptions
from storyboard.planning.states import resolve_takes
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Take
from storyboard.replies import Unreached, UploadRefused, UploadReply
from storyboard.state.files import FILE_NAME
from storyboard.videos.files import has_file
from storyboard.videos.result import FetchFailed, FetchResult
from tests.engine.rig import make_candidates, make_follower, make_take, make_takes
from tests.engine.simulation import (
    ApiWithLog,
    Call,
    Killed,
    Simulation,
    accepted,
    json_answer,
    no_answer,
    no_connection,
    refused,
    task,
)

CUT_OFF = Answer(200, body=b'{"code": 0, "mess')

# Replies to a POST whose task was accepted, and to one whose task was not.
ACCEPTED = {
    "accepted": None,
    "accepted, answer lost": no_answer(),
    "accepted, answer cut": CUT_OFF,
    "accepted, then 500": refused(500),
    "accepted, no id": json_answer({"code": 0, "data": {}}),
    "accepted, other code": json_answer({"code": 1, "data": {"task_id": "task-1"}}),
    "accepted, redirected": json_answer({}, status=302),
    "accepted, id of another": no_answer(),  # unless there is another: see `answer_post`
}
SAFE = {
    "no connection": no_connection(),
    "429": refused(429, "Rate limit exceeded"),
    "429 and a time": refused(429, "Rate limit exceeded", retry_after="30"),
    "429 of a proxy": Answer(429, body=b"<html>slow down</html>"),
    "429 for tasks": refused(429, "Concurrent limit exceeded"),
}
ACCOUNT = {str(status): refused(status) for status in (401, 402, 403, 404, 405, 501)}
REFUSED = {
    "a firewall's page": Answer(403, body=b"<html>blocked</html>"),
    **{str(status): refused(status) for status in (400, 406, 410, 413, 414, 415, 422, 431, 451)},
}
DROPPED = {
    "no answer": no_answer(),
    "a page": Answer(200, body=b"<html>log in</html>"),
    **{str(status): refused(status) for status in (408, 409, 425, 500, 503)},
}
POSTS = {**SAFE, **ACCOUNT, **REFUSED, **DROPPED}

POLLS: dict[str, Callable[[str], Answer] | None] = {
    "as it stands": None,
    "done": lambda task_id: task(task_id, "success"),
    "failed": lambda task_id: task(task_id, "failed"),
    "canceled": lambda task_id: task(task_id, "canceled"),
    "done without a video": lambda task_id: json_answer(
        {"code": 0, "data": {"status": "success", "task_id": task_id}}
    ),
    "new word": lambda task_id: task(task_id, "resting"),
    "another task": lambda _: task("task-of-another", "failed"),
    "404": lambda _: refused(404),
    "401": lambda _: refused(401),
    "429": lambda _: refused(429, "Rate limit exceeded"),
    "500": lambda _: refused(500),
    "a page": lambda _: Answer(200, body=b"<html>log in</html>"),
    "no answer": lambda _: no_answer(),
    "no connection": lambda _: no_connection(),
}

FETCHES = {
    "here": None,
    "gone": FetchFailed("host: gone", is_gone=True),
    "broken": FetchFailed("host: broken", is_worth_retrying=True),
    "unsafe": FetchFailed("host: unsafe"),
    "disk full": FetchFailed("full", disk_error=OSError(28, "No space left on device")),
}

UPLOADS: dict[str, UploadReply | None] = {
    "kept": None,
    "kept, answer lost": Unreached("no reply came"),
    "no connection": Unreached("the connection was refused", may_be_there=False),
    "429": UploadRefused("HTTP 429", http_status=429, wait_s=9.0),
    "full": UploadRefused("HTTP 429: 10 files", http_status=429, is_full=True),
    "401": UploadRefused("HTTP 401", http_status=401),
    "400": UploadRefused("HTTP 400", http_status=400),
}

LOGS: dict[str, Callable[[str], str] | None] = {
    "as it stands": None,
    "all done": lambda _: "success",
    "none done": lambda _: "processing",
}

END = st.one_of(
    st.tuples(st.just("by itself"), st.just(0)),
    st.tuples(st.just("killed"), st.integers(1, 60)),
    st.tuples(st.just("interrupted"), st.integers(0, 200)),
    st.tuples(st.just("out of time"), st.integers(1, 300)),
    st.tuples(st.just("terminal closed"), st.integers(1, 10)),
)
MOSTLY_POSTS = st.one_of(st.sampled_from(sorted(ACCEPTED)), st.sampled_from(sorted(POSTS)))


@dataclass
class Ledger:
    """What the API has accepted, and which replies it gave."""

    sim: Simulation
    posts: list[str]
    polls: list[str]
    fetches: list[str]
    uploads: list[str]
    run: int = 0
    tasks: dict[str, str] = field(default_factory=dict)
    replies: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._accept, self._poll = self.sim.on_post, self.sim.on_poll
        self._fetch = self.sim.fetch
        self.sim.on_post, self.sim.on_poll = self.answer_post, self.answer_poll
        self.sim.fetch = self.answer_fetch
        self._keep, self.sim.on_upload = self.sim.on_upload, self.answer_upload

    def answer_post(self, call: Call) -> Answer:
        name = self.posts.pop(0) if self.posts else "accepted"
        prompt = str(call.payload["prompt"])
        self.replies.setdefault(prompt, []).append((self.run, name))
        if name not in ACCEPTED:
            return POSTS[name]
        answer = self._accept(call)
        others = [*self.tasks]
        self.tasks[list(self.sim.accepted_s)[-1]] = prompt
        if name == "accepted, id of another":
            # One that nobody knows would be believed.
            known = {row.task_id for row in self.sim.submissions()}.intersection(others)
            return accepted(max(known)) if known else no_answer()
        return ACCEPTED[name] or answer

    def answer_poll(self, call: Call) -> Answer:
        make = POLLS[self.polls.pop(0)] if self.polls else None
        return make(call.task_id) if make else self._poll(call)

    def answer_fetch(self, submission: Submission, part: Path) -> FetchResult:
        failed = FETCHES[self.fetches.pop(0)] if self.fetches else None
        return failed or self._fetch(submission, part)

    def answer_upload(self, name: str, content: bytes) -> UploadReply:
        kind = self.uploads.pop(0) if self.uploads else "kept"
        reply = self._keep(name, content) if kind.startswith("kept") else None
        failed = UPLOADS[kind]
        if failed is not None:
            return failed
        assert reply is not None
        return reply

    def end_all_faults(self) -> None:
        """From here on nothing fails."""
        for faults in (self.posts, self.polls, self.fetches, self.uploads):
            faults.clear()

    def render(self, end: str, number: int) -> None:
        """One run that ends so, at that turn, second or change."""
        self.run += 1
        sim = self.sim
        sim.timeout_s = float(number) if end == "out of time" else None
        sim.clock.dies_at = sim.clock.turns + number if end == "killed" else None
        left = [number]

        def listen(progress: Progress) -> None:
            left[0] -= 1
            if end == "terminal closed" and left[0] == 0:
                raise BrokenPipeError

        def interrupt(engine: Engine) -> None:
            if end == "interrupted":
                sim.clock.schedule(number, Interrupted())

        sim.listener = listen
        try:
            with suppress(Killed, BrokenPipeError):
                sim.render(on_engine=interrupt)
        except StateError as error:
            assert "No space left on device" in str(error)


@dataclass(frozen=True)
class Night:
    """What fails in a few runs, and how they end."""

    posts: list[str]
    polls: list[str]
    fetches: list[str]
    ends: list[tuple[str, int]]
    concurrency: int | None
    latency_s: float
    log: str | None
    uploads: list[str]


NIGHTS = st.builds(
    Night,
    posts=st.lists(MOSTLY_POSTS, max_size=12),
    polls=st.lists(st.sampled_from(sorted(POLLS)), max_size=25),
    fetches=st.lists(st.sampled_from(sorted(FETCHES)), max_size=6),
    ends=st.lists(END, max_size=4),
    concurrency=st.one_of(st.none(), st.integers(1, 8)),
    latency_s=st.sampled_from([0.1, 3.0, 59.0]),
    log=st.sampled_from([None, *LOGS]),
    uploads=st.lists(st.sampled_from(sorted(UPLOADS)), max_size=8),
)


@settings(max_examples=40, deadline=None)
@given(night=NIGHTS)
def test_every_take_is_paid_once_and_the_run_ends_whatever_fails(night: Night) -> None:
    live_through(night, make_takes(5))


@settings(max_examples=50, deadline=None)
@given(night=NIGHTS)
def test_no_model_follows_another_that_may_yet_be_paid_for_whatever_fails(night: Night) -> None:
    takes = [
        make_candidates(1, "1a", "1b", "1c"),
        make_candidates(2, "2a", "xb"),
        make_candidates(3, "3a", "xb", "3c"),
        make_candidates(4, "xb", "4c"),
        make_candidates(5, "5a"),
    ]
    live_through(night, takes)


@settings(max_examples=30, deadline=None)
@given(night=NIGHTS)
def test_a_take_follows_the_video_of_another_once_whatever_fails(night: Night) -> None:
    takes = [
        make_follower(3, 2),
        make_take(1),
        make_follower(2, 1),
        make_candidates(4, "4a", "4b"),
        make_follower(5, 4, 1),
    ]
    live_through(night, takes)


EDITED = (
    make_takes(5),
    [make_take(1, "shot 1, edited"), *make_takes(5)[2:]],
    [replace(make_take(2), id="shot-6"), *make_takes(2), make_take(3, "shot 1")],
    [make_candidates(1, "shot 1, of a", "shot 1, of b"), *make_takes(5)[1:]],
    [make_candidates(1, "shot 1, of b", "shot 1, of a"), make_candidates(2, "shot 1, of b")],
)
"""What people make of a film between its runs."""


@settings(max_examples=25, deadline=None)
@given(
    night=NIGHTS,
    films=st.lists(st.sampled_from(EDITED), min_size=5, max_size=5),
    limits=st.lists(st.sampled_from([None, 1, 3]), min_size=5, max_size=5),
    downloads=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_every_request_is_paid_once_however_the_film_is_edited_between_the_runs(
    night: Night,
    films: Sequence[Sequence[Take]],
    limits: Sequence[int | None],
    downloads: Sequence[bool],
) -> None:
    with simulated(night) as ledger:
        sim = ledger.sim
        for n, (end, number) in enumerate(night.ends):
            sim.takes = films[n]
            sim.selected = {take.id for take in sim.takes[: limits[n]]}
            sim.plan_options = PlanOptions(download=downloads[n])
            ledger.render(end, number)
            check_paid_once(ledger)
        sim.takes, sim.selected, sim.plan_options = films[-1], None, PlanOptions()
        ledger.end_all_faults()
        ledger.render("by itself", 0)
        check_paid_once(ledger)
        calls = len(sim.api.posts), len(sim.api.polls)
        ledger.render("by itself", 0)
        assert (len(sim.api.posts), len(sim.api.polls)) == calls


@contextmanager
def simulated(night: Night, takes: Sequence[Take] = ()) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        sim = Simulation(Path(folder) / "out", takes, patch, concurrency=night.concurrency)
        sim.latency_s = night.latency_s
        if night.log is not None:
            sim.api = ApiWithLog(sim, LOGS[night.log])
        yield Ledger(sim, [*night.posts], [*night.polls], [*night.fetches], [*night.uploads])


def live_through(night: Night, takes: Sequence[Take]) -> None:
    with simulated(night, takes) as ledger:
        for end, number in night.ends:
            ledger.render(end, number)
            check_paid_once(ledger)
            check_turns(ledger)
            check_uploaded_once(ledger)
        ledger.end_all_faults()
        ledger.render("by itself", 0)
        check_paid_once(ledger)
        check_turns(ledger)
        check_nothing_is_left(ledger)


def check_paid_once(ledger: Ledger) -> None:
    paid = Counter(ledger.tasks.values())
    assert max(paid.values(), default=0) <= 1, "paid twice"
    for prompt, calls in ledger.replies.items():
        for (run_before, before), (run, _) in pairwise(calls):
            is_later_account = before in ACCOUNT and run > run_before
            assert before in SAFE or is_later_account, f"{prompt} was sent again after {before!r}"
    rows = ledger.sim.submissions()
    known = {(row.task_id, str(row.payload["prompt"])) for row in rows if row.task_id}
    in_doubt = {
        str(row.payload["prompt"])
        for row in rows
        if row.state in (SubmissionState.SENDING, SubmissionState.UNKNOWN)
    }
    for task_id, prompt in ledger.tasks.items():
        assert (task_id, prompt) in known or prompt in in_doubt, f"{task_id} was lost"
    assert {task for task, _ in known} <= set(ledger.tasks), "a task that the API never gave"
    with closing(sqlite3.connect(ledger.sim.folder / FILE_NAME)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_uploaded_once(ledger: Ledger) -> None:
    """No content went up twice, unless it had to make room for another in between."""
    sim = ledger.sim
    with closing(sim._open()) as store:
        rows = store.uploads.of(sim.api.account(store.uploads.salt()))
    deleted = {row.sha256 for row in rows if row.is_deleted}
    for content, count in Counter(sim.stored).items():
        assert count == 1 or hashlib.sha256(content).hexdigest() in deleted, "uploaded twice"


def check_turns(ledger: Ledger) -> None:
    """What was sent for a take came after all before it had failed; and one at most is open."""
    rows = ledger.sim.submissions()
    for take in resolve_takes(ledger.sim.takes, rows):
        candidates = [one.fingerprint for one in (take, *take.fallbacks)]
        own = [row for row in rows if row.take == take.id]
        assert sum(row.state in OPEN_STATES for row in own) <= 1, f"{take.id}: two in flight"
        for row in own:
            before = candidates[: candidates.index(row.fingerprint)]
            ended = [
                min(
                    (
                        one.finished_at
                        for one in rows
                        if one.fingerprint == request and one.finished_at and is_failure(one)
                    ),
                    default=None,
                )
                for request in before
            ]
            is_turn = all(at is not None and at <= row.sent_at for at in ended)
            assert is_turn, f"{take.id}: {row.model} followed what had not failed"


def is_failure(row: Submission) -> bool:
    if row.state is SubmissionState.REJECTED:
        return row.http_status in (400, 404, 413, 415, 422)
    return row.state in (SubmissionState.FAILED, SubmissionState.CANCELED)


def check_nothing_is_left(ledger: Ledger) -> None:
    """After a last good run nothing is left to do, and another run does nothing."""
    sim = ledger.sim
    rows = sim.submissions()
    requests = {row.fingerprint for row in rows}
    for take in filter(is_resolved, resolve_takes(sim.takes, rows)):
        assert any(one.fingerprint in requests for one in (take, *take.fallbacks))
    decided = {row.fingerprint for row in rows if row.state in DECIDED_STATES}
    is_decided = {
        take.id
        for take in sim.takes
        if any(one.fingerprint in decided for one in (take, *take.fallbacks))
    }
    last = {row.take: row for row in rows}
    for row in last.values():
        assert row.state is not SubmissionState.ACCEPTED
        # Another of its models may have been submitted for another take meanwhile.
        assert row.state is not SubmissionState.UNAVAILABLE or row.take in is_decided
        if row.state is SubmissionState.SUCCEEDED:
            # No run is as long as a link is valid, so no video that was paid for is given up.
            is_here = row.video is not None and has_file(sim.folder, row.video)
            assert is_here, f"{row.take} is nowhere"
    videos = sim.folder / "videos"
    names = [path.name for path in videos.iterdir()] if videos.exists() else []
    assert not [name for name in names if not name.endswith(".v001.mp4")]
    calls = len(sim.api.posts), len(sim.api.polls)
    ledger.render("by itself", 0)
    assert (len(sim.api.posts), len(sim.api.polls)) == calls
    assert sim.submissions() == rows
