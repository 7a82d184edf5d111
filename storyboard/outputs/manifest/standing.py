"""What a new manifest keeps of the one in its place, so that machines agree to the byte. Pure.

Machines see a task finish at different seconds, get different links for it and name
its video differently. What the manifest in git says of a task first, it goes on saying.
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


def keep_standing(made: Manifest, standing: Iterable[Manifest], *, now: datetime) -> Manifest:
    """`made` with what the standing manifest (or both sides of one, ours first) says already.

    Of one submission the first words stay; only a video that nobody had downloaded and a
    link that has expired by `now` are completed. Of several that led to nothing the latest
    stands, as of several successes the latest is already in `made`.
    """
    same: dict[_Key, list[ManifestTake]] = {}
    latest: dict[_Key, ManifestTake] = {}
    for block in chain.from_iterable(manifest.blocks for manifest in standing):
        if block.status is not TakeStatus.PENDING:
            same.setdefault(_submission(block), []).append(block)
            latest[_result(block)] = max(latest.get(_result(block), block), block, key=_order)

    def kept(take: ManifestTake) -> ManifestTake:
        found, last = same.get(_submission(take), ()), latest.get(_result(take), take)
        return _kept(take, found, last, now)

    takes = (
        replace(kept(take), failed_candidates=tuple(map(kept, take.failed_candidates)))
        for take in made.takes
    )
    return replace(made, takes=tuple(takes))


def _kept(
    take: ManifestTake, same: Sequence[ManifestTake], latest: ManifestTake, now: datetime
) -> ManifestTake:
    """The block of a take, where blocks of the `same` submission or the same result stand."""
    if same:
        return _completed(same, take, now)
    if take.status is TakeStatus.RENDERED or _order(latest) <= _order(take):
        return take
    return _with_outcome(take, latest)


def _result(block: ManifestTake) -> _Key:
    """What blocks of one request have in common that say that it came to the same."""
    kinds = (group for group in (_OPEN, _FAILED) if block.status in group)
    return block.fingerprint, next(kinds, block.status)


def _submission(block: ManifestTake) -> _Key:
    """What blocks have in common that say the same of one submission."""
    known_by = block.submitted_at if block.task_id is None else block.task_id
    return block.fingerprint, block.status, known_by


def _order(block: ManifestTake) -> tuple[datetime, str]:
    return block.submitted_at or _LONG_AGO, block.task_id or ""


def _with_outcome(take: ManifestTake, block: ManifestTake) -> ManifestTake:
    return replace(take, **{name: getattr(block, name) for name in _OUTCOME})


def _completed(same: Sequence[ManifestTake], take: ManifestTake, now: datetime) -> ManifestTake:
    """The first block of a submission, with what it lacks and the others or this machine know."""
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
    """Until when a block's link is good; for ever where its end is not known."""
    if block.video_url is None:
        return _LONG_AGO
    return block.url_expires_at or datetime.max.replace(tzinfo=timezone.utc)
