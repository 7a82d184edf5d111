"""Downloads from real sockets, most of them hostile or broken."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyboard.api.downloads.download import Bounds, Downloaded, download
from storyboard.errors import (
    DownloadBroken,
    DownloadError,
    HostBusy,
    LinkGone,
    LinkUnsafe,
    NotVideoData,
    VideoTooLarge,
)
from tests.api.servers import Request, Script, Server, http_reply, listening, serving

VIDEO = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 2000
SHA = hashlib.sha256(VIDEO).hexdigest()
WHOLE = Downloaded(len(VIDEO), SHA)
MP4 = {"Content-Type": "video/mp4"}
QUICK = Bounds(connect_s=5, idle_s=5, total_s=10)


class Fetcher:
    """Fetches from a scripted server into a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "clip.mp4.part"
        self.server: Server

    def __call__(self, script: Script, *, bounds: Bounds = QUICK, **options: Any) -> Downloaded:
        with serving(script) as self.server:
            return download(
                f"{self.server.origin}/v/1.mp4?sign=secret",
                self.target,
                api_origin=self.server.origin,
                bounds=bounds,
                **options,
            )

    def fails(self, kind: type[DownloadError], script: Script, **options: Any) -> str:
        with pytest.raises(DownloadError) as caught:
            self(script, **options)
        assert type(caught.value) is kind
        assert "secret" not in str(caught.value)
        assert str(caught.value).startswith("127.0.0.1: ")
        return str(caught.value).removeprefix("127.0.0.1: ")


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path)


def answering(reply: bytes) -> Script:
    return lambda *_: reply


def cut_at(
    *stops: int, headers: dict[str, str], obey_range: bool = True, lie: str | None = None
) -> Callable[[Request, socket.socket], bytes | None]:
    """Serves VIDEO, hanging up at each stop in turn, then to the end."""
    left = list(stops)

    def script(request: Request, conn: socket.socket) -> bytes | None:
        start, status, more = 0, "200 OK", dict(headers)
        wanted = request.headers.get("range")
        if wanted and obey_range:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            status = "206 Partial Content"
            more["Content-Range"] = lie or f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}"
        if left:
            stop = left.pop(0)
            conn.sendall(
                http_reply(
                    VIDEO[start:stop], status=status, headers=more, length=len(VIDEO) - start
                )
            )
            return None
        return http_reply(VIDEO[start:], status=status, headers=more)

    return script


def test_a_video_arrives_whole_with_its_digest(fetch: Fetcher) -> None:
    assert fetch(answering(http_reply(VIDEO, headers=MP4))) == WHOLE
    assert fetch.target.read_bytes() == VIDEO


@pytest.mark.parametrize("old", [b"old" * 1_000_000, b"", VIDEO + b"x", bytes(5000)])
def test_what_stood_in_the_file_before_is_replaced(fetch: Fetcher, old: bytes) -> None:
    fetch.target.write_bytes(old)

    assert fetch(answering(http_reply(VIDEO, headers=MP4))) == WHOLE
    assert fetch.target.read_bytes() == VIDEO


def test_webm_and_unnamed_types_are_videos_too(fetch: Fetcher) -> None:
    webm = b"\x1a\x45\xdf\xa3" + b"x" * 100
    for headers in ({"Content-Type": "video/webm"}, {"Content-Type": "binary/octet-stream"}, {}):
        assert fetch(answering(http_reply(webm, headers=headers))).size_bytes == 104


