"""One film, a server that misbehaves, and a hand that kills the render again and again.

Writes a storyboard, serves the API in this process, runs the program in one
of its own, kills it with SIGKILL after so many of its lines, starts it again,
decides about what is unknown as an operator would, and goes on until nothing is
left to do. A film that is done before everything has happened to it grows by a
few shots. What came of it is checked by `books`.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TextIO

from storyboard import cli
from storyboard.errors import ExitCode
from storyboard.records import Payload, Submission, SubmissionState
from storyboard.recovery.decisions import abandoned, adopted, released, unknown_among
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from storyboard.sandbox.tasks import Task
from storyboard.state.queries import read_submissions
from storyboard.state.store import Store
from tests.chaos.books import HOLDING, check_after_a_kill, check_at_the_end
from tests.chaos.clips import quick_clips
from tests.chaos.film import find_statuses, write_film, write_stills
from tests.chaos.pictures import KeptFiles, kept_files
from tests.chaos.program import start
from tests.chaos.weather import EACH_ONCE, KINDS, make_storm, make_weather

REPO = Path(__file__).parents[2]
KEY = "mdlx-marked-key-of-the-chaos-test"

_ENDINGS = frozenset(
    {ExitCode.OK, ExitCode.INCOMPLETE, ExitCode.UNKNOWN, ExitCode.ACCOUNT}
)  # how a render may end by itself
_HANGS_S = 300.0  # no run takes so long, however busy the machine
_MAX_RUNS_TO_FINISH = 60
_MORE_TAKES = 20  # that the film grows by, where it is done before everything has happened
_STORM_EVERY = 9  # runs; no kill cuts a storm short
_BY_COMMAND = 4  # of the unknown outcomes at once; the others are written to the state file

_SETTINGS = SandboxSettings(
    render_time_s=0.15,
    render_time_spread_s=0.14,
    max_in_flight=12,
    requests_per_minute=100_000,
    retry_after_s=1,
)


@dataclass
class Figures:
    """What happened, in numbers."""

    seed: int
    takes: int
    kills: int = 0
    runs: int = 0
    breaker_trips: int = 0
    reconciled: int = 0
    adopted: int = 0
    resubmitted: int = 0
    resubmitted_carelessly: int = 0
    abandoned: int = 0
    posts: int = 0
    accepted: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    paid_twice: int = 0
    lost: int = 0
    wrong_takes: int = 0
    uploads: int = 0
    contents: int = 0
    deleted_files: int = 0
    uploaded_twice: int = 0
    seconds: float = 0.0


class Ordeal:
    """`takes` takes or some more, `kills` kills, everything else from `seed`."""

    def __init__(
        self,
        folder: Path,
        *,
        takes: int,
        kills: int,
        seed: int,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.film = folder / "film.yaml"
        self.output = folder / "renders" / "film"  # and the server's port, once it runs
        self.figures = Figures(seed=seed, takes=takes)
        self.files = KeptFiles()
        self.given_up: Counter[str] = Counter()  # tasks known to nobody, by their payload
        self._adopted: set[str] = set()  # by the decisions after this run
        self._given_up_tasks: set[str] = set()
        self._kills = kills
        self._rng = random.Random(seed)
        self._say = say
        self._log = folder / "log.txt"

    def run(self) -> Figures:
        """Everything, to the end; raises AssertionError where a promise was broken."""
        began = time.monotonic()
        self.film.parent.mkdir(parents=True, exist_ok=True)
        write_stills(self.film.parent)
        write_film(self.film, self.figures.takes)
        with (
            quick_clips(self.film.parent / "clips"),
            kept_files() as self.files,
            SandboxServer(settings=_SETTINGS, api_key=KEY) as server,
            _environment(server.base_url),
        ):
            port = server.base_url.rpartition(":")[2]
            self.output = self.output.with_name(f"film.127.0.0.1-{port}")
            self._until_done(server)
            self._count(server)
            check_at_the_end(self, server)
            self._check_that_nothing_is_left(server)
        self.figures.seconds = time.monotonic() - began
        return self.figures

    def _until_done(self, server: SandboxServer) -> None:
        max_runs = 2 * self._kills + _MAX_RUNS_TO_FINISH
        has_grown = False
        while self.figures.runs < max_runs:
            self.figures.runs += 1
            code = self._run_once(server, is_storm=has_grown and not self.figures.breaker_trips)
            has_grown = False
            self._say(f"run {self.figures.runs}: {_words_for(code)}")
            if code is None:
                check_after_a_kill(self)
                continue
            assert code in _ENDINGS, f"a render ended with {code}; see {self._log}"
            self.figures.breaker_trips += code == ExitCode.ACCOUNT
            unknown = unknown_among(read_submissions(self.output))
            if not unknown and code != ExitCode.ACCOUNT and self._is_all_here():
                if self._has_seen_everything(server):
                    return
                self.figures.takes += _MORE_TAKES
                write_film(self.film, self.figures.takes)
                has_grown = True
            server.faults = Faults()
            self._decide_unknown(server)
        raise AssertionError(f"not done after {max_runs} runs (seed {self.figures.seed})")

    def _run_once(self, server: SandboxServer, *, is_storm: bool) -> int | None:
        if self.figures.runs == 1:
            server.faults = EACH_ONCE
            return self._render((80, 0.0))
        if is_storm or self.figures.runs % _STORM_EVERY == 0:
            server.faults = make_storm(self._rng)
            return self._render(None)
        server.faults = make_weather(self._rng, missing=self._missing_faults(server))
        return self._render(self._next_kill(), *self._some_options())

    def _missing_faults(self, server: SandboxServer) -> list[str]:
        return [name for name in KINDS if not server.ledger.faults[name]]

    def _has_seen_everything(self, server: SandboxServer) -> bool:
        """Every fault has struck, the breaker has tripped, and the program was killed enough."""
        is_enough = self.figures.kills >= self._kills and self.figures.breaker_trips > 0
        return is_enough and not self._missing_faults(server)

    # The program

    def _render(self, die_after: tuple[int, float] | None, *options: str) -> int | None:
        """One run of the program: its exit code, or None where it was killed.

        It is killed after so many of its lines, and so many seconds more.
        """
        arguments = ["render", str(self.film), "--yes", *options]
        process, stderr = start(arguments, REPO)
        watchdog = threading.Timer(_HANGS_S, process.kill)
        watchdog.start()
        output = _listen_and_kill(process, stderr, die_after)
        process.join()
        is_hung = watchdog.finished.is_set()
        watchdog.cancel()
        code = process.exitcode or 0
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ storyboard {' '.join(arguments)}\n{output}")
        assert not is_hung, f"a render hung; see {self._log}"
        assert "Traceback" not in output, f"see {self._log}"
        if code >= 0:
            return code
        self.figures.kills += 1
        return None

    def _some_options(self) -> list[str]:
        options = []
        if self._rng.random() < 0.3:
            options += ["--concurrency", str(self._rng.randint(1, 20))]
        if self._rng.random() < 0.3:
            options.append("--no-download")
        return options

    def _next_kill(self) -> tuple[int, float] | None:
        """After how many lines and seconds the next run dies; None once there were enough."""
        if self.figures.kills >= self._kills:
            return None
        if self._rng.random() < 0.1:
            return 0, self._rng.uniform(0.0, 1.5)  # while it starts
        return self._rng.randint(1, 15), self._rng.choice((0.0, self._rng.uniform(0.0, 0.05)))

    # The operator

    def _decide_unknown(self, server: SandboxServer) -> None:
        """First the request log, then the console, which shows what was asked for.

        A few by the command; hundreds by what the command does, at once.
        """
        before = unknown_among(read_submissions(self.output))
        if before:
            self._command("reconcile", str(self.film))
        unknown = unknown_among(read_submissions(self.output))
        self.figures.reconciled += len(before) - len(unknown)
        by_hand = []
        self._adopted.clear()
        for submission in unknown:
            strays = self._strays_of(server, submission)
            decided = self._decide(submission, strays[-1] if strays else None)
            by_hand.append(decided)
        for decided in by_hand[:_BY_COMMAND]:
            self._resolve(decided)
        opened = closing(Store(self.output, origin=server.base_url, storyboard="film"))
        with opened as store, store.transaction():
            for decided in by_hand[_BY_COMMAND:]:
                store.update(decided)

    def _strays_of(self, server: SandboxServer, submission: Submission) -> list[Task]:
        """The tasks in the console that may be this submission's."""
        name = _name(submission.payload)
        # A row that is unknown or given up may name a task that the API gave to several.
        held = {one.task_id for one in read_submissions(self.output) if one.state in HOLDING}
        known = held | self._adopted | self._given_up_tasks
        return [
            task
            for task in server.ledger.submissions
            if _name(task.payload) == name and task.id not in known
        ]

    def _decide(self, submission: Submission, stray: Task | None) -> Submission:
        now, chance = datetime.now(timezone.utc), self._rng.random()
        if stray is not None and chance < 0.9:
            self.figures.adopted += 1
            self._adopted.add(stray.id)
            return adopted(submission, stray.id)
        if stray is not None:
            self.given_up[_name(submission.payload)] += 1
            self._given_up_tasks.add(stray.id)
        if chance > 0.95:
            self.figures.abandoned += 1
            return abandoned(submission, now=now)
        self.figures.resubmitted += stray is None
        self.figures.resubmitted_carelessly += stray is not None
        return released(submission, now=now)

    def _resolve(self, decided: Submission) -> None:
        choice = {
            SubmissionState.RELEASED: ["--resubmit"],
            SubmissionState.ABANDONED: ["--abandon"],
        }.get(decided.state, ["--task-id", decided.task_id or ""])
        number = ["--submission", str(decided.id)]
        self._command("resolve", str(self.film), decided.take, *choice, *number)

    def _command(self, *arguments: str) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = cli.run(arguments)
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ storyboard {' '.join(arguments)}\n{out.getvalue()}")
        assert code in _ENDINGS, out.getvalue()

    def _check_that_nothing_is_left(self, server: SandboxServer) -> None:
        before = server.ledger.data
        manifest = (self.output / "manifest.json").read_bytes()
        self._command("render", str(self.film), "--yes")
        assert server.ledger.data == before
        assert (self.output / "manifest.json").read_bytes() == manifest

    # The figures

    def _is_all_here(self) -> bool:
        self.figures.statuses = Counter(find_statuses(self.output).values())
        return self.figures.statuses.keys() <= {"done", "failed", "held"}

    def _count(self, server: SandboxServer) -> None:
        figures = self.figures
        figures.posts = server.ledger.posts
        figures.accepted = len(server.ledger.submissions)
        figures.faults = Counter({name: server.ledger.faults[name] for name in KINDS})
        figures.uploads, figures.contents = self.files.uploaded.total(), len(self.files.uploaded)
        figures.deleted_files = len(self.files.deleted)


def _listen_and_kill(
    process: BaseProcess, stderr: TextIO, die_after: tuple[int, float] | None
) -> str:
    """All that the program says until it ends, or is killed."""
    lines: list[str] = []
    with stderr:
        while die_after is None or len(lines) < die_after[0]:
            line = stderr.readline()
            if not line:
                break
            lines.append(line)
        else:
            process.join(die_after[1])  # a moment more, at random
            process.kill()
        return "".join([*lines, stderr.read()])


def _name(payload: Payload) -> str:
    """The prompts tell the requests apart."""
    return str(payload["prompt"])


def _words_for(code: int | None) -> str:
    return "killed" if code is None else f"ended with {code}"


@contextmanager
def _environment(base_url: str) -> Iterator[None]:
    """The account of this world, for the program and for the commands called here."""
    ours = {"MODELLIX_API_KEY": KEY, "MODELLIX_BASE_URL": base_url, "PYTHONPATH": str(REPO)}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
