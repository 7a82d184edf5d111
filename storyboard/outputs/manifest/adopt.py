"""Which submissions a state file adopts from manifests, so that a clone pays for nothing again.

Takes the manifests (one, or both sides of a merge) and the submissions of the state file.
Reads the local videos, to compare them with the digests in the manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from storyboard.errors import OwnedByAnother, UnusableManifest
from storyboard.names import is_same_film
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.outputs.manifest.local_names import LocalNames
from storyboard.outputs.manifest.manifest import to_submission
from storyboard.outputs.manifest.submission_index import SubmissionIndex
from storyboard.outputs.manifest.takes import repeat_of, repeats_to_try
from storyboard.planning.contradictions import disputed_tasks
from storyboard.records import OPEN_STATES, Submission, SubmissionState

_FINISHED = frozenset({SubmissionState.SUCCEEDED})


def adoptable(
    manifests: Iterable[Manifest],
    known: Iterable[Submission],
    folder: Path,
    *,
    origin: str,
    storyboard: str | None = None,
) -> list[Submission]:
    """What the manifests report that the state file, with `known`, lacks; for `Store.adopt`.

    Submissions without an id are new. One with an id completes the state file's own row,
    because another clone has since seen its task finish or downloaded its video.

    A video counts as present, under whatever name, only if its sha256 is the manifest's. A
    missing one is to be downloaded, under the manifest's name if that is free here; a file
    with other content is left alone. Its sha256 is known before that, and so are its followers.

    Raises OwnedByAnother for a manifest of another origin or another storyboard,
    and UnusableManifest for one with a fingerprint that does not match its payload.
    """
    blocks: list[ManifestTake] = []
    for manifest in manifests:
        _check_owner(manifest, folder, origin=origin, storyboard=storyboard)
        if problem := fingerprint_problem(manifest):
            raise UnusableManifest(
                f"{folder / 'manifest.json'}: {problem}",
                next_step="restore a copy from before that",
            )
        blocks += manifest.blocks
    return find_news(filter(None, map(to_submission, blocks)), known, folder)


def find_news(
    reported: Iterable[Submission], known: Iterable[Submission], folder: Path
) -> list[Submission]:
    """What the submissions in `reported` add to a state file with `known`; for `Store.adopt`."""
    known = list(known)
    news = _News(known, LocalNames(folder, known))
    for one in reported:
        news.add(one)
    return list(news.found.values())


class _News:
    """The submissions found for adoption so far, beside the known ones."""

    def __init__(self, known: Sequence[Submission], names: LocalNames) -> None:
        self.found: dict[int, Submission] = {}  # by identity
        self._names = names
        self._disputed = disputed_tasks(known)
        self._rows = SubmissionIndex(known)

    def add(self, reported: Submission) -> None:
        """Adopts a reported submission if it is news."""
        same = self._rows.find_same(reported)
        if same is not None and reported.task_id in self._disputed:
            return  # ours waits for a person to say whose the task is
        if same is not None and {same.state, reported.state} == _FINISHED:
            self._put(self._completed(same, reported), instead_of=same)
        elif same is not None and _is_decided_by(reported, same):
            news = replace(reported, id=same.id)
            self._put(self._with_video(news), instead_of=same)
        elif self._is_missing(reported, same):
            self._put(self._with_video(reported))

    def _is_missing(self, reported: Submission, same: Submission | None) -> bool:
        """Whether the rows of the same fingerprint, including `same` if set, lack `reported`.

        A finished video that they lack always counts. So does one with a task they do not
        know, since another clone may have paid again. A submission that is open elsewhere may
        have been charged, unless it is one of our rows that has changed since the manifest was
        written. A failure only counts if nothing else is known.
        """
        if reported.state in _FINISHED:
            return not self._rows.has_state_and_task(reported)
        states = self._rows.states(reported.fingerprint)
        if reported.state in OPEN_STATES:
            return same is None and not states & (_FINISHED | OPEN_STATES)
        return states <= {SubmissionState.UNAVAILABLE}

    def _put(self, news: Submission, *, instead_of: Submission | None = None) -> None:
        if news is instead_of:
            return
        if instead_of is not None:
            self._rows.remove(instead_of)
            self.found.pop(id(instead_of), None)
        self._rows.add(news)
        self.found[id(news)] = news

    def _with_video(self, reported: Submission) -> Submission:
        video = reported.video and (
            self._names.find(reported.video) or self._names.claim(reported.video, reported.take)
        )
        return replace(reported, video=video)

    def _completed(self, own: Submission, reported: Submission) -> Submission:
        """Our finished row, completed from the manifest; the same object if nothing is added.

        The manifest can add a video that nobody had downloaded or that we have lost, a link
        that is valid for longer, a bill, and a doubt.
        """
        news = own
        if reported.video is not None and not self._names.is_in_place(own.video):
            found = self._names.find(reported.video)
            if found is None and own.video is None:
                found = self._names.claim(reported.video, own.take)
            if found is not None and found != own.video:
                news = replace(news, video=found)
        if _is_good_for_longer(reported, own):
            link, until = reported.video_url, reported.url_expires_at
            news = replace(news, video_url=link, url_expires_at=until)
        if own.billed_micros is None and reported.billed_micros is not None:
            news = replace(news, billed_micros=reported.billed_micros)
        if reported.reason and not own.reason:
            news = replace(news, reason=reported.reason)
        return news


def _is_good_for_longer(reported: Submission, own: Submission) -> bool:
    """Whether the manifest has a link that expires later than ours."""
    if reported.video_url is None or own.video_url is None:
        return reported.video_url is not None
    theirs, ours = reported.url_expires_at, own.url_expires_at
    return ours is not None and (theirs is None or theirs > ours)


def _check_owner(manifest: Manifest, folder: Path, *, origin: str, storyboard: str | None) -> None:
    """Raises OwnedByAnother if the manifest, which a render overwrites, is not ours."""
    if manifest.origin != origin:
        problem = f"describes videos made at {manifest.origin}, not {origin}"
    elif storyboard is not None and not is_same_film(manifest.storyboard, storyboard):
        problem = f"belongs to the storyboard {manifest.storyboard}, not to {storyboard}"
    else:
        return
    raise OwnedByAnother(
        f"{folder / 'manifest.json'} {problem}",
        next_step="choose another folder with --output",
        origin=manifest.origin,
        storyboard=manifest.storyboard,
    )


def _is_decided_by(reported: Submission, own: Submission) -> bool:
    """Whether another clone has seen our open submission finish, or has found its task."""
    is_found = own.task_id is None and reported.task_id is not None
    return own.state in OPEN_STATES and (reported.state in _FINISHED or is_found)


def fingerprint_problem(manifest: Manifest) -> str | None:
    """What is wrong with the first block whose fingerprint does not match its payload, or None.

    A payload edited in the manifest would pass for one that was paid for. And if git merges
    two blocks line by line, the fingerprint shows whether the lines still belong together.
    """
    tries = repeats_to_try()
    for block in manifest.blocks:
        if repeat_of(block, tries) is None:
            return (
                f"take {block.id} has a fingerprint that does not match its payload; "
                "the file was edited by hand, or mixed up by a merge"
            )
    return None
