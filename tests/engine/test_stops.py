"""The most important test: a run is killed at every commit and every reply in turn.

An instant is a moment at which a kill could matter: before and after each
commit, before and after each POST, after each poll, before and after each
video is moved into place. The run is ended there as a kill would end it, and
started again; then the server's ledger is compared with the state file.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storyboard.api.protocols import Api
from storyboard.records import Payload, Submission, SubmissionState
from storyboard.replies import SubmitReply, TaskReply
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from storyboard.state.store import Store
from storyboard.videos import files as video_files
from storyboard.videos.result import FetchResult
from tests.engine.rig import MODEL, Rig, make_takes, tiny_fetch

TAKES = 3
SERVER = SandboxSettings(render_time_s=0, max_in_flight=50, requests_per_minute=100_000)


class Killed(BaseException):
    """Stands for a kill of the process: nothing after this instant happens."""


class Fuse:
    """Counts instants, in all threads, and raises Killed at the chosen one and all later ones."""

    def __init__(self, blows_at: int | None) -> None:
        self.count = 0
        self.names: list[str] = []
        self.has_blown = False
        self._blows_at = blows_at
        self._lock = threading.Lock()

    def instant(self, name: str) -> None:
        with self._lock:
            if self.has_blown:
                raise Killed
            self.count += 1
            self.names.append(name)
            if self.count == self._blows_at:
                self.has_blown = True
                raise Killed


class FusedApi:
    def __init__(self, api: Api, fuse: Fuse) -> None:
        self._api = api
        self._fuse = fuse

    @property
    def origin(self) -> str:
        return self._api.origin

    def submit(self, endpoint: str, payload: Payload, *, user_id: str | None = None) -> SubmitReply:
        self._fuse.instant("before a POST")
        reply = self._api.submit(endpoint, payload, user_id=user_id)
        self._fuse.instant("after a POST")
        return reply

    def poll(self, task_id: str) -> TaskReply:
        reply = self._api.poll(task_id)
        self._fuse.instant("after a poll")
        return reply

    def close(self) -> None:
        self._api.close()


class FusedStore(Store):
    """The same open state file, with an instant on each side of every commit."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        vars(self).update(vars(store))
        self._fuse = fuse

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = self._db.total_changes
        with super().transaction():
            yield
            is_change = self._db.total_changes != before
            if is_change:
                self._fuse.instant("before a commit")
        if is_change:
            self._fuse.instant("after a commit")


def fused_fetch(fuse: Fuse) -> Callable[[Submission, Path], FetchResult]:
    def fetch(submission: Submission, part: Path) -> FetchResult:
        fetched = tiny_fetch(submission, part)
        fuse.instant("after a download")
        return fetched

    return fetch


def render_until(fuse: Fuse, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run that ends where the fuse blows, if it does."""

    def move(folder: Path, part: Path, path: str) -> None:
        fuse.instant("before a move")
        move_into_place(folder, part, path)
        fuse.instant("after a move")

    move_into_place = video_files.move_into_place
    rig.fetch = fused_fetch(fuse)
    rig.wrap_api = lambda api: FusedApi(api, fuse)
    rig.wrap_store = lambda store: FusedStore(store, fuse)
    with monkeypatch.context() as patch:
        patch.setattr(video_files, "move_into_place", move)
        # A kill does not wait for open POSTs, as the end of a run after an error does.
        patch.setattr("storyboard.engine.ending._OPEN_POSTS_WAIT_S", 0.0)
        with suppress(Killed):
            rig.render()


def fresh_rig(folder: Path, server: SandboxServer) -> Rig:
    return Rig(folder, server.base_url, make_takes(TAKES), concurrency=2)


def test_a_run_stopped_at_any_instant_pays_once_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SandboxServer(settings=SERVER) as server:
        whole = Fuse(None)
        render_until(whole, fresh_rig(tmp_path / "whole", server), monkeypatch)
        assert {"before a commit", "after a POST", "after a poll", "after a move"} <= set(
            whole.names
        )
    for instant in range(1, whole.count + 1):
        with SandboxServer(settings=SERVER) as server:
            rig = fresh_rig(tmp_path / f"stop-{instant}", server)
            render_until(Fuse(instant), rig, monkeypatch)
            rig.wrap_api, rig.wrap_store = (lambda api: api), (lambda store: store)
            rig.fetch = tiny_fetch
            rig.render()
            check_ledger(rig, server, instant)


def check_ledger(rig: Rig, server: SandboxServer, instant: int) -> None:
    accepted = Counter(str(task.payload["prompt"]) for task in server.ledger.submissions)
    assert max(accepted.values()) == 1, f"paid twice when stopped at instant {instant}"
    submissions = rig.submissions()
    known = {item.task_id for item in submissions}
    in_doubt = {
        str(item.payload["prompt"])
        for item in submissions
        if item.state in (SubmissionState.SENDING, SubmissionState.UNKNOWN)
    }
    for task in server.ledger.submissions:
        assert task.id in known or task.payload["prompt"] in in_doubt, (
            f"task {task.id} was lost when stopped at instant {instant}"
        )
    assert set(rig.statuses()) <= {"done", "unknown"}, instant
    files = {path.name for path in (rig.folder / "videos").iterdir()}
    assert not [name for name in files if ".v002." in name], instant
    assert {item.model for item in submissions} <= {MODEL}


def test_a_run_that_is_not_stopped_leaves_nothing_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SandboxServer(settings=SERVER) as server:
        rig = fresh_rig(tmp_path / "out", server)
        render_until(Fuse(None), rig, monkeypatch)
        assert rig.statuses() == ["done"] * TAKES
