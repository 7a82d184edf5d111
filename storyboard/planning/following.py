"""What the plan does about a take that shows frames of others: wait, hold, or go on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from storyboard.planning.graph import is_resolved, parents_of
from storyboard.planning.states import HasFile, has_video
from storyboard.records import Action, ActionKind
from storyboard.reporting.amounts import and_text

Passed: TypeAlias = "Collection[tuple[str, str]]"
"""The videos of paused takes that a person has approved, each as take id and sha256."""

_HELD = frozenset({ActionKind.HOLD, ActionKind.ASK})
_COMING = frozenset({ActionKind.SUBMIT, ActionKind.RESUME, ActionKind.WAIT})


class Parent(NamedTuple):
    """A take whose frame another shows: what is done about it, and whether it is selected.

    If it is not selected, `action` is what would be done about it. `has_downloads` says
    whether this render downloads anything.
    """

    action: Action
    is_selected: bool
    has_downloads: bool = True

    @property
    def will_change(self) -> bool:
        """Whether this render makes a video of it, which may be another than the last."""
        return self.is_selected and self.has_downloads and self.action.kind in _COMING

    @property
    def will_come(self) -> bool:
        """Whether this render brings its video, be it new or again."""
        kind, sent = self.action.kind, self.action.submission
        if not self.has_downloads:
            return False
        if self.is_selected:
            return kind in _COMING or kind is ActionKind.DOWNLOAD
        # Tasks that no selected take waits for are finished, too, and downloaded once.
        is_lacking = sent is not None and sent.video is None
        return kind is ActionKind.RESUME or (kind is ActionKind.DOWNLOAD and is_lacking)


def follow(
    own: Action, parents: Mapping[str, Parent], *, has_file: HasFile, passed: Passed
) -> Action:
    """What to do about a take with frames of `parents`, given what would be done without them.

    It waits while a parent's video is to come. If it would be submitted and a parent has no
    video in place, or one that waits for approval, it is held. A locked take keeps its video.
    """
    if own.take.is_locked and own.kind is not ActionKind.SUBMIT:
        return own
    names = parents_of(own.take)
    if missing := [name for name in names if name not in parents]:
        reason = f"it shows a frame of {missing[0]}, which is not in the storyboard"
        return replace(own, kind=ActionKind.HOLD, reason=reason)
    found = [parents[name] for name in names]
    is_to_wait = any(one.will_change for one in found)
    is_to_send = own.kind is ActionKind.SUBMIT or not is_resolved(own.take)
    if is_to_send:
        if held := _held(own, found, has_file=has_file, passed=passed):
            return held
        is_to_wait = any(one.will_come for one in found)
    if not is_to_wait:
        return own
    takes = tuple(one.action.take for one in found if one.will_come)
    reason = f"waits for {and_text([take.id for take in takes])}"
    if is_to_send and (paused := [take.id for take in takes if take.is_paused]):
        reason += f", and then until you have seen {and_text(paused)}"
    return replace(own, kind=ActionKind.WAIT, reason=reason, waits_for=takes)


def _held(
    own: Action, parents: Sequence[Parent], *, has_file: HasFile, passed: Passed
) -> Action | None:
    """The take held, if a video of a parent does not come, or is to be approved; else None.

    If nothing but approvals is missing, here and earlier in the chain, it names all of them.
    """
    in_place: list[Action] = []
    lacking: list[Action] = []
    for parent in (one for one in parents if not one.will_come):
        sent = parent.action.submission
        if sent is not None and has_video(sent, has_file):
            in_place.append(parent.action)
        elif parent.is_selected and parent.action.to_approve:
            lacking.append(parent.action)
        else:
            return _held_by(own, parent)
    unseen = [name for action in lacking for name in action.to_approve]
    unseen += [action.take.id for action in in_place if _is_unseen(action, passed)]
    if not unseen:
        return None
    waits_for = tuple(action.take for action in lacking)
    return replace(_paused(own, [*dict.fromkeys(unseen)]), waits_for=waits_for)


def _held_by(own: Action, parent: Parent) -> Action:
    """The take held, because a parent has no video in place and gets none in this render."""
    action = parent.action
    if not parent.is_selected:
        reason = f"{action.take.id} has no video and is not selected; --with-parents takes it along"
    elif action.kind is ActionKind.KEEP or not (parent.has_downloads or action.kind in _HELD):
        reason = f"the video of {action.take.id} is not downloaded, because of --no-download"
    elif action.waits_for:  # the first in the chain has the reason
        reason = action.reason
    else:
        reason = f"{action.take.id} has no video: {action.reason}"
    return replace(own, kind=ActionKind.HOLD, reason=reason, waits_for=(action.take,))


def _is_unseen(action: Action, passed: Passed) -> bool:
    """Whether a take is paused and nobody has approved the video that it has now."""
    video = action.submission.video if action.submission else None
    is_approved = video is not None and (action.take.id, video.sha256) in passed
    return action.take.is_paused and not is_approved


def _paused(own: Action, unseen: Sequence[str]) -> Action:
    options = " ".join(f"--past {name}" for name in unseen)
    reason = f"waits until you have seen {and_text(unseen)}; then render with {options}"
    return replace(own, kind=ActionKind.HOLD, reason=reason, to_approve=tuple(unseen))
