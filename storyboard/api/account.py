"""What the account's own calls answer: models, balance, request log; pure.

Source: sections 1 and 2 of the API contract. Where it is silent (is the log
wrapped in `data`?) both readings are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storyboard.api.answers import object_in, text_in, utc_moment
from storyboard.api.outcomes import is_task_id
from storyboard.api.redaction import Redaction


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as the API's own list names it; `slug` is "alibaba/wan2.7-t2v"."""

    slug: str
    kind: str | None = None
    description: str | None = None
    docs_url: str | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request in the account's log, which says nothing of the prompt."""

    task_id: str
    status: str | None = None
    model: str | None = None
    created_at: datetime | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log. `total` counts the entries of all pages, None where unsaid."""

    entries: tuple[LogEntry, ...]
    total: int | None
    page: int


def read_models(document: Any, redaction: Redaction) -> tuple[ListedModel, ...]:
    """The models of the list; entries without a slug are left out."""
    models = []
    for item in _list_in(document, "models"):
        slug = text_in(item, "slug")
        if slug is not None:
            models.append(
                ListedModel(
                    slug=redaction.quote(slug),
                    kind=_quoted(item, "type", redaction),
                    description=_quoted(item, "description", redaction),
                    docs_url=_quoted(item, "docs_url", redaction),
                )
            )
    return tuple(models)


def read_log(document: Any, page: int, redaction: Redaction) -> LogPage:
    """One page of the request log; entries without a usable task id are left out."""
    entries = []
    for item in _list_in(document, "requests"):
        task_id = item.get("task_id") if isinstance(item, dict) else None
        if is_task_id(task_id) and redaction.is_clean(task_id):
            entries.append(
                LogEntry(
                    task_id=task_id,
                    status=_quoted(item, "status", redaction),
                    model=_model_name(item, redaction),
                    created_at=utc_moment(item.get("created_at")),
                    cost_usd=number_in(item, "cost"),
                )
            )
    total = number_in(_holder(document, "requests"), "total")
    return LogPage(tuple(entries), None if total is None else int(total), page)


def number_in(document: Any, name: str) -> float | None:
    """The number under `name`; text that spells one counts."""
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


def _quoted(item: Any, name: str, redaction: Redaction) -> str | None:
    text = text_in(item, name)
    return None if text is None else redaction.quote(text)


def _model_name(item: Any, redaction: Redaction) -> str | None:
    model = object_in(item, "model")
    names = [text_in(model, "provider"), text_in(model, "model_name")]
    name = "/".join(each for each in names if each) or text_in(item, "model")
    return redaction.quote(name) if name else None
