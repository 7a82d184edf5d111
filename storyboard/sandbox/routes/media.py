"""Input files: upload, list, read and delete them, all with the account's key."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any

from aiohttp import web

from storyboard.errors import StateError
from storyboard.media import MAX_UPLOAD_BYTES
from storyboard.sandbox.context import (
    SANDBOX,
    ConnectionCut,
    authenticated_service,
    read_body_in_time,
)
from storyboard.sandbox.faults import Stage
from storyboard.sandbox.multipart import read_form_file
from storyboard.sandbox.replies import Refusal, success
from storyboard.sandbox.uploads import Upload

_MAX_FORM_BYTES = MAX_UPLOAD_BYTES + (1 << 16)  # a file of the maximum size, and its form


async def _upload(request: web.Request) -> web.StreamResponse:
    service = authenticated_service(request)
    sandbox = request.app[SANDBOX]
    count = service.count(Stage.UPLOAD)
    if service.injects("upload_error", count):
        raise Refusal(503, "Service temporarily unavailable: try again", service.retry_headers)
    if service.injects("upload_rate_limited", count):
        raise service.too_many_requests()
    with sandbox.uploads.slot() as slot:
        body = await read_body_in_time(request, max_bytes=_MAX_FORM_BYTES)
        try:
            form = request.headers.get("Content-Type", "")
            file = await asyncio.to_thread(read_form_file, form, body, field="file")
            upload = await asyncio.to_thread(sandbox.uploads.add, slot, file.name, file.content)
        except ValueError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from None
        except StateError:
            raise Refusal(500, "Internal error: the sandbox cannot write the file") from None
    sandbox.ledger.uploads.append(hashlib.sha256(file.content).hexdigest())
    if service.injects("upload_lost_reply", count):
        raise ConnectionCut("the file is kept, the answer is lost")
    return web.json_response(success(_data(upload, sandbox.uploads_url)))


async def _list(request: web.Request) -> web.StreamResponse:
    authenticated_service(request)
    sandbox = request.app[SANDBOX]
    # We know of no documentation of how the list is wrapped.
    files = [_data(upload, sandbox.uploads_url) for upload in sandbox.uploads.current()]
    return web.json_response(success({"files": files, "total": len(files)}))


async def _delete(request: web.Request) -> web.StreamResponse:
    authenticated_service(request)
    uploads = request.app[SANDBOX].uploads
    await asyncio.to_thread(uploads.remove, request.match_info["file_id"])
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _read(request: web.Request) -> web.StreamResponse:
    authenticated_service(request)
    path, upload = request.app[SANDBOX].uploads.path_of(request.match_info["name"])
    headers = {"Content-Type": upload.type, "X-Content-Type-Options": "nosniff"}
    return web.FileResponse(path, headers=headers)


def _data(upload: Upload, uploads_url: str) -> dict[str, Any]:
    """A file as the API describes it; newer parts of the API write times as text."""
    created_at = datetime.fromtimestamp(int(upload.created_at), tz=timezone.utc)
    return {
        "file_id": upload.id,
        "type": upload.type,
        "url": f"{uploads_url}{upload.stored_name}",
        "filename": upload.filename,
        "size": upload.size,
        "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


ROUTES = (
    web.post("/api/v1/media/files", _upload),
    web.get("/api/v1/media/files", _list),
    web.delete("/api/v1/media/files/{file_id}", _delete),
    web.get("/uploads/{name}", _read),
)
