"""The exceptions that stop a run, and the exit codes they end it with.

    StoryboardError            one sentence, and what to do next
    +-- UsageError             2    wrong usage, or a file that cannot be used
    +-- Refused                3    a guard said no
    +-- TimeIsUp               5    --timeout ran out
    +-- Locked                 11   another render holds the folder
    +-- AccountError           12   key, balance or connection
    |   +-- Unreachable        12   the API was never reached
    +-- StateError             2    the state file or the output folder cannot be used

Problems in a user's storyboard are values (`records.Problem`), not
exceptions. Only `cli.py` turns exceptions into exit codes.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller; where several hold, `worst_of` decides."""

    OK = 0
    INCOMPLETE = 1
    USAGE = 2
    REFUSED = 3
    UNKNOWN = 4
    TIMEOUT = 5
    CHANGED = 10
    LOCKED = 11
    ACCOUNT = 12
    BUG = 70
    INTERRUPTED = 130


_WORST_FIRST = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.ACCOUNT,
    ExitCode.LOCKED,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.TIMEOUT,
    ExitCode.UNKNOWN,
    ExitCode.INCOMPLETE,
    ExitCode.CHANGED,
    ExitCode.OK,
)


def worst_of(*codes: ExitCode) -> ExitCode:
    """The exit code that stands for all of `codes`; OK for none."""
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.OK)


class StoryboardError(Exception):
    """Stops the run: `str(error)` is one sentence, `next_step` what the user can do."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.next_step = next_step


class UsageError(StoryboardError):
    """An option, an argument or a file that cannot be used as it is."""


class StateError(StoryboardError):
    """The state file or the output folder cannot be read or written."""


class Refused(StoryboardError):
    """A guard (a cap, a missing confirmation) stopped the run before it paid."""

    exit_code = ExitCode.REFUSED


class TimeIsUp(StoryboardError):
    """The time given with --timeout ran out; work goes on at the API."""

    exit_code = ExitCode.TIMEOUT


class Locked(StoryboardError):
    """Another process renders into the same folder."""

    exit_code = ExitCode.LOCKED


class AccountError(StoryboardError):
    """The key is missing or refused, or the balance is used up."""

    exit_code = ExitCode.ACCOUNT


class Unreachable(AccountError):
    """The API could not be reached at all."""
