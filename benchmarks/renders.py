"""Output folders as earlier renders left them, made on the spot.

Also a program, `python -m benchmarks.renders FILM FOLDER [ORIGIN DONE]`: a
process that is started counts the memory of the one that started it as its own,
so whoever measures must stay small.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from storyboard.language.load import load_storyboard
from storyboard.models.catalog import load_catalog
from storyboard.outputs.write import write_outputs
from storyboard.planning.states import read_states
from storyboard.records import Storyboard, Submission, SubmissionState, Take, Video
from storyboard.state.store import Store
from storyboard.videos.files import snapshot_files

ORIGIN = "https://api.modellix.ai"
_SENT_AT = datetime(2026, 11, 22, 14, 3, 11, 250_000, tzinfo=timezone.utc)
_CONTENT = b"not a video, but as large as the state file says"

PutVideo = Callable[[Path], int]
"""Puts a video at a path, and tells its size in bytes."""


def read_storyboard(path: Path) -> Storyboard:
    """The storyboard, with all its takes."""
    return load_storyboard(path, load_catalog())


def put_stub(path: Path) -> int:
    """A file that is there and is no video."""
    path.write_bytes(_CONTENT)
    return len(_CONTENT)


def finish_render(board: Storyboard, folder: Path, *, put_video: PutVideo = put_stub) -> None:
    """The folder after a render that came to its end: all is done, and shown."""
    with closing(_open(board, folder, ORIGIN)) as store:
        with store.transaction():
            for take in board.takes:
                _finish(store, take, folder, put_video)
        states = read_states(board.takes, store.submissions(), has_file=snapshot_files(folder))
        write_outputs(board, ORIGIN, states, folder, store, now=_SENT_AT)


def kill_render(board: Storyboard, folder: Path, *, origin: str, done: int) -> None:
    """The folder after a render that was killed when so many takes were done.

    Of the rest, 20 had a task and three were being sent; no output was written yet.
    """
    rest = board.takes[done:]
    with closing(_open(board, folder, origin)) as store, store.transaction():
        for take in board.takes[:done]:
            _finish(store, take, folder, put_stub)
        for take in rest[:20]:
            _accept(store, take)
        for take in rest[20:23]:
            _send(store, take)


def _open(board: Storyboard, folder: Path, origin: str) -> Store:
    (folder / "videos").mkdir(parents=True)
    return Store(folder, origin=origin, storyboard=board.name)


def _send(store: Store, take: Take) -> Submission:
    return store.begin(
        take,
        endpoint=f"/api/v1/{take.model}/async",
        now=_SENT_AT,
        commit="8f0c" * 10,
        is_dirty=False,
        profile="studio",
        user_id="c0de" * 3,
    )


def _accept(store: Store, take: Take) -> Submission:
    sent = _send(store, take)
    accepted = SubmissionState.ACCEPTED
    changed = replace(sent, state=accepted, task_id=f"task-{sent.id:08d}", submitted_at=_SENT_AT)
    return store.update(replace(changed, http_status=200))


def _finish(store: Store, take: Take, folder: Path, put_video: PutVideo) -> None:
    sent = _accept(store, take)
    finished_at = _SENT_AT + timedelta(seconds=95)
    done = replace(
        sent,
        state=SubmissionState.SUCCEEDED,
        finished_at=finished_at,
        video_url=f"https://file.modellix.ai/videos/{sent.id:08d}.mp4?sign={'a1' * 32}",
        url_expires_at=finished_at + timedelta(days=7),
    )
    path = f"videos/{take.id}.v001.mp4"
    size_bytes = put_video(folder / path)
    video = Video(path, f"{sent.id:064x}", size_bytes, 1280, 720, 5.0, 24.0)
    store.add_video(store.update(done), video, version=1)


def main(arguments: Sequence[str]) -> None:
    """Makes the folder of a finished render, or with an origin and a count of a killed one."""
    film, folder, *rest = arguments
    board = read_storyboard(Path(film))
    if rest:
        kill_render(board, Path(folder), origin=rest[0], done=int(rest[1]))
    else:
        finish_render(board, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
