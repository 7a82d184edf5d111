"""What a new manifest keeps of the existing one, so that machines agree to the byte. Pure.

Machines see a task finish at different seconds, get different links for it and name
its video differently. Whatever the manifest in git recorded first stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import chain

from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.records import TakeStatus

_Key = tuple[object, ...]

_OUTCOME = (
    *("status", "commit", "is_dirty", "endpoint", "task_id", "submitted_at", "finished_at"),
    *("http_status", "estimate_usd", "billed_usd", "video_url", "url_expires_at", "file", "error"),
)
_OPEN = frozenset({TakeStatus.UNKNOWN, TakeStatus.RENDERING})
_FAILED = frozenset({TakeStatus.FAILED, TakeStatus.REJECTED})
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


def keep_existing(made: Manifest, existing: Iterable[Manifest], *, now: datetime) -> Manifest:
    """`made`, with what the existing manifest already says (or both sides of one, ours first).

    The first record of a submission stays; only a video that nobody had downloaded and a link
    that has expired by `now` are filled in. Among several submissions that led to nothing the
    latest is kept; among several successes, `made` already has the latest.
    """
    same: dict[_Key, list[ManifestTake]] = {}
    latest: dict[_Key, ManifestTake] = {}
    for block in chain.from_iterable(manifest.blocks for manifest in existing):
        if block.status is not TakeStatus.PENDING:
            same.setdefault(_submission(block), []).append(block)
            latest[_result(block)] = max(latest.get(_result(block), block), block, key=_order)

    def keep(take: ManifestTake) -> ManifestTake:
        found, last = same.get(_submission(take), ()), latest.get(_result(take), take)
        return _keep(take, found, last, now)

    takes = (
        replace(keep(take), failed_candidates=tuple(map(keep, take.failed_candidates)))
        for take in made.takes
    )
    return replace(made, takes=tuple(takes))


def _keep(
    take: ManifestTake, same: Sequence[ManifestTake], latest: ManifestTake, now: datetime
) -> ManifestTake:
    """The block of a take, taken from existing blocks of the `same` submission or result."""
    if same:
        return _completed(same, take, now)
    if take.status is TakeStatus.RENDERED or _order(latest) <= _order(take):
        return take
    return _with_outcome(take, latest)


def _result(block: ManifestTake) -> _Key:
    """The key of blocks that record the same result of one request."""
    kinds = (group for group in (_OPEN, _FAILED) if block.status in group)
    return block.fingerprint, next(kinds, block.status)


def _submission(block: ManifestTake) -> _Key:
    """The key of blocks that record the same submission."""
    known_by = block.submitted_at if block.task_id is None else block.task_id
    return block.fingerprint, block.status, known_by


def _order(block: ManifestTake) -> tuple[datetime, str]:
    return block.submitted_at or _LONG_AGO, block.task_id or ""


def _with_outcome(take: ManifestTake, block: ManifestTake) -> ManifestTake:
    return replace(take, **{name: getattr(block, name) for name in _OUTCOME})


def _completed(same: Sequence[ManifestTake], take: ManifestTake, now: datetime) -> ManifestTake:
    """The first block of a submission, completed from the other blocks and from this machine."""
    first, all_ = same[0], (*same, take)
    link = max(all_, key=_link_end) if _link_end(first) <= now else first
    return replace(
        _with_outcome(take, first),
        finished_at=first.finished_at or take.finished_at,
        estimate_usd=_first_known(block.estimate_usd for block in all_),
        billed_usd=_first_known(block.billed_usd for block in all_),
        video_url=link.video_url,
        url_expires_at=link.url_expires_at,
        file=next((block.file for block in all_ if block.file), None),
        error=first.error or take.error,
    )


def _first_known(amounts: Iterable[float | None]) -> float | None:
    return next((amount for amount in amounts if amount is not None), None)


def _link_end(block: ManifestTake) -> datetime:
    """When a block's link expires; a link with no known expiry never does."""
    if block.video_url is None:
        return _LONG_AGO
    return block.url_expires_at or datetime.max.replace(tzinfo=timezone.utc)
