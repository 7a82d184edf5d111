"""What the plan does about a take that shows frames of others: wait, hold, or go on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from storyboard.planning.graph import is_resolved, parents_of
from storyboard.records import Action, ActionKind, Submission

Passed: TypeAlias = "Collection[tuple[str, str]]"
"""The videos of paused takes that a person has approved, each as take id and sha256."""

HasVideo = Callable[[Submission], bool]
"""Whether a submission's video is in place."""

_COMING = frozenset({ActionKind.SUBMIT, ActionKind.RESUME, ActionKind.WAIT})


class Parent(NamedTuple):
    """A take whose frame another shows: what is done about it, and whether it is selected.

    If it is not selected, `action` is what would be done about it.
    """

    action: Action
    is_selected: bool

    @property
    def will_come(self) -> bool:
        """Whether this render brings its video, be it new or again."""
        kind, sent = self.action.kind, self.action.submission
        if self.is_selected:
            return kind in _COMING or kind is ActionKind.DOWNLOAD
        # Tasks that no selected take waits for are finished, too, and downloaded once.
        is_lacking = sent is not None and sent.video is None
        return kind is ActionKind.RESUME or (kind is ActionKind.DOWNLOAD and is_lacking)


def follow(
    own: Action, parents: Mapping[str, Parent], *, has_video: HasVideo, passed: Passed
) -> Action:
    """What to do about a take with frames of `parents`, given what would be done without them.

    It waits while a parent's video is to come. If it would be submitted and a parent has no
    video in place, or one that waits for approval, it is held.
    """
    names = parents_of(own.take)
    if missing := [name for name in names if name not in parents]:
        return _held(own, f"it shows a frame of {missing[0]}, which is not in the storyboard")
    found = [parents[name] for name in names]
    coming = [one for one in found if one.is_selected and one.action.kind in _COMING]
    is_to_send = own.kind is ActionKind.SUBMIT or not is_resolved(own.take)
    if is_to_send:
        if why := _obstacle(found, has_video=has_video, passed=passed):
            return _held(own, why)
        coming = [one for one in found if one.will_come]
    if not coming:
        return own
    takes = tuple(one.action.take for one in coming)
    reason = f"waits for {', '.join(take.id for take in takes)}"
    return replace(own, kind=ActionKind.WAIT, reason=reason, waits_for=takes)


def _obstacle(parents: Iterable[Parent], *, has_video: HasVideo, passed: Passed) -> str | None:
    """Why the take cannot be sent in this render, or None."""
    for parent in parents:
        action = parent.action
        name, sent = action.take.id, action.submission
        if parent.will_come:
            continue
        if sent is None or sent.video is None or not has_video(sent):
            if not parent.is_selected:
                return f"{name} has no video and is not selected; --with-parents takes it along"
            if action.kind is ActionKind.KEEP:
                return f"the video of {name} was not downloaded"
            return f"{name} has no video: {action.reason}"
        video = (
            action.submission.video.sha256 if action.submission and action.submission.video else ""
        )
        if action.take.is_paused and (name, video) not in passed:
            return f"waits until you have seen {name}; then: --past {name}"
    return None


def _held(own: Action, reason: str) -> Action:
    return replace(own, kind=ActionKind.HOLD, reason=reason)
