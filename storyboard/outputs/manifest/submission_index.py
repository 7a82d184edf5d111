"""The known submissions, looked up by what a manifest says about one. Pure.

A manifest may hold any number of blocks of one request, so none is compared with every row.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from storyboard.outputs.manifest.times import whole_second
from storyboard.records import Submission, SubmissionState

_Key = tuple[object, ...]


class SubmissionIndex:
    """Submissions by fingerprint, combined with their state, task and times.

    If several match, the one added first is found.
    """

    def __init__(self, submissions: Iterable[Submission]) -> None:
        self._rows: dict[_Key, dict[int, Submission]] = {}  # by identity
        for submission in submissions:
            self.add(submission)

    def add(self, row: Submission) -> None:
        for key in _keys(row):
            self._rows.setdefault(key, {})[id(row)] = row

    def remove(self, row: Submission) -> None:
        for key in _keys(row):
            del self._rows[key][id(row)]

    def states(self, fingerprint: str) -> set[SubmissionState]:
        """The states of a request's rows."""
        return {state for state in SubmissionState if self._rows.get((fingerprint, state))}

    def has_state_and_task(self, reported: Submission) -> bool:
        """Whether a row of the request has the same state and the same task, or also no task."""
        return bool(self._rows.get((reported.fingerprint, reported.state, reported.task_id)))

    def find_same(self, reported: Submission) -> Submission | None:
        """The row of the submission that the manifest reports, found by its task or time.

        Two different tasks are never the same submission. An unknown outcome has no task here
        and may have been resolved in another clone. The manifest's times are in whole seconds.
        """
        fingerprint, task, time = reported.fingerprint, reported.task_id, reported.sent_at
        with_task = (fingerprint, True, time) if task is None else (fingerprint, task)
        without = (fingerprint, False, time)
        found = (self._rows.get(key, {}).values() for key in (with_task, without))
        return next(chain.from_iterable(found), None)


def _keys(row: Submission) -> set[_Key]:
    """The keys of a row: its state, its state with its task, its task, and its times."""
    fingerprint, task = row.fingerprint, row.task_id
    keys: set[_Key] = {(fingerprint, row.state), (fingerprint, row.state, task)}
    if task is not None:
        keys.add((fingerprint, task))
    times = (whole_second(time) for time in (row.sent_at, row.submitted_at) if time)
    return keys | {(fingerprint, task is not None, time) for time in times}
