"""A machine whose clock is wrong: the API's decides whether links have expired."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from storyboard.api.credentials import ApiKey
from storyboard.api.protocols import PROTOCOLS
from tests.api.servers import Request, http_reply, serving
from tests.commands.films import Program

DAY = 24 * 3600


class Api:
    """Renders everything at once; its clock is `behind_s` behind ours, None where it tells none."""

    behind_s: int | None = None
    expires_at = time.time() - 2 * DAY

    def __call__(self, request: Request, conn: socket.socket) -> bytes:
        date = {} if self.behind_s is None else {"Date": formatdate(time.time() - self.behind_s)}
        if request.method == "POST":
            task = {"status": "pending", "task_id": "task-1"}
        elif "/tasks/" in request.target:
            task = {
                "status": "success",
                "task_id": "task-1",
                "result_expires_at": int(self.expires_at * 1000),
                "result": {"resources": [{"url": "https://files.example/1.mp4"}]},
            }
        else:
            return http_reply({"code": 404, "message": "No"}, status="404 No", headers=date)
        return http_reply({"code": 0, "data": task}, headers=date)


@pytest.fixture
def api() -> Api:
    return Api()


def plan_of_a_gone_link(
    program: Program, film: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    with serving(api) as server:
        monkeypatch.setenv("MODELLIX_BASE_URL", server.origin)
        monkeypatch.setenv("MODELLIX_API_KEY", "a-key-of-a-test")
        assert program("render", film, "--yes", "--no-download", "--only", "one").code == 0
        output = program("plan", film, "--only", "one")
        posts = [request for request in server.requests if request.method == "POST"]
        assert len(posts) == 1
    return output.out, output.err


@pytest.mark.parametrize("behind_s", [None, 0, 3600])
def test_a_link_that_has_expired_by_every_clock_is_gone(
    program: Program, film: Path, api: Api, monkeypatch: pytest.MonkeyPatch, behind_s: int | None
) -> None:
    api.behind_s = behind_s
    out, err = plan_of_a_gone_link(program, film, api, monkeypatch)
    assert "its file and link are gone" in out
    assert ("clock" in err) is (behind_s == 3600)


def test_the_time_is_asked_in_the_protocol_of_the_model(
    program: Program, film: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other:
        """Another API, which is asked for nothing but its time."""

        def __init__(self, origin: str, key: ApiKey) -> None:
            assert not key.reveal()

        def clock_offset_s(self) -> float:
            return -3.0 * DAY

        def close(self) -> None:
            """Nothing is open."""

    api.behind_s = 0
    with serving(api) as server:
        monkeypatch.setenv("MODELLIX_BASE_URL", server.origin)
        monkeypatch.setenv("MODELLIX_API_KEY", "a-key-of-a-test")
        assert program("render", film, "--yes", "--no-download", "--only", "one").code == 0
        monkeypatch.setitem(PROTOCOLS, "modellix", Other)  # type: ignore[arg-type] # a part of one
        output = program("plan", film, "--only", "one")
    assert "rendered, and its file is not here" in output.out
    assert "3 days ahead" in output.err


def test_a_clock_that_is_days_ahead_makes_no_link_expire(
    program: Program, film: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.behind_s = 3 * DAY
    out, err = plan_of_a_gone_link(program, film, api, monkeypatch)
    assert "rendered, and its file is not here" in out
    assert "--rerender" not in out
    assert err == (
        "this machine's clock is 3 days ahead of the API's; "
        "the API's decides whether links have expired\n"
    )


def test_a_link_that_has_expired_by_the_apis_clock_too_is_gone(
    program: Program, film: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.behind_s = DAY
    out, err = plan_of_a_gone_link(program, film, api, monkeypatch)
    assert "its file and link are gone" in out
    assert "ahead of the API's" in err
