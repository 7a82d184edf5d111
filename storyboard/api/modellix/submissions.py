"""What a submission's answer says about the money; pure.

    reply                                                        outcome
    2xx, code 0, a usable task id                                accepted
    400-406 410 413 414 415 422 431 451 501                      rejected
    429; no connection was made                                  unavailable
    all else                                                     unknown

"All else" is literal: a request whose reply contradicts itself, such as an error
with a task id in it, may have been charged. That id is only a hint for people: it
may belong to another request, which is running. An error that is not in the API's
own form comes from something in between, such as a firewall. It is a refusal too,
but only of this request.
"""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from storyboard.api.http.response import Answer, is_code, limit_of, object_in, rate_hint, text_in
from storyboard.api.redaction import printable_line
from storyboard.replies import Outcome, SubmitReply

_REJECTED = frozenset({*range(400, 407), 410, 413, 414, 415, 422, 431, 451, 501})
"""Statuses that mean for certain that the request was not accepted and never will be."""

_TASK_ID = re.compile(r"[A-Za-z0-9._~:/+@=-]{1,512}")


def is_task_id(value: Any) -> TypeGuard[str]:
    """Whether `value` can be a task id and, percent-encoded, a segment of a path."""
    return (
        isinstance(value, str)
        and bool(_TASK_ID.fullmatch(value))
        and value not in (".", "..")  # these lead upwards even if encoded
    )


def read_submission(answer: Answer) -> SubmitReply:
    """The meaning of the answer to one POST.

    A task id that contained the key is not accepted: its pattern does not allow the mask.
    """
    value = object_in(answer.document, "data").get("task_id")
    task_id = value if is_task_id(value) else None
    outcome = _outcome(answer, task_id)
    if outcome is Outcome.ACCEPTED:
        return SubmitReply(outcome, task_id, answer.status, rate=rate_hint(answer))
    hint = f"; it names task {task_id}, which may belong to another request" if task_id else ""
    return SubmitReply(
        outcome=outcome,
        http_status=answer.status,
        message=printable_line(_message(answer, outcome) + hint),
        body=answer.text,
        remedy=answer.remedy,
        is_from_api=answer.status is None or answer.status < 300 or is_own_error(answer),
        limit=limit_of(answer),
        rate=rate_hint(answer),
    )


def _outcome(answer: Answer, task_id: str | None) -> Outcome:
    status, code = answer.status, object_in(answer.document).get("code")
    if status is None:
        return Outcome.UNKNOWN if answer.was_sent else Outcome.UNAVAILABLE
    if 200 <= status < 300:
        is_accepted = is_code(code, 0) and task_id is not None
        return Outcome.ACCEPTED if is_accepted else Outcome.UNKNOWN
    if task_id is not None:
        return Outcome.UNKNOWN
    if status in _REJECTED:
        return Outcome.REJECTED
    is_limit = status == 429 and answer.problem is None and code != 0
    return Outcome.UNAVAILABLE if is_limit else Outcome.UNKNOWN


def error_status(answer: Answer) -> int:
    """The HTTP status, or the error code inside a success; 0 if no reply came."""
    status, code = answer.status or 0, object_in(answer.document).get("code")
    if 200 <= status < 300 and isinstance(code, int) and 400 <= code < 600:
        return code
    return status


def is_own_error(answer: Answer) -> bool:
    """Whether an error is in the API's own form: its status as `code`, and a message."""
    document = object_in(answer.document)
    has_message = isinstance(document.get("message"), str)
    return has_message and is_code(document.get("code"), error_status(answer))


def _message(answer: Answer, outcome: Outcome) -> str:
    status = answer.status
    if status is None:
        return answer.problem or "no reply came"
    if 200 <= status < 300:
        return f"HTTP {status}, but {_what_is_wrong(answer)}"
    message = text_in(answer.document, "message")
    if outcome is not Outcome.UNKNOWN and is_own_error(answer):
        return message or f"HTTP {status}"
    if message:
        return f"HTTP {status}: {message}"
    if answer.proxy is None and outcome is Outcome.UNKNOWN:
        return f"HTTP {status}"
    sender = f"the proxy {answer.proxy}" if answer.proxy else "a firewall or proxy"
    return f"HTTP {status}, not in the API's own form: {sender} may have sent it"


def _what_is_wrong(answer: Answer) -> str:
    """Why a 2xx reply does not count as accepted."""
    document = answer.document
    if answer.problem is not None:
        return answer.problem
    if not isinstance(document, dict):
        return "the reply is not a JSON object"
    if not is_code(document.get("code"), 0):
        message = text_in(document, "message")
        return f"the reply's code is not 0{': ' + message if message else ''}"
    return "the reply has no usable task id"
