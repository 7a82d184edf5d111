"""Files at the API: what the sandbox does with them, and what is made of odd answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from storyboard.api.credentials import ApiKey
from storyboard.api.http.client import Timeouts
from storyboard.api.http.response import Answer
from storyboard.api.modellix.client import ModellixApi
from storyboard.api.modellix.uploads import make_form, read_upload, read_uploads
from storyboard.replies import Unreached, Uploaded, UploadRefused
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from tests.api.modellix.test_client import KEY, Provider, provider  # noqa: F401 (a fixture)
from tests.api.servers import Request, http_reply, serving
from tests.engine.simulation import json_answer

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=timezone.utc)
ORIGIN = "https://api.modellix.ai"
PNG = b"\x89PNG\r\n\x1a\n and --more\r\n\r\n"
NAME = "0123456789abcdef.png"
DATA = {"file_id": "file-1", "url": "https://files.example/a.png", "filename": NAME}
HELD = timedelta(days=6.5)
PATH = "/api/v1/media/files"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    with SandboxServer(folder, SandboxSettings(requests_per_minute=10_000), api_key=KEY) as server:
        yield server


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[ModellixApi]:
    """The account at the sandbox, without files."""
    api = ModellixApi(sandbox.base_url, ApiKey(KEY))
    for file in api.uploads() or ():
        assert api.delete_upload(file.file_id)
    yield api
    api.close()


def answer(document: Any, *, status: int = 200, **headers: str) -> Answer:
    reply = json_answer(document, status=status, **headers)
    return Answer(
        status=reply.status, headers=reply.headers, body=reply.body, received_at=NOW.timestamp()
    )


def read(data: Any, origin: str = ORIGIN) -> Any:
    return read_upload(answer({"code": 0, "data": data}), NAME, origin=origin)


def refused(status: int, message: str, **headers: str) -> UploadRefused:
    document = {"code": status, "message": message}
    reply = read_upload(answer(document, status=status, **headers), NAME, origin=ORIGIN)
    assert isinstance(reply, UploadRefused)
    return reply


# At the sandbox


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", PNG), ("b.jpg", b"\xff\xd8\xff and more"), ("c.webp", b"RIFF\x04\0\0\0WEBP")],
)
def test_a_picture_is_uploaded_listed_and_deleted(
    api: ModellixApi, sandbox: SandboxServer, name: str, content: bytes
) -> None:
    file = api.upload(name, content)
    assert isinstance(file, Uploaded)
    assert file.name == name
    assert file.url.startswith(f"{sandbox.base_url}/uploads/")
    assert file.expires_at - file.created_at == HELD
    assert abs(datetime.now(timezone.utc) - file.created_at) < timedelta(minutes=1)
    assert api.uploads() == (file,)
    assert api.delete_upload(file.file_id)
    assert api.uploads() == ()
    assert api.delete_upload(file.file_id)  # gone is gone


def test_what_is_no_picture_is_refused_with_the_reason(api: ModellixApi) -> None:
    reply = api.upload("a.png", b"GIF89a")
    reason = "HTTP 400: Invalid format: a file must be a PNG, JPEG or WebP picture"
    assert reply == UploadRefused(reason, http_status=400)


def test_an_account_that_is_full_says_so_and_takes_more_after_a_deletion(api: ModellixApi) -> None:
    files = [api.upload(f"{number}.png", PNG) for number in range(10)]
    reply = api.upload("one-more.png", PNG)
    assert isinstance(reply, UploadRefused)
    assert (reply.is_full, reply.wait_s, reply.http_status) == (True, None, 429)
    assert isinstance(files[0], Uploaded)
    assert api.delete_upload(files[0].file_id)
    assert isinstance(api.upload("one-more.png", PNG), Uploaded)
    assert len(api.uploads() or ()) == 10


def test_a_key_that_is_refused_is_told(sandbox: SandboxServer) -> None:
    api = ModellixApi(sandbox.base_url, ApiKey("sk-another-key-0123456789"))
    reply = api.upload("a.png", PNG)
    assert isinstance(reply, UploadRefused)
    assert reply.http_status == 401
    assert api.uploads() is None
    assert not api.delete_upload("file-1")
    api.close()


# What goes out


def test_an_upload_is_one_form_with_one_file(provider: Provider) -> None:  # noqa: F811 (the fixture)
    provider.says({"code": 0, "data": DATA})
    assert isinstance(provider.api.upload(NAME, PNG), Uploaded)
    request = provider.request
    assert (request.method, request.target) == ("POST", PATH)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    boundary = re.fullmatch(
        "multipart/form-data; boundary=([0-9a-f]{32})", request.headers["content-type"]
    )
    assert boundary
    mark = b"--" + boundary[1].encode()
    disposition = f'Content-Disposition: form-data; name="file"; filename="{NAME}"\r\n'.encode()
    head = disposition + b"Content-Type: image/png\r\n\r\n"
    assert request.body == mark + b"\r\n" + head + PNG + b"\r\n" + mark + b"--\r\n"


@pytest.mark.parametrize("name", ["a.gif", "a", ".png", "a\r\nX: y.png", 'a".png', "../a.png", ""])
def test_a_name_that_is_not_plain_is_an_error_of_the_caller(name: str) -> None:
    with pytest.raises(ValueError, match="not a name for an upload"):
        make_form(name, PNG)


@pytest.mark.parametrize("file_id", ["", "..", ".", "a b", "a\r\nX: y", "../../models"])
def test_only_what_can_be_a_file_s_id_leads_to_a_request(
    provider: Provider,  # noqa: F811 (the fixture)
    file_id: str,
) -> None:
    provider.says({"code": 0})
    provider.api.delete_upload(file_id)
    targets = {request.target for request in provider.server.requests}
    assert targets <= {f"{PATH}/..%2F..%2Fmodels"}


def test_a_redirect_is_not_followed_and_the_key_stays(provider: Provider) -> None:  # noqa: F811 (the fixture)
    with serving(lambda *_: http_reply({"code": 0, "data": DATA})) as other:
        location = {"Location": f"{other.origin}{PATH}"}
        provider.reply = http_reply(b"", status="307 Temporary Redirect", headers=location)
        assert provider.api.upload(NAME, PNG) == UploadRefused("HTTP 307")
        assert provider.api.uploads() is None
        assert not provider.api.delete_upload("file-1")
        assert other.requests == []


# Odd answers


@pytest.mark.parametrize("part", [b"", http_reply({"code": 0, "data": DATA})[:-9]])
def test_an_answer_that_is_lost_leaves_open_whether_the_file_is_there(part: bytes) -> None:
    def hang_up(_: Request, conn: socket.socket) -> None:
        conn.sendall(part)

    with serving(hang_up) as server:
        api = ModellixApi(server.origin, ApiKey(KEY))
        reply = api.upload(NAME, PNG)
        assert isinstance(reply, Unreached)
        assert reply.may_be_there
        assert len(server.requests) == 1
        api.close()


def test_a_server_that_is_not_there_has_no_file() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    api = ModellixApi(origin, ApiKey(KEY))
    assert api.upload(NAME, PNG) == Unreached("the connection was refused", may_be_there=False)
    assert api.uploads() is None
    assert not api.delete_upload("file-1")
    api.close()


def test_an_answer_without_an_end_is_not_waited_for() -> None:
    def drip(*_: Any) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"

    timeouts = Timeouts(connect_s=1, post_s=0.1, get_s=0.1, upload_s=0.1)
    with serving(drip) as server:
        api = ModellixApi(server.origin, ApiKey(KEY), timeouts=timeouts)
        assert isinstance(api.upload(NAME, PNG), Unreached)
        assert api.uploads() is None
        api.close()


def test_a_large_file_has_more_time_than_a_submission() -> None:
    assert Timeouts().upload_s > Timeouts().post_s


@pytest.mark.parametrize(
    "url",
    [
        *(None, "", 7, ["https://files.example/a.png"]),
        *("http://files.example/a.png", "ftp://files.example/a.png", "//files.example/a.png"),
        *("file:///etc/passwd", "javascript:alert(1)", "data:image/png;base64,AAAA"),
        *("https://", "https:///a", "https://[::1", "/uploads/a.png", "files.example/a.png"),
        *("https://files.example/a b.png", "https://files.example/a\n.png", "https://ho\u202est/a"),
        *(" https://files.example/a.png", "https://files.example/a.png#x"),
        *("https://user:secret@files.example/a.png", "https://files.example\\@evil.example/"),
        *("https://127.0.0.1/a.png", "http://127.0.0.1:8000/a.png", "https://localhost/a.png"),
        *("https://10.0.0.8/a.png", "https://169.254.169.254/latest", "https://0x7f.1/a.png"),
        "https://files.example/" + "a" * 2048,
        f"https://files.example/a.png?k={KEY}",
    ],
)
def test_an_address_that_is_not_safe_in_a_request_is_refused(url: Any) -> None:
    reply = read({**DATA, "url": url})
    if url and KEY in str(url):
        reply = read({**DATA, "url": url.replace(KEY, "***")})  # as the answer hides it
    assert isinstance(reply, UploadRefused)
    assert "the reply" in reply.reason
    assert (reply.is_full, reply.wait_s) == (False, None)
    assert reply.reason.isprintable()


def test_the_key_does_not_come_back_in_an_address(provider: Provider) -> None:  # noqa: F811 (the fixture)
    provider.says({"code": 0, "data": {**DATA, "url": f"https://files.example/{KEY}.png"}})
    reply = provider.api.upload(NAME, PNG)
    assert isinstance(reply, UploadRefused)
    provider.says({"code": 0, "data": [{**DATA, "url": f"https://files.example/{KEY}.png"}]})
    assert provider.api.uploads() == ()


@pytest.mark.parametrize(
    ("url", "origin", "is_taken"),
    [
        ("http://127.0.0.1:8000/uploads/a.png", "http://127.0.0.1:8000", True),
        ("http://localhost:8000/uploads/a.png", "http://127.0.0.1:8000", True),
        ("http://127.0.0.1:9000/uploads/a.png", "http://127.0.0.1:8000", False),
        ("http://files.example/a.png", "http://127.0.0.1:8000", False),
        ("https://files.example/a.png?X-Signature=a%2Fb", "http://127.0.0.1:8000", True),
    ],
)
def test_plain_http_is_for_the_api_s_own_loopback_alone(
    url: str, origin: str, is_taken: bool
) -> None:
    assert isinstance(read({**DATA, "url": url}, origin), Uploaded) is is_taken


@pytest.mark.parametrize("file_id", [None, "", 7, "..", "a b", "x" * 513, "***"])
def test_a_file_without_an_id_is_refused(file_id: Any) -> None:
    reply = read({**DATA, "file_id": file_id})
    assert reply == UploadRefused("the reply has no usable file id", http_status=200)


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [
        ("2026-11-22T14:00:00Z", NOW - timedelta(minutes=3, seconds=11)),
        (int(NOW.timestamp()) - 60, NOW - timedelta(minutes=1)),
        (int(NOW.timestamp()) * 1000 - 60_000, NOW - timedelta(minutes=1)),
        *((odd, NOW) for odd in (None, "", "soon", -1, 1e300, [], True, "2099-01-01T00:00:00Z")),
        ("2026-11-01T00:00:00Z", NOW),
    ],
)
def test_a_file_is_kept_for_a_week_less_a_margin(created_at: Any, expected: datetime) -> None:
    reply = read({**DATA, "created_at": created_at})
    assert (reply.created_at, reply.expires_at) == (expected, expected + HELD)


@pytest.mark.parametrize(
    ("status", "message", "is_full"),
    [
        (429, "Quota exceeded: 10 files are kept; delete one first", True),
        (429, "File quota exceeded", True),
        (400, "Too many files: at most 10 files per team", True),
        (403, "You have reached the maximum number of files", True),
        (429, "Concurrent limit exceeded: 2 uploads at once", False),
        (429, "Rate limit exceeded: quota of 60 requests per minute", False),
        (413, "File too large: the size limit for files is 16 MB", False),
        (400, "Value out of range: a file has at most 16,777,216 bytes", False),
    ],
)
def test_an_account_that_is_full_is_told_from_other_limits(
    status: int, message: str, is_full: bool
) -> None:
    reply = refused(status, message)
    assert reply.is_full is is_full
    assert (reply.wait_s is not None) is (status == 429 and not is_full)
    assert reply.reason == f"HTTP {status}: {message}"


def test_a_balance_that_is_used_up_is_no_account_that_is_full() -> None:
    assert not refused(402, "Quota exceeded: insufficient balance").is_full


def test_a_refusal_that_is_not_the_api_s_own_has_no_status() -> None:
    reply = read_upload(answer({"error": "blocked"}, status=403), NAME, origin=ORIGIN)
    assert isinstance(reply, UploadRefused)
    assert reply.http_status is None
    assert refused(403, "No: because").http_status == 403


def test_only_the_beginning_of_a_long_message_is_looked_at() -> None:
    """Looking for what it means takes time that grows with the square of its length."""
    assert not refused(403, "limit " * 1000 + "files").is_full


def test_a_limit_says_how_long_to_wait() -> None:
    assert refused(429, "Rate limit exceeded", **{"retry-after": "7"}).wait_s == 7
    assert refused(429, "Rate limit exceeded", **{"x-ratelimit-reset": "9"}).wait_s == 9
    assert refused(429, "Rate limit exceeded").wait_s == 5


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"code": 500, "message": "Internal error"}, 500),
        ({"code": 503, "message": "Busy"}, 503),
        ({"code": 408, "message": "Too slow"}, 408),
        ("<html>", 200),
        ({"data": DATA}, 200),
        ({"code": "0", "data": DATA}, 200),
        ({"code": 500, "message": "Internal error"}, 200),
    ],
)
def test_an_answer_that_decides_nothing_leaves_open_whether_the_file_is_there(
    document: Any, status: int
) -> None:
    reply = read_upload(answer(document, status=status), NAME, origin=ORIGIN)
    assert isinstance(reply, Unreached)
    assert reply.may_be_there


def test_an_error_inside_a_success_is_a_refusal() -> None:
    reply = read_upload(answer({"code": 400, "message": "No"}), NAME, origin=ORIGIN)
    assert reply == UploadRefused("HTTP 400: No", http_status=400)


# The list

FILE = {**DATA, "created_at": "2026-11-22T14:00:00Z"}


@pytest.mark.parametrize(
    "document",
    [
        {"code": 0, "data": {"files": [FILE]}},
        {"code": 0, "data": [FILE]},
        {"code": 0, "files": [FILE]},
        {"files": [FILE]},
        {"code": 0, "data": {"files": [None, 7, [], {}, FILE, {**FILE, "url": "x"}]}},
        {"code": 0, "data": [{**FILE, "file_id": 7}, {**FILE, "filename": None}, FILE]},
        {"code": 0, "data": [{**FILE, "created_at": None}, FILE]},
    ],
)
def test_the_list_is_read_in_each_of_its_likely_shapes(document: Any) -> None:
    [file] = read_uploads(answer(document), origin=ORIGIN) or ()
    assert (file.file_id, file.name, file.url) == ("file-1", NAME, DATA["url"])
    assert file.created_at == NOW - timedelta(minutes=3, seconds=11)


def test_a_file_of_the_future_is_as_old_as_the_list() -> None:
    future = {"code": 0, "data": [{**FILE, "created_at": "2099-01-01T00:00:00Z"}]}
    [file] = read_uploads(answer(future), origin=ORIGIN) or ()
    assert file.expires_at == NOW + HELD


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("<html>", 200),
        ([FILE], 200),
        ({"code": 0}, 200),
        ({"code": 0, "data": {"files": {"a": FILE}}}, 200),
        ({"code": 500, "data": [FILE]}, 200),
        ({"code": None, "data": [FILE]}, 200),
        ({"code": 401, "message": "No"}, 401),
        ({"code": 0, "data": [FILE]}, 500),
    ],
)
def test_a_list_that_cannot_be_read_is_not_known(document: Any, status: int) -> None:
    assert read_uploads(answer(document, status=status), origin=ORIGIN) is None


# Accounts


def test_an_account_is_known_again_and_nowhere_else() -> None:
    def account(key: str = KEY, origin: str = ORIGIN, salt: str = "ab" * 16) -> str:
        return ModellixApi(origin, ApiKey(key)).account(salt)

    found = account()
    assert re.fullmatch("[0-9a-f]{32}", found)
    assert found == account()
    others = {account(key=KEY + "x"), account(origin="https://other.example"), account(salt="c")}
    assert len(others | {found}) == 4