def test_neither_key_nor_cookie_nor_netrc_login_goes_along(
    fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = Path(os.environ["HOME"]) / ".netrc"
    netrc.write_text("default login user password word\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    def script(request: Request, conn: socket.socket) -> bytes:
        if request.target.startswith("/v/"):
            cookie = {"Set-Cookie": "a=b; Path=/", "Location": "/w/1.mp4"}
            return http_reply(b"", status="302 Found", headers=cookie)
        return http_reply(VIDEO, headers=MP4)

    fetch(script)

    assert len(fetch.server.requests) == 2
    for request in fetch.server.requests:
        assert not {"authorization", "cookie", "referer"} & set(request.headers)


# Redirects and addresses


def test_a_few_redirects_are_followed_and_a_circle_is_not(fetch: Fetcher) -> None:
    def script(request: Request, conn: socket.socket) -> bytes:
        step = int(request.target.rpartition("=")[2]) if "step=" in request.target else 0
        if step == 5:
            return http_reply(VIDEO, headers=MP4)
        location = f"/v/1.mp4?step={step + 1}"
        return http_reply(b"", status="302 Found", headers={"Location": location})

    assert fetch(script) == WHOLE
    circle = answering(http_reply(b"", status="301 Moved", headers={"Location": "/v/1.mp4"}))
    assert fetch.fails(LinkUnsafe, circle) == "more than 5 redirects"
    assert len(fetch.server.requests) == 6


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/x", "https://127.0.0.1/x", "https://169.254.169.254/x", "file:///etc/passwd"],
)
def test_a_redirect_to_a_private_address_is_refused(fetch: Fetcher, location: str) -> None:
    script = answering(http_reply(b"", status="302 Found", headers={"Location": location}))
    with pytest.raises(LinkUnsafe):
        fetch(script)

    assert len(fetch.server.requests) == 1


def test_a_redirect_with_an_endless_body_is_not_read(fetch: Fetcher) -> None:
    def script(request: Request, conn: socket.socket) -> bytes:
        if request.target == "/end":
            return http_reply(VIDEO, headers=MP4)
        conn.sendall(b"HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n")
        while True:
            conn.sendall(b"x" * 65536)

    assert fetch(script) == WHOLE


def test_a_public_name_that_leads_to_this_machine_gets_not_a_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    resolve = socket.getaddrinfo

    def rebound(host: str, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == "file.example" else host, *arguments, **options)

    with listening(lambda conn: seen.append(conn.recv(100))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(LinkUnsafe) as caught:
            download(
                f"https://file.example:{server.port}/1.mp4",
                tmp_path / "part",
                api_origin="https://api.modellix.ai",
                bounds=QUICK,
            )

    assert str(caught.value) == (
        "file.example: it leads to 127.0.0.1, which is not a public address"
    )
    assert seen in ([], [b""])


def test_with_private_addresses_allowed_the_connection_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    with (
        listening(lambda conn: seen.append(conn.recv(100))) as server,
        pytest.raises(DownloadBroken),
    ):
        download(
            f"https://127.0.0.1:{server.port}/1.mp4",
            tmp_path / "part",
            api_origin="https://api.modellix.ai",
            allow_private=True,
            bounds=QUICK,
        )

    assert seen[0]


# What is not a video


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
def test_a_link_that_is_gone_is_told_apart(fetch: Fetcher, status: str) -> None:
    message = fetch.fails(LinkGone, answering(http_reply(b"no", status=status)))

    assert message == f"the link has expired or is refused (HTTP {status[:3]})"
    assert not LinkGone.is_worth_retrying


@pytest.mark.parametrize(
    "status", ["500 Oh", "502 Gateway", "401 Who", "304 Same", "302 Nowhere", "416 Range"]
)
def test_every_other_status_is_worth_retrying_but_not_at_once(fetch: Fetcher, status: str) -> None:
    fetch.fails(DownloadBroken, answering(http_reply(b"", status=status)))

    assert DownloadBroken.is_worth_retrying
    assert len(fetch.server.requests) == 1


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [({"Retry-After": "7"}, 7.0), ({}, None), ({"Retry-After": "x"}, None)],
)
@pytest.mark.parametrize("status", ["429 Slow", "503 Busy"])
def test_a_busy_host_says_when_to_come_back(
    fetch: Fetcher, status: str, retry_after: dict[str, str], wait_s: float | None
) -> None:
    with pytest.raises(HostBusy) as caught:
        fetch(answering(http_reply(b"", status=status, headers=retry_after)))

    assert (str(caught.value), caught.value.wait_s) == (f"127.0.0.1: HTTP {status[:3]}", wait_s)
    assert len(fetch.server.requests) == 1


@pytest.mark.parametrize("status", ["202 Not yet", "403 Slow", "404 Wait", "500 Oh", "504 Late"])
def test_whoever_says_when_to_come_back_is_busy(fetch: Fetcher, status: str) -> None:
    with pytest.raises(HostBusy):
        fetch(answering(http_reply(b"{}", status=status, headers={"Retry-After": "7"})))


@pytest.mark.parametrize("status", ["200 OK", "206 Part", "203 Other"])
def test_a_video_that_comes_with_a_retry_after_is_taken(fetch: Fetcher, status: str) -> None:
    assert fetch(answering(http_reply(VIDEO, status=status, headers={"Retry-After": "7"}))) == WHOLE


# What the bytes are decides


@pytest.mark.parametrize("status", ["200 OK", "203 Other", "206 Part", "201 Made"])
def test_bytes_of_a_video_are_one_under_any_status_of_success(fetch: Fetcher, status: str) -> None:
    assert fetch(answering(http_reply(VIDEO, status=status))) == WHOLE


def test_a_partial_reply_that_was_not_asked_for_is_the_beginning(fetch: Fetcher) -> None:
    whole = {"Content-Range": f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}"}
    assert fetch(answering(http_reply(VIDEO, status="206 Part", headers=whole))) == WHOLE
    later = {"Content-Range": f"bytes 5-{len(VIDEO) + 4}/{len(VIDEO) + 5}"}
    reply = http_reply(VIDEO, status="206 Part", headers=later)
    message = fetch.fails(DownloadBroken, answering(reply))
    assert message == "it sent a different part than the one requested"


def test_a_host_that_gives_only_pieces_is_asked_for_the_next_one(fetch: Fetcher) -> None:
    def script(request: Request, conn: socket.socket) -> bytes:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        end = min(start + 100_000, len(VIDEO))
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(VIDEO)}", "ETag": '"v1"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}"
            end = len(VIDEO)
        return http_reply(VIDEO[start:end], status="206 Part", headers=headers)

    assert fetch(script) == WHOLE
    assert len(fetch.server.requests) == 2


