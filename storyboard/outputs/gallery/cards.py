"""What the gallery shows about each take, as text. Pure; nothing here is escaped yet."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import quote

from storyboard.links import clean_link
from storyboard.media import FileInput, Input
from storyboard.money import to_micros
from storyboard.names import path_problem
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.planning.picture_changes import Pictures, frame_words, has_pictures, picture_text
from storyboard.records import Json, TakeStatus, Video
from storyboard.reporting.amounts import usd_text
from storyboard.reporting.statuses import STATUS_WORDS
from storyboard.reporting.value_paths import format_path

Frame = tuple[int, int]
"""Width and height in any unit: only their ratio matters."""

USUAL_FRAME = (16, 9)
_FRAME_KEYS = ("ratio", "aspect_ratio", "aspectRatio", "size")
_FRAME = re.compile(r"([1-9][0-9]{0,4})[:*x]([1-9][0-9]{0,4})")
_PROVIDER_LINK = re.compile(
    r"(https://[^\s/@?#\\]+|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?)"
    r"([/?][!-~]*)?"
)
_MAX_OBLONG = 4.0  # a hostile ratio of 1:99999 would turn the page into one stripe


@dataclass(frozen=True, slots=True)
class CardInput:
    """One file or frame in a request: the field, and what it is. Nothing of it is loaded.

    `take` is the take whose frame it is, at the end of the words; `is_linked` says whether the
    page shows it.
    """

    field: str
    words: str
    take: str | None = None
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One take. `word` is its status as `storyboard status` prints it.

    `inputs` are the files and frames in its request.
    `video` is the percent-encoded link to its file. If there is no file, it is None
    and `empty` says why.
    """

    id: str
    status: str
    word: str
    video: str | None
    empty: str
    facts: tuple[str, ...]
    inputs: tuple[CardInput, ...]
    prompt: str
    error: str | None
    request: tuple[tuple[str, str], ...]
    record: tuple[tuple[str, str], ...]
    payload: str
    link: str | None
    link_until: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring takes of one scene. `frame` is the widest of their frames and used for all.

    `scene` is the scene's title, or its id if it has none.
    """

    scene: str | None
    cards: tuple[Card, ...]
    frame: Frame
    shape: str
    length: str | None


def make_groups(manifest: Manifest) -> list[Group]:
    """The takes in the storyboard's order, grouped by scene."""
    ids = {take.id for take in manifest.takes}
    return [
        _group(manifest.scene_titles.get(scene or "", scene), tuple(takes), manifest.origin, ids)
        for scene, takes in groupby(manifest.takes, lambda take: take.scene)
    ]


def count_statuses(takes: Iterable[ManifestTake]) -> list[tuple[str, str, int]]:
    """Each status that occurs, with its word and how many takes have it."""
    counts = Counter(take.status for take in takes)
    return [
        (status.value, _word(status), counts[status]) for status in STATUS_WORDS if counts[status]
    ]


def _word(status: TakeStatus) -> str:
    """The terminal's word for a status, as a label."""
    return STATUS_WORDS[status].capitalize()


def length_of(takes: Iterable[ManifestTake]) -> str | None:
    """The total length of the videos in place, each counted once; None if unknown."""
    files = {
        take.file.path: take.file for take in takes if take.status is TakeStatus.DONE and take.file
    }
    total = math.fsum(video.duration_s or 0 for video in files.values())
    return length_text(total) if total else None


