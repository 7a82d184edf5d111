"""The values that each column of the state file may hold. Pure.

The file may have come with a repository, so anyone may have written it, and its
paths are written to, its links fetched, its payloads sent. Columns are checked
as a whole, because checking a hundred thousand rows one by one takes ten times
as long; the faulty row is looked up only when a check fails.

Everything that storyboard itself writes passes: these rules are at least as wide
as those for replies and for the manifest.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from storyboard.json_values import is_shallow, is_unicode
from storyboard.links import is_address, is_link
from storyboard.money import MAX_MICROS
from storyboard.names import DEVICE, ENDPOINT, ID, MAX_ID_LENGTH, MODEL, TASK_ID, is_video_path
from storyboard.records import SubmissionState

MAX_PAYLOAD = 2_000_000  # characters; a prompt has a few thousand
_MAX_LEVELS = 64  # of nesting in a payload; earlier versions sent what none does now
MAX_VERSION = 999_999_998  # a video's file name has room for nine digits
MAX_TIME = 2.0**33  # the year 2242; until then a float holds every microsecond
_MAX_TEXT = 200_000  # characters; replies are cut to 16 * 1024 of them
_MAX_SIZE_BYTES = 2**50

TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the direction of text, which can make one link look like another."""

_MAX_QUOTED = 60  # characters of a value in a message


class Check(NamedTuple):
    """The rule for one column; `holds` says whether every value in a list follows it."""

    column: str
    allowed: str
    holds: Callable[[Sequence[Any]], bool]


def problem_of(checks: Sequence[Check], columns: Sequence[Sequence[Any]]) -> str | None:
    """The first value that breaks its column's rule, with the rule; None if all are valid.

    The first column holds the row numbers, with which the message names the row.
    """
    for check, values in zip(checks, columns, strict=True):
        if check.holds(values):
            continue
        for number, value in zip(columns[0], values, strict=True):
            if not check.holds([value]):
                return (
                    f"row {quoted(number)}: {check.column} is {quoted(value)}, not {check.allowed}"
                )
        return f"its rows are not in the order of {check.column}"
    return None


def quoted(value: object) -> str:
    """A value as text for a message: short, and without control sequences for a terminal."""
    text = ascii(value[:_MAX_QUOTED] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}..."


def is_link_or_turned(text: str) -> bool:
    """Whether a value is a link, or counted as one in a version that allowed `TURNS`."""
    return is_link(TURNS.sub("", text))


def is_payload(text: Any) -> bool:
    """Whether a value is the JSON text of an object that can be sent and written back."""
    if not isinstance(text, str) or len(text) > MAX_PAYLOAD:
        return False
    try:
        document, end = _PAYLOADS.raw_decode(text)
    except (ValueError, RecursionError):
        return False
    is_object = isinstance(document, dict) and end == len(text)
    brackets = text.count("{") + text.count("[")
    is_flat = brackets <= _MAX_LEVELS or is_shallow(document, _MAX_LEVELS)
    return is_object and is_flat and ("\\u" not in text or is_unicode(document))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse(text: str) -> float:
    raise ValueError(text)


_PAYLOADS = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _all(rule: Callable[[Any], object], *, or_null: bool = False) -> Callable[..., bool]:
    """A check that `rule` is true for each distinct value, and false if it raises on one."""

    def holds(values: Sequence[Any]) -> bool:
        distinct = set(values)
        if or_null:
            distinct.discard(None)
        try:
            return all(map(rule, distinct))
        except (TypeError, AttributeError):
            return False

    return holds


def _text(pattern: str, *, or_null: bool = False) -> Callable[..., bool]:
    return _all(re.compile(pattern).fullmatch, or_null=or_null)


def _is_any_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT


def _number(
    kinds: Iterable[type], least: float, most: float, *, or_null: bool = False
) -> Callable[..., bool]:
    allowed = {*kinds, type(None)} if or_null else {*kinds}

    def holds(values: Sequence[Any]) -> bool:
        if not allowed.issuperset(map(type, values)):
            return False
        distinct = set(values)
        distinct.discard(None)
        return not distinct or (least <= min(distinct) and max(distinct) <= most)

    return holds


def _whole(least: int, most: int, *, or_null: bool = False) -> Callable[..., bool]:
    return _number([int], least, most, or_null=or_null)


def _real(most: float, *, or_null: bool = False) -> Callable[..., bool]:
    return _number([int, float], 0, most, or_null=or_null)


def _are_ids(values: Sequence[Any]) -> bool:
    """Whether the row numbers are integers from 1 and strictly rising, so none occurs twice."""
    if not _whole(1, 2**63 - 1)(values):
        return False
    return all(map(int.__lt__, values, values[1:]))


_TAKE = rf"(?!{DEVICE})(?=.{{1,120}}\Z){ID}"
_SHOT = rf"(?!{DEVICE})(?=.{{1,{MAX_ID_LENGTH}}}\Z){ID}"
_HEX = "[0-9a-f]{64}"
_DIGEST = "a sha256 in hexadecimal"
_TIME = "a time between 1970 and 2242, in seconds"
_AMOUNT = "an amount of money, in millionths of a US dollar"
_ANY_TEXT = f"text of at most {_MAX_TEXT:,} characters"


_STATES = frozenset(state.value for state in SubmissionState)

