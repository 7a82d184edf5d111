"""The web application: every route, and every answer in the documented shape."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from storyboard.sandbox.caller import check_caller
from storyboard.sandbox.context import SANDBOX, ConnectionCut, Sandbox
from storyboard.sandbox.ledger import Request
from storyboard.sandbox.replies import Refusal, not_found
from storyboard.sandbox.routes import account, control, files, tasks

_log = logging.getLogger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(sandbox: Sandbox) -> web.Application:
    """The application with every route of the sandbox."""
    app = web.Application(
        middlewares=[_answer_refusals], client_max_size=sandbox.service.settings.max_body_bytes
    )
    app[SANDBOX] = sandbox
    for part in (account, tasks, files, control):
        app.add_routes(part.ROUTES)
    return app


@web.middleware
async def _answer_refusals(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Every answer in the documented shape, whatever went wrong; and a line in the ledger."""
    sandbox, note = request.app[SANDBOX], ""
    try:
        headers = request.headers
        check_caller(headers.getall("Host", ()), headers.getall("Origin", ()), sandbox.port)
        response = await handler(request)
        status = response.status
    except ConnectionCut as cut:
        # aiohttp finds the connection gone and drops this answer.
        if request.transport is not None:
            request.transport.abort()
        response, status, note = web.Response(status=500), 0, str(cut)
    except Refusal as refusal:
        response = web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        status, note = refusal.status, refusal.message
    except web.HTTPException as error:
        reply = _as_documented(error, request)
        response = web.json_response(reply.body, status=reply.status, headers=reply.headers)
        status, note = reply.status, reply.message
    except ConnectionError:
        response, status, note = web.Response(status=500), 0, "the client went away"
    except Exception:
        _log.exception("the sandbox could not answer %s", request.method)
        response = web.json_response(
            Refusal(500, "Internal error: a bug in the sandbox").body, status=500
        )
        status = 500
    path = "/files/..." if request.path.startswith("/files/") else request.path
    sandbox.ledger.log(
        Request(sandbox.service.now(), request.method, path[:300], status, note[:300])
    )
    return response


def _as_documented(error: web.HTTPException, request: web.Request) -> Refusal:
    """aiohttp's own errors in the API's words."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"Method not allowed: {request.method}, only {allowed}"
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, message, {"Allow": allowed})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Refusal(error.status, "Request too large: the body has too many bytes")
    if isinstance(error, web.HTTPNotFound):
        return not_found("there is nothing at this path")
    return Refusal(error.status, f"Invalid request: {error.reason}")