@pytest.mark.parametrize(
    "encoding",
    ["aws-chunked", "UTF-8", "none", "binary", "identity, identity", "identity", "", "gzip", "br"],
)
def test_a_name_of_a_packing_that_is_not_there_does_no_harm(fetch: Fetcher, encoding: str) -> None:
    reply = http_reply(VIDEO, headers={**MP4, "Content-Encoding": encoding})

    assert fetch(answering(reply)) == WHOLE


@pytest.mark.parametrize("kind", ["text/html", "application/json", "image/jpeg", "", "x"])
def test_a_wrong_type_on_a_video_does_no_harm(fetch: Fetcher, kind: str) -> None:
    assert fetch(answering(http_reply(VIDEO, headers={"Content-Type": kind}))) == WHOLE


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "identity", None])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_video_is_unpacked_whatever_the_packing_is_called(
    fetch: Fetcher, pack: Callable[[bytes], bytes], encoding: str | None
) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}

    assert fetch(answering(http_reply(pack(VIDEO), headers=headers))) == WHOLE
    assert fetch.target.read_bytes() == VIDEO


def test_a_packed_video_that_is_cut_begins_anew(fetch: Fetcher) -> None:
    packed = gzip.compress(VIDEO)
    left = [packed[: len(packed) // 2], packed[:-4]]

    def script(request: Request, conn: socket.socket) -> bytes | None:
        if left:
            conn.sendall(http_reply(left.pop(0), headers={"ETag": '"v1"'}, length=len(packed)))
            return None
        return http_reply(packed, headers={"ETag": '"v1"'})

    assert fetch(script) == WHOLE
    assert all("range" not in request.headers for request in fetch.server.requests)


def test_a_bomb_is_unpacked_no_further_than_the_bound(fetch: Fetcher) -> None:
    bomb = gzip.compress(VIDEO[:12] + bytes(50_000_000))
    bounds = Bounds(max_bytes=1_000_000)

    fetch.fails(VideoTooLarge, answering(http_reply(bomb)), bounds=bounds)
    assert fetch.target.stat().st_size <= 1_000_000


def test_a_packed_page_is_no_video(fetch: Fetcher) -> None:
    page = gzip.compress(b"<!DOCTYPE html><html>" * 20)
    reply = http_reply(page, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})

    assert fetch.fails(NotVideoData, answering(reply)) == "it sent 'text/html', not a video"


def test_a_packing_that_cannot_be_undone_is_named(fetch: Fetcher) -> None:
    reply = http_reply(b"\x0b" + bytes(range(200)), headers={"Content-Encoding": "br"})

    message = fetch.fails(NotVideoData, answering(reply))
    assert message == "it sent the video compressed (br), which was not requested"


def test_a_git_lfs_pointer_in_the_place_of_a_video_is_named(fetch: Fetcher) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 512032\n"
    reply = http_reply(pointer, headers={"Content-Type": "text/plain"})

    message = fetch.fails(NotVideoData, answering(reply))
    assert message == "it sent a Git LFS pointer, not the video that it stands for"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("text/html; charset=utf-8", "'text/html'"),
        ("application/json", "'application/json'"),
        ("application/xml", "'application/xml'"),
        ("image/jpeg", "'image/jpeg'"),
    ],
)
def test_a_page_is_not_a_video(fetch: Fetcher, kind: str, shown: str) -> None:
    page = http_reply(b"<!DOCTYPE html><html>No</html>", headers={"Content-Type": kind})

    assert fetch.fails(NotVideoData, answering(page)) == f"it sent {shown}, not a video"


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><html>", b'{"error": "gone"}', b"", b"\x00" * 99]
)
def test_what_does_not_begin_like_a_video_is_refused(fetch: Fetcher, body: bytes) -> None:
    message = fetch.fails(NotVideoData, answering(http_reply(body, headers=MP4)))

    assert message == "what it sent does not look like a video"


