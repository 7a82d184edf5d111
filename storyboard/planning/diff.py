"""The differences between the takes of two versions of a storyboard. Pure.

Takes are paired by id; those left over are paired by request. A take that shows a frame of
another makes another request when that one does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from storyboard.planning.changes import differ
from storyboard.planning.edits import Edit, EditFinder
from storyboard.planning.graph import has_frames, in_order, with_known_videos
from storyboard.planning.picture_changes import Pictures, has_pictures, picture_texts
from storyboard.records import Json, Take


class ChangeKind(Enum):
    """What happened to a take."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"  # another id, same request
    REMOVED = "removed"


class FieldChange(NamedTuple):
    """One field of a take that differs; None stands for a field that is not set.

    `is_sent` says whether it is part of the request; tags, notes and the like are not.
    """

    field: str
    old: Json
    new: Json
    is_sent: bool


@dataclass(frozen=True, slots=True)
class TakeChange:
    """A take that differs. `take` is the new one, or the old one if it was removed.

    `old` is the take before, or None if it was added. `is_new_request` says whether it
    asks for a video that the other version does not ask for.
    """

    kind: ChangeKind
    take: Take
    old: Take | None = None
    fields: tuple[FieldChange, ...] = ()
    is_new_request: bool = False

    @property
    def keeps_video(self) -> bool:
        """Whether the take is locked, so that it keeps its video whatever its request is now."""
        return self.take.is_locked and self.kind is ChangeKind.CHANGED


class ChangeGroup(NamedTuple):
    """Changes with one cause: the same edit of a field, or takes of one entry of the file.

    `field` and `edit` are those of the first take, or None if takes were added, removed or
    renamed.
    """

    kind: ChangeKind
    field: FieldChange | None
    edit: Edit | None
    changes: list[TakeChange]


def compare_takes(old: Sequence[Take], new: Sequence[Take]) -> tuple[TakeChange, ...]:
    """Every take that differs: those of `new` in order, then those that were removed."""
    locked = frozenset(take.id for take in new if take.is_locked)
    resolved_old, resolved_new = (
        _with_stand_in_videos(old, locked),
        _with_stand_in_videos(new, locked),
    )
    by_id = {take.id: take for take in old}
    new_ids = {take.id for take in new}
    left = [take for take in old if take.id not in new_ids]
    by_request: dict[str, list[Take]] = {}
    for take in reversed(left):
        by_request.setdefault(resolved_old[take.id].fingerprint, []).append(take)
    requests = {take.fingerprint for take in resolved_old.values()}
    changes: list[TakeChange] = []
    renamed: set[str] = set()
    for take in new:
        resolved = resolved_new[take.id]
        before, kind = by_id.get(take.id), ChangeKind.CHANGED
        if before is None and (same := by_request.get(resolved.fingerprint)):
            before, kind = same.pop(), ChangeKind.RENAMED
            renamed.add(before.id)
        is_new = resolved.fingerprint not in requests
        if before is None:
            changes.append(TakeChange(ChangeKind.ADDED, take, is_new_request=is_new))
            continue
        fields = tuple(_changed_fields(before, take, resolved_old[before.id], resolved))
        if fields or kind is ChangeKind.RENAMED:
            changes.append(TakeChange(kind, take, before, fields, is_new))
    removed = [take for take in left if take.id not in renamed]
    return (*changes, *(TakeChange(ChangeKind.REMOVED, take, take) for take in removed))


def _with_stand_in_videos(takes: Sequence[Take], locked: Collection[str]) -> dict[str, Take]:
    """The takes by id, with something in place of each video that is equal if the requests are.

    Takes that are `locked` have the same video before and after, whatever their requests are.
    """
    if not has_frames(takes):
        return {take.id: take for take in takes}
    found: dict[str, Take] = {}

    def video_of(name: str) -> str | None:
        return name if name in locked else found[name].fingerprint if name in found else None

    for take in in_order(takes):
        found[take.id] = with_known_videos(take, video_of)
    return found


def new_requests(changes: Sequence[TakeChange]) -> list[Take]:
    """The takes whose videos the new version has to pay for in addition to the old one's.

    Each request once. Locked takes keep the videos they have.
    """
    takes = {
        change.take.fingerprint: change.take
        for change in changes
        if change.is_new_request and not change.keeps_video
    }
    return list(takes.values())


def group_changes(changes: Sequence[TakeChange]) -> list[ChangeGroup]:
    """The changes grouped by cause, in order; a take with several causes is in several groups."""
    finder = EditFinder()
    groups: dict[object, ChangeGroup] = {}
    for change in changes:
        for key, (field, edit) in _causes(change, finder).items():
            empty = ChangeGroup(change.kind, field, edit, [])
            groups.setdefault((change.kind, key), empty).changes.append(change)
    kinds = list(ChangeKind)
    return sorted(groups.values(), key=lambda group: kinds.index(group.kind))


def _causes(
    change: TakeChange, finder: EditFinder
) -> dict[object, tuple[FieldChange | None, Edit | None]]:
    """What changed a take, each cause once, by a key that is equal for equal causes."""
    if change.kind is not ChangeKind.CHANGED:
        return {(change.take.position, change.old and change.old.position): (None, None)}
    causes: dict[object, tuple[FieldChange | None, Edit | None]] = {}
    for field in change.fields:
        for edit in _edits(field, change, finder):
            causes.setdefault((field.field, change.keeps_video, edit.key), (field, edit))
    return causes


def _edits(field: FieldChange, change: TakeChange, finder: EditFinder) -> Iterator[Edit]:
    if not field.is_sent or change.old is None or not has_pictures(field.old, field.new):
        yield from finder.find(field.old, field.new)
        return
    old = Pictures({field.field: field.old}, change.old.inputs)
    new = Pictures({field.field: field.new}, change.take.inputs)
    texts = picture_texts(old, new, field.field)
    yield Edit(texts, *texts)


def _changed_fields(
    old: Take, new: Take, resolved_old: Take, resolved: Take
) -> Iterator[FieldChange]:
    if resolved_old.fingerprint != resolved.fingerprint:
        before, after = _request(old), _request(new)
        sent = [
            one._replace(old=before.get(one.field), new=after.get(one.field))
            for one in _differences(_request(resolved_old), _request(resolved), is_sent=True)
        ]
        # A shot can make several equal requests; the repeat number is part of each as well.
        yield from sent or [FieldChange("fingerprint", old.fingerprint, new.fingerprint, True)]
    yield from _differences(_facts(old), _facts(new), is_sent=False)


def _request(take: Take) -> Mapping[str, Json]:
    return {"model": take.model, **take.payload}


def _facts(take: Take) -> Mapping[str, Json]:
    return {
        "scene": take.scene,
        "tags": list(take.tags) or None,
        "notes": take.notes,
        "meta": dict(take.meta) or None,
        "locked": take.is_locked or None,
        "pause": take.is_paused or None,
        "fallbacks": [one.model for one in take.fallbacks] or None,
    }


def _differences(
    old: Mapping[str, Json], new: Mapping[str, Json], *, is_sent: bool
) -> Iterator[FieldChange]:
    for name in dict.fromkeys([*new, *old]):
        before, after = old.get(name), new.get(name)
        if differ(before, after):
            yield FieldChange(name, before, after, is_sent)
