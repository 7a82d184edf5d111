"""What a poll's answer says about the task; pure.

A poll is free, so an answer that makes no sense just leads to another poll; the
caller decides for how long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from storyboard.api.http.response import Answer, limit_of, object_in, rate_hint, text_in, utc_moment
from storyboard.api.modellix.submissions import error_status, is_own_error
from storyboard.api.redaction import HIDDEN, Redaction, printable_line
from storyboard.links import clean_link, is_link
from storyboard.money import to_micros
from storyboard.replies import TaskReply, TaskStatus

_WORDS = {
    word: status
    for status, words in {
        TaskStatus.WAITING: "queued pending created waiting submitted scheduled preparing "
        "not_started in_queue",
        TaskStatus.WORKING: "running processing in_progress working rendering generating started",
        TaskStatus.SUCCEEDED: "success succeeded succeed successful completed complete done "
        "finished finish",
        TaskStatus.FAILED: "failed fail failure error errored expired timeout timed_out rejected",
        TaskStatus.CANCELED: "canceled cancelled cancel aborted",
    }.items()
    for word in words.split()
}
"""The words for each status: the documented ones, and those that similar APIs use.

Sources: section 2 of the API contract; the status fields of other providers' APIs.
"""

_ENDS = frozenset({TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED})
_STORED = _ENDS | {TaskStatus.MISSING, TaskStatus.UNFAMILIAR, TaskStatus.MISMATCHED}
"""The statuses whose reply body is stored in the state file; other bodies are dropped."""

_MISSING = frozenset({404, 410})
_REFUSED = frozenset({401, 402, 403})
_VIDEO_TYPES = re.compile(
    r"video\b.*|application/mp4|(application/)?octet-stream|mp4|webm|mov|m4v|movie|quicktime", re.I
)
_IMAGE_OR_SOUND = re.compile(r"(image|audio)\b.*|gif|jpe?g|png|webp|avif|mp3|wav", re.I)
_BESIDE_THE_VIDEO = re.compile(
    r"(text|subtitles?|captions?|thumbnail|cover|poster|preview|metadata|json)\b.*"
    r"|application/(json|xml|pdf|zip)\b.*",
    re.I,
)
_VIDEO_SUFFIXES = (".mp4", ".mov", ".webm", ".m4v")
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp", ".heic", ".svg")


def read_task(answer: Answer, task_id: str) -> TaskReply:
    """The meaning of the answer to a poll for `task_id`."""
    data = object_in(answer.document, "data")
    url, expires_at = None, None
    status, reason = _status(answer, data, task_id)
    if status is TaskStatus.SUCCEEDED:
        url, reason = _video_url(data, answer.redaction)
        expires_at = utc_moment(data.get("result_expires_at"))
    return TaskReply(
        status=status,
        video_url=url,
        url_expires_at=expires_at,
        reason=printable_line(reason) if reason else None,
        http_status=answer.status,
        body=answer.text if status in _STORED else None,
        remedy=answer.remedy,
        limit=limit_of(answer),
        rate=rate_hint(answer),
        billed_micros=billed_micros(data) if status in _ENDS else None,
    )


def billed_micros(data: dict[str, Any]) -> int | None:
    """The amount billed for a task, in millionths of a US dollar; None if not known yet.

    `billing.amount` is in US dollars, and final once `billing.status` is no longer "pending".

    Source: sections 2 and 11 of the API contract. The dollar as the unit is
    inferred: the engine compares each amount with the request log, which has its own unit.
    """
    billing = object_in(data, "billing")
    amount = billing.get("amount")
    if billing.get("status") == "pending" or isinstance(amount, bool):
        return None
    return to_micros(amount) if isinstance(amount, (int, float, str)) else None


def is_end(word: str | None) -> bool:
    """Whether a status word says that the task has ended, successfully or not."""
    return _meaning(word or "") in _ENDS


def failure_reason(document: Any) -> str | None:
    """Why the task failed, in the server's words; None if it does not say.

    It is in `data.error`; the other fields come from older sources, likeliest first.
    If a real sample differs, only this function changes.

    Source: section 11 of the API contract.
    """
    data = object_in(document, "data")
    result = object_in(data, "result")
    top = text_in(document, "message")
    return (
        text_in(data.get("error"), "message")
        or text_in(data, "error")
        or text_in(data, "message")
        or text_in(data, "fail_reason")
        or text_in(data, "reason")
        or text_in(result, "error")
        or text_in(result.get("error"), "message")
        or (top if top and top.strip().lower() != "success" else None)
    )


def _status(answer: Answer, data: dict[str, Any], task_id: str) -> tuple[TaskStatus, str | None]:
    if answer.status is None:
        return TaskStatus.UNREADABLE, answer.problem or "no reply came"
    is_success = 200 <= answer.status < 300
    if is_success and answer.problem is not None:
        return TaskStatus.UNREADABLE, answer.problem
    word, error = data.get("status"), error_status(answer)
    code = object_in(answer.document).get("code")
    is_of_a_task = isinstance(word, str) or (error < 400 and code == 0)
    if not (is_success and is_of_a_task):
        return _status_of_error(answer, error)
    if data.get("task_id") != task_id:
        return TaskStatus.MISMATCHED, "the reply is about another task"
    return _status_of_word(word, answer.document)


def _status_of_word(word: Any, document: Any) -> tuple[TaskStatus, str | None]:
    status = _meaning(word) if isinstance(word, str) else None
    if status is None:
        # Neither "not yet" nor the end: a wrong guess could lose a video or pay for it twice.
        return (
            TaskStatus.UNFAMILIAR,
            f"storyboard does not know the status {json.dumps(word)[:100]}",
        )
    if status in (TaskStatus.FAILED, TaskStatus.CANCELED):
        return status, failure_reason(document) or f"the API gave no reason (status '{word}')"
    return status, None


def _meaning(word: str) -> TaskStatus | None:
    """The status that a word means in any spelling: "IN-PROGRESS" as well as "in_progress"."""
    return _WORDS.get(re.sub(r"[\W_]+", "_", word.strip().lower()))


def _status_of_error(answer: Answer, status: int) -> tuple[TaskStatus, str | None]:
    if 200 <= status < 300:
        return TaskStatus.UNREADABLE, "the reply has no task status"
    message, is_own = text_in(answer.document, "message"), is_own_error(answer)
    reason = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    # Only the API itself can report on tasks and the account; what a gateway sends
    # while the API is down says nothing about either.
    if is_own and status in _MISSING:
        return TaskStatus.MISSING, reason
    return TaskStatus.REFUSED if is_own and status in _REFUSED else TaskStatus.UNREADABLE, reason


class _Rank(IntEnum):
    """How likely a resource is to be the video; the lowest value is the most likely."""

    CALLED_VIDEO = 1
    NAMED_LIKE_VIDEO = 2
    POSSIBLE = 3


def _video_url(data: dict[str, Any], redaction: Redaction) -> tuple[str | None, str | None]:
    """The result's address as the API gave it, or why there is none."""
    candidates = sorted(_candidates(data), key=lambda each: each[:2])
    if not any(url for _, _, url in candidates):
        return None, "the reply has no video"
    best_rank = candidates[0][0]
    for rank, _, given in candidates:
        # A resource called a video that has no address yet must not be replaced by its cover.
        if best_rank is _Rank.CALLED_VIDEO and rank is not best_rank:
            break
        # Characters that could break a line or change its direction are percent-encoded.
        url = given if is_link(given) else clean_link(given)
        if is_link(url) and HIDDEN not in url and redaction.is_clean(clean_link(url)):
            return url, None
    return None, "the reply's video address cannot be used"


