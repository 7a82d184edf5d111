"""The manifest: what was sent for each take, and what came back, for git.

Turns takes, with what is known of them, into a manifest, and a manifest back into
submissions for a clone, which has no state file. The round trip changes no byte. Pure;
`file` reads and writes the file itself, and `takes` makes takes of a manifest again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from storyboard.links import is_link
from storyboard.money import MAX_MICROS, to_micros, to_usd
from storyboard.names import valid_unicode
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.outputs.manifest.inputs import to_inputs
from storyboard.outputs.manifest.times import whole_second
from storyboard.planning.candidates import GIVEN_UP_BY_HAND
from storyboard.planning.spending import cost_of_submission
from storyboard.planning.states import as_sent
from storyboard.records import (
    Storyboard,
    Submission,
    SubmissionState,
    Take,
    TakeState,
    TakeStatus,
    Video,
)

MAX_ERROR = 2000  # characters; as in the schema

_ENDPOINT = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._~-]*)+")

_STATES = {
    TakeStatus.UNKNOWN: SubmissionState.UNKNOWN,
    TakeStatus.RENDERING: SubmissionState.ACCEPTED,
    TakeStatus.RENDERED: SubmissionState.SUCCEEDED,
    TakeStatus.FAILED: SubmissionState.FAILED,
    TakeStatus.REJECTED: SubmissionState.REJECTED,
}
"""What a clone knows of a take's submission; a pending take has none."""

_REASONS = {
    SubmissionState.SENDING: "the program ended before a reply came",
    SubmissionState.UNKNOWN: "no usable reply came",
    SubmissionState.CANCELED: "canceled",
    SubmissionState.ABANDONED: GIVEN_UP_BY_HAND,
}
"""The text of `error` if no reason was given."""


def build_manifest(storyboard: Storyboard, origin: str, states: Sequence[TakeState]) -> Manifest:
    """The manifest of a storyboard's takes, in the given order, as git should hold it.

    A take that is done here is `rendered` there, since git does not record where its video is.

    Raises ValueError for a take that is not pending but has no submission, or that
    is done but has no video: that is a bug in the caller.
    """
    return Manifest(
        storyboard=valid_unicode(storyboard.name),
        title=None if storyboard.title is None else valid_unicode(storyboard.title),
        origin=origin,
        takes=tuple(map(_block, states)),
        scene_titles=storyboard.scene_titles,
    )


def as_here(manifest: Manifest, states: Sequence[TakeState]) -> Manifest:
    """The manifest for this machine: takes are `done`, with their file, if the video is here.

    `states` are those that the manifest was made from. A file may have another name
    here than the one its first owner gave it.
    """
    return replace(
        manifest,
        takes=tuple(
            replace(block, status=state.status, file=_measured(state.submission.video))
            if state.status is TakeStatus.DONE and state.submission and state.submission.video
            else block
            for block, state in zip(manifest.takes, states, strict=True)
        ),
    )


def to_submission(take: ManifestTake) -> Submission | None:
    """The submission that a block describes, for a state file to adopt; None if none was sent.

    Its id is 0, for the state file to replace. What only the first machine knew (key
    profile, the original replies) is not in a manifest.
    """
    if take.status is TakeStatus.PENDING or take.submitted_at is None:
        return None
    return Submission(
        id=0,
        take=take.id,
        shot=take.shot,
        scene=take.scene,
        fingerprint=take.fingerprint,
        state=_state_of(take),
        model=take.model,
        endpoint=take.endpoint or "",
        payload=take.payload,
        sent_at=take.submitted_at,
        commit=take.commit,
        is_dirty=take.is_dirty,
        task_id=take.task_id,
        submitted_at=take.submitted_at if take.task_id else None,
        finished_at=take.finished_at,
        http_status=take.http_status,
        estimate_micros=_micros(take.estimate_usd),
        billed_micros=_micros(take.billed_usd),
        reason=take.error,
        video_url=take.video_url if is_link(take.video_url or "") else None,
        url_expires_at=take.url_expires_at,
        video=take.file,
    )


