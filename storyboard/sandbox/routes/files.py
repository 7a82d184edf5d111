"""The result files: complete, in ranges, or cut off."""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from storyboard.sandbox.clips.clips import PicturesLost
from storyboard.sandbox.clips.encode import Stopped
from storyboard.sandbox.context import SANDBOX, ConnectionCut, send_interim_answer
from storyboard.sandbox.faults import Stage
from storyboard.sandbox.replies import Refusal, not_found


async def _download(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    service, faults = sandbox.service, sandbox.service.settings.faults
    sandbox.ledger.downloads += 1
    if "Authorization" in request.headers:
        sandbox.ledger.keys_on_downloads += 1
    count = service.count(Stage.DOWNLOAD)
    if service.injects("download_interim", count):
        await send_interim_answer(request, count)
    if service.injects("expired_links", count):
        raise not_found("this link does not exist or has expired")
    if service.injects("download_error", count):
        raise Refusal(503, "Service temporarily unavailable: try again", service.retry_headers)
    task = service.task_of_file(request.match_info["name"])
    if service.injects("html_instead", count):
        page = "<!DOCTYPE html><title>Please sign in</title><p>This network wants a login.</p>"
        return web.Response(text=page, content_type="text/html")
    try:
        path = await sandbox.clips.path_of(task)
    except PicturesLost:
        raise not_found("the pictures of this task are no longer in the sandbox's folder") from None
    except Stopped:
        raise ConnectionCut("the sandbox ends") from None
    except OSError as error:
        raise Refusal(500, f"Internal error: cannot make the video: {error.strerror}") from None
    if service.injects("download_cut", count):
        return await _break_off(request, path, faults.cut_after_bytes)
    size = path.stat().st_size
    is_last_eighth = size - _requested(request, size).start <= size / 8
    if not is_last_eighth and service.injects("download_drops", count):
        return await _break_off(request, path, math.ceil(size / 8))
    # aiohttp handles Range, If-Range and If-None-Match, and sends an ETag.
    return web.FileResponse(path, headers={"Content-Type": "video/mp4"})


async def _break_off(request: web.Request, path: Path, after_bytes: int) -> web.StreamResponse:
    """Send the requested range, but cut the connection after `after_bytes` of it."""
    video, status = await asyncio.to_thread(path.read_bytes), path.stat()
    requested = _requested(request, len(video))
    first = min(requested.start, len(video) - 1)
    content = video[first : requested.stop]
    response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Accept-Ranges": "bytes"})
    response.etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"  # as aiohttp makes it for a file
    if "Range" in request.headers:
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        last = first + len(content) - 1
        response.headers["Content-Range"] = f"bytes {first}-{last}/{len(video)}"
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: min(after_bytes, len(content) - 1)])
    raise ConnectionCut("the download breaks off")


def _requested(request: web.Request, size: int) -> range:
    """The bytes of a file that a request asks for: all of them if its Range is malformed."""
    try:
        return range(*request.http_range.indices(size))
    except ValueError:
        return range(size)


ROUTES = (web.get("/files/{name}", _download),)
