"""From a link to a checked file: real HTTP and a real video."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from storyboard.api.redaction import Redaction
from storyboard.models.catalog import load_catalog
from storyboard.records import Submission, SubmissionState
from storyboard.videos.fetch import make_fetch
from storyboard.videos.result import Fetched, FetchFailed, FetchResult
from tests.api.servers import Request, Script, http_reply, serving
from tests.made import make_submission, make_take


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    pytest.importorskip("av", reason="the films for these tests are made with PyAV")
    from tests.videos.test_measure import make_film

    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return make_film(path, frames=60).read_bytes()


def pieces(film: bytes) -> Script:
    """Half of what is asked for, without saying how much there is, and hangs up."""

    def script(request: Request, conn: socket.socket) -> None:
        wanted = request.headers.get("range")
        start = int(wanted[6:-1]) if wanted else 0
        head = "HTTP/1.1 200 OK\r\n\r\n"
        if start:
            head = "HTTP/1.1 206 Part\r\n"
            head += f"Content-Range: bytes {start}-{len(film) - 1}/{len(film)}\r\n\r\n"
        conn.sendall(head.encode() + (film[start:] if start else film[: len(film) // 2]))

    return script


def fetch_from(origin: str, folder: Path) -> FetchResult:
    fetch = make_fetch(load_catalog(), origin=origin, redaction=Redaction())
    take = make_take(duration=2)
    url = f"{origin}/v.mp4"
    sent: Submission = make_submission(take, SubmissionState.SUCCEEDED, video_url=url)
    return fetch(sent, folder / "videos" / ".1.part")


def test_a_file_of_unknown_length_that_is_cut_off_is_resumed(tmp_path: Path, film: bytes) -> None:
    with serving(pieces(film)) as server:
        cut = fetch_from(server.origin, tmp_path)
        assert isinstance(cut, FetchFailed)
        assert (cut.is_worth_retrying, cut.received_bytes) == (True, len(film) // 2)
        whole = fetch_from(server.origin, tmp_path)
    assert isinstance(whole, Fetched)
    assert whole.partial.read_bytes() == film
    assert (whole.video.width, whole.video.duration_s) == (64, 2.0)


@pytest.mark.parametrize("form", ["http://{}", " http://{}\n", "//{}", "{}"])
def test_a_link_in_any_form_follows_a_sandbox_that_moved(
    tmp_path: Path, film: bytes, form: str
) -> None:
    with serving(lambda *_: http_reply(film)) as server:
        fetch = make_fetch(
            load_catalog(), origin=server.origin, redaction=Redaction(), moved_to=server.origin
        )
        url = form.format("127.0.0.1:1/v.mp4")
        sent = make_submission(make_take(duration=2), SubmissionState.SUCCEEDED, video_url=url)
        assert isinstance(fetch(sent, tmp_path / "videos" / ".1.part"), Fetched)
        assert [request.target for request in server.requests] == ["/v.mp4"]


def test_a_file_that_is_no_sound_video_is_not_resumed(tmp_path: Path, film: bytes) -> None:
    def script(request: Request, conn: socket.socket) -> bytes:
        half = film[: len(film) // 2]
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(half)}\r\n\r\n".encode() + half

    with serving(script) as server:
        failed = fetch_from(server.origin, tmp_path)
    assert isinstance(failed, FetchFailed)
    assert failed.reason.startswith("The file is not a valid video: it is cut off")
    assert not list((tmp_path / "videos").iterdir())
