"""What reaches the loop's inbox: results of worker threads, and the wish to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from storyboard.engine.job import Flight
from storyboard.records import SubmitReply, TaskReply
from storyboard.videos.result import FetchResult


@dataclass(frozen=True, slots=True)
class Submitted:
    """A POST has been answered, or it is known what became of it."""

    flight: Flight
    reply: SubmitReply


@dataclass(frozen=True, slots=True)
class Polled:
    """A task has been asked after."""

    flight: Flight
    reply: TaskReply


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A result has been fetched, or could not be."""

    flight: Flight
    result: FetchResult


@dataclass(frozen=True, slots=True)
class Glanced:
    """The request log has been read, one of so many `pages`, and tells which tasks have ended."""

    ended: frozenset[str]
    pages: int


@dataclass(frozen=True, slots=True)
class NotGlanced:
    """The request log could not be read; `wait_s` is what the API says of trying again."""

    wait_s: float | None


@dataclass(frozen=True, slots=True)
class Crashed:
    """A worker met a bug of ours; the loop raises it."""

    error: BaseException
    is_submission: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Somebody wants the run to end."""


Event: TypeAlias = Submitted | Polled | Glanced | NotGlanced | Downloaded | Crashed | Interrupted


def guarded(call: Callable[[], Event], *, is_submission: bool = False) -> Callable[[], Event]:
    """A call whose bug reaches the loop instead of ending a thread in silence."""

    def guarded_call() -> Event:
        try:
            return call()
        except BaseException as error:
            return Crashed(error, is_submission)

    return guarded_call
