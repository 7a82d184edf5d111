"""The manifest as a value, and as `manifest.json`: same value, same bytes, and back.

Reads that one file. What makes a file unusable stands in
`manifest_checks`.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from storyboard.bulk import maker_of
from storyboard.errors import UsageError
from storyboard.outputs.manifest.checks import manifest_problem, parse_manifest
from storyboard.outputs.manifest.indented_json import flat_objects, indented
from storyboard.outputs.manifest.times import read_time, time_text
from storyboard.records import Json, Payload, TakeStatus, Video

SCHEMA_VERSION = 1
MAX_BYTES = 256 * 1024 * 1024  # 100,000 takes, the most a storyboard has, come to some 150 MB

_STRICT = {"ensure_ascii": False, "allow_nan": False}


@dataclass(frozen=True, slots=True)
class ManifestTake:
    """One block of the manifest: a take, and what is known of its submission.

    The fields are those of `schemas/manifest.schema.json`, which explains
    them. Times are UTC, in whole seconds. `file` is the video as it was
    downloaded; it is in place where `status` is done.
    """

    id: str
    scene: str | None
    shot: str
    take: int
    status: TakeStatus
    model: str
    payload: Payload
    fingerprint: str
    endpoint: str | None = None
    task_id: str | None = None
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    http_status: int | None = None
    commit: str | None = None
    is_dirty: bool | None = None
    video_url: str | None = None
    url_expires_at: datetime | None = None
    file: Video | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, read or to be written. `storyboard` is the storyboard's name."""

    storyboard: str
    title: str | None
    origin: str
    takes: tuple[ManifestTake, ...]

    @property
    def name(self) -> str:
        """The storyboard's name, so that a manifest can stand in for the storyboard it is of."""
        return self.storyboard


_STATUSES = {status.value: status for status in TakeStatus}
_make_take = maker_of(ManifestTake)
_make_video = maker_of(Video)


def manifest_bytes(manifest: Manifest) -> bytes:
    """The content of manifest.json: the same for the same manifest."""
    head = {
        "schema_version": SCHEMA_VERSION,
        "storyboard": manifest.storyboard,
        "title": manifest.title,
        "origin": manifest.origin,
        "takes": [],
    }
    before, after = indented(head, **_STRICT).split("[]\n")
    blocks = b",\n    ".join(_blocks(manifest.takes))
    takes = b"[\n    %b\n  ]" % blocks if blocks else b"[]"
    return b"%b%b\n%b\n" % (before.encode(), takes, after.encode())


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in a file, checked throughout; None where there is no such file.

    Raises UsageError where it cannot be read or is not a manifest: to take it
    for missing would be to pay for its takes again.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise _unusable(path, "it is not a file")
        if found.st_size > MAX_BYTES:
            raise _unusable(path, f"it is larger than {MAX_BYTES // 2**20} MiB")
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from error
    try:
        document: Any = parse_manifest(data)
    except ValueError as error:
        raise _unusable(path, str(error)) from error
    if problem := manifest_problem(document):
        raise _unusable(path, problem)
    return Manifest(
        storyboard=document["storyboard"],
        title=document["title"],
        origin=document["origin"],
        takes=tuple(_read_take(block) for block in document["takes"]),
    )


def _unusable(path: Path, problem: str) -> UsageError:
    return UsageError(
        f"{path} cannot be used as a manifest: {problem}",
        next_step=f"put back the version in git, with: git checkout -- {path} "
        "(without a manifest, a folder whose state file is gone pays for its takes again)",
    )


def _blocks(takes: Sequence[ManifestTake]) -> Iterator[bytes]:
    """The block of each take, in the order in which people read it.

    Its flat parts are encoded many takes at a time, and then put together.
    """
    files = flat_objects([_file_document(take.file) for take in takes if take.file], 6, **_STRICT)
    parts = zip(
        takes,
        flat_objects([_request_document(take) for take in takes], 4, **_STRICT),
        flat_objects([dict(take.payload) for take in takes], 6, **_STRICT),
        flat_objects([_answer_document(take) for take in takes], 4, **_STRICT),
        flat_objects([{"error": take.error} for take in takes], 4, **_STRICT),
        strict=True,
    )
    for take, request, payload, answer, error in parts:
        file = next(files) if take.file else "null"
        yield (
            f'{request[:-6]},\n      "payload": {payload},{answer[1:-6]},\n      "file": {file},'
            f"{error[1:]}"
        ).encode()


def _request_document(take: ManifestTake) -> dict[str, Json]:
    return {
        "id": take.id,
        "scene": take.scene,
        "shot": take.shot,
        "take": take.take,
        "status": take.status.value,
        "model": take.model,
    }


def _answer_document(take: ManifestTake) -> dict[str, Json]:
    return {
        "fingerprint": take.fingerprint,
        "commit": take.commit,
        "is_dirty": take.is_dirty,
        "endpoint": take.endpoint,
        "task_id": take.task_id,
        "submitted_at": _written_time(take.submitted_at),
        "finished_at": _written_time(take.finished_at),
        "http_status": take.http_status,
        "video_url": take.video_url,
        "url_expires_at": _written_time(take.url_expires_at),
    }


def _file_document(video: Video) -> dict[str, Json]:
    return {
        "path": video.path,
        "sha256": video.sha256,
        "bytes": video.size_bytes,
        "width": video.width,
        "height": video.height,
        "duration_s": _written_number(video.duration_s),
        "fps": _written_number(video.fps),
    }


def _read_take(block: dict[str, Any]) -> ManifestTake:
    return _make_take(
        block["id"],
        block["scene"],
        block["shot"],
        int(block["take"]),
        _STATUSES[block["status"]],
        block["model"],
        block["payload"],
        block["fingerprint"],
        block["endpoint"],
        block["task_id"],
        _time(block["submitted_at"]),
        _time(block["finished_at"]),
        _whole(block["http_status"]),
        block["commit"],
        block["is_dirty"],
        block["video_url"],
        _time(block["url_expires_at"]),
        _read_file(block["file"]) if block["file"] else None,
        block["error"],
    )


def _read_file(block: dict[str, Any]) -> Video:
    return _make_video(
        block["path"],
        block["sha256"],
        int(block["bytes"]),
        _whole(block["width"]),
        _whole(block["height"]),
        _fraction(block["duration_s"]),
        _fraction(block["fps"]),
    )


def _written_time(time: datetime | None) -> str | None:
    return time_text(time) if time else None


def _written_number(number: float | None) -> Json:
    """5 for 5.0: a length is measured as either, and the bytes are to be the same."""
    return int(number) if number is not None and number == int(number) else number


def _time(text: str | None) -> datetime | None:
    return read_time(text) if text else None


def _whole(number: float | None) -> int | None:
    # JSON Schema takes 200.0 for an integer.
    return None if number is None else int(number)


def _fraction(number: float | None) -> float | None:
    return None if number is None else float(number)