# Bounds


def test_a_video_that_says_it_is_too_large_is_not_fetched(fetch: Fetcher) -> None:
    message = fetch.fails(
        VideoTooLarge, answering(http_reply(VIDEO)), bounds=Bounds(max_bytes=1000)
    )

    assert message == "the video is larger than 1000 bytes"
    assert fetch.target.stat().st_size == 0


def test_a_video_that_turns_out_too_large_is_not_fetched_to_its_end(fetch: Fetcher) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO)
        while True:
            conn.sendall(b"x" * 65536)

    fetch.fails(VideoTooLarge, script, bounds=Bounds(max_bytes=1_000_000))

    assert fetch.target.stat().st_size <= 1_000_000


def test_silence_ends_a_download(fetch: Fetcher) -> None:
    gate = threading.Event()

    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        gate.wait(10)

    try:
        with serving(script) as server:
            with pytest.raises(DownloadBroken, match=r"127.0.0.1: no reply came in time"):
                download(
                    f"{server.origin}/x",
                    fetch.target,
                    api_origin=server.origin,
                    bounds=Bounds(idle_s=0.2),
                )
            gate.set()
    finally:
        gate.set()


def test_a_host_that_drips_is_cut_off_when_time_is_up(fetch: Fetcher) -> None:
    hung_up = threading.Event()

    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO[:100])
        try:
            while not hung_up.wait(0.02):
                conn.sendall(b"x")
        except OSError:
            hung_up.set()

    message = fetch.fails(DownloadBroken, script, bounds=Bounds(total_s=0.3))

    assert message == "no complete reply came in time"
    assert hung_up.is_set()


