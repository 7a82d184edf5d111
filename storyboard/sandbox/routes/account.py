"""What a client can read of the account: models, key, balance, request log."""

from __future__ import annotations

from aiohttp import web

from storyboard.sandbox.context import SANDBOX, authenticated_service
from storyboard.sandbox.replies import (
    Refusal,
    logs_reply,
    models_reply,
    not_found,
    schema_reply,
    success,
)

_MAX_LOG_SPAN_S = 30 * 24 * 3600
_LOG_PAGE_SIZE, _MAX_LOG_PAGE_SIZE = 20, 100


async def _list_models(request: web.Request) -> web.StreamResponse:
    service = authenticated_service(request)
    reply = models_reply(service.catalog.cards(), service.settings.price_per_second_usd)
    return web.json_response(reply)


async def _read_schema(request: web.Request) -> web.StreamResponse:
    # Public, as on the service's own site: no key is needed.
    sandbox = request.app[SANDBOX]
    name = "{provider}/{model}".format(**request.match_info)
    card = sandbox.service.catalog.get(name)
    if card is None:
        raise not_found("model does not exist")
    return web.json_response(schema_reply(card, sandbox.base_url))


async def _validate_key(request: web.Request) -> web.StreamResponse:
    # An invalid key is not an error here.
    is_valid = request.app[SANDBOX].service.is_valid_key(request.headers.get("Authorization"))
    return web.json_response(success({"is_valid": is_valid}))


async def _read_balance(request: web.Request) -> web.StreamResponse:
    return web.json_response(success({"balance": authenticated_service(request).balance_usd()}))


async def _read_logs(request: web.Request) -> web.StreamResponse:
    service = authenticated_service(request)
    now = service.now()
    end = _parse_parameter(request, "end_time", int(now) + 1, low=0, high=2**40)
    start = _parse_parameter(request, "start_time", max(0, end - 24 * 3600), low=0, high=2**40)
    if not start <= end <= start + _MAX_LOG_SPAN_S:
        raise Refusal(400, "Value out of range: start_time to end_time is at most 30 days")
    size = _parse_parameter(request, "page_size", _LOG_PAGE_SIZE, low=1, high=_MAX_LOG_PAGE_SIZE)
    page = _parse_parameter(request, "page", 1, low=1, high=2**31)
    tasks = service.tasks_between(start, end, request.query.get("user_id"))
    return web.json_response(logs_reply(tasks, now, page=page, page_size=size))


def _parse_parameter(request: web.Request, name: str, default: int, *, low: int, high: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refusal(400, f"Invalid format: parameter '{name}' must be a whole number")
    value = int(text)
    if not low <= value <= high:
        bounds = f"between {low} and {high}, got {value}"
        raise Refusal(400, f"Value out of range: parameter '{name}' must be {bounds}")
    return value


ROUTES = (
    web.get("/api/v1/models", _list_models),
    web.get("/models/{provider}/{model}/api_schema", _read_schema),
    web.get("/api/v1/apikey/validate", _validate_key),
    web.get("/api/v1/team/balance", _read_balance),
    web.get("/api/v1/logs", _read_logs),
)
