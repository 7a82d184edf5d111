"""The results: whole, in parts, or broken off."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from storyboard.sandbox.clips.encode import Stopped
from storyboard.sandbox.context import SANDBOX, ConnectionCut
from storyboard.sandbox.faults import Stage
from storyboard.sandbox.replies import Refusal, not_found


async def _download(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    service, faults = sandbox.service, sandbox.service.settings.faults
    sandbox.ledger.downloads += 1
    if "Authorization" in request.headers:
        sandbox.ledger.keys_on_downloads += 1
    count = service.count(Stage.DOWNLOAD)
    if service.is_struck("expired_links", count):
        raise not_found("this link does not exist or has expired")
    if service.is_struck("download_error", count):
        raise Refusal(503, "Service temporarily unavailable: try again", service.retry_headers)
    task = service.task_of_file(request.match_info["name"])
    if service.is_struck("html_instead", count):
        page = "<!DOCTYPE html><title>Please sign in</title><p>This network wants a login.</p>"
        return web.Response(text=page, content_type="text/html")
    try:
        path = await sandbox.clips.path_of(task)
    except Stopped:
        raise ConnectionCut("the sandbox ends") from None
    except OSError as error:
        raise Refusal(500, f"Internal error: cannot make the video: {error.strerror}") from None
    if service.is_struck("download_cut", count):
        return await _break_off(request, path, faults.cut_after_bytes)
    # aiohttp answers Range, If-Range and If-None-Match, and sends an ETag.
    return web.FileResponse(path, headers={"Content-Type": "video/mp4"})


async def _break_off(request: web.Request, path: Path, after_bytes: int) -> web.StreamResponse:
    """Send the part that is asked for, and cut the connection after some bytes of it."""
    video = await asyncio.to_thread(path.read_bytes)
    first = min(request.http_range.start or 0, len(video) - 1)
    part = video[first : request.http_range.stop]
    response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Accept-Ranges": "bytes"})
    if "Range" in request.headers:
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        last = first + len(part) - 1
        response.headers["Content-Range"] = f"bytes {first}-{last}/{len(video)}"
    response.content_length = len(part)
    await response.prepare(request)
    await response.write(part[: min(after_bytes, len(part) - 1)])
    raise ConnectionCut("the download breaks off")


ROUTES = (web.get("/files/{name}", _download),)
