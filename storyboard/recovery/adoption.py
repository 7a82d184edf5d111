"""Adopts what another folder or manifest records of a storyboard's takes; sends nothing.

The rows are written first, then the files. If this is interrupted in between, the same
command continues, and a render asks before it pays.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from storyboard.atomic_files import open_unfollowed
from storyboard.engine.downloads import add_video
from storyboard.engine.job import Job
from storyboard.errors import StateError
from storyboard.names import SANDBOX
from storyboard.outputs.manifest.adopt import find_news
from storyboard.outputs.manifest.times import whole_second
from storyboard.planning.candidates import fingerprints_of
from storyboard.project.adoption_source import Source, choose_needed
from storyboard.project.output_folder import record_doubts
from storyboard.project.sandbox_tasks import without_foreign_tasks
from storyboard.project.workspace import Workspace
from storyboard.records import OPEN_STATES, Plan, Submission, SubmissionState, Video
from storyboard.recovery.decisions import UNKNOWN_STATES
from storyboard.state.store import Store
from storyboard.videos.files import has_file, holds_video, move_into_place, partial_path

_BLOCK = 1 << 20  # bytes
_DECIDE = "decide in one of the two"
_WITH_TASK = frozenset(
    {SubmissionState.ACCEPTED, SubmissionState.SUCCEEDED}
    | {SubmissionState.FAILED, SubmissionState.CANCELED}
)


class Placed(Enum):
    """How a video got into the folder."""

    LINKED = "linked"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was adopted: the rows as they are now, and how each video got here, by row.

    `left_open` are the source's in-flight or unknown submissions that no take here asks for.
    """

    submissions: tuple[Submission, ...]
    placed: dict[int, Placed]
    left_open: tuple[Submission, ...]


def adopt_from(source: Source, space: Workspace, store: Store) -> Adoption:
    """Adopts what the storyboard's takes need. The caller holds the locks of both folders.

    Raises UsageError if the source cannot be trusted, and StateError if the folder
    cannot be written. Whatever was adopted before the error stays.
    """
    takes = space.resolve_takes([*store.submissions(), *source.submissions])
    needed = [_as_adopted(one, source) for one in choose_needed(source, takes)]
    if space.origin == SANDBOX:
        needed = _of_this_sandbox(needed, source, space)
    with store.transaction():
        news = _find_news(needed, store.submissions(), space.real_folder)
        adopted = {store.adopt(one).id for one in news}
        record_doubts(store)
    placed = _place_files(needed, source, space.real_folder, store)
    changed = adopted | placed.keys()
    rows = store.submissions()
    asked_for = fingerprints_of(space.resolve_takes(rows))
    return Adoption(
        tuple(one for one in rows if one.id in changed),
        placed,
        tuple(
            one
            for one in source.submissions
            if one.state in OPEN_STATES and one.fingerprint not in asked_for
        ),
    )


def _as_adopted(submission: Submission, source: Source) -> Submission:
    """The submission as another state file adopts it.

    An unknown outcome is then open in two folders, and its reason says so.
    """
    if submission.state not in UNKNOWN_STATES:
        return replace(submission, id=0)
    came = submission.reason or "no usable reply came"
    path = Path(source.name)  # the manifest gets the reason too, so no path of this machine
    name = path.name if path.is_absolute() else source.name
    where = f"adopted from {name}, where it may be open too: {_DECIDE}"
    return replace(
        submission,
        id=0,
        state=SubmissionState.UNKNOWN,
        reason=came if _DECIDE in came else f"{came}; {where}",
    )


