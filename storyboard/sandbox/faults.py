"""The faults that the sandbox injects, as a value: by chance, or at the n-th request of a kind.

Chance is a hash of seed, fault and count, not a running generator, so the same
settings affect the same requests, whatever else happens in between.
"""

# ruff: noqa: RUF009 - `_fault` makes a field, as `dataclasses.field` does

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, TypeAlias, TypeGuard

from storyboard.records import Json

When: TypeAlias = float | tuple[int, ...]
"""A probability from 0 to 1, or the numbers of the affected requests, counted from 1."""


class Stage(Enum):
    """Which requests a fault affects, each counted alone. A result is a poll with a video."""

    UPLOAD = "upload"
    SUBMIT = "submit"
    TASK = "task"
    POLL = "poll"
    RESULT = "result"
    DOWNLOAD = "download"


def _fault(stage: Stage, effect: str) -> Any:
    """The field of a fault, with its effect for `--fault list`; off by default."""
    return field(default=0.0, metadata={"stage": stage, "effect": effect})


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults are injected, and when; by default none is.

    `slow_s` is the delay of a slow answer, or of the final one after an interim one.
    `cut_after_bytes` is where a download breaks off. A task fails if its prompt
    contains `fail_marker`.
    """

    seed: int = 0
    upload_error: When = _fault(Stage.UPLOAD, "answers 503; no file is kept")
    upload_rate_limited: When = _fault(Stage.UPLOAD, "answers 429 for the rate; no file is kept")
    upload_lost_reply: When = _fault(
        Stage.UPLOAD, "the file is kept, but the connection is cut before the reply"
    )
    slow: When = _fault(Stage.SUBMIT, "the reply comes slow_s late")
    interim_reply: When = _fault(
        Stage.SUBMIT, "an interim reply (1xx) comes first, the final one slow_s later"
    )
    reset_before: When = _fault(Stage.SUBMIT, "the connection is cut; nothing is accepted")
    error_500: When = _fault(Stage.SUBMIT, "answers 500; nothing is accepted")
    error_503: When = _fault(Stage.SUBMIT, "answers 503; nothing is accepted")
    rate_limited: When = _fault(Stage.SUBMIT, "answers 429 for the rate; nothing is accepted")
    lost_reply: When = _fault(
        Stage.SUBMIT, "the task is accepted, but the connection is cut before the reply"
    )
    garbled_reply: When = _fault(Stage.SUBMIT, "the task is accepted, but the reply is not JSON")
    error_500_after: When = _fault(Stage.SUBMIT, "the task is accepted, but the reply is a 500")
    same_task_id: When = _fault(
        Stage.SUBMIT, "the task is accepted, but the reply has the id of the task polled last"
    )
    task_fails: When = _fault(Stage.TASK, "the task ends as failed")
    task_canceled: When = _fault(Stage.TASK, "the task ends as canceled")
    never_ends: When = _fault(Stage.TASK, "the task stays in processing")
    no_video: When = _fault(Stage.TASK, "the task succeeds without a video")
    poll_reset: When = _fault(Stage.POLL, "the connection is cut")
    poll_error: When = _fault(Stage.POLL, "answers 500")
    poll_rate_limited: When = _fault(Stage.POLL, "answers 429 for the rate")
    poll_missing: When = _fault(Stage.POLL, "answers 404")
    poll_interim: When = _fault(
        Stage.POLL, "an interim reply (1xx) comes first, the final one slow_s later"
    )
    poll_stray: When = _fault(
        Stage.POLL, "the reply to another poll follows on the same connection"
    )
    late_link: When = _fault(Stage.RESULT, "the task has succeeded, but its link is not there yet")
    odd_link: When = _fault(
        Stage.RESULT, "the link is written oddly: spaces, line breaks, quotes, no scheme"
    )
    download_error: When = _fault(Stage.DOWNLOAD, "answers 503")
    download_cut: When = _fault(Stage.DOWNLOAD, "the connection is cut after cut_after_bytes")
    download_drops: When = _fault(
        Stage.DOWNLOAD, "the connection is cut after an eighth of the video"
    )
    download_interim: When = _fault(
        Stage.DOWNLOAD, "an interim reply (1xx) comes first, the final one slow_s later"
    )
    html_instead: When = _fault(Stage.DOWNLOAD, "a web page comes in place of the video")
    expired_links: When = _fault(Stage.DOWNLOAD, "the link expires too early")
    slow_s: float = 1.0
    cut_after_bytes: int = 1000
    fail_marker: str | None = None

    def injects(self, name: str, count: int) -> bool:
        """Whether the fault `name` affects request number `count` (from 1) of its stage."""
        when: When = getattr(self, name)
        if isinstance(when, tuple):
            return count in when
        return chance(self.seed, name, count) < when

    @property
    def data(self) -> dict[str, Json]:
        """The faults as JSON; a tuple becomes a list."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


FAULTS: Mapping[str, tuple[Stage, str]] = {
    field.name: (field.metadata["stage"], field.metadata["effect"])
    for field in fields(Faults)
    if field.metadata
}
"""Every fault with its stage and its effect."""

_NUMBERS = {"seed": int, "slow_s": float, "cut_after_bytes": int}


def chance(seed: int, name: str, count: int) -> float:
    """A number from 0 to below 1 that looks random but depends only on the arguments."""
    digest = hashlib.sha256(f"{seed}/{name}/{count}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 256**7


def faults_from_json(data: Json) -> Faults:
    """The faults in a JSON object: a number is a probability, a list the affected requests.

    Raises:
        ValueError: what is wrong with it, in a sentence.
    """
    if not isinstance(data, dict):
        raise ValueError('faults are a JSON object, like {"lost_reply": 0.1}')
    values: dict[str, Any] = {name: _parse_value(name, value) for name, value in data.items()}
    return Faults(**values)


def fault_from_text(text: str) -> tuple[str, Json]:
    """The name and value of a fault as written on the command line.

    `lost_reply=0.1` is a probability, `lost_reply=@2,5` the second and fifth request.

    Raises:
        ValueError: what is wrong with it, in a sentence.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not NAME=PROBABILITY, like lost_reply=0.1")
    if name == "fail_marker":
        return name, value
    try:
        if value.startswith("@"):
            return name, [int(part) for part in value[1:].split(",")]
        return name, float(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is neither a probability (0.1) nor a list of requests (@2,5)"
        ) from None


def _parse_value(name: str, value: Json) -> object:
    if name == "fail_marker":
        if value is None or (isinstance(value, str) and value):
            return value
        raise ValueError("fail_marker is text that prompts may contain, or null")
    if name in _NUMBERS:
        if not _is_number(value, 2**31 - 1):
            raise ValueError(f"{name} is a number of at least 0, not {value!r}")
        return _NUMBERS[name](value)
    if name not in FAULTS:
        raise ValueError(f"there is no fault {name!r}; the faults are {', '.join(FAULTS)}")
    if isinstance(value, list):
        if all(type(n) is int and n >= 1 for n in value):
            return tuple(value)
        raise ValueError(f"{name}: requests are counted from 1, as whole numbers")
    if not _is_number(value, 1):
        raise ValueError(f"{name}: a probability is between 0 and 1, not {value!r}")
    return float(value)


def _is_number(value: Json, maximum: int) -> TypeGuard[int | float]:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= maximum
