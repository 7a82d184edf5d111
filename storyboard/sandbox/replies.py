"""The documented answers as JSON, field by field from the API contract; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from storyboard.models.card import Kind, ModelCard
from storyboard.records import Json
from storyboard.sandbox.tasks import Status, Task


class Refusal(Exception):
    """Refuses a request: a status, "Category: detail", and any extra headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = int(status)
        self.message = message
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The documented error body; its code is the HTTP status."""
        return {"code": self.status, "message": self.message}


def not_found(what: str) -> Refusal:
    """404: no such model, task or page, or an expired task."""
    return Refusal(HTTPStatus.NOT_FOUND, f"Not found: {what}")


def submit_reply(task: Task, base_url: str) -> dict[str, Any]:
    """The answer to an accepted submission."""
    link = {"method": "GET", "url": f"{base_url}/api/v1/tasks/{task.id}"}
    return success({**_head(task, Status.PENDING), "get_result": link})


def video_link(task: Task, base_url: str) -> str:
    """Where the video of a task can be downloaded."""
    return f"{base_url}/files/{task.file}"


def odd_link(link: str, count: int) -> str:
    """A link that browsers follow to the same file, written differently for each `count`."""
    return _ODD_LINKS[count % len(_ODD_LINKS)](link)


_ODD_LINKS: tuple[Callable[[str], str], ...] = (
    lambda link: f"  {link} ",
    lambda link: f"{link[:-6]}\r\n{link[-6:]}\n",
    lambda link: f"{link}?name=harbor at night",
    lambda link: f"{link}?name=\"harbor\"&by='<nobody>'",
    lambda link: f"{link}?name=M\u00f6we-\u6e2f",
    lambda link: link.replace("http:", "HTTP:"),
    lambda link: link.removeprefix("http:"),
    lambda link: link.removeprefix("http://"),
)


LINKS_THAT_ARE_MISSING: tuple[tuple[str | None, ...], ...] = ((), ("",), (None,))
"""The ways in which services say that a video has no link yet."""


_INJECTED = "Generation failed: the sandbox was told that this task fails"


def task_reply(task: Task, links: Sequence[str | None], now: float) -> dict[str, Any]:
    """The answer to a poll at `now`; `links` lead to the video, once there is one."""
    status = task.status(now)
    data: dict[str, Any] = _head(task, status)
    if status in (Status.PENDING, Status.PROCESSING):
        return success(data)
    # The task's run time in milliseconds; a resource's duration is in seconds.
    data["duration"] = round((task.ends_at - task.accepted_at) * 1000)
    data["billing"] = {"status": "succeeded", "amount": task.charge_usd(now)}
    if status is Status.SUCCESS:
        data["result_expires_at"] = round(task.expires_at * 1000)
        data["result"] = {
            "resources": [_resource(task, link) for link in links],
            "metadata": {"request_id": task.id},
            "extensions": {
                "submit_time": round(task.accepted_at * 1000),
                "end_time": round(task.ends_at * 1000),
            },
        }
    if status is Status.FAILED:
        data["error"] = task.error or _INJECTED
    return success(data)


def success(data: dict[str, Any]) -> dict[str, Any]:
    """`data` in the wrapper that most replies have."""
    return {"code": 0, "message": "success", "data": data}


def _head(task: Task, status: Status) -> dict[str, Any]:
    # The service's model_id does not repeat the slug either.
    model_id = f"model-{hashlib.sha256(task.model.encode()).hexdigest()[:12]}"
    return {"status": status.value, "task_id": task.id, "model_id": model_id}


def _resource(task: Task, link: str | None) -> dict[str, Any]:
    return {
        "url": link,
        "type": "video",
        "role": "primary",
        "width": task.width_px,
        "height": task.height_px,
        "format": "mp4",
        "duration": task.duration_s,
    }


_TYPES: Mapping[Kind, str] = {
    "text": "text-to-video",
    "image": "image-to-video",
    "frames": "image-to-video",
    "reference": "image-to-video",
    "video": "video-to-video",
}
"""The API's names for kinds of models, by what their videos are made from."""


def models_reply(cards: Sequence[ModelCard], price_usd: float) -> dict[str, Any]:
    """The list of models, at the top level without `data`."""
    return {
        "models": [
            {
                "slug": card.name,
                "type": _TYPES[card.kind],
                "description": card.title,
                "docs_url": card.docs_url,
                "price": {"fixed": price_usd, "unit": "$/sec"},
            }
            for card in cards
        ]
    }


def schema_reply(card: ModelCard, base_url: str) -> dict[str, Any]:
    """The schema for a model's requests on the API's own site: part of an OpenAPI document."""
    content = {
        "schema": _public(card.request_schema),
        "examples": {"least": {"value": _least_payload(card)}},
    }
    return {
        "servers": [{"url": f"{base_url}/api/v1/{card.name}"}],
        "post": {
            "operationId": card.name.replace("/", "_"),
            "description": card.title,
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {"200": {"description": "The task is accepted."}},
        },
    }


def _public(schema: Any) -> Any:
    """A card's schema as the service would write it, without the card's own annotations."""
    if isinstance(schema, list):
        return [_public(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: _public(part)
        for key, part in schema.items()
        if key != "$schema" and not key.startswith("x-")
    }


def _least_payload(card: ModelCard) -> dict[str, Json]:
    """An example of a request with only the required fields."""
    required = [known for known in card.parameters.values() if known.is_required]
    examples = ((known.name, known.limits.get("examples")) for known in required)
    return {name: each[0] for name, each in examples if isinstance(each, list) and each}


def logs_reply(tasks: Sequence[Task], now: float, *, page: int, page_size: int) -> dict[str, Any]:
    """One page of the request log, without `data` as documented."""
    first = (page - 1) * page_size
    return {
        "requests": [_log_row(task, now) for task in tasks[first : first + page_size]],
        "total": len(tasks),
        "page": page,
        "page_size": page_size,
    }


def _log_row(task: Task, now: float) -> dict[str, Any]:
    provider, _, model_name = task.model.partition("/")
    return {
        "task_id": task.id,
        "status": task.status(now).value,
        "model": {"provider": provider, "model_name": model_name},
        "created_at": int(task.accepted_at),
        "cost": round(task.charge_usd(now) * 10_000),  # in units of 0.0001 USD
    }