SUBMISSION_CHECKS = (
    Check("id", "a row number of its own", _are_ids),
    Check("take", "the id of a take", _text(_TAKE)),
    Check("shot", "the id of a shot", _text(_SHOT)),
    Check("scene", "the id of a scene", _text(_SHOT, or_null=True)),
    Check("fingerprint", _DIGEST, _text(_HEX)),
    Check("state", "a known state", _all(_STATES.__contains__)),
    Check("model", "the name of a model", _text(rf"(?=.{{1,200}}\Z){MODEL}")),
    Check("endpoint", "an API path", _text(rf"(?=.{{0,500}}\Z)(?:{ENDPOINT})?")),
    Check("payload", "a JSON object that can be sent", _all(is_payload)),
    Check("sent_at", _TIME, _real(MAX_TIME)),
    Check("commit", "the id of a commit", _text("[0-9a-f]{4,64}", or_null=True)),
    Check("is_dirty", "0 or 1", _whole(0, 1, or_null=True)),
    Check("profile", "the name of a profile", _text(r"[A-Za-z0-9_.-]{1,64}", or_null=True)),
    Check("user_id", "the id of a render", _text(r"[A-Za-z0-9_-]{1,200}", or_null=True)),
    Check("body", "a JSON object that can be sent", _all(is_payload, or_null=True)),
    Check("task_id", "the id of a task", _text(TASK_ID, or_null=True)),
    Check("submitted_at", _TIME, _real(MAX_TIME, or_null=True)),
    Check("finished_at", _TIME, _real(MAX_TIME, or_null=True)),
    Check("http_status", "an HTTP status", _whole(100, 999, or_null=True)),
    Check("reason", _ANY_TEXT, _all(_is_any_text, or_null=True)),
    Check("reply", _ANY_TEXT, _all(_is_any_text, or_null=True)),
    Check("video_url", "a web link", _all(is_link_or_turned, or_null=True)),
    Check("url_expires_at", _TIME, _real(MAX_TIME, or_null=True)),
    Check("estimate_micros", _AMOUNT, _whole(0, MAX_MICROS, or_null=True)),
    Check("billed_micros", _AMOUNT, _whole(0, MAX_MICROS, or_null=True)),
)
"""The rules for a submission's columns, in the order of its fields, without its video."""

VIDEO_CHECKS = (
    Check("id", "a row number of its own", _are_ids),
    Check("submission", "the number of a submission", _whole(1, 2**63 - 1)),
    Check("take", "the id of a take", _text(_TAKE)),
    Check("version", "a version from 1", _whole(1, MAX_VERSION)),
    Check("path", "a name that storyboard gives a video", _all(is_video_path)),
    Check("sha256", _DIGEST, _text(_HEX)),
    Check("size_bytes", "a size in bytes", _whole(0, _MAX_SIZE_BYTES)),
    Check("width", "a width in pixels", _whole(0, 2**31, or_null=True)),
    Check("height", "a height in pixels", _whole(0, 2**31, or_null=True)),
    Check("duration_s", "a duration in seconds", _real(1e20, or_null=True)),
    Check("fps", "a frame rate", _real(1e20, or_null=True)),
)
"""The rules for a video's columns; the first four are not fields of `Video`."""

OUTPUT_CHECKS = (
    Check("name", "the name of a file", _text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")),
    Check("sha256", _DIGEST, _text(_HEX)),
    Check("made_from", f"{_DIGEST}, or nothing", _text(f"(?:{_HEX})?")),
)
"""The rules for the table of outputs."""

UPLOAD_CHECKS = (
    Check("id", "a row number of its own", _are_ids),
    Check("account", "the digest of an account", _text("[0-9a-f]{32}")),
    Check("sha256", _DIGEST, _text(_HEX)),
    Check("name", "a name that storyboard gives an upload", _text(r"[0-9a-f]{32}\.[a-z]{3,4}")),
    Check("size_bytes", "a size in bytes", _whole(0, _MAX_SIZE_BYTES)),
    Check("file_id", "the id of a file", _text(TASK_ID, or_null=True)),
    Check("url", "a web address", _all(is_address, or_null=True)),
    Check("uploaded_at", _TIME, _real(MAX_TIME, or_null=True)),
    Check("expires_at", _TIME, _real(MAX_TIME, or_null=True)),
    Check("is_deleted", "0 or 1", _whole(0, 1)),
)
"""The rules for an upload's columns; the first is not a field of `Upload`."""

PASSED_CHECKS = (
    Check("id", "a row number of its own", _are_ids),
    Check("take", "the id of a take", _text(_TAKE)),
    Check("video", _DIGEST, _text(_HEX)),
)
"""The rules for the approved videos of takes that others wait for."""

SALT_CHECKS = (
    Check("id", "the number of a row", _are_ids),
    Check("salt", "a random salt", _text("[0-9a-f]{32}")),
)
"""The rule for the salt of the accounts' digests."""

PLAN_CHECKS = (
    Check("id", "the number of a row", _are_ids),
    Check("begun_at", _TIME, _real(MAX_TIME)),
)
"""The rule for the time a saved plan was begun; its id came from the query."""

ELSEWHERE_CHECKS = (
    Check("id", "the number of a row", _are_ids),
    Check("micros", _AMOUNT, _whole(0, MAX_MICROS)),
)
"""The rule for the amount spent on submissions without a row in this file."""

FOLDER_CHECKS = (
    Check("origin", "an origin", _text(r"[!-~]{1,300}")),
    Check("storyboard", "the name of a storyboard", _text(r"(?s:[^\x00]{1,360})")),
)
"""The rules for the table that names the folder's owner."""
