"""Submissions and polls, and the network faults injected into them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from storyboard.errors import NoProcess, StateError
from storyboard.sandbox.context import (
    SANDBOX,
    ConnectionCut,
    Sandbox,
    read_body_in_time,
    send_interim_answer,
    send_with_stray,
)
from storyboard.sandbox.faults import Stage
from storyboard.sandbox.inputs import addresses_in, load_inputs
from storyboard.sandbox.replies import (
    LINKS_THAT_ARE_MISSING,
    Refusal,
    not_found,
    odd_link,
    submit_reply,
    task_reply,
    video_link,
)
from storyboard.sandbox.service import Service
from storyboard.sandbox.settings import ClipSize
from storyboard.sandbox.tasks import Task


async def _submit(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    service = sandbox.service
    sandbox.ledger.posts += 1
    count = service.count(Stage.SUBMIT)
    body = await read_body_in_time(request)
    if service.injects("slow", count):
        await asyncio.sleep(service.settings.faults.slow_s)
    if service.injects("interim_reply", count):
        await send_interim_answer(request, count)
    service.check_key(request.headers.get("Authorization"))
    _refuse_by_fault(service, count)
    service.check_rate()
    if request.content_type != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Unsupported media type: the Content-Type must be application/json",
        )
    model = "{provider}/{model}".format(**request.match_info)
    headers = request.headers
    task = service.accept(
        model, body, user_id=headers.get("X-Mdlx-User-Id"), webhook=headers.get("X-Webhook-URL")
    )
    try:
        task = await _load_inputs(sandbox, task)
        await _write_to_journal(sandbox, task)
    except (OSError, StateError, NoProcess) as error:
        service.forget(task)
        why = error.strerror if isinstance(error, OSError) else error
        raise Refusal(500, f"Internal error: cannot accept the task: {why}") from None
    sandbox.ledger.accept(task, in_flight=service.in_flight())
    if service.settings.clip_size is ClipSize.FULL:
        # Making it takes about as long as it plays; started now, it is ready when requested.
        sandbox.clips.begin(task)
    return _confirm(sandbox, task, count)


def _refuse_by_fault(service: Service, count: int) -> None:
    """Inject the faults that come before anything is accepted."""
    if service.injects("reset_before", count):
        raise ConnectionCut("cut before anything was accepted")
    if service.injects("error_500", count):
        raise Refusal(500, "Internal error: the sandbox was told to fail")
    if service.injects("error_503", count):
        raise Refusal(503, "Service temporarily unavailable: try again", service.retry_headers)
    if service.injects("rate_limited", count):
        raise service.too_many_requests()


async def _load_inputs(sandbox: Sandbox, task: Task) -> Task:
    """The task with its pictures, which make it fail if they cannot be read."""
    card = sandbox.service.catalog.get(task.model)
    addresses = addresses_in(task.payload, sandbox.uploads_url)
    if card is None or not addresses:
        return task
    loaded = await asyncio.to_thread(
        load_inputs, task, card, addresses, sandbox.uploads, sandbox.clips
    )
    sandbox.service.update(loaded)
    return loaded


async def _write_to_journal(sandbox: Sandbox, task: Task) -> None:
    """Write the task to disk before answering its client."""
    if sandbox.journal:
        await asyncio.to_thread(sandbox.journal.add, task)


def _confirm(sandbox: Sandbox, task: Task, count: int) -> web.Response:
    """The answer to an accepted task, unless an injected fault prevents it."""
    service = sandbox.service
    if service.injects("lost_reply", count):
        raise ConnectionCut("accepted, the answer is lost")
    if service.injects("error_500_after", count):
        raise Refusal(500, "Internal error: the sandbox was told to fail after accepting")
    if service.injects("garbled_reply", count):
        return web.Response(text='{"code": 0, "mess', content_type="application/json")
    if service.injects("same_task_id", count):
        # A task that was polled: its client knows the id and can see the contradiction.
        task = service.last_polled or task
    return web.json_response(submit_reply(task, sandbox.base_url), headers=service.rate_headers)


async def _poll(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    service = sandbox.service
    sandbox.ledger.polls += 1
    count = service.count(Stage.POLL)
    if service.injects("poll_interim", count):
        await send_interim_answer(request, count)
    service.check_key(request.headers.get("Authorization"))
    if service.injects("poll_reset", count):
        raise ConnectionCut("cut instead of a task's status")
    if service.injects("poll_error", count):
        raise Refusal(500, "Internal error: the sandbox was told to fail")
    if service.injects("poll_rate_limited", count):
        raise service.too_many_requests()
    if service.injects("poll_missing", count):
        raise not_found("task does not exist or has expired")
    polled_before = service.last_polled
    response = _poll_reply(sandbox, service.task(request.match_info["task_id"]))
    if polled_before and service.injects("poll_stray", count):
        return await send_with_stray(request, response, _poll_reply(sandbox, polled_before))
    return response


def _poll_reply(sandbox: Sandbox, task: Task) -> web.Response:
    now = sandbox.service.now()
    link = video_link(task, sandbox.base_url)
    links = _links(sandbox.service, link) if task.has_video(now) else ()
    return web.json_response(task_reply(task, links, now))


def _links(service: Service, link: str) -> Sequence[str | None]:
    """The links that a poll gives for a finished video: one, or none yet."""
    count = service.count(Stage.RESULT)
    if service.injects("late_link", count):
        return LINKS_THAT_ARE_MISSING[count % len(LINKS_THAT_ARE_MISSING)]
    return (odd_link(link, count) if service.injects("odd_link", count) else link,)


ROUTES = (
    # The service accepts both forms; its clients moved from the longer to the shorter one.
    web.post("/api/v1/{provider}/{model}", _submit),
    web.post("/api/v1/{provider}/{model}/async", _submit),
    web.get("/api/v1/tasks/{task_id}", _poll),
)
