"""The outcome of fetching a result: a checked file under a temporary name, or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storyboard.records import Submission, Video


@dataclass(frozen=True, slots=True)
class Fetched:
    """A complete, checked result, still under the name of its partial file."""

    video: Video  # without its final path
    partial: Path


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Why a result could not be fetched.

    `is_gone`: the link does not work; ask the API for another. `is_busy`: the
    host asks to come back later, after `wait_s` seconds if it says when.
    `received_bytes` is the size of the partial file.
    """

    reason: str
    is_gone: bool = False
    is_worth_retrying: bool = False
    is_busy: bool = False
    wait_s: float | None = None
    received_bytes: int = 0
    disk_error: OSError | None = None


FetchResult = Fetched | FetchFailed

Fetch = Callable[[Submission, Path], FetchResult]
"""Downloads a submission's result into a partial file and checks it; never raises."""
