"""An API that says the key back in every field it can, as a script for `tests.api.servers`."""

from __future__ import annotations

import gzip
import html
import json
import socket
import time
from collections import Counter
from typing import Any
from urllib.parse import quote

from tests.api.servers import Request, http_reply

REJECTIONS = ("400", "404", "405", "413", "415", "422")
DOUBTS = ("302", "307", "408", "409", "425", "500", "503")
ODD_REPLIES = (
    "id-is-the-key",
    "id-holds-the-key",
    "429-page",
    "429",
    "code-1",
    "code-is-the-key",
    "not-json",
    "cut-off",
    "escaped",
    "packed",
    "half",
)
TASKS = (
    "failed",
    "failed-deep",
    "canceled",
    "url-with-key",
    "url-of-key-host",
    "odd-word",
    "other-id",
    "poll-500",
    "video",
    "video-here",
    "video-page",
    "video-odd-type",
    "video-403",
    "video-to-key-host",
    "video-to-http",
)
LATE = ("poll-404", "poll-401")
ACCOUNT = ("401", "402", "403")


class HostileApi:
    """Knows the key from the first request on.

    `elsewhere` is the origin of a host that serves videos, `trap` of one that
    must never be asked.
    """

    elsewhere = ""
    trap = ""

    def __init__(self, key: str, video: bytes) -> None:
        self._key = key
        self._video = video
        self._polls: Counter[str] = Counter()
        self._posts: Counter[str] = Counter()

    def __call__(self, request: Request, conn: socket.socket) -> bytes | None:
        """The reply to a request; None to hang up."""
        path = request.target.partition("?")[0]
        if request.method == "POST":
            name = json.loads(request.body)["prompt"]
            if name == "half":
                conn.sendall(http_reply(self._key, headers=self._headers, length=10_000))
                return None
            return self._answer_post(name)
        if path.startswith("/api/v1/tasks/"):
            return self._answer_poll(path.rpartition("/")[2].removeprefix("task-"), request)
        if path.startswith("/files/"):
            return self._give_file(path.rpartition("/")[2])
        account = self._account() if "page=2" not in request.target else {"requests": []}
        return self._reply({"code": 0, "data": account, **account})

    def video_elsewhere(self, request: Request, conn: socket.socket) -> bytes:
        """The other host: one redirect, then the video."""
        cookies = {"Set-Cookie": "visitor=1; Path=/"}
        if request.target.startswith("/first"):
            to = self.elsewhere.replace("localhost", "127.0.0.1")
            return http_reply(
                status="302 Found", headers={"Location": f"{to}/second.mp4", **cookies}
            )
        return http_reply(self._video, headers={"Content-Type": "video/mp4", **cookies})

    def _reply(self, document: Any, status: str = "200 OK", **headers: str) -> bytes:
        said = document if isinstance(document, bytes) else json.dumps(document)
        return http_reply(said, status=status, headers={**self._headers, **headers})

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "X-Echo": self._key,
            "Set-Cookie": f"session={self._key}; Path=/",
            "WWW-Authenticate": f'Bearer realm="{self._key}"',
            "X-Request-Id": self._key,
            "X-RateLimit-Limit": self._key,
            "X-RateLimit-Reset": self._key,
            "Content-Type": "application/json",
        }

    def _error(self, status: str, **headers: str) -> bytes:
        code = int(status)
        document = {"code": code, "message": f"No: {self._key}", "data": self._fields()}
        return self._reply(document, f"{status} {self._key}", **headers)

    def _fields(self) -> dict[str, Any]:
        key = self._key
        return {
            "model_id": key,
            "get_result": {"method": key, "url": f"{self.trap}/{key}"},
            key: key,
            "nested": [[{key: [key]}]],
        }

    def _account(self) -> dict[str, Any]:
        """What the account's own calls say."""
        key = self._key
        model = {"provider": key, "model_name": key}
        row = {"task_id": key, "status": key, "model": model, "created_at": key, "cost": key}
        stray = {"task_id": "task-stray", "status": key, "created_at": int(time.time()), key: key}
        told = {"requests": [row, stray], "models": [{"slug": key}], "balance": key}
        return {**told, "is_valid": True, key: key}

    def _answer_post(self, name: str) -> bytes:
        key = self._key
        self._posts[name] += 1
        if name in ("302", "307"):
            return self._error(name, Location=f"{self.trap}/?{quote(key)}")
        if name in (*REJECTIONS, *DOUBTS, *ACCOUNT):
            return self._error(name)
        if name == "429" and self._posts[name] == 1:
            document = {"code": 429, "message": f"Rate limit exceeded: {key}"}
            return self._reply(document, "429 Too Many Requests", **{"Retry-After": "0"})
        odd: dict[str, Any] = {
            "id-is-the-key": {"code": 0, "data": {"task_id": key}},
            "id-holds-the-key": {"code": 0, "data": {"task_id": f"task-{key}"}},
            "code-1": {"code": 1, "message": key},
            "code-is-the-key": {"code": key, "message": key},
            "not-json": f"<p>{html.escape(key)} {key}".encode(),
            "cut-off": f'{{"code": 0, "message": {json.dumps(key)}, "da'.encode(),
            "escaped": f'{{"code": 0, "message": "{_escaped(key)}", "da'.encode(),
        }
        if name in odd:
            return self._reply(odd[name])
        if name == "429-page" and self._posts[name] == 1:
            return self._reply(f"<p>{key}".encode(), "429 Too Many Requests")
        if name == "packed":
            return self._reply(gzip.compress(key.encode()), **{"Content-Encoding": "gzip"})
        task = {"status": "pending", "task_id": f"task-{name}", **self._fields()}
        return self._reply({"code": 0, "message": key, "data": task})

    def _answer_poll(self, name: str, request: Request) -> bytes:
        key = self._key
        self._polls[name] += 1
        is_first = self._polls[name] < 3
        task = {"task_id": f"task-{name}", "billing": {"status": key}, **self._fields()}
        if name in ("poll-404", "poll-401") or (name == "poll-500" and is_first):
            return self._error(name[-3:])
        if name == "failed":
            told: dict[str, Any] = {"status": "failed", "error": key, "reason": key}
        elif name == "failed-deep":
            told = {"status": "failed", "error": {"message": f"because {key}", "code": key}}
        elif name == "canceled":
            told = {"status": "canceled"}
        elif name == "odd-word" and is_first:
            told = {"status": key}
        elif name == "other-id" and is_first:
            told = {"status": "failed", "task_id": f"task-{key}"}
        else:
            told = {"status": "success", "result": self._result(name, request)}
        return self._reply({"code": 0, "message": key, "data": {**task, **told}})

    def _result(self, name: str, request: Request) -> dict[str, Any]:
        key = self._key
        here = f"http://{request.headers['host']}/files/{name}"
        url = here if name.startswith("video-") else f"{self.elsewhere}/first.mp4"
        if name == "url-with-key":
            url = f"{self.elsewhere}/first.mp4?token={quote(key)}"
        if name == "url-of-key-host":
            url = f"http://{key}.localhost/first.mp4"
        cover = {"url": f"{self.elsewhere}/{quote(key)}.png", "type": "image", "role": key}
        video = {"url": url, "type": "video", "role": "primary", "format": key}
        return {"resources": [cover, video], "metadata": {"request_id": key}, "extensions": key}

    def _give_file(self, name: str) -> bytes:
        key = self._key
        if name == "video-page":
            return self._reply(f"<title>{key}".encode(), **{"Content-Type": "text/html"})
        if name == "video-odd-type":
            return self._reply(key.encode(), **{"Content-Type": f"text/{key}"})
        if name == "video-403":
            return self._error("403")
        to = {
            "video-here": f"{self.elsewhere}/second.mp4",
            "video-to-key-host": f"http://{key}.localhost/",
            "video-to-http": f"{self.trap}/{key}",
        }[name]
        return self._reply(b"", "302 Found", Location=to)


def _escaped(text: str) -> str:
    """Each character as JSON may spell it too."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def spellings_of(key: str) -> set[str]:
    """How the key could stand in a file."""
    spelled = json.dumps(key)[1:-1]
    return {
        key,
        quote(key),
        quote(key, safe=""),
        html.escape(key),
        spelled,
        spelled.replace("/", "\\/"),
        _escaped(key),
        json.dumps(_escaped(key))[1:-1],
    }
