"""The pictures that are read for the takes to be submitted next, on worker threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from storyboard.engine.events import Event, PictureRead, guarded
from storyboard.engine.job import Job
from storyboard.engine.pictures import NoPicture, Picture, PictureKey, read_file, read_frame
from storyboard.engine.run import Run
from storyboard.media import FileInput, Input
from storyboard.records import Take, Video

_MAX_HELD_BYTES = 128 << 20  # no further picture is read while those held have as many
_MAX_READING = 2  # at once, since it is not known how large they are


class PictureReads:
    """Keeps what the current takes need; the calls for worker threads go to `calls`."""

    def __init__(self, run: Run, calls: deque[Callable[[], Event]]) -> None:
        self._run = run
        self._calls = calls
        self._reading: set[PictureKey] = set()
        self._read: dict[PictureKey, Picture | NoPicture] = {}
        self._digests: dict[PictureKey, str] = {}
        self._wanted: set[PictureKey] = set()
        self._has_put_off = False  # a picture, because of those held
        self._videos: dict[tuple[str, str], list[Video]] = {}  # by job and sha256
        self._indexed: set[str] = set()
        self.is_due = False  # whether a picture that was put off may be read now

    def digest(self, job: Job, take: Take, one: Input) -> str | None:
        """The sha256 of a picture, if it is known without reading the picture again."""
        return one.sha256 if isinstance(one, FileInput) else self._digests.get(_key(job, take, one))

    def get(self, job: Job, take: Take, one: Input) -> Picture | NoPicture | None:
        """A picture of a take; None while it is being read."""
        key = _key(job, take, one)
        self._wanted.add(key)
        if key in self._read:
            return self._read[key]
        if key in self._reading or len(self._reading) >= _MAX_READING:
            return None
        if self._is_full:
            self._has_put_off = True
        else:
            self._reading.add(key)
            read = self._reader(job, take, one)
            self._calls.append(guarded(lambda: PictureRead(key, read())))
        return None

    def on_read(self, event: PictureRead) -> None:
        """Notes a picture for the takes that need it."""
        key = event.key
        self._reading.discard(key)
        self._read[key] = event.result
        if isinstance(event.result, Picture):
            self._digests[key] = event.result.sha256

    def keep_wanted(self) -> None:
        """Drops what was not asked for since the last call."""
        self._read = {key: each for key, each in self._read.items() if key in self._wanted}
        self._wanted.clear()
        self.is_due = self._has_put_off and not self._is_full
        self._has_put_off = False

    def add_video(self, job: Job, video: Video) -> None:
        """Notes a video that is now in place."""
        self._videos.setdefault((job.name, video.sha256), []).append(video)

    @property
    def _is_full(self) -> bool:
        held = (each for each in self._read.values() if isinstance(each, Picture))
        return sum(len(each.content) for each in held) >= _MAX_HELD_BYTES

    def _reader(self, job: Job, take: Take, one: Input) -> Callable[[], Picture | NoPicture]:
        if isinstance(one, FileInput):
            return partial(read_file, one, job.read_file)
        settings = self._run.settings
        return partial(
            read_frame,
            one,
            job.folder,
            self._videos_of(job, one.video or ""),
            extract_frame=settings.extract_frame,
            check=partial(settings.check_picture, take.model, one.at),
        )

    def _videos_of(self, job: Job, sha256: str) -> list[Video]:
        if job.name not in self._indexed:
            self._indexed.add(job.name)
            for sent in job.store.submissions():
                if sent.video is not None:
                    self.add_video(job, sent.video)
        return list(self._videos.get((job.name, sha256), ()))


def _key(job: Job, take: Take, one: Input) -> PictureKey:
    source = one._replace(at=())
    if isinstance(one, FileInput):
        return PictureKey(job.name, source)  # checked when the storyboard was read
    return PictureKey(job.name, source, take.model, one.at)
