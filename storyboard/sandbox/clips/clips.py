"""The videos on disk, made on first use and only once for equal requests.

Drawing and encoding run in separate threads; the event loop only waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storyboard.records import Json, Payload
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import write_clip
from storyboard.sandbox.folder import is_plain_or_missing, make_folder
from storyboard.sandbox.tasks import Task

_DRAWING_VERSION = 4  # raised with each change to the pictures, so that clips on disk are redrawn
_WORKERS = 2


class Clips:
    """A folder of clips, and the threads that fill it."""

    def __init__(self, folder: Path) -> None:
        """Raises StateError if the folder is a link or cannot be made."""
        make_folder(folder)
        self._folder = folder
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox-clip")
        self._jobs: dict[Path, asyncio.Future[None]] = {}
        self._stopped = threading.Event()

    async def path_of(self, task: Task) -> Path:
        """The file of a task's video, created if it does not exist yet."""
        job = self.begin(task)
        if job:
            # One client that disconnects must not cancel the clip for the others.
            await asyncio.shield(job)
        return self._folder / clip_name(task)

    def begin(self, task: Task) -> asyncio.Future[None] | None:
        """Start making a task's video; None if it already exists."""
        path = self._folder / clip_name(task)
        is_there = path.is_file() and is_plain_or_missing(path)
        if path not in self._jobs and not is_there:
            job = asyncio.get_running_loop().run_in_executor(self._workers, self._make, task, path)
            job.add_done_callback(lambda job: self._end(path, job))
            self._jobs[path] = job
        return self._jobs.get(path)

    def _end(self, path: Path, job: asyncio.Future[None]) -> None:
        del self._jobs[path]
        # Nobody may be waiting; the next request starts over and reports what is wrong.
        if not job.cancelled():
            job.exception()

    def _make(self, task: Task, path: Path) -> None:
        spec = animatic_spec(task)
        size_px = (spec.width_px, spec.height_px)
        is_stopped = self._stopped.is_set
        write_clip(path, draw_frames(spec), fps=spec.fps, size_px=size_px, should_stop=is_stopped)

    def stop(self) -> None:
        """Stop making clips, each at its next frame."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, and wait for the threads to end."""
        self.stop()
        self._workers.shutdown(wait=True, cancel_futures=True)


def clip_name(task: Task) -> str:
    """The file name shared by all tasks with the same pictures."""
    size: list[Json] = [task.width_px, task.height_px, task.duration_s, task.fps]
    return f"{_digest([_DRAWING_VERSION, task.model, dict(task.payload), size])[:32]}.mp4"


def animatic_spec(task: Task) -> AnimaticSpec:
    """What a task's pictures show; its id and times do not matter."""
    payload = task.payload
    seed = payload.get("seed")
    # Some models take -1 for "choose one".
    chosen = seed if type(seed) is int and seed >= 0 else None
    return AnimaticSpec(
        prompt=str(payload.get("prompt", "")),
        negative_prompt=str(payload.get("negative_prompt") or ""),
        model=task.model,
        resolution=task.resolution,
        ratio=task.ratio,
        seed=chosen,
        scenery_seed=_digest([task.model, dict(payload)]) if chosen is None else str(chosen),
        width_px=task.width_px,
        height_px=task.height_px,
        duration_s=task.duration_s,
        fps=task.fps,
        media=tuple(_addresses_in(payload)),
    )


def _addresses_in(payload: Payload) -> Iterator[str]:
    """The addresses in a request's fields and lists, in the order of the request."""
    for value in payload.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.casefold().startswith(("https://", "http://")):
                yield text


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
