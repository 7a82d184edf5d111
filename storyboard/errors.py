"""Every exception of the program that crosses a room, and the exit codes.

    StoryboardError            stops the run: one sentence, and what to do next
    +-- UsageError             2    wrong usage, or a file that cannot be used
    |   +-- UnusableManifest   2    a manifest that was damaged or edited by hand
    |   +-- BrokenCard         2    a model card that cannot be used
    +-- Refused                3    a guard said no
    +-- PaymentUnknown         4    there are videos, but no record of what was paid
    +-- TimeIsUp               5    --timeout ran out
    +-- NoProcess              2    the system starts no further process
    +-- Locked                 11   another render holds the folder
    +-- AccountError           12   key, balance or connection
    |   +-- Unreachable        12   the API was never reached
    |   +-- NotNow             12   the API cannot answer now; the same read may pass later
    +-- StateError             2    the state file or the output folder cannot be used
    |   +-- OwnedByAnother     2    the folder belongs to another storyboard or origin
    |   +-- StorageFailed      6    the same during a run, when requests may have been sent

    DownloadError              one take has no video yet; the run goes on   retry?
    +-- LinkGone               expired, or the host refuses it              no
    +-- LinkUnsafe             an address that must not be fetched          no
    +-- VideoTooLarge                                                       no
    +-- NotVideoData           an error page or a login page came instead   yes
    +-- HostBusy               the host asks to come back later             yes
    +-- DownloadBroken         cut off, too slow, or the host is down       yes
    NotAVideo                  what was downloaded is not a valid video; the run goes on
    NoFrame                    no picture can be taken from a video; the run goes on

    CardError                  a model card cannot be read; `parse_card` turns it into a BrokenCard

Problems in a user's storyboard are values (`records.Problem`), not
exceptions. Only `cli.py` turns exceptions into exit codes. An exception that
never leaves its own room is defined there, beside the code that catches it.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class ExitCode(IntEnum):
    """What the process returns to its caller; if several apply, `worst_of` decides.

    `meaning` explains it to people.
    """

    meaning: str

    OK = 0, "done"
    INCOMPLETE = 1, "some takes failed, were rejected or are held"
    USAGE = 2, "wrong usage, or problems in the storyboard; nothing was sent"
    REFUSED = 3, "refused by a guard: a cap, or a missing confirmation"
    UNKNOWN = 4, "an unknown outcome waits for a decision"
    TIMEOUT = 5, "--timeout ran out; the tasks continue at the API, run again"
    STORAGE = 6, "a disk or file failed mid-run; what was accepted is saved or named"
    CHANGED = 10, "something would be rendered, or differs (with --check)"
    LOCKED = 11, "another render holds the lock"
    ACCOUNT = 12, "account or connection: no key, no balance, or the API is out of reach"
    BUG = 70, "a bug in storyboard"
    INTERRUPTED = 130, "interrupted; the state is saved"

    def __new__(cls, value: int, meaning: str = "") -> ExitCode:
        """Make a member that equals `value` and carries its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


_WORST_FIRST = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.STORAGE,
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
    """The most serious of `codes`, or OK if there are none."""
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.OK)


class StoryboardError(Exception):
    """Stops the run. `str(error)` is one sentence; `next_step` says what the user can do."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.next_step = next_step


class UsageError(StoryboardError):
    """An option, an argument or a file that cannot be used as it is."""


class UnusableManifest(UsageError):
    """A manifest that cannot be trusted; the caller that knows the folder adds how to repair it."""


class BrokenCard(UsageError):
    """The card of model `name` cannot be used; `line` is None if the whole file is at fault.

    `owner` says whose card it is, as `models.card_folders.Owner` does.
    """

    def __init__(
        self, path: str, line: int | None, reason: str, *, name: str, owner: Enum, next_step: str
    ) -> None:
        position = path if line is None else f"{path}:{line}"
        super().__init__(f"model card {position}: {reason}", next_step=next_step)
        self.path = path
        self.line = line
        self.reason = reason
        self.name = name
        self.owner = owner


class StateError(StoryboardError):
    """The state file or the output folder cannot be read or written."""


class OwnedByAnother(StateError):
    """The output folder belongs to `storyboard`, rendered at `origin`."""

    def __init__(self, message: str, *, next_step: str, origin: str, storyboard: str) -> None:
        super().__init__(message, next_step=next_step)
        self.origin = origin
        self.storyboard = storyboard


class StorageFailed(StateError):
    """The disk or a file failed during a run; every accepted task is saved or named."""

    exit_code = ExitCode.STORAGE


class Refused(StoryboardError):
    """A guard (a cap, a missing confirmation) stopped the run before it paid."""

    exit_code = ExitCode.REFUSED


class PaymentUnknown(StoryboardError):
    """Something was rendered before, but there is no record of what was paid for it."""

    exit_code = ExitCode.UNKNOWN


class TimeIsUp(StoryboardError):
    """The --timeout ran out; the tasks continue at the API."""

    exit_code = ExitCode.TIMEOUT


class NoProcess(StoryboardError):
    """The system starts no further process; `reason` is its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the system cannot start another process: {reason}",
            next_step="end other programs, or raise their limit (ulimit -u), then run again",
        )


class Locked(StoryboardError):
    """Another process renders into the same folder."""

    exit_code = ExitCode.LOCKED


class AccountError(StoryboardError):
    """The key is missing or refused, or the balance is used up."""

    exit_code = ExitCode.ACCOUNT


class Unreachable(AccountError):
    """The API could not be reached at all."""


class NotNow(AccountError):
    """The API cannot answer now; the same read may succeed after `wait_s` seconds.

    `wait_s` is None if the reply does not say how long.
    """

    def __init__(self, message: str, *, next_step: str, wait_s: float | None) -> None:
        super().__init__(message, next_step=next_step)
        self.wait_s = wait_s


class DownloadError(Exception):
    """The video could not be downloaded; `is_worth_retrying` says whether that may change.

    The message names the host but never the full address, which may be signed. A full
    disk raises `OSError`, which is passed up unchanged.
    """

    is_worth_retrying = True

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host}: {what}")
        self.host = host


class LinkGone(DownloadError):
    """The link has expired, or the host refuses it. The task may give a new one."""

    is_worth_retrying = False


class LinkUnsafe(DownloadError):
    """The link must not be followed: a wrong scheme, a private address, a redirect loop."""

    is_worth_retrying = False


class VideoTooLarge(DownloadError):
    """The video is larger than the limit."""

    is_worth_retrying = False


class NotVideoData(DownloadError):
    """The host sent something that is not a video."""


class HostBusy(DownloadError):
    """The host asks to come back later, after `wait_s` seconds if it says when."""

    def __init__(self, host: str, what: str, *, wait_s: float | None) -> None:
        super().__init__(host, what)
        self.wait_s = wait_s


class DownloadBroken(DownloadError):
    """The transfer was cut off; a later call resumes it if possible."""


class NotAVideo(Exception):
    """The file cannot be the video that was requested; the message is a sentence."""


class NoFrame(Exception):
    """A frame cannot be taken from a video; the message is a clause that says why."""


class CardError(Exception):
    """A document is not a model card; the message says why."""
