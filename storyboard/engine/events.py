"""The events in the loop's inbox: results of worker threads, and requests to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from storyboard.engine.flight import Flight
from storyboard.engine.pictures import NoPicture, Picture, PictureKey
from storyboard.replies import SubmitReply, TaskReply, Uploaded, UploadReply
from storyboard.videos.result import FetchResult


@dataclass(frozen=True, slots=True)
class Answered:
    """A POST, a poll or a download has ended. The reply says how."""

    flight: Flight
    reply: SubmitReply | TaskReply | FetchResult


@dataclass(frozen=True, slots=True)
class LogChecked:
    """One page of the request log was read; `pages` is how many there are.

    `ended` holds the ids of the tasks that the page reports as ended, and `costs`
    their reported costs in micros.
    """

    ended: frozenset[str]
    pages: int
    costs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogCheckFailed:
    """The request log could not be read; `wait_s` is how long the API asks us to wait, or None."""

    wait_s: float | None


@dataclass(frozen=True, slots=True)
class PictureRead:
    """A picture of a request was read, or cannot be."""

    key: PictureKey
    result: Picture | NoPicture


@dataclass(frozen=True, slots=True)
class UploadAnswered:
    """The upload of a content has ended. The reply says how."""

    sha256: str
    reply: UploadReply


@dataclass(frozen=True, slots=True)
class UploadsListed:
    """The account's files, or None if the API did not say."""

    files: Sequence[Uploaded] | None


@dataclass(frozen=True, slots=True)
class UploadDeleted:
    """The API was asked to delete a file of ours; `is_gone` says whether it has."""

    name: str
    is_gone: bool


PictureEvent: TypeAlias = PictureRead | UploadAnswered | UploadsListed | UploadDeleted


@dataclass(frozen=True, slots=True)
class Crashed:
    """A bug raised `error` in a worker thread; the run ends and raises it."""

    error: BaseException
    is_submission: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user asked the run to end soon (Ctrl-C, SIGTERM)."""


Event: TypeAlias = Answered | LogChecked | LogCheckFailed | PictureEvent | Crashed | Interrupted


def guarded(call: Callable[[], Event], *, is_submission: bool = False) -> Callable[[], Event]:
    """The call for a worker thread. An exception in it becomes a `Crashed` for the loop."""

    def guarded_call() -> Event:
        try:
            return call()
        except BaseException as error:
            return Crashed(error, is_submission)

    return guarded_call
