"""The videos on disk, made on first use and only once for equal requests.

Drawing and encoding run in separate threads; the event loop only waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from storyboard.atomic_files import is_plain_file, read_plain, write_atomically
from storyboard.records import Json, Payload
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import write_clip
from storyboard.sandbox.clips.pictures import Picture, max_content_bytes, pictures_from_bytes
from storyboard.sandbox.folder import make_folder
from storyboard.sandbox.tasks import Task

_DRAWING_VERSION = 4  # raised with each change to the pictures, so that clips on disk are redrawn
_WORKERS = 2
_PICTURES = ".pictures"  # in place of the clip's ending


class PicturesLost(Exception):
    """The pictures of a task are no longer in the sandbox's folder, so nothing can be drawn."""


class Clips:
    """A folder of clips, and the threads that fill it."""

    def __init__(self, folder: Path) -> None:
        """Raises StateError if the folder is a link or cannot be made."""
        make_folder(folder)
        self._folder = folder
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox-clip")
        self._jobs: dict[Path, asyncio.Future[None]] = {}
        self._stopped = threading.Event()
        self._pictures_lock = threading.Lock()

    def store_pictures(self, task: Task, pictures: bytes) -> None:
        """Store the pictures of a task, as `decode_pictures` made them, until its clip is drawn.

        May be called from any thread. Raises StateError if they cannot be written.
        """
        with self._pictures_lock:
            if not is_plain_file(self._folder / clip_name(task)):
                write_atomically(self._pictures_of(task), pictures)

    def remove_other_pictures(self, tasks: Iterable[Task]) -> None:
        """Remove the pictures that none of these tasks needs, left by a server that was killed."""
        needed = {self._pictures_of(task) for task in tasks if task.content is not None}
        for path in set(self._folder.glob(f"*{_PICTURES}")) - needed:
            with suppress(OSError):  # it may be a folder
                path.unlink()

    def _pictures_of(self, task: Task) -> Path:
        return (self._folder / clip_name(task)).with_suffix(_PICTURES)

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
        if path not in self._jobs and not is_plain_file(path):
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
        spec = animatic_spec(task, self._read_pictures(task))
        size_px = (spec.width_px, spec.height_px)
        is_stopped = self._stopped.is_set
        write_clip(path, draw_frames(spec), fps=spec.fps, size_px=size_px, should_stop=is_stopped)
        with self._pictures_lock, suppress(OSError):
            self._pictures_of(task).unlink()

    def _read_pictures(self, task: Task) -> tuple[Picture, ...]:
        """The pictures stored for a task; raises PicturesLost if they are gone or changed."""
        if task.content is None:
            return ()
        size_px = (task.width_px, task.height_px)
        try:
            content = read_plain(self._pictures_of(task), max_content_bytes(size_px))
            return pictures_from_bytes(content, size_px)
        except (OSError, ValueError):
            raise PicturesLost from None

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
    return f"{_digest([_DRAWING_VERSION, task.model, dict(task.drawn), size])[:32]}.mp4"


def animatic_spec(task: Task, pictures: tuple[Picture, ...] = ()) -> AnimaticSpec:
    """What a task's clip shows; its id and times do not matter."""
    payload, drawn = task.payload, task.drawn
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
        scenery_seed=_digest([task.model, dict(drawn)]) if chosen is None else str(chosen),
        width_px=task.width_px,
        height_px=task.height_px,
        duration_s=task.duration_s,
        fps=task.fps,
        media=tuple(_addresses_in(drawn)),
        pictures=pictures,
    )


def _addresses_in(payload: Payload) -> Iterator[str]:
    """The addresses in a request's fields and lists, in the order of the request."""
    for value in payload.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.casefold().startswith(("https://", "http://")):
                yield text


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