def _find_news(
    needed: Sequence[Submission], known: Sequence[Submission], folder: Path
) -> list[Submission]:
    """What the state file lacks, including its rows that the source's decisions complete."""
    posts: dict[str, list[Submission]] = {}
    for one in known:
        posts.setdefault(one.fingerprint, []).append(one)
    decided, others = [], []
    for theirs in needed:
        own = _same_post(theirs, posts.get(theirs.fingerprint, ()))
        is_waiting = own is not None and own.state in UNKNOWN_STATES and own.task_id is None
        if own is not None and is_waiting and theirs.task_id and theirs.state in _WITH_TASK:
            decided.append(replace(theirs, id=own.id, video=None))
        elif own is None or theirs.state not in UNKNOWN_STATES:  # otherwise it was decided here
            others.append(theirs)
    ids = {one.id for one in decided}
    rest = [one for one in known if one.id not in ids]
    # Open ones first: beside a success, each is one more version, which was paid for as well.
    news = find_news(sorted(others, key=_rank), [*rest, *decided], folder)
    return [*decided, *news]


def _rank(submission: Submission) -> tuple[int, float]:
    """The order of adoption: open, succeeded, then failures, latest first since that one counts."""
    if submission.state in OPEN_STATES:
        return 0, 0.0
    if submission.state is SubmissionState.SUCCEEDED:
        return 1, 0.0
    return 2, -submission.sent_at.timestamp()


def _same_post(theirs: Submission, rows: Sequence[Submission]) -> Submission | None:
    """The row of the same POST as the source's submission, whatever has become of it here."""
    return next((one for one in rows if _is_same_time(one.sent_at, theirs.sent_at)), None)


def _is_same_time(a: datetime, b: datetime) -> bool:
    """Whether two times are equal, as far as both are known: a manifest has whole seconds."""
    return a == b if a.microsecond and b.microsecond else whole_second(a) == whole_second(b)


def _of_this_sandbox(
    needed: Sequence[Submission], source: Source, space: Workspace
) -> list[Submission]:
    """Leaves out what only the source's sandbox could finish: rendering that again is free."""
    local = {id(one) for one in without_foreign_tasks(needed, space.folder, space.state)}
    return [one for one in needed if id(one) in local or source.find_file(one) is not None]


def _place_files(
    needed: Sequence[Submission], source: Source, folder: Path, store: Store
) -> dict[int, Placed]:
    """Links or copies the source's videos that are missing here; returns which way, by row."""
    files = {
        (one.fingerprint, one.task_id): (path, one.video)
        for one in needed
        if one.video is not None and (path := source.find_file(one)) is not None
    }
    job = Job("adopt", Plan(()), store, folder)
    placed = {}
    for row in store.submissions():
        path, video = files.get((row.fingerprint, row.task_id), (None, None))
        is_here = row.video is not None and has_file(folder, row.video)
        if path is None or video is None or is_here or row.state is not SubmissionState.SUCCEEDED:
            continue
        how = _link_or_copy(path, partial_path(folder, row), video)
        if how is not None:
            named = add_video(job, row, video).video
            if named is not None:
                move_into_place(folder, partial_path(folder, row), named.path)
            placed[row.id] = how
    return placed


def _link_or_copy(path: Path, partial: Path, video: Video) -> Placed | None:
    """Links or copies a file to `partial`; None if it is not exactly the video, byte for byte.

    Raises StateError if the disk refuses.
    """
    with suppress(FileNotFoundError):
        partial.unlink()
    how = Placed.LINKED
    try:
        os.link(path, partial, follow_symlinks=False)
    except (OSError, NotImplementedError):  # another disk, or one without hard links
        how = Placed.COPIED
        _copy(path, partial, video)
    # Checked where it is now: the file it was linked or copied from may have been replaced.
    if stat.S_ISREG(partial.lstat().st_mode) and holds_video(partial, video):
        return how
    partial.unlink()
    return None


def _copy(path: Path, partial: Path, video: Video) -> None:
    try:
        with open(path, "rb", opener=open_unfollowed) as source, partial.open("xb") as target:
            left = video.size_bytes + 1  # it may have grown
            while block := source.read(min(left, _BLOCK)):
                left -= target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StateError(
            f"{path} could not be copied to {partial.parent}: {error.strerror or error}",
            next_step="free some space or fix the permissions, then run the same command again",
        ) from error
