"""What a clone knows from the manifest that its state file lacks, so that it pays nothing again.

Takes the manifest and the state's submissions, gives the submissions to
adopt. Reads the videos that are there, to see whether they are the ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from storyboard.errors import UsageError
from storyboard.outputs.manifest import Manifest, ManifestTake, to_submission
from storyboard.records import Submission, SubmissionState, Video
from storyboard.spec.fingerprint import fingerprint

_NOTHING_SENT = frozenset({SubmissionState.UNAVAILABLE, SubmissionState.RELEASED})


def adoptable(
    manifest: Manifest | None, known: Iterable[Submission], folder: Path, *, origin: str
) -> list[Submission]:
    """The manifest's submissions whose requests the state file knows nothing of.

    A video counts as there only with the sha256 that the manifest gives;
    without it the submission is adopted as one still to be downloaded.

    Raises UsageError for a manifest of another origin, or one whose
    fingerprint is not that of its payload.
    """
    if manifest is None:
        return []
    if manifest.origin != origin:
        raise UsageError(
            f"{folder / 'manifest.json'} tells of videos made at {manifest.origin}, not {origin}",
            next_step="choose another folder with --output",
        )
    have = {item.fingerprint for item in known if item.state not in _NOTHING_SENT}
    found = []
    for block in manifest.takes:
        submission = None if block.fingerprint in have else to_submission(block)
        if submission is None:
            continue
        _check_fingerprint(block, folder)
        have.add(block.fingerprint)
        if submission.video is not None and not _is_file_of(folder, submission.video):
            submission = replace(submission, video=None)
        found.append(submission)
    return found


def _check_fingerprint(block: ManifestTake, folder: Path) -> None:
    """A payload edited in the manifest would pass for one that was paid."""
    possible = (
        fingerprint(block.model, block.payload, repeat=repeat) for repeat in range(block.take)
    )
    if block.fingerprint not in possible:
        raise UsageError(
            f"{folder / 'manifest.json'}: take {block.id} has a fingerprint that is not that of "
            "its payload; the file was edited by hand",
            next_step="restore it from git",
        )


def _is_file_of(folder: Path, video: Video) -> bool:
    path = folder / video.path
    try:
        if path.stat().st_size != video.size_bytes:
            return False
        digest = hashlib.sha256()  # hashlib.file_digest came with Python 3.11
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == video.sha256
    except OSError:
        return False
