"""What `doctor` finds, line by line: facts in, words out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from storyboard.api.client_files import KEY_PAGE
from storyboard.errors import ExitCode, worst_of
from storyboard.replies import RateHint

_FEW_BYTES = 2 * 10**9  # about two hundred videos
_TOO_FEW_BYTES = 200 * 10**6
_NOTABLE_S = 30.0


class Level(Enum):
    """How serious a line of the report is; only problems change the exit code."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked, what was found, and what to do about it."""

    name: str
    level: Level
    found: str
    remedy: str | None = None
    code: ExitCode = ExitCode.INCOMPLETE


def fine(name: str, found: str) -> Line:
    """A line with nothing to do about it."""
    return Line(name, Level.OK, found)


def exit_code_of(lines: tuple[Line, ...]) -> ExitCode:
    """The worst exit code of the problems: 12 for the account and the connection to it, else 1."""
    return worst_of(*(line.code for line in lines if line.level is Level.PROBLEM))


def judge_key(*, is_valid: bool, source: str) -> Line:
    """Whether the API accepts the key that was found."""
    if is_valid:
        return fine("key accepted", "yes")
    return Line(
        "key accepted",
        Level.PROBLEM,
        f"the API does not know the key from {source}",
        f"create a new one at {KEY_PAGE}, and check that it is for this address",
        ExitCode.ACCOUNT,
    )


def judge_balance(balance_usd: float | None) -> Line:
    """Whether there is any money to pay with. The cost of a video is not known here."""
    if balance_usd is None:
        return Line(
            "balance", Level.WARNING, "the API's answer does not say", "look in the console"
        )
    if balance_usd <= 0:
        return Line(
            "balance",
            Level.PROBLEM,
            f"{balance_usd:.2f} USD: nothing can be rendered",
            "top the account up",
            ExitCode.ACCOUNT,
        )
    return fine("balance", f"{balance_usd:.2f} USD")


def describe_limits(rate: RateHint) -> Line:
    """What the headers say about the request rate, which may be nothing."""
    if rate.limit is None:
        return fine(
            "limits",
            "not given in the API's headers; a render starts with 2 tasks in flight and "
            "100 requests a minute",
        )
    left = "" if rate.remaining is None else f", {rate.remaining} of them left"
    return fine("limits", f"{rate.limit} requests a minute{left}")


def judge_clock(offset_s: float | None) -> Line:
    """Whether our clock and the API's agree. `offset_s` is how far the API's is ahead."""
    if offset_s is None:
        return fine("clock", "the API does not report its time")
    if abs(offset_s) <= _NOTABLE_S:
        return fine("clock", "agrees with the API's")
    side = "behind" if offset_s > 0 else "ahead of"
    return Line(
        "clock",
        Level.WARNING,
        f"{abs(offset_s):,.0f} s {side} the API's",
        "set the clock: when links expire and what reconcile finds depend on it",
    )


def judge_disk(free_bytes: int, *, folder: str, is_writable: bool) -> Line:
    """Whether the folder has room for videos; one is some ten megabytes."""
    found = f"{free_bytes / 10**9:,.1f} GB free in {folder}"
    if not is_writable:
        return Line(
            "disk",
            Level.PROBLEM,
            f"{folder} cannot be written",
            "fix its permissions, or render elsewhere with --output",
        )
    if free_bytes >= _FEW_BYTES:
        return fine("disk", found)
    level = Level.WARNING if free_bytes >= _TOO_FEW_BYTES else Level.PROBLEM
    return Line("disk", level, found, "free some space, or render elsewhere with --output")
