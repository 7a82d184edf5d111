"""One HTTP exchange as a value, and what its headers and JSON say; pure.

`client` makes an `Answer`; `modellix.submissions` reads the answer to a POST,
`modellix.tasks` the answer to a poll. The key is hidden here, before anything
reads the answer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from typing import Any

from storyboard.api.redaction import Redaction
from storyboard.replies import Limit, RateHint

MAX_TEXT = 16 * 1024  # characters; enough for the whole reply of any documented call
MAX_WAIT_S = 3600.0  # the vendor's window is a minute
_MAX_PLAUSIBLE_S = 24 * 3600.0  # a header that asks for more is ignored
_MIN_MOMENT = 1e9  # a larger number is a point in time: no server asks to wait for 30 years
_MAX_COUNT = 1_000_000

_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [^,]{5,25} GMT")
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


@dataclass(frozen=True)  # no slots: the parsed document is cached
class Answer:
    """The result of one request: a reply, or the reason why there is none.

    `status` is None if no reply came. `was_sent` is False only if it is certain that
    no byte of the request went out. `problem` says what went wrong, even if an
    incomplete reply came; `remedy` says what to change in the environment if that is
    the cause. `proxy` is the address of the proxy that the request went to. Header
    names are in lower case; `received_at` is in Unix seconds.

    `body` is the reply as received; `document` and `text` are read from it with the
    key hidden by `redaction`.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    was_sent: bool = True
    problem: str | None = None
    remedy: str | None = None
    proxy: str | None = None
    received_at: float = 0.0
    redaction: Redaction = field(default_factory=Redaction)

    @cached_property
    def document(self) -> Any:
        """The body as JSON without the key, or None if it is not JSON or incomplete.

        NaN, infinities and numbers too large for a float become None.
        """
        if self.problem is not None:
            return None
        try:
            document = json.loads(
                self.body, parse_constant=lambda _: None, parse_float=_finite_or_none
            )
        except (ValueError, RecursionError):
            return None
        return self.redaction.hide_in(document)

    @property
    def text(self) -> str | None:
        """The body for the state file: at most `MAX_TEXT` characters, without the key.

        None if there is no body. If it is JSON, the parsed document is serialized again,
        because an escape in the raw text could spell the key in another way.
        """
        if not self.body:
            return None
        if self.document is None:
            text = self.redaction.hide(self.body.decode("utf-8", "replace"))
        else:
            text = json.dumps(self.document, ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _finite_or_none(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def is_code(value: Any, code: int) -> bool:
    """Whether a `code` field holds exactly this number; True does not count as 1."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == code


def object_in(document: Any, *path: str) -> dict[str, Any]:
    """The object at `path`, or an empty one."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def text_in(document: Any, name: str) -> str | None:
    """The text under `name`, or None if it is missing or blank."""
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def rate_hint(answer: Answer) -> RateHint:
    """What the headers say about the request rate; absurd values are ignored."""
    headers = answer.headers
    server_now = http_date(headers.get("date", ""))
    now = answer.received_at if server_now is None else server_now.timestamp()
    return RateHint(
        limit=_count(headers.get("x-ratelimit-limit", ""), minimum=1),
        remaining=_count(headers.get("x-ratelimit-remaining", ""), minimum=0),
        reset_in_s=_wait_s(headers.get("x-ratelimit-reset", ""), now),
        retry_after_s=_wait_s(headers.get("retry-after", ""), now),
    )


def limit_of(answer: Answer) -> Limit | None:
    """The limit that a 429 reports, which only its message reveals; None for other answers."""
    if answer.status != 429:
        return None
    message = text_in(answer.document, "message") or ""
    return Limit.CONCURRENCY if "concurren" in message.lower() else Limit.RATE


def _count(text: str, *, minimum: int) -> int | None:
    number = _number(text)
    return int(number) if number is not None and minimum <= number <= _MAX_COUNT else None


def _wait_s(text: str, now: float) -> float | None:
    """How long a header asks to wait, at most an hour; None if it makes no sense.

    It may hold seconds from now, a point in time (Unix seconds or milliseconds, an
    HTTP or ISO date), or several of these; the longest wait counts.
    """
    if not text:  # as in nearly every answer
        return None
    parts = text.split(",")
    numbers = [number for part in parts if (number := _number(part)) is not None]
    if len(numbers) == len(parts):
        waits = [one if one < _MIN_MOMENT else _seconds(one) - now for one in numbers]
    else:
        dates = [http_date(each) or _iso_date(each) for each in (text, *_HTTP_DATE.findall(text))]
        waits = [date.timestamp() - now for date in dates if date is not None]
    sensible = [wait for wait in waits if abs(wait) <= _MAX_PLAUSIBLE_S]
    return min(max(*sensible, 0.0), MAX_WAIT_S) if sensible else None


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=16)  # a server's Date changes once a second
def http_date(text: str) -> datetime | None:
    """The time in a Date header; None if it has none, or an absurd one."""
    try:
        return _in_utc(parsedate_to_datetime(text.strip()))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def utc_moment(value: Any) -> datetime | None:
    """A time given as Unix milliseconds, Unix seconds or ISO text; None if absurd."""
    if isinstance(value, str):
        number = _number(value)
        return _iso_date(value) if number is None else utc_moment(number)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e15:
        return None
    return _moment(_seconds(value))


def _seconds(moment: float) -> float:
    """The Unix seconds for a time in seconds or milliseconds."""
    # 10^11 seconds are the year 5138; 10^11 milliseconds are 1973.
    return moment / 1000 if moment >= 1e11 else moment


def _iso_date(text: str) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip())))
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime | None:
    """The time in UTC, which is also the zone of a time without one; None if absurd."""
    return _moment(moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp())


def _moment(seconds: float) -> datetime | None:
    """The time, or None if it is not between the years 2020 and 2100.

    Arithmetic with a time in another century could leave the calendar.
    """
    if not 1_577_836_800 <= seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
