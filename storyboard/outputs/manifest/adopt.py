"""Which submissions a state file adopts from the manifest, so that a clone pays nothing again.

Takes the manifest and the submissions of the state file. Reads the videos that
are there, to compare them with the manifest's digests.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from storyboard.errors import UsageError
from storyboard.fingerprint import fingerprint
from storyboard.names import fold, is_video_path
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.outputs.manifest.manifest import to_submission
from storyboard.outputs.manifest.times import whole_second
from storyboard.planning.contradictions import disputed_tasks
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Video
from storyboard.videos.files import holds_video, is_lfs_pointer

MAX_REPEATS_TRIED = 100_000
"""Fingerprints that are tried for one manifest beside the likeliest of each take."""

_FINISHED = frozenset({SubmissionState.SUCCEEDED})


def adoptable(
    manifest: Manifest | None,
    known: Iterable[Submission],
    folder: Path,
    *,
    origin: str,
    storyboard: str | None = None,
) -> list[Submission]:
    """The manifest's submissions that the state file lacks, for `Store.adopt`.

    Those without an id are new. One with an id is the state file's own row,
    whose task another clone has seen finished meanwhile.

    A video counts as there only with the sha256 that the manifest gives. One
    that is missing is to be downloaded again, under its old name; a file that
    is another one is left alone.

    Raises UsageError for a manifest of another origin or another storyboard,
    and one with a fingerprint that is not that of its payload.
    """
    if manifest is None:
        return []
    _check_owner(manifest, folder, origin=origin, storyboard=storyboard)
    tries = iter(range(MAX_REPEATS_TRIED))
    for block in manifest.takes:
        _check_fingerprint(block, folder, tries)
    return find_news(filter(None, map(to_submission, manifest.takes)), known, folder)


def find_news(
    told: Iterable[Submission], known: Iterable[Submission], folder: Path
) -> list[Submission]:
    """Of what is told elsewhere, what the state file with `known` lacks; for `Store.adopt`."""
    known = list(known)
    disputed = disputed_tasks(known)
    have: dict[str, list[Submission]] = {}
    for submission in known:
        have.setdefault(submission.fingerprint, []).append(submission)
    found = []
    for one in told:
        reported = one
        rows = have.setdefault(reported.fingerprint, [])
        if not _is_missing(reported, rows):
            continue
        if reported.task_id in disputed and any(row.task_id == reported.task_id for row in rows):
            continue  # ours waits for a person to say whose the task is
        own = next((row for row in rows if _is_open_row_of(row, reported)), None)
        if own is not None:
            reported = replace(reported, id=own.id)
        if reported.video is not None and not _is_named_rightly(folder, reported.video):
            reported = replace(reported, video=None)
        rows.append(reported)
        found.append(reported)
    return found


def _check_owner(manifest: Manifest, folder: Path, *, origin: str, storyboard: str | None) -> None:
    """A manifest of another account's tasks, or of another film, would be overwritten."""
    if manifest.origin != origin:
        problem = f"tells of videos made at {manifest.origin}, not {origin}"
    elif storyboard is not None and fold(manifest.storyboard) != fold(storyboard):
        problem = f"belongs to the storyboard {manifest.storyboard}, not to {storyboard}"
    else:
        return
    raise UsageError(
        f"{folder / 'manifest.json'} {problem}", next_step="choose another folder with --output"
    )


def _is_missing(reported: Submission, rows: Sequence[Submission]) -> bool:
    """Whether the state file, with these `rows` of the same fingerprint, lacks `reported`.

    A finished video that it lacks always counts; so does one whose task it
    does not know, since another clone may have paid anew. What is open elsewhere may
    have been charged, unless it is a row of ours that has moved on since the
    manifest was written. A failure only counts where nothing else is known.
    """
    states = {row.state for row in rows}
    if reported.state in _FINISHED:
        finished = [row for row in rows if row.state in _FINISHED]
        return all(row.task_id != reported.task_id for row in finished)
    if reported.state in OPEN_STATES:
        is_ours = any(_is_same(row, reported) for row in rows)
        return not is_ours and not states & (_FINISHED | OPEN_STATES)
    return states <= {SubmissionState.UNAVAILABLE}


def _is_open_row_of(row: Submission, reported: Submission) -> bool:
    """Whether `row` waits for the task that the manifest saw finished."""
    is_waiting = row.id and row.state in OPEN_STATES and reported.state in _FINISHED
    return bool(is_waiting and row.task_id and row.task_id == reported.task_id)


def _is_same(row: Submission, reported: Submission) -> bool:
    """Whether a row is what the manifest reports, whose times are in whole seconds."""
    if reported.task_id is not None and row.task_id is not None:
        return row.task_id == reported.task_id
    times = {whole_second(time) for time in (row.sent_at, row.submitted_at) if time}
    return reported.sent_at in times


def _check_fingerprint(block: ManifestTake, folder: Path, tries: Iterator[int]) -> None:
    """A payload edited in the manifest would pass for one that was paid.

    Of takes that share a payload the last repeat is the likeliest, else none.
    `tries` bounds how many others the whole manifest may cost.
    """
    others = (repeat for repeat, _ in zip(range(block.take - 1), tries, strict=False))
    possible = (
        fingerprint(block.model, block.payload, repeat=repeat)
        for repeat in chain((block.take - 1,), others)
    )
    if block.fingerprint not in possible:
        raise UsageError(
            f"{folder / 'manifest.json'}: take {block.id} has a fingerprint that is not that of "
            "its payload; the file was edited by hand",
            next_step="restore it from git",
        )


def _is_named_rightly(folder: Path, video: Video) -> bool:
    """Whether the video lies under its name as reported, or may be put back there."""
    # The manifest comes out of git: nothing is written where it says, unless we could have said so.
    if not is_video_path(video.path):
        return False
    path = folder / video.path
    is_free = not os.path.lexists(path)
    return is_free or holds_video(path, video) or is_lfs_pointer(folder, video)
