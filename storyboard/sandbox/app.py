"""The web application: every route, and every answer in the documented form."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from storyboard.sandbox.caller import check_caller
from storyboard.sandbox.context import SANDBOX, ConnectionCut, Sandbox
from storyboard.sandbox.ledger import Request
from storyboard.sandbox.replies import Refusal, not_found
from storyboard.sandbox.routes import account, control, files, media, tasks

_log = logging.getLogger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(sandbox: Sandbox) -> web.Application:
    """The application with every route of the sandbox."""
    app = web.Application(
        middlewares=[_answer], client_max_size=sandbox.service.settings.max_body_bytes
    )
    app[SANDBOX] = sandbox
    # The first matching route answers: `tasks` would take /media/files for a model.
    for module in (account, media, tasks, files, control):
        app.add_routes(module.ROUTES)
    return app


@web.middleware
async def _answer(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """The handler's answer, or a refusal in the documented form; logged in the ledger."""
    sandbox = request.app[SANDBOX]
    path = "/files/..." if request.path.startswith("/files/") else request.path
    response: web.StreamResponse = web.Response(status=500)
    status, note = 0, ""
    try:
        headers = request.headers
        check_caller(headers.getall("Host", ()), headers.getall("Origin", ()), sandbox.port)
        response = await handler(request)
        status = response.status
    except ConnectionCut as cut:
        # aiohttp finds the connection closed and drops the answer.
        if request.transport is not None:
            request.transport.abort()
        note = str(cut)
    except ConnectionError:
        note = "the client went away"
    except Exception as error:
        refusal = _refusal_for(error, request)
        response = web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        status, note = refusal.status, refusal.message
    sandbox.ledger.log(
        Request(sandbox.service.now(), request.method, path[:300], status, note[:300])
    )
    return response


def _refusal_for(error: Exception, request: web.Request) -> Refusal:
    """Our own refusals unchanged, aiohttp's in the API's words; anything else is a bug."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"Method not allowed: {request.method}, only {allowed}"
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, message, {"Allow": allowed})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Refusal(error.status, "Request too large: the body has too many bytes")
    if isinstance(error, web.HTTPNotFound):
        return not_found("there is nothing at this path")
    if isinstance(error, web.HTTPException):
        return Refusal(error.status, f"Invalid request: {error.reason}")
    _log.error("the sandbox could not answer %s", request.method, exc_info=error)
    return Refusal(500, "Internal error: a bug in the sandbox")
