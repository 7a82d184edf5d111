"""Each fault as a client meets it: what it sees, and whether a task was accepted."""

from __future__ import annotations

import hashlib
import json
import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests

from storyboard.links import clean_link
from storyboard.sandbox.faults import FAULTS, Faults
from tests.sandbox.conftest import MODEL, Client, Clock

Serve = Callable[..., Client]

UPLOADS = "/api/v1/media/files"
FILE = {"file": ("fox.png", b"\x89PNG\r\n\x1a\n and more")}
FILE_SHA256 = hashlib.sha256(FILE["file"][1]).hexdigest()


def accepted_by(client: Client) -> int:
    return len(client.server.ledger.submissions)


@pytest.mark.parametrize(("fault", "accepted"), [("lost_reply", 1), ("reset_before", 0)])
def test_a_cut_connection_tells_the_client_nothing(serve: Serve, fault: str, accepted: int) -> None:
    client = serve(faults=Faults(**{fault: (1,)}))
    with pytest.raises(requests.ConnectionError):
        client.submit()
    assert accepted_by(client) == accepted
    assert client.server.ledger.posts == 1
    assert client.server.ledger.faults[fault] == 1
    assert client.submit().status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "accepted", "message"),
    [
        ("error_500", 500, 0, "Internal error: the sandbox was told to fail"),
        ("error_503", 503, 0, "Service temporarily unavailable: try again"),
        ("rate_limited", 429, 0, "Rate limit exceeded: 10000 requests per minute"),
        ("error_500_after", 500, 1, "Internal error: the sandbox was told to fail after accepting"),
    ],
)
def test_an_error_by_fault_looks_like_a_real_one(
    serve: Serve, fault: str, status: int, accepted: int, message: str
) -> None:
    client = serve(faults=Faults(**{fault: 1.0}), retry_after_s=3)
    reply = client.submit()
    assert reply.status_code == status
    assert reply.json() == {"code": status, "message": message}
    assert accepted_by(client) == accepted
    assert reply.headers.get("Retry-After") == (None if status == 500 else "3")
    if status == 429:
        assert reply.headers["X-RateLimit-Remaining"] == "0"


def test_a_garbled_reply_hides_a_task_that_was_accepted(serve: Serve) -> None:
    client = serve(faults=Faults(garbled_reply=1.0))
    reply = client.submit()
    assert reply.status_code == 200
    with pytest.raises(ValueError):
        reply.json()
    assert accepted_by(client) == 1


def test_a_slow_answer_comes_after_a_client_lost_patience(serve: Serve) -> None:
    client = serve(faults=Faults(slow=(1,), slow_s=60.0))
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{client.server.base_url}/api/v1/alibaba/wan2.7-t2v",
            json={"prompt": "x"},
            headers={"Authorization": "Bearer sandbox"},
            timeout=0.1,
        )
    # Ending the server does not wait for the minute either: the fixture would hang.


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        (Faults(task_fails=1.0), "failed"),
        (Faults(fail_marker="frozen"), "failed"),
        (Faults(task_canceled=1.0), "canceled"),
        (Faults(never_ends=1.0), "processing"),
        (Faults(no_video=1.0), "success"),
    ],
)
def test_a_task_ends_as_its_fate_was_when_it_was_accepted(
    serve: Serve, clock: Clock, faults: Faults, status: str
) -> None:
    client = serve(faults=faults, render_time_s=10.0)
    task_id = client.accepted()
    client.server.faults = Faults()
    clock.now += 1000
    data = client.poll(task_id).json()["data"]
    assert data["status"] == status
    assert not data.get("result", {}).get("resources")
    assert ("error" in data) == (status == "failed")


def test_a_failed_task_gives_its_money_and_its_place_back(serve: Serve, clock: Clock) -> None:
    client = serve(
        faults=Faults(task_fails=(1,), never_ends=(2,)),
        render_time_s=10.0,
        balance_usd=1.0,
        max_in_flight=2,
    )
    client.accepted()
    client.accepted()
    assert client.call("GET", "/api/v1/team/balance").json()["data"]["balance"] == 0.6
    clock.now += 10
    assert client.call("GET", "/api/v1/team/balance").json()["data"]["balance"] == 0.8
    client.accepted()
    assert client.submit().status_code == 429  # the one that never ends keeps its place


@pytest.mark.parametrize(
    ("fault", "status"), [("poll_error", 500), ("poll_rate_limited", 429), ("poll_missing", 404)]
)
def test_a_poll_can_go_wrong_once(serve: Serve, fault: str, status: int) -> None:
    client = serve(faults=Faults(**{fault: (1,)}))
    task_id = client.accepted()
    assert [client.poll(task_id).status_code for _ in range(2)] == [status, 200]


def test_a_poll_can_be_cut_off(serve: Serve) -> None:
    client = serve(faults=Faults(poll_reset=(1,)))
    task_id = client.accepted()
    with pytest.raises(requests.ConnectionError):
        client.poll(task_id)
    assert client.status(task_id) == "success"