def _candidates(data: dict[str, Any]) -> Iterator[tuple[_Rank, bool, str]]:
    """The possible videos: rank, whether the role is a minor one, and link (may be empty)."""
    resources = object_in(data, "result").get("resources") or data.get("resources")
    for resource in resources if isinstance(resources, list) else [resources]:
        each = {"url": resource} if isinstance(resource, str) else object_in(resource)
        url, role = text_in(each, "url") or "", text_in(each, "role") or ""
        rank = _rank(url, (text_in(each, "type") or "").strip(), role)
        if rank is not None:
            yield rank, role != "primary", url


def _rank(url: str, kind: str, role: str) -> _Rank | None:
    """The rank of a resource, None if it is not a video; an unknown type does not rule it out."""
    suffix = _suffix_of(url)
    if suffix in _IMAGE_SUFFIXES or _IMAGE_OR_SOUND.fullmatch(kind):
        return None
    if _VIDEO_TYPES.fullmatch(kind):
        return _Rank.CALLED_VIDEO
    if suffix in _VIDEO_SUFFIXES:
        return _Rank.NAMED_LIKE_VIDEO
    is_beside = _BESIDE_THE_VIDEO.fullmatch(kind) or _BESIDE_THE_VIDEO.fullmatch(role)
    return None if is_beside else _Rank.POSSIBLE


def _suffix_of(url: str) -> str:
    """The path's suffix in lower case; empty if it has none."""
    try:
        return PurePosixPath(urlsplit(clean_link(url)).path).suffix.lower()
    except ValueError:
        return ""
