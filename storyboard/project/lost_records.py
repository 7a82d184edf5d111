"""Detects paid videos whose records are missing: the state file is empty, old or gone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from storyboard.errors import PaymentUnknown
from storyboard.names import fold, is_video_path
from storyboard.outputs import MANIFEST
from storyboard.project.workspace import Workspace
from storyboard.records import Submission, Take
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.files import is_emptied
from storyboard.videos.files import find_partial_files

_MAX_NAMES = 3
_VERSION = re.compile(r"\.v[0-9]+\.mp4$")


def check_not_emptied(space: Workspace, adoptable: Sequence[Submission]) -> None:
    """Refuses to continue from a state file that lost all its rows.

    `adoptable` is what the manifest adds. Raises PaymentUnknown, except beside videos that
    no manifest knows: there `check_takes` raises it.
    """
    path = space.state / STATE
    if not is_emptied(path):
        return
    if not adoptable and (any(_takes_with_videos(space)) or find_partial_files(space.folder)):
        return
    raise PaymentUnknown(
        f"{path} is empty, so it is unknown what was sent before; nothing was sent now",
        next_step="restore it from a copy; if you have none, remove it, and only "
        f"{MANIFEST} (if there is one) records what was paid for",
    )


def check_takes(space: Workspace, known: Sequence[Submission], pending: Sequence[Take]) -> None:
    """Refuses to pay for takes whose videos are in the output folder without a record.

    `known` are all submissions, from the state file and the manifest, and `pending` the takes
    that a render would submit. Raises PaymentUnknown if one of them has a video but, according
    to `known`, was never sent, or if `known` is empty and there is any video.
    """
    submitted = {fold(take.id) for take in pending}
    if not submitted:
        return
    takes = sorted(_takes_with_videos(space))
    if known:
        never_sent = submitted - {fold(one.take) for one in known}
        takes = [take for take in takes if fold(take) in never_sent]
    elif not takes and find_partial_files(space.folder):
        takes = ["takes that were being downloaded"]
    if not takes:
        return
    names = ", ".join(takes[:_MAX_NAMES]) + (", ..." if len(takes) > _MAX_NAMES else "")
    raise PaymentUnknown(
        f"{space.videos} contains videos of {names}, but neither {STATE} nor {MANIFEST} records "
        "what was paid for them; nothing was sent",
        next_step=f"restore {space.state / STATE} or {space.folder / MANIFEST} from a copy or "
        "from git; --rerender pays for all of it again",
    )


def _takes_with_videos(space: Workspace) -> Iterator[str]:
    """The ids of takes in the names of the videos in the output folder, each once."""
    try:
        names = os.listdir(space.videos)  # noqa: PTH208 (no path for each of the videos)
    except OSError:
        return
    yield from {_VERSION.sub("", name) for name in names if is_video_path(f"videos/{name}")}
