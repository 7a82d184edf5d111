"""An account for measuring, in a process of its own: tasks, limits and counts, and nothing else.

`python -m benchmarks.server --port 0` prints its URL on one line and serves
until it is ended. By default no limit holds and tasks are done at once. With
`--speed 30` a second here counts as thirty: render times and the minute of the
rate limit are in those, and so are the headers that speak of time. `GET
/counts` returns how many requests of each kind came in.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate

from aiohttp import web

MINUTE_S = 60.0


class Account:
    """Who may send what, and what becomes of it. Seconds are those of the account's own clock."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.counts = Counter(posts=0, polls=0, log_checks=0, accepted=0, too_many=0, too_fast=0)
        self._concurrent: int = options.concurrent
        self._per_minute: int = options.per_minute
        self._speed: float = options.speed
        self._render_s = render_times(options.median_s, options.sigma, options.seed)
        self._born_at: dict[str, float] = {}
        self._done_at: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._began_at, self._began = time.time(), time.monotonic()
        self._minute, self._used = -1, 0

    def now(self) -> float:
        """Unix seconds, which go by faster than elsewhere."""
        return self._began_at + (time.monotonic() - self._began) * self._speed

    async def submit(self, request: web.Request) -> web.Response:
        self.counts["posts"] += 1
        await request.read()
        if not self._take_request():
            return self._refuse("too_fast", "Rate limit exceeded: too many requests a minute")
        now = self.now()
        if self._concurrent and sum(at > now for at in self._done_at.values()) >= self._concurrent:
            return self._refuse("too_many", "Concurrent limit exceeded: wait for your tasks")
        task_id = f"task-{next(self._numbers)}"
        self._born_at[task_id] = now
        self._done_at[task_id] = now + next(self._render_s)
        self.counts["accepted"] += 1
        return self._reply({"code": 0, "data": {"status": "pending", "task_id": task_id}})

    async def poll(self, request: web.Request) -> web.Response:
        self.counts["polls"] += 1
        if not self._take_request():
            return self._refuse("too_fast", "Rate limit exceeded: too many requests a minute")
        task_id = request.match_info["task_id"]
        data = {"status": "processing", "task_id": task_id}
        if self._done_at.get(task_id, 0.0) <= self.now():
            url = f"{request.url.origin()}/videos/{task_id}.mp4"
            resources = [{"url": url, "type": "video"}]
            return self._reply(
                {
                    "code": 0,
                    "data": {**data, "status": "success", "result": {"resources": resources}},
                }
            )
        return self._reply({"code": 0, "data": data})

    async def read_log(self, request: web.Request) -> web.Response:
        """The request log, as it is documented: oldest first, a page at a time."""
        self.counts["log_checks"] += 1
        if not self._take_request():
            return self._refuse("too_fast", "Rate limit exceeded: too many requests a minute")
        start, end, page, size = (
            int(request.query[name]) for name in ("start_time", "end_time", "page", "page_size")
        )
        now = self.now()
        tasks = [task for task, born_at in self._born_at.items() if start <= born_at <= end]
        found = [
            {"task_id": task, "status": "success" if self._done_at[task] <= now else "processing"}
            for task in tasks[(page - 1) * size : page * size]
        ]
        return self._reply({"requests": found, "total": len(tasks), "page": page})

    async def read_counts(self, request: web.Request) -> web.Response:
        return web.json_response(self.counts)

    def _take_request(self) -> bool:
        """Whether the minute has room for one more request, which it then holds."""
        minute = math.floor((self.now() - self._began_at) / MINUTE_S)
        if minute != self._minute:
            self._minute, self._used = minute, 0
        has_room = not self._per_minute or self._used < self._per_minute
        self._used += has_room
        return has_room

    def _refuse(self, why: str, message: str) -> web.Response:
        self.counts[why] += 1
        return self._reply({"code": 429, "message": message}, status=429)

    def _reply(self, document: object, *, status: int = 200) -> web.Response:
        headers = {"Date": formatdate(self.now(), usegmt=True)}
        if self._per_minute:
            opens_at = self._began_at + (self._minute + 1) * MINUTE_S
            headers["X-RateLimit-Limit"] = str(self._per_minute)
            headers["X-RateLimit-Remaining"] = str(self._per_minute - self._used)
            headers["X-RateLimit-Reset"] = str(math.ceil(opens_at))
        return web.json_response(document, status=status, headers=headers)


def render_times(median_s: float, sigma: float, seed: int) -> Iterator[float]:
    """Lognormal seconds without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield median_s * rng.lognormvariate(0.0, sigma)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes one that is free")
    parser.add_argument("--median-s", type=float, default=0.0, help="of the render times")
    parser.add_argument("--sigma", type=float, default=0.5, help="of their logarithm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="seconds in a second")
    parser.add_argument("--no-log", action="store_true", help="there is no request log")
    parser.add_argument("--concurrent", type=int, default=0, help="tasks in flight, 0: no limit")
    parser.add_argument("--per-minute", type=int, default=0, help="requests, 0: no limit")
    return parser


async def serve(options: argparse.Namespace) -> None:
    """Serves until the task is cancelled."""
    account = Account(options)
    app = web.Application()
    for path in ("/api/v1/{provider}/{model}", "/api/v1/{provider}/{model}/async"):
        app.router.add_post(path, account.submit)
    app.router.add_get("/api/v1/tasks/{task_id}", account.poll)
    if not options.no_log:
        app.router.add_get("/api/v1/logs", account.read_log)
    app.router.add_get("/counts", account.read_counts)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    port = runner.addresses[0][1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(make_parser().parse_args()))
