"""Reads the replies about the account: key, models, balance, request log; pure.

Source: sections 1 and 2 of the API contract. Where it does not say (is the log
wrapped in `data`?), both forms are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from storyboard.api.http.response import (
    Answer,
    http_date,
    object_in,
    rate_hint,
    text_in,
    utc_moment,
)
from storyboard.api.modellix.submissions import is_task_id
from storyboard.api.redaction import printable_line
from storyboard.money import to_micros
from storyboard.replies import RateHint


@dataclass(frozen=True, slots=True)
class Checkup:
    """What one free request reveals about the account and the connection to the API.

    `clock_offset_s` is how far the server's clock is ahead of ours, to the
    second; None if the reply does not give the time.
    """

    is_key_valid: bool
    rate: RateHint
    clock_offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price in the list: the minimum and maximum in US dollars, and the unit ("$/sec")."""

    minimum: Decimal
    maximum: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model in the API's own list; `slug` is, for example, "alibaba/wan2.7-t2v"."""

    slug: str
    price: ListedPrice | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request in the account's log, which does not include the prompt.

    `user_id` is the value of the request's X-Mdlx-User-Id header, if the log has it.
    """

    task_id: str
    status: str | None = None
    model: str | None = None
    created_at: datetime | None = None
    cost_usd: float | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log. `total` counts the rows of all pages; None if the API does not say.

    `rows` counts the rows of this page, including those without a usable task id.
    """

    entries: tuple[LogEntry, ...]
    total: int | None
    rows: int


@runtime_checkable
class Account(Protocol):
    """An API with a request log, which can be read for free.

    Each call raises Unreachable if no answer comes, NotNow if one may come later,
    and AccountError if the account is refused.
    """

    def check_up(self) -> Checkup:
        """Whether the API knows the key, and what the reply's headers say."""
        ...

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        """One page of the request log between two times, for one user id or for all."""
        ...


def read_checkup(answer: Answer, *, is_key_valid: bool) -> Checkup:
    """The checkup that the answer's headers give; its body decided `is_key_valid`."""
    server_now = http_date(answer.headers.get("date", ""))
    # The header drops fractions of a second, so on average the time is half a second later.
    offset_s = None if server_now is None else server_now.timestamp() + 0.5 - answer.received_at
    return Checkup(is_key_valid, rate_hint(answer), offset_s)


def read_models(document: Any) -> tuple[ListedModel, ...]:
    """The models of the list; entries without a slug are left out."""
    return tuple(
        ListedModel(slug, _price(item))
        for item in _list_in(document, "models")
        if (slug := _quoted(item, "slug")) is not None
    )


def _price(item: Any) -> ListedPrice | None:
    """The price in an entry: `fixed`, or `min` and `max`, with a `unit`.

    Source: sections 1 and 11 of the API contract. No other names are known, and a number
    without a unit is ignored, not guessed at.
    """
    price = object_in(item, "price")
    is_fixed = _amount(price.get("fixed")) is not None
    names = ("fixed", "fixed") if is_fixed else ("min", "max")
    minimum, maximum = (_amount(price.get(name)) for name in names)
    if minimum is None or maximum is None or minimum > maximum:
        return None
    return ListedPrice(minimum, maximum, _quoted(price, "unit"))


def _amount(value: Any) -> Decimal | None:
    is_number = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    return Decimal(str(value).strip()) if is_number and to_micros(value) is not None else None


def read_log(document: Any) -> LogPage:
    """One page of the request log; entries without a usable task id are left out."""
    entries = []
    items = _list_in(document, "requests")
    for item in items:
        task_id = item.get("task_id") if isinstance(item, dict) else None
        if is_task_id(task_id):
            entries.append(
                LogEntry(
                    task_id=task_id,
                    status=_quoted(item, "status"),
                    model=_model_name(item),
                    created_at=utc_moment(item.get("created_at")),
                    cost_usd=_cost_usd(item),
                    user_id=_quoted(item, "user_id"),
                )
            )
    total = number_in(_holder(document, "requests"), "total")
    return LogPage(tuple(entries), None if total is None else int(total), len(items))


def _cost_usd(item: Any) -> float | None:
    """The cost of an entry in US dollars; the log counts in units of 0.0001 USD.

    Source: section 11 of the API contract (the vendor's article, read 2026-11-26).
    """
    units = number_in(item, "cost")
    return None if units is None else units / 10_000


def number_in(document: Any, name: str) -> float | None:
    """The number under `name`; a number written as text counts too."""
    value = document.get(name) if isinstance(document, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e12 else None


def _holder(document: Any, name: str) -> dict[str, Any]:
    data = object_in(document, "data")
    return data if name in data else object_in(document)


def _list_in(document: Any, name: str) -> list[Any]:
    items = _holder(document, name).get(name)
    return items if isinstance(items, list) else []


def _quoted(item: Any, name: str) -> str | None:
    text = text_in(item, name)
    return None if text is None else printable_line(text)


def _model_name(item: Any) -> str | None:
    model = object_in(item, "model")
    names = [text_in(model, "provider"), text_in(model, "model_name")]
    name = "/".join(each for each in names if each) or text_in(item, "model")
    return printable_line(name) if name else None