def test_a_full_disk_passes_up_as_it_is(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("storyboard.api.downloads.partial_file.PartialFile.append", full)

    with pytest.raises(OSError, match="No space left") as caught:
        fetch(answering(http_reply(VIDEO)))
    assert caught.value.errno == errno.ENOSPC


def test_a_host_that_is_not_there_is_worth_retrying(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(DownloadBroken, match=r"^127\.0\.0\.1: the connection was refused$"):
        download(f"{origin}/x?sign=secret", tmp_path / "part", api_origin=origin)


# Cut and resumed


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"v1"'}, '"v1"'),
        ({"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, "Mon, 01 Jan 2024 00:00:00 GMT"),
    ],
)
def test_a_cut_download_goes_on_where_it_was(
    fetch: Fetcher, headers: dict[str, str], validator: str
) -> None:
    assert fetch(cut_at(5000, 300_000, headers=headers)) == WHOLE

    first, second, third = fetch.server.requests
    assert "range" not in first.headers
    assert (second.headers["range"], second.headers["if-range"]) == ("bytes=3976-", validator)
    assert third.headers["range"] == "bytes=298976-"
    assert fetch.target.read_bytes() == VIDEO


def test_a_link_that_drops_each_tenth_gets_there(fetch: Fetcher) -> None:
    stops = [len(VIDEO) * tenth // 10 for tenth in range(1, 10)]

    assert fetch(cut_at(*stops, headers={"ETag": '"v1"'})) == WHOLE
    assert len(fetch.server.requests) == 10


@pytest.mark.parametrize("is_chunked", [False, True])
def test_what_came_before_a_connection_broke_is_kept(fetch: Fetcher, is_chunked: bool) -> None:
    def script(request: Request, conn: socket.socket) -> bytes | None:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        piece = VIDEO[start : start + 64_002]
        lines = ["HTTP/1.1 206 Part" if start else "HTTP/1.1 200 OK", 'ETag: "v1"']
        if start:
            lines.append(f"Content-Range: bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}")
        length = len(VIDEO) - start
        lines.append("Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {length}")
        body = b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece
        if is_chunked and start + len(piece) == len(VIDEO):
            body += b"0\r\n\r\n"
        conn.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return None

    assert fetch(script) == WHOLE
    assert len(fetch.server.requests) == 9


def test_cuts_that_bring_the_file_no_further_are_an_error_after_three(fetch: Fetcher) -> None:
    message = fetch.fails(DownloadBroken, cut_at(*[5000] * 9, headers={}, obey_range=False))

    assert message == "the connection was closed early"
    assert len(fetch.server.requests) == 4


def test_a_host_that_gives_a_little_more_each_time_is_left_alone_for_a_while(
    fetch: Fetcher,
) -> None:
    stops = range(5000, 5300)  # a byte more with each request
    fetch.fails(DownloadBroken, cut_at(*stops, headers={"ETag": '"v1"'}))
    assert len(fetch.server.requests) == 4

    stops = range(20_000, len(VIDEO), 8_000)
    assert fetch(cut_at(*stops, headers={"ETag": '"v1"'})) == WHOLE


def test_a_host_that_cuts_without_giving_anything_is_left_alone(fetch: Fetcher) -> None:
    fetch.fails(DownloadBroken, cut_at(5000, 5000, headers={"ETag": '"v1"'}))

    assert len(fetch.server.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}])
def test_without_proof_that_the_file_is_the_same_it_begins_anew(
    fetch: Fetcher, headers: dict[str, str]
) -> None:
    assert fetch(cut_at(1000, headers=headers)) == WHOLE

    assert "range" not in fetch.server.requests[1].headers


def test_a_whole_reply_to_a_range_begins_anew(fetch: Fetcher) -> None:
    assert fetch(cut_at(5000, headers={"ETag": '"v1"'}, obey_range=False)) == WHOLE
    assert fetch.target.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "lie",
    [
        f"bytes 3975-{len(VIDEO) - 1}/{len(VIDEO)}",
        f"bytes 3976-{len(VIDEO) - 1}/{len(VIDEO) + 1}",
        f"bytes 3976-{len(VIDEO) - 2}/{len(VIDEO)}",
        f"bytes 3976-{len(VIDEO) - 1}/*",
        "bytes */5",
        "nonsense",
    ],
)
def test_another_part_than_the_one_asked_for_is_refused(fetch: Fetcher, lie: str) -> None:
    message = fetch.fails(DownloadBroken, cut_at(5000, headers={"ETag": '"v1"'}, lie=lie))

    assert message == "it sent a different part than the one requested"


def test_a_part_of_another_file_is_refused(fetch: Fetcher) -> None:
    count = 0

    def script(request: Request, conn: socket.socket) -> bytes | None:
        nonlocal count
        count += 1
        return cut_at(*([5000] if count == 1 else []), headers={"ETag": f'"v{count}"'})(
            request, conn
        )

    message = fetch.fails(DownloadBroken, script)

    assert message == "it sent a different part than the one requested"


DATE = "Mon, 01 Jan 2024 00:00:00 GMT"


def of_two_contents(
    fetch: Fetcher, other: bytes, before: dict[str, str], after: dict[str, str]
) -> Script:
    """Cuts VIDEO off, and goes on with another content as long; heeds no condition."""

    def script(request: Request, conn: socket.socket) -> bytes | None:
        if len(fetch.server.requests) == 1:
            conn.sendall(http_reply(VIDEO[:300_500], headers=before, length=len(VIDEO)))
            return None
        if "range" not in request.headers:
            return http_reply(other, headers=after)
        start = int(request.headers["range"][6:-1])
        span = {"Content-Range": f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}"}
        return http_reply(other[start:], status="206 Part", headers={**after, **span})

    return script


@pytest.mark.parametrize(
    "headers", [{}, {"ETag": '"v1"'}, {"ETag": 'W/"v1"'}, {"Last-Modified": DATE}]
)
@pytest.mark.parametrize("differs_at", [30, 300_499])
def test_a_rest_that_does_not_overlap_with_what_is_here_is_of_another_content(
    fetch: Fetcher, headers: dict[str, str], differs_at: int
) -> None:
    other = VIDEO[:differs_at] + bytes(byte ^ 0x55 for byte in VIDEO[differs_at:])
    fetch(of_two_contents(fetch, other, headers, headers))

    assert fetch.target.read_bytes() == other


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"ETag": '"v1"'}, {"ETag": '"v2"'}),
        ({"ETag": '"v1"'}, {}),
        ({"ETag": '"v1"', "Last-Modified": DATE}, {"Last-Modified": DATE}),
        ({"Last-Modified": DATE}, {"Last-Modified": DATE.replace("2024", "2025")}),
        ({"Last-Modified": DATE}, {}),
    ],
)
def test_a_rest_whose_validator_is_another_or_gone_is_of_another_content(
    fetch: Fetcher, before: dict[str, str], after: dict[str, str]
) -> None:
    other = VIDEO[:30] + b"another" + VIDEO[37:]
    script = of_two_contents(fetch, other, before, after)

    message = fetch.fails(DownloadBroken, script)

    assert message == "it sent a different part than the one requested"
    assert fetch.target.read_bytes() == b""


