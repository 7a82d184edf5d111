"""The manifest as a value and as `manifest.json`; equal values give equal bytes, and back.

Reads that one file, which may hold both sides of a merge. `checks` says what makes a
file unusable, and `conflicts` reads git's conflict markers.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from storyboard.atomic_files import read_plain
from storyboard.errors import UnusableManifest
from storyboard.media import Input
from storyboard.outputs.manifest.checks import (
    FIRST_WITH_INPUTS,
    SCHEMA_VERSION,
    bring_up_to_date,
    manifest_problem,
    parse_manifest,
)
from storyboard.outputs.manifest.conflicts import split_sides
from storyboard.outputs.manifest.inputs import input_documents, read_inputs
from storyboard.outputs.manifest.times import read_time, time_text
from storyboard.records import Json, Payload, TakeStatus, Video

MAX_BYTES = 256 * 1024 * 1024  # 100,000 takes, the most a storyboard has, come to about 150 MB


@dataclass(frozen=True, slots=True)
class ManifestTake:
    """One block of the manifest: a take, and what is known of its submission.

    The fields are those of `schemas/manifest.schema.json`, which explains them, in the order
    of the file. Times are UTC, in whole seconds. `file` is the video as it was first
    downloaded, on any machine. Takes are only `done` in the copy for the gallery, which is
    never written as a manifest. `failed_candidates` are blocks of the take's other models,
    which led to nothing. They repeat the take's own fields. The file omits them, and
    `inputs`, if there are none.
    """

    id: str
    scene: str | None
    shot: str
    take: int
    status: TakeStatus
    model: str
    payload: Payload
    fingerprint: str
    commit: str | None = None
    is_dirty: bool | None = None
    endpoint: str | None = None
    task_id: str | None = None
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    http_status: int | None = None
    estimate_usd: float | None = None
    billed_usd: float | None = None
    video_url: str | None = None
    url_expires_at: datetime | None = None
    file: Video | None = None
    error: str | None = None
    inputs: tuple[Input, ...] = ()
    failed_candidates: tuple[ManifestTake, ...] = ()


_OPTIONAL = frozenset({"inputs", "failed_candidates"})
_FIELDS = tuple(one.name for one in fields(ManifestTake) if one.name not in _OPTIONAL)

_CANDIDATE = (
    *("status", "model", "payload", "fingerprint", "commit", "is_dirty", "endpoint", "task_id"),
    *("submitted_at", "finished_at", "http_status", "estimate_usd", "billed_usd", "error"),
)
"""The fields of a failed candidate: those of a take that are not shared with it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, read or to be written. `storyboard` is the storyboard's name.

    `scene_titles`, by scene id, are for the gallery; the file does not contain them.
    """

    storyboard: str
    title: str | None
    origin: str
    takes: tuple[ManifestTake, ...]
    spent_usd: float = 0
    scene_titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> Iterator[ManifestTake]:
        """The blocks of all submissions: for each take, its failed candidates and then itself."""
        for take in self.takes:
            yield from take.failed_candidates
            yield take


def manifest_bytes(manifest: Manifest) -> bytes:
    """The content of manifest.json. Equal manifests give equal bytes.

    A film without files and frames has the version that had none, which more programs read.
    """
    has_inputs = any(take.inputs for take in manifest.takes)
    document = {
        "schema_version": SCHEMA_VERSION if has_inputs else FIRST_WITH_INPUTS - 1,
        "storyboard": manifest.storyboard,
        "title": manifest.title,
        "origin": manifest.origin,
        "spent_usd": _written_number(manifest.spent_usd),
        "takes": [_take_document(take) for take in manifest.takes],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def read_manifests(path: Path) -> tuple[Manifest, ...]:
    """The fully checked manifest in a file, or both sides of a merge; empty if there is no file.

    Raises UnusableManifest if it cannot be read or is not a manifest: treating it as
    missing would mean paying for its takes again.
    """
    try:
        data = read_bytes(path)
    except ValueError as error:
        raise _unusable(path, error) from error
    return () if data is None else manifests_in(data, path)


def manifests_in(data: bytes, path: Path) -> tuple[Manifest, ...]:
    """The fully checked manifests in `data`, which was read from `path`; see `read_manifests`."""
    try:
        return parse_manifests(data)
    except ValueError as error:
        raise _unusable(path, error) from error


def read_bytes(path: Path) -> bytes | None:
    """The file's content, or None if missing. Raises ValueError if it is not a plain file."""
    try:
        found = path.lstat()  # a link would lead to what the film may not read
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is not a file")
        if found.st_size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES // 2**20} MiB")
        return read_plain(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(error.strerror or type(error).__name__) from error


def readable_bytes(path: Path) -> bytes:
    """The file's content; empty if it is missing, not a plain file or unreadable."""
    try:
        return read_bytes(path) or b""
    except ValueError:
        return b""


def parse_manifests(data: bytes) -> tuple[Manifest, ...]:
    """The manifest in a text, or ours and theirs if it contains git's conflict markers.

    Raises ValueError with the reason if it is not a manifest, or if one of the sides,
    without the markers, is not.
    """
    sides = split_sides(data)
    if len(sides) == 1:
        return (_parse(data),)
    manifests = []
    for name, side in zip(("ours", "theirs"), sides, strict=True):
        try:
            manifests.append(_parse(side))
        except ValueError as error:
            raise ValueError(
                f"it contains git conflict markers, and its side {name} is not a manifest: {error}"
            ) from error
    return tuple(manifests)


def _parse(data: bytes) -> Manifest:
    document: Any = parse_manifest(data)
    bring_up_to_date(document)
    if problem := manifest_problem(document):
        raise ValueError(problem)
    return Manifest(
        storyboard=document["storyboard"],
        title=document["title"],
        origin=document["origin"],
        spent_usd=float(document["spent_usd"]),
        takes=tuple(_read_take(block) for block in document["takes"]),
    )


def _unusable(path: Path, problem: ValueError) -> UnusableManifest:
    return UnusableManifest(
        f"{path} cannot be used as a manifest: {problem}",
        next_step="restore a copy from before it was damaged",
    )


def _take_document(take: ManifestTake) -> dict[str, Json]:
    document = {name: _written(getattr(take, name)) for name in _FIELDS}
    if take.inputs:
        document["inputs"] = input_documents(take.inputs)
    if take.failed_candidates:
        document["failed_candidates"] = [
            {name: _written(getattr(one, name)) for name in _CANDIDATE}
            for one in take.failed_candidates
        ]
    return document


def _written(value: Any) -> Json:
    """The value of a field as JSON."""
    if isinstance(value, TakeStatus):
        return value.value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Video):
        return _file_document(value)
    if isinstance(value, float):
        return _written_number(value)
    return dict(value) if isinstance(value, Mapping) else value


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


