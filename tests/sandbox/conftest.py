"""A sandbox for each test, a clock that stands still, and a client as plain as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import ClipSize, SandboxSettings

MODEL = "alibaba/wan2.7-t2v"
START = 1_700_000_000.0


@dataclass
class Clock:
    """A time that tests move by hand."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Speaks to one sandbox as the API's users do."""

    server: SandboxServer
    key: str = "sandbox"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("headers", {})
        options["headers"].setdefault("Authorization", f"Bearer {self.key}")
        # A session of its own each: no connection of an earlier call is used again.
        with requests.Session() as session:
            session.trust_env = False
            url = path if path.startswith("http") else f"{self.server.base_url}{path}"
            return session.request(method, url, timeout=30, **options)

    def submit(self, *, suffix: str = "", headers: Any = None, **payload: Any) -> requests.Response:
        payload.setdefault("prompt", "A fox crosses a frozen lake")
        payload.setdefault("duration", 2)
        return self.call(
            "POST", f"/api/v1/{MODEL}{suffix}", json=payload, headers=dict(headers or {})
        )

    def accepted(self, **payload: Any) -> str:
        """The id of a task that was just accepted."""
        reply = self.submit(**payload)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["data"]["task_id"])

    def poll(self, task_id: str) -> requests.Response:
        return self.call("GET", f"/api/v1/tasks/{task_id}")

    def status(self, task_id: str) -> str:
        return str(self.poll(task_id).json()["data"]["status"])

    def video_url(self, task_id: str) -> str:
        return str(self.poll(task_id).json()["data"]["result"]["resources"][0]["url"])

    def download(self, url: str, **headers: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, headers=headers, timeout=30)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(clock: Clock) -> Iterator[Callable[..., Client]]:
    """Starts a sandbox whose tasks are done at once, and gives a client for it."""
    quick = SandboxSettings(
        render_time_s=0.0, clip_size=ClipSize.SMALL, max_in_flight=100, requests_per_minute=10_000
    )
    with ExitStack() as stack:

        def start(
            folder: Any = None, *, port: int = 0, api_key: str = "sandbox", **changes: Any
        ) -> Client:
            settings = replace(quick, **changes)
            server = SandboxServer(folder, settings, api_key=api_key, clock=clock, port=port)
            return Client(stack.enter_context(server))

        yield start