def _state_of(take: ManifestTake) -> SubmissionState:
    """The state of a block's submission. One that was given up by hand may have been charged.

    So it has not definitely failed, and another model does not get its turn.
    """
    is_given_up = (take.error or "").startswith(GIVEN_UP_BY_HAND)
    if take.status is TakeStatus.FAILED and is_given_up:
        return SubmissionState.ABANDONED
    return _STATES[take.status]


def spent_in_blocks(manifest: Manifest) -> int:
    """The cost of the submissions in a manifest's blocks, each once, in micros, as far as known."""
    costs = {
        (take.fingerprint, take.task_id or take.submitted_at): one
        for take in manifest.blocks
        if (one := to_submission(take)) is not None
    }
    return sum(cost_of_submission(one) or 0 for one in costs.values())


def total_spent(manifest: Manifest) -> int:
    """What the manifest says was spent on the film: on its own blocks and on the rest."""
    return (to_micros(manifest.spent_usd) or 0) + spent_in_blocks(manifest)


def with_spent(manifest: Manifest, total: int) -> Manifest:
    """The manifest with the part of a total in micros that its own blocks do not show."""
    spent = min(MAX_MICROS, max(0, total - spent_in_blocks(manifest)))
    return replace(manifest, spent_usd=to_usd(spent) or 0)


def _micros(amount_usd: float | None) -> int | None:
    return None if amount_usd is None else to_micros(amount_usd)


def _block(state: TakeState) -> ManifestTake:
    take, sent = state.take, state.submission
    status = TakeStatus.RENDERED if state.status is TakeStatus.DONE else state.status
    head = (take.id, take.scene, take.shot, take.number, status)
    request = (take.model, take.payload, take.fingerprint)
    inputs = to_inputs(take.inputs)
    failed = tuple(_failed_block(take, one) for one in state.failed)
    if status is TakeStatus.PENDING:
        return ManifestTake(*head, *request, inputs=inputs, failed_candidates=failed)
    if sent is None:
        raise ValueError(f"take {take.id} is {state.status.value} but has no submission")
    if state.status is TakeStatus.DONE and sent.video is None:
        raise ValueError(f"take {take.id} is done but has no video")
    link = sent.video_url
    return ManifestTake(
        *head,
        *request,
        endpoint=_endpoint(sent.endpoint),
        task_id=sent.task_id,
        submitted_at=_time(sent.submitted_at or sent.sent_at),
        finished_at=_time(sent.finished_at),
        http_status=sent.http_status,
        estimate_usd=to_usd(sent.estimate_micros),
        billed_usd=to_usd(sent.billed_micros),
        commit=sent.commit,
        is_dirty=sent.is_dirty,
        video_url=link if link and is_link(link) else None,
        url_expires_at=_time(sent.url_expires_at),
        file=_measured(sent.video) if status is TakeStatus.RENDERED and sent.video else None,
        error=_error(status, sent),
        inputs=inputs,
        failed_candidates=failed,
    )


def _failed_block(take: Take, sent: Submission) -> ManifestTake:
    is_rejected = sent.state is SubmissionState.REJECTED
    status = TakeStatus.REJECTED if is_rejected else TakeStatus.FAILED
    return _block(TakeState(as_sent(take, sent), status, sent))


def _error(status: TakeStatus, sent: Submission) -> str | None:
    if status is TakeStatus.RENDERING or (status is TakeStatus.RENDERED and not sent.reason):
        return None
    reason = valid_unicode((sent.reason or "").strip())[:MAX_ERROR].strip()
    return reason or _REASONS.get(sent.state, "the API gave no reason")


@lru_cache(maxsize=16)
def _endpoint(endpoint: str) -> str | None:
    """The path alone: the head has the origin, and the sandbox's port changes."""
    try:
        path = urlsplit(endpoint).path
    except ValueError:
        return None
    return path if _ENDPOINT.fullmatch(path) else None


def _time(time: datetime | None) -> datetime | None:
    return whole_second(time) if time else None


def _measured(video: Video) -> Video:
    """The video with its measurements as the manifest writes them: to the thousandth, no zeros."""
    return replace(
        video,
        width=video.width or None,
        height=video.height or None,
        duration_s=_thousandths(video.duration_s),
        fps=_thousandths(video.fps),
    )


def _thousandths(number: float | None) -> float | None:
    return round(number, 3) if number is not None and math.isfinite(number) else None