def _read_take(block: Mapping[str, Any]) -> ManifestTake:
    values = {name: block[name] for name in _FIELDS}
    values["inputs"] = read_inputs(block["payload"], block.get("inputs", ()))
    values["failed_candidates"] = tuple(
        _read_take({**block, **_NO_VIDEO, **one}) for one in block.get("failed_candidates", ())
    )
    for name in ("submitted_at", "finished_at", "url_expires_at"):
        values[name] = read_time(block[name]) if block[name] else None
    values["take"] = int(block["take"])
    values["status"] = TakeStatus(block["status"])
    values["http_status"] = _whole(block["http_status"])
    values["file"] = _read_file(block["file"]) if block["file"] else None
    values["estimate_usd"] = _fraction(block["estimate_usd"])
    values["billed_usd"] = _fraction(block["billed_usd"])
    return ManifestTake(**values)


def _read_file(block: dict[str, Any]) -> Video:
    return Video(
        path=block["path"],
        sha256=block["sha256"],
        size_bytes=int(block["bytes"]),
        width=_whole(block["width"]),
        height=_whole(block["height"]),
        duration_s=_fraction(block["duration_s"]),
        fps=_fraction(block["fps"]),
    )


_NO_VIDEO: Mapping[str, Any] = {
    **dict.fromkeys(("video_url", "url_expires_at", "file")),
    **dict.fromkeys(_OPTIONAL, ()),
}


def _written_number(number: float | None) -> Json:
    """5 for 5.0: a length may be measured as either, and the bytes must be the same."""
    return int(number) if number is not None and number == int(number) else number


def _whole(number: float | None) -> int | None:
    # JSON Schema accepts 200.0 as an integer.
    return None if number is None else int(number)


def _fraction(number: float | None) -> float | None:
    return None if number is None else float(number)
