"""Another folder or manifest whose results a storyboard may adopt. Changes nothing in it.

It may come from anybody: its state file and manifest are checked like those of the
storyboard's own folder, no link is followed, and a submission only counts if its
fingerprint matches its payload.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.atomic_files import is_plain_file
from storyboard.errors import UsageError
from storyboard.fingerprint import find_repeat
from storyboard.names import fold, is_video_path
from storyboard.outputs import MANIFEST
from storyboard.planning.candidates import FREE_TO_SEND, fingerprints_of
from storyboard.planning.states import unique_submissions
from storyboard.project.manifests import has_other_manifest
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Take
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.files import has_state
from storyboard.state.queries import read_owner, read_submissions
from storyboard.videos.files import has_file

if TYPE_CHECKING:
    from storyboard.outputs.manifest.file import Manifest

_TAKE_NUMBER = re.compile(r"\.[tT]([0-9]{1,6})$")


@dataclass(frozen=True, slots=True)
class Source:
    """What a folder or a manifest reports, oldest first, and the folder that holds its videos.

    `name` is its name in messages; `folder` is None if there is none.
    """

    name: str
    folder: Path | None
    submissions: Sequence[Submission]

    def find_file(self, submission: Submission) -> Path | None:
        """The file of a submission's video, if one of its size is there."""
        video = submission.video
        if self.folder is None or video is None or not is_video_path(video.path):
            return None
        path = self.folder / video.path
        return path if is_plain_file(path) and has_file(self.folder, video) else None


def read_source(path: Path, *, origin: str) -> Source:
    """What an output folder, or a manifest in a file, reports about the API at `origin`.

    Raises:
        UsageError: it is neither, is a link, or is of another origin.
        StateError: its state file cannot be used.
    """
    from storyboard.outputs.manifest.file import read_manifests

    is_folder = path.is_dir()
    folder, file = (path, path / MANIFEST) if is_folder else (path.parent, path)
    for one in (path, folder / "videos"):
        _refuse_link(one)
    owner = read_owner(folder) if is_folder else None
    if owner is not None:
        _check_origin(path, owner[0], origin)
    own = read_submissions(folder) if owner is not None else []
    manifests = read_manifests(file) if owner is None or has_other_manifest(folder, folder) else ()
    if owner is None and not manifests:
        raise UsageError(
            f"{path} holds neither {STATE} nor {MANIFEST}, so nothing was rendered there"
            if is_folder
            else f"{path} does not exist",
            next_step="name an output folder, such as renders/NAME, or a manifest",
        )
    reported = _reported_by(manifests, own, file, origin=origin)
    return Source(str(path), folder, unique_submissions([*own, *reported]))


def parse_source(data: bytes, name: str, *, origin: str) -> Source:
    """What a manifest from somewhere other than a file reports; `name` is what it is called."""
    from storyboard.outputs.manifest.file import manifests_in

    path = Path(name)
    return Source(name, None, _reported_by(manifests_in(data, path), [], path, origin=origin))


def lockable_folder(path: Path) -> Path | None:
    """The folder to lock so that what `path` reports does not change; None if nothing was rendered.

    Raises UsageError if `path` is a link: the lock is a file that is created there.
    """
    _refuse_link(path)
    folder = path if path.is_dir() else path.parent
    has_manifest = path.is_dir() and (folder / MANIFEST).is_file()
    return folder if has_manifest or has_state(folder / STATE) else None


def choose_needed(source: Source, takes: Sequence[Take]) -> list[Submission]:
    """What a source reports about these takes, by fingerprint; for a locked one also its videos.

    The takes are resolved: they name the videos, of the source too, whose frames they show.
    Requests that may be submitted again are left out. Raises UsageError if a fingerprint does
    not match its payload: anybody's request would pass for one of ours.
    """
    wanted = fingerprints_of(takes)
    locked = {fold(take.id) for take in takes if take.is_locked}
    needed = [
        one
        for one in source.submissions
        if one.state not in FREE_TO_SEND
        and (
            one.fingerprint in wanted
            or (one.state is SubmissionState.SUCCEEDED and fold(one.take) in locked)
        )
    ]
    for one in needed:
        if not _has_own_fingerprint(one):
            raise UsageError(
                f"{source.name}: take {one.take} has a fingerprint that does not match its "
                "payload, so nothing is adopted from there",
                next_step="restore the file from git or from a copy",
            )
    return needed


def count_held(source: Source, takes: Iterable[Take], *, is_sandbox: bool) -> int:
    """How many of the takes' requests a source has rendered or has open; see `choose_needed`.

    For the sandbox only what can be adopted counts: the requests whose video it has.
    """
    held = {
        one.fingerprint
        for one in source.submissions
        if one.state in OPEN_STATES or one.state is SubmissionState.SUCCEEDED
        if not is_sandbox or source.find_file(one) is not None
    }
    wanted = (take for take in takes if not held.isdisjoint(fingerprints_of([take])))
    return len({take.fingerprint for take in wanted})


def _reported_by(
    manifests: Sequence[Manifest], own: Sequence[Submission], path: Path, *, origin: str
) -> list[Submission]:
    """What a manifest, or both sides of one, reports that its folder's own submissions do not."""
    if not manifests:
        return []
    from storyboard.outputs.manifest.adopt import adoptable

    for manifest in manifests:
        _check_origin(path, manifest.origin, origin)
    return adoptable(manifests, own, path.parent, origin=origin)


def _refuse_link(path: Path) -> None:
    if os.path.islink(path):  # noqa: PTH114 (Path.is_symlink raises where access is denied)
        raise UsageError(
            f"{path} is a symbolic link, and storyboard reads nothing through links",
            next_step="name the folder or the file itself",
        )


def _check_origin(path: Path, origin: str, wanted: str) -> None:
    if origin != wanted:
        raise UsageError(
            f"{path} describes videos made at {origin}, not at {wanted}",
            next_step="name a folder of that origin, or say with --sandbox or --base-url which "
            "one is meant",
        )


def _has_own_fingerprint(submission: Submission) -> bool:
    """Whether the fingerprint belongs to model and payload, for a repeat that its take can be.

    The last repeat is the likeliest if takes share a payload, and 0 if they do not.
    """
    found = _TAKE_NUMBER.search(submission.take)
    last = max(0, int(found[1]) - 1) if found else 0
    model, payload = submission.model, submission.payload
    repeats = chain((last, 0), range(1, last))
    return find_repeat(submission.fingerprint, model, payload, repeats=repeats) is not None
