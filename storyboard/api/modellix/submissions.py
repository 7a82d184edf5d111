"""What a submission's answer says about the money; pure.

    reply                                                        outcome
    2xx, code 0, a usable task id                                accepted
    400 401 402 403 404 405 413 415 422                          rejected
    429 in the documented shape; no connection was made          unavailable
    all else                                                     unknown

"All else" is meant: a reply that contradicts itself, such as an error with a
task id in it, may have been charged.
"""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from storyboard.api.http.response import Answer, is_code, limit_of, object_in, rate_hint, text_in
from storyboard.api.redaction import printable_line
from storyboard.records import Outcome, SubmitReply

REJECTED = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422})
"""Statuses that say for sure that nothing was accepted, now and with the same request later."""

_TASK_ID = re.compile(r"[A-Za-z0-9._~:/+@=-]{1,512}")


def is_task_id(value: Any) -> TypeGuard[str]:
    """Whether `value` can be a task id, and can stand in a path once it is percent-encoded."""
    return (
        isinstance(value, str)
        and bool(_TASK_ID.fullmatch(value))
        and value not in (".", "..")  # no encoding keeps these from climbing
    )


def read_submission(answer: Answer) -> SubmitReply:
    """The meaning of the answer to one POST.

    A task id that held the key is none: the pattern does not allow the mask.
    """
    document = answer.document
    data = object_in(document, "data")
    value = data.get("task_id")
    task_id = value if is_task_id(value) else None
    outcome = _outcome(answer, document, task_id)
    if outcome is Outcome.ACCEPTED:
        return SubmitReply(outcome, task_id, answer.status, rate=rate_hint(answer))
    return SubmitReply(
        outcome=outcome,
        http_status=answer.status,
        message=printable_line(_message(answer, document, outcome)),
        body=answer.text,
        limit=limit_of(answer),
        rate=rate_hint(answer),
    )


def _outcome(answer: Answer, document: Any, task_id: str | None) -> Outcome:
    status = answer.status
    if status is None:
        return Outcome.UNKNOWN if answer.was_sent else Outcome.UNAVAILABLE
    if 200 <= status < 300:
        has_code_0 = isinstance(document, dict) and is_code(document.get("code"), 0)
        return Outcome.ACCEPTED if has_code_0 and task_id is not None else Outcome.UNKNOWN
    if task_id is not None:
        return Outcome.UNKNOWN
    if status in REJECTED:
        return Outcome.REJECTED
    if status == 429 and _is_documented_429(document):
        return Outcome.UNAVAILABLE
    return Outcome.UNKNOWN


def _is_documented_429(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and is_code(document.get("code"), 429)
        and isinstance(document.get("message"), str)
    )


def _message(answer: Answer, document: Any, outcome: Outcome) -> str:
    status = answer.status
    if status is None:
        return answer.trouble or "no answer came"
    said = text_in(document, "message")
    if 200 <= status < 300:
        return f"HTTP {status}, but {_what_is_wrong(answer, document)}"
    if outcome is not Outcome.UNKNOWN:
        return said or f"HTTP {status}"
    return f"HTTP {status}: {said}" if said else f"HTTP {status}"


def _what_is_wrong(answer: Answer, document: Any) -> str:
    """Why a 2xx is no acceptance."""
    if answer.trouble is not None:
        return answer.trouble
    if not isinstance(document, dict):
        return "the reply is not a JSON object"
    if not is_code(document.get("code"), 0):
        said = text_in(document, "message")
        return f"the reply's code is not 0{': ' + said if said else ''}"
    return "the reply has no usable task id"