def test_a_download_breaks_off_and_goes_on_from_there(serve: Serve) -> None:
    client = serve(faults=Faults(download_cut=(2, 3), cut_after_bytes=500))
    url = client.video_url(client.accepted())
    whole = client.download(url).content
    parts = [b"", b""]
    for index in (0, 1):
        start = sum(map(len, parts))
        with requests.get(
            url, stream=True, headers={"Range": f"bytes={start}-"}, timeout=5
        ) as reply:
            assert reply.status_code == 206
            assert reply.headers["Content-Range"] == (
                f"bytes {start}-{len(whole) - 1}/{len(whole)}"
            )
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                for chunk in reply.iter_content(100):
                    parts[index] += chunk
    rest = client.download(url, Range="bytes=1000-").content
    assert parts[0] + parts[1] + rest == whole


def test_the_end_of_a_video_breaks_off_too(serve: Serve) -> None:
    client = serve(faults=Faults(download_cut=(2,)))
    url = client.video_url(client.accepted())
    size = len(client.download(url).content)
    with requests.get(url, stream=True, headers={"Range": "bytes=-500"}, timeout=5) as reply:
        assert reply.headers["Content-Range"] == f"bytes {size - 500}-{size - 1}/{size}"


@pytest.mark.parametrize("text", ["bytes=x-", "bytes=9-3", "lines=1-2"])
def test_a_range_that_is_none_cannot_be_satisfied(serve: Serve, text: str) -> None:
    client = serve()
    url = client.video_url(client.accepted())
    assert client.download(url, Range=text).status_code == 416


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("html_instead", 200, "text/html; charset=utf-8"),
        ("expired_links", 404, "application/json; charset=utf-8"),
        ("download_error", 503, "application/json; charset=utf-8"),
    ],
)
def test_a_download_brings_something_else(serve: Serve, fault: str, status: int, kind: str) -> None:
    client = serve(faults=Faults(**{fault: (1,)}))
    url = client.video_url(client.accepted())
    reply = client.download(url)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, kind)
    assert client.download(url).headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(("fault", "status"), [("upload_error", 503), ("upload_rate_limited", 429)])
def test_an_upload_can_go_wrong_once(serve: Serve, fault: str, status: int) -> None:
    client = serve(faults=Faults(**{fault: (1,)}))
    statuses = [client.call("POST", UPLOADS, files=FILE).status_code for _ in range(2)]
    assert statuses == [status, 200]
    assert client.server.ledger.uploads == [FILE_SHA256]


def test_a_file_is_kept_whose_reply_is_lost(serve: Serve) -> None:
    client = serve(faults=Faults(upload_lost_reply=(1,)))
    with pytest.raises(requests.ConnectionError):
        client.call("POST", UPLOADS, files=FILE)
    assert client.server.ledger.uploads == [FILE_SHA256]
    (file,) = client.call("GET", UPLOADS).json()["data"]["files"]
    assert (file["filename"], file["size"]) == ("fox.png", len(FILE["file"][1]))


def test_faults_are_set_while_it_runs_and_count_from_there(serve: Serve) -> None:
    client = serve()
    client.accepted()
    reply = client.call("POST", "/sandbox/faults", json={"error_500": [1], "slow_s": 0.5})
    assert reply.json() == Faults(error_500=(1,), slow_s=0.5).data
    assert [client.submit().status_code for _ in range(2)] == [500, 200]
    client.server.faults = Faults(error_503=(1,))
    assert client.submit().status_code == 503
    assert client.call("GET", "/sandbox/faults").json() == Faults(error_503=(1,)).data


def test_a_web_page_cannot_set_faults_from_a_form(serve: Serve) -> None:
    client = serve()
    assert client.call("POST", "/sandbox/faults", data='{"error_500": 1}').status_code == 415


def test_what_is_no_fault_is_refused_in_words(serve: Serve) -> None:
    reply = serve().call("POST", "/sandbox/faults", json={"lost_replies": 0.1})
    assert reply.status_code == 400
    assert reply.json()["message"] == (
        "Invalid parameters: there is no fault 'lost_replies'; the faults are " + ", ".join(FAULTS)
    )


def test_the_ledger_can_be_read_from_outside(serve: Serve) -> None:
    client = serve(faults=Faults(error_500=(2,)))
    client.accepted()
    client.submit()
    assert client.call("GET", "/sandbox/ledger").json() == {
        "accepted": 1,
        "error_500": 1,
        "most_in_flight": 0,
        "posts": 2,
    }


