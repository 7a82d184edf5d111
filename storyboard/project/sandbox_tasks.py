"""Leaves out tasks of another machine's sandbox, because this sandbox cannot finish them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from storyboard.records import OPEN_STATES, Submission, SubmissionState
from storyboard.sandbox.journal import read_task_ids

SANDBOX_FOLDER = ".sandbox"
"""Where the sandbox keeps its tasks, in the folder of the state file."""

_OF_A_TASK = OPEN_STATES | {SubmissionState.SUCCEEDED}


def without_foreign_tasks(
    submissions: Sequence[Submission], folder: Path, state: Path
) -> list[Submission]:
    """The submissions, without tasks of another sandbox whose videos are not here.

    Waiting for such a task, or asking about it, would lead nowhere. They are rendered
    again, since that costs nothing.
    """
    if not submissions:
        return []
    local = read_task_ids(state / SANDBOX_FOLDER)
    return [
        one
        for one in submissions
        if one.state not in _OF_A_TASK
        or one.task_id in local
        or (one.video is not None and os.path.lexists(folder / one.video.path))
    ]
