"""The files that the API keeps for a week: what is sent, and what its answers mean; pure.

The list's shape is not documented, so the likely ones are read. Addresses go into
paid requests, so one that leads elsewhere than to a public host is not taken.

Source: sections 2 and 11 of the API contract.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from storyboard.api.downloads.links import check_link
from storyboard.api.http.response import Answer, is_code, object_in, rate_hint, text_in, utc_moment
from storyboard.api.modellix.submissions import is_own_error, is_task_id
from storyboard.api.redaction import HIDDEN, printable_line
from storyboard.errors import LinkUnsafe
from storyboard.links import is_address
from storyboard.replies import Unreached, Uploaded, UploadRefused, UploadReply

CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
"""The formats that can be uploaded, by the ending of a file's name."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RETENTION = timedelta(days=7)
_MARGIN = timedelta(hours=12)  # for clocks that differ, and tasks that wait for their turn
_MAX_SKEW = timedelta(days=1)
_MAX_LISTED = 1000
_WAIT_S = 5.0  # if a reply says to wait, but not how long
_OTHER_LIMITS = re.compile(
    r"concurren|at once|per (second|minute|hour)|\b(rate|requests?|size|bytes|mi?b)\b", re.I
)
_FULL = re.compile(
    r"quota|(limit|maximum|exceed|too many|full).*\bfiles\b|\bfiles\b.*(limit|maximum|exceed|full)",
    re.I,
)


def make_form(name: str, content: bytes) -> tuple[bytes, str]:
    """The body and the content type of the request that uploads a file.

    Raises ValueError if `name` is not plain, or does not end like an allowed format.
    """
    content_type = CONTENT_TYPES.get(PurePosixPath(name).suffix)
    if content_type is None or not _NAME.fullmatch(name):
        raise ValueError(f"{name[:100]!r} is not a name for an upload")
    return encode_multipart_formdata({"file": (name, content, content_type)})


def read_upload(answer: Answer, name: str, *, origin: str) -> UploadReply:
    """The meaning of the answer to the upload of a file with this name to `origin`."""
    document, status = answer.document, answer.status
    if status is None:
        reason = answer.problem or "no reply came"
        return Unreached(reason, may_be_there=answer.was_sent, remedy=answer.remedy)
    code = object_in(document).get("code")
    # Cut, because the patterns take time that grows with the square of the length.
    message = printable_line(text_in(document, "message") or answer.problem or "")
    if 200 <= status < 300:
        if is_code(code, 0):
            return _read_new(answer, name, origin)
        if not (is_own_error(answer) and isinstance(code, int)):
            why = message or "the reply is not in the API's own form"
            return Unreached(f"HTTP {status}, but {why}")
        status = code
    reason = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if status in (408, 425) or status >= 500:
        return Unreached(reason)
    is_about_files = bool(_FULL.search(message) and not _OTHER_LIMITS.search(message))
    is_full = is_about_files and status not in (401, 402)  # about the key, and the balance
    wait_s = None if is_full or status != 429 else _wait_s(answer)
    # A refusal by a proxy or firewall says nothing about the account, whatever its status means.
    own_status = status if is_own_error(answer) else None
    return UploadRefused(reason, http_status=own_status, is_full=is_full, wait_s=wait_s)


def read_uploads(answer: Answer, *, origin: str) -> tuple[Uploaded, ...] | None:
    """The files in the API's list; None if the answer is no such list.

    Files without an id, a name, a safe address or the time of their upload are left out.
    """
    document, data = answer.document, object_in(answer.document).get("data")
    status = answer.status or 0
    if not 200 <= status < 300 or object_in(document).get("code", 0) != 0:
        return None
    lists = (data, object_in(data).get("files"), object_in(document).get("files"))
    files = next((one for one in lists if isinstance(one, list)), None)
    if files is None:
        return None
    found: list[Uploaded] = []
    for each in map(object_in, files[:_MAX_LISTED]):
        url, _ = _safe_url(each, origin)
        name, file_id = text_in(each, "filename"), each.get("file_id")
        created_at = utc_moment(each.get("created_at"))
        if url and name and is_task_id(file_id) and created_at:
            created_at = min(created_at, _received_at(answer))
            found.append(_uploaded(file_id, name, url, created_at))
    return tuple(found)


def _read_new(answer: Answer, name: str, origin: str) -> UploadReply:
    data, now = object_in(answer.document, "data"), _received_at(answer)
    url, problem = _safe_url(data, origin)
    file_id = data.get("file_id")
    if not is_task_id(file_id):
        return UploadRefused("the reply has no usable file id", http_status=answer.status)
    if url is None:
        return UploadRefused(problem, http_status=answer.status)
    created_at = utc_moment(data.get("created_at"))
    is_sound = created_at is not None and now - _MAX_SKEW < created_at < now
    return _uploaded(file_id, name, url, created_at if created_at and is_sound else now)


def _uploaded(file_id: str, name: str, url: str, created_at: datetime) -> Uploaded:
    return Uploaded(file_id, name, url, created_at, created_at + _RETENTION - _MARGIN)


def _safe_url(data: dict[str, Any], origin: str) -> tuple[str | None, str]:
    """A file's address, or None and the reason why it cannot go into a request."""
    url = text_in(data, "url")
    if url is None:
        return None, "the reply has no address"
    if HIDDEN in url or not is_address(url):
        return None, "the reply's address cannot be used"
    try:
        is_unchanged = check_link(url, api_origin=origin).url == url
    except LinkUnsafe as error:
        return None, printable_line(f"the reply's address cannot be used: {error}")
    return (url, "") if is_unchanged else (None, "the reply's address is not HTTPS")


def _received_at(answer: Answer) -> datetime:
    return datetime.fromtimestamp(answer.received_at, timezone.utc)


def _wait_s(answer: Answer) -> float:
    hint = rate_hint(answer)
    waits = (hint.retry_after_s, hint.reset_in_s, _WAIT_S)
    return next(wait_s for wait_s in waits if wait_s is not None)