def read_answers(client: Client, request: str) -> list[bytes]:
    """The answers to a request, interim ones first, as they stand on the wire."""
    port = urlsplit(client.server.base_url).port
    head, _, body = request.partition("\n\n")
    lines = [head, f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {client.key}"]
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += ["Connection: close", "", body]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        with connection.makefile("rb") as stream:
            return stream.read().split(b"\r\n\r\n")


def test_an_interim_answer_comes_before_the_final_one_and_is_another_each_time(
    serve: Serve,
) -> None:
    client = serve(faults=Faults(interim_reply=1.0, slow_s=0.0))
    request = f'POST /api/v1/{MODEL} HTTP/1.1\n\n{{"prompt": "x", "duration": 2}}'
    answers = [read_answers(client, request) for _ in range(3)]
    assert {interim[:12] for interim, *_ in answers} == {
        b"HTTP/1.1 100",
        b"HTTP/1.1 102",
        b"HTTP/1.1 103",
    }
    assert [final[:12] for _, final, _ in answers] == [b"HTTP/1.1 200"] * 3
    assert [json.loads(body)["data"]["task_id"] for *_, body in answers] == [
        task.id for task in client.server.ledger.submissions
    ]


def test_the_final_answer_after_an_interim_one_is_late(serve: Serve) -> None:
    client = serve(faults=Faults(interim_reply=(1,), slow_s=60.0))
    port = urlsplit(client.server.base_url).port
    head = f"POST /api/v1/{MODEL} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{head}{{}}".encode())
        assert connection.recv(1000).endswith(b"\r\n\r\n")
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1000)


@pytest.mark.parametrize("fault", ["poll_interim", "download_interim"])
def test_polls_and_downloads_have_interim_answers_too(serve: Serve, fault: str) -> None:
    client = serve()
    task_id = client.accepted()
    paths = {
        "poll_interim": f"/api/v1/tasks/{task_id}",
        "download_interim": urlsplit(client.video_url(task_id)).path,
    }
    client.server.faults = Faults(**{fault: 1.0}, slow_s=0.0)
    interim, final, *_ = read_answers(client, f"GET {paths[fault]} HTTP/1.1\n\n")
    assert interim.startswith(b"HTTP/1.1 1")
    assert final.startswith(b"HTTP/1.1 200")


def test_the_answer_to_another_poll_follows_on_the_same_connection(serve: Serve) -> None:
    client = serve()
    first, second = client.accepted(prompt="one"), client.accepted(prompt="two")
    client.poll(first)
    client.server.faults = Faults(poll_stray=1.0)
    _, body, stray = read_answers(client, f"GET /api/v1/tasks/{second} HTTP/1.1\n\n")
    own, _, stray_head = body.partition(b"HTTP/1.1 200 OK")
    assert stray_head
    assert json.loads(own)["data"]["task_id"] == second
    assert json.loads(stray)["data"]["task_id"] == first


def test_a_submission_gets_the_id_of_a_task_that_its_client_knows_and_is_accepted(
    serve: Serve,
) -> None:
    client = serve(faults=Faults(same_task_id=1.0))
    first, second = client.accepted(prompt="one"), client.accepted(prompt="two")
    client.poll(first)
    third, fourth = client.accepted(prompt="three"), client.accepted(prompt="four")
    tasks = [task.id for task in client.server.ledger.submissions]
    assert len(set(tasks)) == 4
    assert [first, second, third, fourth] == [tasks[0], tasks[1], tasks[0], tasks[0]]


def test_every_odd_link_leads_a_browser_to_the_video(serve: Serve) -> None:
    client = serve(faults=Faults(odd_link=1.0))
    task_id = client.accepted()
    links = [client.video_url(task_id) for _ in range(8)]
    assert len(set(links)) == 8
    for link in links:
        assert not re.fullmatch(r"http://[!-~]+\.mp4", link)
        cleaned = clean_link(link, base=client.server.base_url)
        assert client.download(cleaned).headers["Content-Type"] == "video/mp4"


def test_a_link_that_is_late_is_missing_in_each_way_until_it_comes(serve: Serve) -> None:
    client = serve(faults=Faults(late_link=(1, 2, 3)))
    task_id = client.accepted()
    polls = [client.poll(task_id).json()["data"] for _ in range(4)]
    assert [poll["status"] for poll in polls] == ["success"] * 4
    links = [[each["url"] for each in poll["result"]["resources"]] for poll in polls]
    assert sorted(map(str, links[:3])) == ["['']", "[None]", "[]"]
    assert client.download(links[3][0]).headers["Content-Type"] == "video/mp4"


def test_a_link_counts_as_a_result_only_once_there_is_a_video(serve: Serve, clock: Clock) -> None:
    client = serve(faults=Faults(odd_link=(1,)), render_time_s=10.0)
    task_id = client.accepted()
    client.poll(task_id)
    clock.now += 10
    assert "\n" in client.video_url(task_id)
    assert client.video_url(task_id).endswith(".mp4")
    assert client.server.ledger.faults["odd_link"] == 1


def test_a_download_that_drops_each_eighth_gets_there_in_ranges(serve: Serve) -> None:
    client = serve(faults=Faults(download_drops=1.0))
    url = client.video_url(client.accepted())
    video, tags, tries = b"", set(), 0
    is_whole = False
    while not is_whole:
        tries += 1
        headers = {"Range": f"bytes={len(video)}-"}
        with requests.get(url, stream=True, headers=headers, timeout=5) as reply:
            tags.add(reply.headers["ETag"])
            try:
                for chunk in reply.iter_content(1000):
                    video += chunk
                is_whole = True
            except requests.exceptions.ChunkedEncodingError:
                pass
    assert 8 <= tries < 16  # what a try leaves in a buffer is lost with it
    client.server.faults = Faults()
    whole = client.download(url)
    assert (video, tags) == (whole.content, {whole.headers["ETag"]})
