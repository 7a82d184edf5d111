"""What is known of a storyboard's takes. Takes no lock, sends nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from storyboard.planning.plan import find_orphans
from storyboard.planning.spending import Spending
from storyboard.planning.states import status_of
from storyboard.project.lost_records import check_not_emptied, check_takes
from storyboard.project.manifests import known_submissions
from storyboard.project.spent import read_spending
from storyboard.project.waiting import find_waiting
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Action, TakeState, TakeStatus
from storyboard.state.queries import read_passed


class Known(NamedTuple):
    """What is known of the takes, of submissions that belong to none, and of the total cost.

    `waiting` has pending takes that wait for others, or are held because of them, by take id.
    """

    states: Sequence[TakeState]
    orphans: Sequence[TakeState]
    snapshot: FolderSnapshot
    spending: Spending
    waiting: Mapping[str, Action]


def read_known(space: Workspace, now: datetime, *, tell: Callable[[str], None]) -> Known:
    """What is known now. Raises StoryboardError if records were lost."""
    submissions = known_submissions(space, tell=tell)
    check_not_emptied(space, submissions)
    snapshot = space.snapshot()
    states = space.read_states(submissions, snapshot)
    pending = [state.take for state in states if state.status is TakeStatus.PENDING]
    check_takes(space, submissions, pending)
    covered = {state.take.fingerprint for state in states}
    orphans = [
        TakeState(action.take, status_of(sent, has_file=snapshot.has_file), sent)
        for action in find_orphans(submissions, covered, now=now)
        if (sent := action.submission) is not None
    ]
    passed = read_passed(space.state)
    waiting = find_waiting(space, submissions, snapshot, states, passed=passed, now=now)
    return Known(states, orphans, snapshot, read_spending(space, submissions), waiting)
