"""Input files over real HTTP: formats, sizes, how many, how long."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from storyboard.errors import StateError
from storyboard.media import MAX_UPLOAD_BYTES
from storyboard.sandbox.uploads import MAX_FILES, RETENTION_S, Uploads
from tests.sandbox.conftest import MODEL, START, Client, Clock

Serve = Callable[..., Client]

PATH = "/api/v1/media/files"
PNG = b"\x89PNG\r\n\x1a\n and more"
JPEG = b"\xff\xd8\xff and more"
WEBP = b"RIFF\x04\x00\x00\x00WEBP"


def upload(client: Client, content: bytes = PNG, name: str = "fox.png") -> requests.Response:
    return client.call("POST", PATH, files={"file": (name, content)})


def uploaded(client: Client, **options: Any) -> dict[str, Any]:
    reply = upload(client, **options)
    assert reply.status_code == 200, reply.text
    data: dict[str, Any] = reply.json()["data"]
    return data


def listed(client: Client) -> list[str]:
    data = client.call("GET", PATH).json()["data"]
    assert data["total"] == len(data["files"])
    return [file["file_id"] for file in data["files"]]


@pytest.mark.parametrize(
    ("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")]
)
def test_a_picture_is_uploaded_listed_read_and_deleted(
    serve: Serve, content: bytes, kind: str
) -> None:
    client = serve()
    file = uploaded(client, content=content, name="../harbor at night.jpg")
    assert set(file) == {"file_id", "type", "url", "filename", "size", "created_at"}
    assert (file["type"], file["filename"]) == (kind, "harbor at night.jpg")
    assert (file["size"], file["created_at"]) == (len(content), "2023-11-14T22:13:20Z")
    assert client.call("GET", PATH).json()["data"]["files"] == [file]
    reply = client.call("GET", file["url"])
    assert (reply.content, reply.headers["Content-Type"]) == (content, kind)
    deletion = client.call("DELETE", f"{PATH}/{file['file_id']}")
    assert (deletion.status_code, deletion.content) == (204, b"")
    assert listed(client) == []
    assert client.call("GET", file["url"]).status_code == 404
    assert client.call("DELETE", f"{PATH}/{file['file_id']}").json()["code"] == 404


def test_an_uploaded_picture_can_be_the_input_of_a_model(serve: Serve) -> None:
    client = serve()
    assert client.submit(audio_url=uploaded(client)["url"]).status_code == 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GIF89a", "Invalid format: a file must be a PNG, JPEG or WebP picture"),
        (b"", "Invalid format: a file must be a PNG, JPEG or WebP picture"),
        (b"<svg/>", "Invalid format: a file must be a PNG, JPEG or WebP picture"),
        (
            PNG + bytes(MAX_UPLOAD_BYTES - len(PNG) + 1),
            "Value out of range: a file has at most 16,777,216 bytes",
        ),
    ],
    ids=["gif", "empty", "svg", "too large"],
)
def test_other_formats_and_larger_files_are_refused(
    serve: Serve, content: bytes, message: str
) -> None:
    client = serve()
    assert upload(client, content).json() == {"code": 400, "message": message}
    assert listed(client) == []


def test_a_body_larger_than_any_file_is_not_read_to_its_end(serve: Serve) -> None:
    reply = upload(serve(), PNG + bytes(MAX_UPLOAD_BYTES + (1 << 17)))
    assert (reply.status_code, reply.json()["code"]) == (413, 413)


def test_a_file_of_the_largest_size_is_taken(serve: Serve, tmp_path: Path) -> None:
    content = PNG + bytes(MAX_UPLOAD_BYTES - len(PNG))
    uploads = Uploads(tmp_path / "uploads", Clock())
    with uploads.slot() as slot:
        assert uploads.add(slot, "a.png", content).size == MAX_UPLOAD_BYTES


def test_ten_files_are_kept_until_one_is_deleted_or_expires(serve: Serve, clock: Clock) -> None:
    client = serve()
    first = uploaded(client)
    clock.now += 60
    others = [uploaded(client)["file_id"] for _ in range(9)]
    refusal = {"code": 429, "message": "Quota exceeded: 10 files are kept; delete one first"}
    assert upload(client).json() == refusal
    client.call("DELETE", f"{PATH}/{others.pop()}")
    assert upload(client).status_code == 200
    clock.now = START + RETENTION_S - 1
    assert upload(client).json() == refusal
    clock.now += 1
    assert first["file_id"] not in listed(client)
    assert client.call("GET", first["url"]).status_code == 404
    assert upload(client).status_code == 200


def test_two_files_are_uploaded_at_once(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", Clock())
    with uploads.slot():
        with uploads.slot(), pytest.raises(Exception, match="Concurrent limit exceeded: 2"):
            uploads.slot().__enter__()
        with uploads.slot():
            pass


def test_a_file_whose_answer_is_on_its_way_takes_one_place_of_ten(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", Clock())
    with ExitStack() as answers:
        for number in range(MAX_FILES):
            slot = answers.enter_context(uploads.slot())
            uploads.add(slot, f"{number}.png", PNG)
        with pytest.raises(Exception, match="Quota exceeded: 10"):
            uploads.slot().__enter__()


def test_a_third_upload_is_refused_while_two_are_on_their_way(serve: Serve) -> None:
    client = serve()
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(unfinished_upload(client))
        replies = (upload(client, b"GIF89a") for _ in range(1000))  # until both have come in
        refusal = next(reply for reply in replies if reply.status_code == 429)
    assert refusal.json()["message"] == "Concurrent limit exceeded: 2 uploads at once"


def unfinished_upload(client: Client) -> socket.socket:
    port = int(client.server.base_url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer sandbox\r\n"
    connection.sendall(f"{head}Content-Length: 100\r\n\r\n--".encode())
    return connection


def test_an_upload_that_does_not_come_to_its_end_holds_its_slot_no_longer(serve: Serve) -> None:
    client = serve()
    for _ in range(3):
        assert upload(client, b"GIF89a").status_code == 400
    assert upload(client).status_code == 200


def test_uploads_that_come_at_once_are_all_written(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", Clock())
    threads = [
        threading.Thread(target=uploads.add, args=(object(), "a.png", PNG)) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Uploads(tmp_path / "uploads", Clock()).current()) == 10


def test_uploads_stay_in_a_folder_that_is_kept(serve: Serve, tmp_path: Path) -> None:
    client = serve(tmp_path)
    file = uploaded(client)
    client.server.close()
    again = serve(tmp_path)
    assert listed(again) == [file["file_id"]]
    name = file["url"].rpartition("/")[2]
    assert again.call("GET", f"/uploads/{name}").content == PNG


@pytest.mark.parametrize("name", ["..%2f..%2ftasks.jsonl", "index.json", "x", "%00"])
def test_no_name_leads_out_of_the_folder(serve: Serve, tmp_path: Path, name: str) -> None:
    client = serve(tmp_path)
    uploaded(client)
    for path in (f"/uploads/{name}", f"{PATH}/{name}"):
        method = "GET" if path.startswith("/uploads") else "DELETE"
        assert client.call(method, path).status_code in (404, 405)
    assert (tmp_path / "tasks.jsonl").exists()
    assert len(listed(client)) == 1


GOOD = {
    "id": f"file-{'0' * 24}",
    "type": "image/png",
    "filename": "a.png",
    "size": 3,
    "created_at": START,
}


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"{}",
        b"[[]]",
        json.dumps([GOOD] * 11).encode(),
        b"[" + b" " * (1 << 16) + b"]",
        *(
            json.dumps([GOOD | change]).encode()
            for change in (
                {"id": "../../etc/passwd"},
                {"id": "file-"},
                {"type": "text/html"},
                {"size": -1},
                {"size": 1 << 40},
                {"created_at": 1e300},
                {"created_at": 2.0**40},
                {"created_at": None},
                {"filename": "x" * 256},
            )
        ),
    ],
)
def test_an_index_that_is_none_of_ours_is_refused(tmp_path: Path, index: bytes) -> None:
    (tmp_path / "index.json").write_bytes(index)
    with pytest.raises(StateError, match="not a list of the sandbox's uploads"):
        Uploads(tmp_path, Clock())


def test_a_link_in_the_place_of_a_file_is_not_followed(serve: Serve, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    client = serve(tmp_path / "sandbox")
    file = uploaded(client)
    stored = tmp_path / "sandbox" / "uploads" / file["url"].rpartition("/")[2]
    stored.unlink()
    stored.mkdir()
    assert client.call("GET", file["url"]).status_code == 404
    stored.rmdir()
    stored.symlink_to(secret)
    assert client.call("GET", file["url"]).status_code == 404
    assert client.call("DELETE", f"{PATH}/{file['file_id']}").status_code == 204
    assert secret.read_bytes() == b"secret"


def test_a_link_in_the_place_of_the_folder_is_refused(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "uploads").symlink_to(tmp_path)
    with pytest.raises(StateError, match="is a link"):
        serve(tmp_path / "sandbox")


def test_uploads_ask_for_the_key(serve: Serve) -> None:
    client = serve(api_key="the-key")
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/x")):
        assert client.call(method, path).status_code == 401
    assert client.call("POST", f"/api/v1/{MODEL}").status_code == 401


def test_an_uploaded_picture_is_served_to_nobody_without_the_key(serve: Serve) -> None:
    client = serve(api_key="the-key")
    url = uploaded(Client(client.server, key="the-key"))["url"]
    refused = (client.download(url), client.call("GET", url), client.call("HEAD", url))
    assert [reply.status_code for reply in refused] == [401, 401, 401]
    assert Client(client.server, key="the-key").call("GET", url).content == PNG


def test_a_folder_in_the_place_of_a_file_stands_in_nobody_s_way(
    serve: Serve, tmp_path: Path
) -> None:
    client = serve(tmp_path)
    file = uploaded(client)
    stored = tmp_path / "uploads" / file["url"].rpartition("/")[2]
    stored.unlink()
    stored.mkdir()
    assert client.call("DELETE", f"{PATH}/{file['file_id']}").status_code == 204
    assert listed(client) == []