def length_text(seconds: float) -> str:
    """4.5 s, 54 s, 2 min 31 s, 1 h 02 min."""
    if seconds < 10 and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size_text(size_bytes: int) -> str:
    """812 B, 24 KB, 2.3 MB, 1.2 GB."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.0f} KB"
    if size_bytes < 1_000_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{size_bytes / 1_000_000_000:.1f} GB"


def _group(
    scene: str | None, takes: Sequence[ManifestTake], origin: str, ids: Collection[str]
) -> Group:
    width, height = max(map(_frame, takes), key=lambda frame: frame[0] / frame[1])
    shape = "wide" if width > 1.2 * height else "tall" if height > 1.2 * width else "square"
    cards = tuple(_card(take, origin, ids) for take in takes)
    return Group(scene, cards, (width, height), shape, length_of(takes))


def _card(take: ManifestTake, origin: str, ids: Collection[str]) -> Card:
    prompt = take.payload.get("prompt")
    return Card(
        id=take.id,
        status=take.status.value,
        word=_word(take.status),
        video=_video_link(take.file) if take.status is TakeStatus.DONE and take.file else None,
        empty=_why_empty(take),
        facts=tuple(_facts(take)),
        inputs=tuple(_input(one, ids) for one in take.inputs),
        prompt=prompt if isinstance(prompt, str) else "",
        error=take.error,
        request=tuple(_request(take)),
        record=tuple(_record(take)),
        payload=json.dumps(dict(take.payload), indent=2, ensure_ascii=False),
        link=_provider_link(take.video_url, origin),
        link_until=_moment(take.url_expires_at) if take.url_expires_at else None,
    )


def _input(one: Input, ids: Collection[str]) -> CardInput:
    field = format_path(one.at)
    if isinstance(one, FileInput):
        return CardInput(field, one.path)
    return CardInput(field, f"{frame_words(one.frame)} of ", one.take, one.take in ids)


def _request(take: ManifestTake) -> Iterator[tuple[str, str]]:
    """What the request asks for besides the prompt, as label and text."""
    pictures = Pictures(take.payload, take.inputs)
    for name, value in take.payload.items():
        if name != "prompt":
            is_picture = has_pictures(value)
            yield name, picture_text(pictures, name) if is_picture else _value_text(value)


def _why_empty(take: ManifestTake) -> str:
    """What to show in place of the video, in the words of `storyboard status`."""
    never_came = take.file is None and take.video_url is None
    more = ": its link never came" if take.status is TakeStatus.RENDERED and never_came else ""
    return _word(take.status) + more


def _video_link(video: Video) -> str | None:
    """A link from the page to the file; a `#` or `%` in a name is escaped as part of the name."""
    return None if path_problem(video.path) else quote(video.path)


def _provider_link(given: str | None, origin: str) -> str | None:
    """The provider's link, cleaned: HTTPS, or HTTP on loopback, without user or password."""
    link = clean_link(given or "", base=origin if "://" in origin else "")
    if not _PROVIDER_LINK.fullmatch(link):
        link = re.sub("^http:", "https:", link)
    return link if _PROVIDER_LINK.fullmatch(link) else None


def _frame(take: ManifestTake) -> Frame:
    """The picture's width and height: those of the file, else as requested, else the usual ones."""
    if take.file and take.file.width and take.file.height:
        return _bounded(take.file.width, take.file.height)
    for key in _FRAME_KEYS:
        value = take.payload.get(key)
        found = _FRAME.fullmatch(value) if isinstance(value, str) else None
        if found:
            return _bounded(int(found[1]), int(found[2]))
    return USUAL_FRAME


def _bounded(width: int, height: int) -> Frame:
    is_usable = 1 / _MAX_OBLONG <= width / height <= _MAX_OBLONG
    return (width, height) if is_usable else USUAL_FRAME


def _facts(take: ManifestTake) -> Iterator[str]:
    """The line under a take's name: size, length and seed, as measured or else as requested."""
    payload, file = take.payload, take.file
    if file and file.width and file.height:
        yield f"{file.width} \N{MULTIPLICATION SIGN} {file.height}"
    else:
        for key in ("resolution", "ratio", "aspect_ratio", "size"):
            if isinstance(payload.get(key), str):
                yield str(payload[key])
    duration = file.duration_s if file else payload.get("duration")
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        yield length_text(duration)
    if payload.get("seed") is not None:
        yield f"seed {_value_text(payload['seed'])}"


def _record(take: ManifestTake) -> Iterator[tuple[str, str]]:
    """What is recorded besides the payload, as label and text."""
    yield "model", take.model
    if take.submitted_at:
        yield "submitted", _moment(take.submitted_at)
    if take.finished_at:
        yield "finished", _moment(take.finished_at)
    if take.estimate_usd is not None:
        yield "expected cost", usd_text(to_micros(take.estimate_usd) or 0)
    if take.billed_usd is not None:
        yield "billed", usd_text(to_micros(take.billed_usd) or 0)
    if take.task_id:
        yield "task", take.task_id
    if take.http_status and take.status is TakeStatus.REJECTED:
        yield "HTTP status", str(take.http_status)
    if take.file:
        fps = f", {take.file.fps:g} fps" if take.file.fps else ""
        yield "file", f"{take.file.path} ({size_text(take.file.size_bytes)}{fps})"
    if take.commit:
        yield "commit", f"{take.commit[:12]}{', with changes' if take.is_dirty else ''}"
    for one in take.failed_candidates:
        yield f"{one.status.value} before", f"{one.model}: {one.error}"
    yield "fingerprint", take.fingerprint[:16]


def _moment(time: datetime) -> str:
    # Not %b: the name of a month depends on the machine's language.
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _value_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
