"""Routes that the real service does not have: setting faults, and reading the counts.

Open to every program on this machine if the key is the default one that everybody
knows; a sandbox with its own key requires it here too.
"""

from __future__ import annotations

from aiohttp import web

from storyboard.sandbox.checks import read_body
from storyboard.sandbox.context import SANDBOX, authenticated_service, read_body_in_time
from storyboard.sandbox.faults import faults_from_json
from storyboard.sandbox.replies import Refusal
from storyboard.sandbox.service import Service


async def _about(request: web.Request) -> web.StreamResponse:
    names = "\n".join(f"    {name}" for name in request.app[SANDBOX].service.catalog.names())
    return web.Response(
        text=(
            "This is the sandbox of storyboard: a stand-in for the video API, on this machine.\n"
            f"Nothing here costs money; its key is the one it was started with. Models:\n{names}\n"
            "GET and POST /sandbox/faults read and set what goes wrong.\n"
            "GET /sandbox/ledger counts what came in.\n"
        )
    )


def _service(request: web.Request) -> Service:
    service = request.app[SANDBOX].service
    return authenticated_service(request) if service.has_secret_key else service


async def _read_faults(request: web.Request) -> web.StreamResponse:
    return web.json_response(_service(request).settings.faults.data)


async def _set_faults(request: web.Request) -> web.StreamResponse:
    service = _service(request)
    # A web page can send a plain form here, but not JSON: for that, browsers ask first.
    if request.content_type != "application/json":
        raise Refusal(415, "Unsupported media type: the Content-Type must be application/json")
    try:
        faults = faults_from_json(read_body(await read_body_in_time(request)))
    except ValueError as error:
        raise Refusal(400, f"Invalid parameters: {error}") from None
    service.set_faults(faults)
    return web.json_response(faults.data)


async def _read_ledger(request: web.Request) -> web.StreamResponse:
    _service(request)
    return web.json_response(request.app[SANDBOX].ledger.data)


ROUTES = (
    web.get("/", _about),
    web.get("/sandbox/faults", _read_faults),
    web.post("/sandbox/faults", _set_faults),
    web.get("/sandbox/ledger", _read_ledger),
)