# Resumed by a later call


@pytest.mark.parametrize("headers", [{}, {"ETag": '"v1"'}, {"ETag": 'W/"weak"'}])
def test_a_later_call_goes_on_where_the_last_one_ended(
    fetch: Fetcher, headers: dict[str, str]
) -> None:
    fetch.target.write_bytes(VIDEO[:300_000])

    assert fetch(cut_at(400_000, headers=headers)) == WHOLE
    first, second = fetch.server.requests
    assert (first.headers["range"], "if-range" in first.headers) == ("bytes=298976-", False)
    assert second.headers["range"] == "bytes=398976-"


def test_a_part_survives_a_failed_call(fetch: Fetcher) -> None:
    fetch.fails(DownloadBroken, cut_at(300_000, 300_000, headers={"ETag": '"v1"'}))

    assert fetch.target.read_bytes() == VIDEO[:300_000]
    assert fetch(cut_at(headers={})) == WHOLE
    assert len(fetch.server.requests) == 1


def test_a_whole_file_is_asked_for_its_last_bytes_alone(fetch: Fetcher) -> None:
    fetch.target.write_bytes(VIDEO)

    assert fetch(cut_at(headers={})) == WHOLE
    [request] = fetch.server.requests
    assert request.headers["range"] == f"bytes={len(VIDEO) - 1024}-"


@pytest.mark.parametrize("at", [298_976, 299_999])
def test_a_part_whose_last_bytes_are_others_is_thrown_away(fetch: Fetcher, at: int) -> None:
    part = bytearray(VIDEO[:300_000])
    part[at] ^= 1
    fetch.target.write_bytes(part)

    assert fetch(cut_at(headers={})) == WHOLE
    assert [("range" in request.headers) for request in fetch.server.requests] == [True, False]


def test_a_part_that_ends_in_padding_proves_nothing(fetch: Fetcher) -> None:
    fetch.target.write_bytes(VIDEO[:1000] + b"\x01" * 2000)

    assert fetch(cut_at(headers={})) == WHOLE
    assert "range" not in fetch.server.requests[0].headers


def test_a_part_with_a_hole_is_thrown_away(fetch: Fetcher) -> None:
    fetch.target.write_bytes(VIDEO[:8192] + bytes(4096) + VIDEO[12_288:300_000])

    assert fetch(cut_at(headers={})) == WHOLE
    assert "range" not in fetch.server.requests[0].headers


def test_a_part_longer_than_the_file_is_thrown_away(fetch: Fetcher) -> None:
    fetch.target.write_bytes(VIDEO + bytes(range(256)) * 20)
    message = fetch.fails(DownloadBroken, answering(http_reply(b"", status="416 No")))

    assert message == "HTTP 416"
    assert fetch.target.stat().st_size == 0


@pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")
@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "pipe"])
def test_a_name_that_leads_elsewhere_is_not_written_through(
    fetch: Fetcher, tmp_path: Path, kind: str
) -> None:
    victim = tmp_path / "precious.txt"
    if kind != "dangling link":
        victim.write_bytes(VIDEO[:100_000])
    if kind == "hard link":
        fetch.target.hardlink_to(victim)
    elif kind == "pipe":
        os.mkfifo(fetch.target)
    else:
        fetch.target.symlink_to(victim)

    assert fetch(cut_at(headers={})) == WHOLE
    assert fetch.target.lstat().st_size == len(VIDEO)
    assert victim.exists() == (kind != "dangling link")
    assert not victim.exists() or victim.read_bytes() == VIDEO[:100_000]


def test_no_redirect_leads_to_an_address_that_holds_a_secret(fetch: Fetcher) -> None:
    to = {"Location": "/v/moved.mp4?token=key-1"}
    reply = http_reply(b"", status="302 Found", headers=to)
    said = fetch.fails(LinkUnsafe, answering(reply), is_clean=lambda url: "key-1" not in url)
    assert said == "it redirects to an address that contains the API key"
    assert len(fetch.server.requests) == 1
