"""Approves the videos of paused takes, so that the takes that show their frames can be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storyboard.errors import UsageError
from storyboard.planning.selection import Selection, select_takes
from storyboard.planning.states import has_video, pair_takes
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Submission, Take
from storyboard.state.store import Store

_OPTION = "--past"


def check_paused(takes: Sequence[Take], names: Sequence[str]) -> None:
    """Raises UsageError if a name is of no take, or of none that is paused."""
    for name in names:
        _paused(takes, name)


def approve(
    space: Workspace,
    store: Store,
    snapshot: FolderSnapshot,
    names: Sequence[str],
    *,
    tell: Callable[[str], None],
) -> None:
    """Records that a person has seen the videos that these takes, or takes of shots, have now.

    `tell` is given what was approved. Raises UsageError if there is no such video.
    """
    if not names:
        return
    takes, known = space.storyboard.takes, store.submissions()
    pairs = pair_takes(takes, known, manifest_tasks=snapshot.manifest_tasks)
    sent = {take.id: turn.submission for take, turn in pairs}
    for name in names:
        found = [take.id for take in _paused(takes, name)]
        seen = {
            take: video.sha256
            for take in found
            if (one := sent[take]) and has_video(one, snapshot.has_file) and (video := one.video)
        }
        if not seen:
            raise _nothing_to_see(space, found, [sent[take] for take in found])
        for take, sha256 in seen.items():
            store.let_pass(take, sha256)
        what = "video" if len(seen) == 1 else "videos"
        tell(f"approved: the {what} of {', '.join(seen)}")


def _paused(takes: Sequence[Take], name: str) -> list[Take]:
    """The paused takes among those with this id or of this shot."""
    chosen = select_takes(takes, Selection(only=(name,)), only_option=_OPTION)
    found = [take for take in takes if take.id in chosen]
    paused = [take for take in found if take.is_paused]
    if not paused:
        raise UsageError(
            f"{_OPTION} {name}: {found[0].id} is not paused, so nothing waits for its approval",
            next_step=f"leave it out, or write pause: true in shot {found[0].shot}",
        )
    return paused


def _nothing_to_see(
    space: Workspace, takes: Sequence[str], sent: Sequence[Submission | None]
) -> UsageError:
    is_sent = any(sent)
    return UsageError(
        f"{_OPTION} {takes[0]}: {takes[0]} has no finished video in {space.videos} to approve",
        next_step=f"see what became of it with: {space.command('status')}"
        if is_sent
        else f"render it first: {space.command('render', '--only', takes[0])}",
    )
