"""What a poll's answer says of the task."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given

from storyboard.api.http.response import Answer
from storyboard.api.modellix.tasks import failure_reason, read_task
from storyboard.api.redaction import Redaction
from storyboard.replies import Limit, TaskReply, TaskStatus
from tests.api.modellix.test_submissions import KEY, json_values

VIDEO = "https://file.modellix.ai/aigc/video/1.mp4?sign=abc"


def read(document: Any, status: int | None = 200, **fields: Any) -> TaskReply:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_task(Answer(status=status, body=body, redaction=Redaction(KEY), **fields), "task-1")


def task(status: str = "success", **data: Any) -> dict[str, Any]:
    return {
        "code": 0,
        "message": "success",
        "data": {"status": status, "task_id": "task-1", **data},
    }


def result(*resources: Any) -> dict[str, Any]:
    return {"result": {"resources": list(resources)}}


def test_the_documented_success_gives_the_video_and_its_expiry() -> None:
    reply = read(
        task(
            duration=3500,
            result_expires_at=1786418800891,
            billing={"status": "succeeded", "amount": 0.46},
            **result({"url": VIDEO, "type": "video", "role": "primary", "width": 1920}),
        )
    )

    assert reply.status is TaskStatus.SUCCEEDED
    assert reply.video_url == VIDEO
    assert reply.url_expires_at == datetime(2026, 8, 11, 3, 26, 40, 891000, tzinfo=timezone.utc)
    assert reply.reason is None
    assert reply.billed_micros == 460_000


@pytest.mark.parametrize(
    ("billing", "micros"),
    [
        ({"status": "succeeded", "amount": 0.4621}, 462_100),
        ({"amount": "0.46"}, 460_000),
        ({"status": "succeeded", "amount": 0}, 0),
        ({"status": "pending", "amount": 0.46}, None),
        ({"status": "succeeded", "amount": -1}, None),
        ({"status": "succeeded", "amount": True}, None),
        ({"status": "succeeded", "amount": 1e12}, None),
        ({"status": "succeeded", "amount": "NaN"}, None),
        ({"status": "succeeded", "amount": {"usd": 1}}, None),
        ({"status": {"amount": 1}}, None),
        ("0.46", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("word", ["success", "failed", "canceled", "processing"])
def test_a_bill_is_read_from_a_task_that_has_ended_and_nothing_odd_passes_for_one(
    billing: Any, micros: int | None, word: str
) -> None:
    reply = read(task(word, billing=billing, **result({"url": VIDEO, "type": "video"})))
    assert reply.billed_micros == (None if word == "processing" else micros)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", TaskStatus.WAITING),
        ("pending", TaskStatus.WAITING),
        ("created", TaskStatus.WAITING),
        ("running", TaskStatus.WORKING),
        ("processing", TaskStatus.WORKING),
        ("in_progress", TaskStatus.WORKING),
        ("success", TaskStatus.SUCCEEDED),
        ("succeeded", TaskStatus.SUCCEEDED),
        ("completed", TaskStatus.SUCCEEDED),
        ("done", TaskStatus.SUCCEEDED),
        ("failed", TaskStatus.FAILED),
        ("error", TaskStatus.FAILED),
        ("canceled", TaskStatus.CANCELED),
        ("cancelled", TaskStatus.CANCELED),
        ("Success", TaskStatus.SUCCEEDED),
        ("succeed", TaskStatus.SUCCEEDED),
        (" FINISHED ", TaskStatus.SUCCEEDED),
        ("IN-PROGRESS", TaskStatus.WORKING),
        ("In Queue", TaskStatus.WAITING),
        ("fail", TaskStatus.FAILED),
        ("expired", TaskStatus.FAILED),
        ("Timed Out", TaskStatus.FAILED),
        ("timeout", TaskStatus.FAILED),
        ("rejected", TaskStatus.FAILED),
        ("aborted", TaskStatus.CANCELED),
    ],
)
def test_each_status_word_has_its_meaning(word: str, status: TaskStatus) -> None:
    assert read(task(word)).status is status


@pytest.mark.parametrize(
    ("word", "shown"),
    [("moderating", '"moderating"'), ("", '""'), (None, "null"), (2, "2"), (["done"], '["done"]')],
)
def test_a_status_that_is_not_known_is_neither_the_end_nor_progress(
    word: object, shown: str
) -> None:
    reply = read(task(word))  # type: ignore[arg-type]

    assert reply.status is TaskStatus.UNFAMILIAR
    assert reply.reason == f"storyboard does not know the status {shown}"
    assert reply.body is not None


def test_a_reply_that_names_no_task_is_about_another() -> None:
    assert read({"code": 0, "message": "success"}).status is TaskStatus.MISMATCHED
    assert read({"code": 0, "data": None}).status is TaskStatus.MISMATCHED


@pytest.mark.parametrize("task_id", ["task-2", "", None, 1, ["task-1"]])
def test_a_reply_about_another_task_is_not_read(task_id: object) -> None:
    document = task(**result({"url": VIDEO, "type": "video"}))
    document["data"]["task_id"] = task_id
    reply = read(document)

    assert (reply.status, reply.video_url) == (TaskStatus.MISMATCHED, None)
    assert reply.reason == "the reply is about another task"


@pytest.mark.parametrize(
    ("resources", "chosen"),
    [
        (
            [
                {"url": "https://f/cover", "type": "image", "role": "primary"},
                {"url": "https://f/other", "type": "video", "role": "alternative"},
                {"url": "https://f/main", "type": "video", "role": "primary"},
            ],
            "https://f/main",
        ),
        (
            [{"url": "https://f/1", "type": "video"}, {"url": "https://f/2", "type": "video"}],
            "https://f/1",
        ),
        (["https://f/cover.jpg", "https://f/clip.mp4?x=1"], "https://f/clip.mp4?x=1"),
        (["https://f/clip"], "https://f/clip"),
        ([{"url": "https://f/untyped"}], "https://f/untyped"),
        ([None, 7, {}, {"url": 3, "type": "video"}, ["https://f/x"]], None),
        ([{"url": "https://f/cover.jpg", "type": "image"}], None),
        ([], None),
    ],
)
def test_the_primary_video_is_chosen_else_the_first(resources: Any, chosen: str | None) -> None:
    reply = read(task(**result(*resources)))

    assert (reply.status, reply.video_url) == (TaskStatus.SUCCEEDED, chosen)
    assert reply.reason == (None if chosen else "the reply has no video")


def test_resources_directly_in_data_are_found() -> None:
    reply = read(task(resources=[{"url": VIDEO, "type": "video"}]))

    assert reply.video_url == VIDEO


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://f/clip.mp4",
        "data:video/mp4;base64,AAAA",
        "https://f\\@evil/",
        "https://a b/clip.mp4",
        "https:///clip.mp4",
        "clip.mp4",
        "pending",
        "https://f/" + "x" * 9000,
        f"https://f/clip.mp4?key={KEY}",
        f"https://f/clip.mp4?key={KEY[:5]}\n{KEY[5:]}",
    ],
)
def test_an_address_that_cannot_be_used_is_named_but_not_shown(url: str) -> None:
    reply = read(task(**result({"url": url, "type": "video"})))

    assert (reply.status, reply.video_url) == (TaskStatus.SUCCEEDED, None)
    assert reply.reason == "the reply's video address cannot be used"


@pytest.mark.parametrize(
    "url",
    [
        "https://f/my clip.mp4?sign=a b",
        "https://f/clip.mp4\n",
        " \thttps://f/a\r\nb.mp4",
        'https://f/"clip".mp4',
        "https://f/фильм.mp4",
        "HTTPS://F/clip.mp4",
        "http://f/clip.mp4",
        "//f/clip.mp4",
        "/videos/clip.mp4",
        "f.example/clip.mp4",
    ],
)
def test_a_link_that_looks_odd_is_the_result_as_it_was_given(url: str) -> None:
    reply = read(task(**result({"url": url, "type": "video"})))

    assert (reply.status, reply.video_url, reply.reason) == (TaskStatus.SUCCEEDED, url, None)


def test_what_could_turn_a_line_is_stored_percent_encoded() -> None:
    reply = read(task(**result({"url": "https://f/\x1b[2J\u202egp4.mp4", "type": "video"})))

    assert reply.video_url == "https://f/%1B[2J%E2%80%AEgp4.mp4"


@pytest.mark.parametrize(
    "kind", ["video/mp4", "VIDEO", "video/webm; codecs=vp9", "mp4", "application/octet-stream"]
)
def test_every_usual_name_for_a_video_is_understood(kind: str) -> None:
    assert read(task(**result({"url": VIDEO, "type": kind}))).video_url == VIDEO


@pytest.mark.parametrize(
    "kind", ["file", "media", "clip", "output", "m4v", "quicktime", "movie", "Video Clip", "текст"]
)
@pytest.mark.parametrize("url", ["https://f/clip.MP4?x=1", "https://f/clip.mov", "https://f/clip"])
def test_a_type_that_is_not_known_says_nothing_against_a_video(kind: str, url: str) -> None:
    assert read(task(**result({"url": url, "type": kind}))).video_url == url


@pytest.mark.parametrize("resources", [VIDEO, [VIDEO], {"url": VIDEO}, ["", VIDEO]])
def test_a_bare_link_is_the_video(resources: object) -> None:
    assert read(task(result={"resources": resources})).video_url == VIDEO
    assert read(task(resources=resources)).video_url == VIDEO


@pytest.mark.parametrize(
    "cover",
    [
        "https://x/cover.jpg",
        {"url": "https://x/cover.JPEG?x=1", "type": "file", "role": "primary"},
        {"url": "https://x/cover.webp", "type": "video"},
        {"url": "https://x/cover", "type": "thumbnail"},
        {"url": "https://x/cover", "role": "cover"},
        {"url": "https://x/sound.mp4", "type": "audio/mp4"},
        {"url": "https://x/still.mp4", "type": "image"},
        {"url": "https://x/shot.srt", "type": "text"},
    ],
)
@pytest.mark.parametrize("resource", [None, {"url": None}, {"url": "", "type": "file"}])
def test_what_is_no_video_is_never_taken_for_one(cover: object, resource: object) -> None:
    reply = read(task(**result(resource, cover)))

    assert (reply.video_url, reply.reason) == (None, "the reply has no video")


def test_of_several_of_an_unknown_type_the_likeliest_is_the_video() -> None:
    named = {"url": "https://f/named.mp4", "type": "file"}
    primary = {"url": "https://f/primary", "type": "file", "role": "primary"}
    other = {"url": "https://f/other", "type": "file"}

    assert read(task(**result(other, primary, named))).video_url == named["url"]
    assert read(task(**result(other, primary))).video_url == primary["url"]


@pytest.mark.parametrize("url", [None, "", "  ", 0, [], {}])
def test_a_video_without_its_link_is_not_replaced_by_its_cover(url: object) -> None:
    resources = result({"url": url, "type": "video"}, "https://f/cover.jpg")

    assert read(task(**resources)).video_url is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1786418800891, datetime(2026, 8, 11, 3, 26, 40, 891000, tzinfo=timezone.utc)),
        (1786418800, datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc)),
        ("1786418800", datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc)),
        ("2026-08-11T03:26:40Z", datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc)),
        ("2026-08-11T05:26:40+02:00", datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc)),
        ("2026-08-11T03:26:40", datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc)),
        (0, None),
        (-5, None),
        (True, None),
        (3600, None),
        (10**400, None),
        (9e17, None),
        ("soon", None),
        ("9999-99-99", None),
        ("0001-01-01T00:00:00+23:59", None),
        ([], None),
    ],
)
def test_the_expiry_is_read_in_every_known_form_and_absurd_ones_are_not(
    value: object, expected: datetime | None
) -> None:
    assert read(task(result_expires_at=value)).url_expires_at == expected


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (task("failed", error={"message": "moderated"}, message="other"), "moderated"),
        (task("failed", error="text", message="other"), "text"),
        (task("failed", message="inner", fail_reason="x"), "inner"),
        (task("failed", fail_reason="fail", reason="x"), "fail"),
        (task("failed", reason="why", result={"error": "x"}), "why"),
        (task("failed", result={"error": "late"}), "late"),
        (task("failed", result={"error": {"message": "later"}}), "later"),
        ({**task("failed"), "message": "Content: refused"}, "Content: refused"),
        (task("failed"), None),
        (task("failed", error=[], message=7, reason="  "), None),
    ],
)
def test_the_reason_is_looked_for_in_the_likely_order(document: Any, reason: str | None) -> None:
    assert failure_reason(document) == reason
    assert read(document).reason == (reason or "the API gave no reason (status 'failed')")


def test_a_failed_task_with_an_error_code_is_still_failed() -> None:
    reply = read({**task("failed"), "code": 500, "message": "Internal: no luck"})

    assert (reply.status, reply.reason) == (TaskStatus.FAILED, "Internal: no luck")


@pytest.mark.parametrize(
    ("http", "status"),
    [
        (401, TaskStatus.REFUSED),
        (402, TaskStatus.REFUSED),
        (403, TaskStatus.REFUSED),
        (404, TaskStatus.MISSING),
        (410, TaskStatus.MISSING),
        (400, TaskStatus.UNREADABLE),
        (302, TaskStatus.UNREADABLE),
        (429, TaskStatus.UNREADABLE),
        (500, TaskStatus.UNREADABLE),
        (503, TaskStatus.UNREADABLE),
    ],
)
def test_each_error_has_its_meaning_as_status_and_as_code(http: int, status: TaskStatus) -> None:
    document = {"code": http, "message": "Why: because"}

    assert (read(document, http).status, read(document, http).reason) == (
        status,
        f"HTTP {http}: Why: because",
    )
    if http >= 400:
        assert read(document, 200).status is status


@pytest.mark.parametrize("http", [404, 410])
@pytest.mark.parametrize("page", ["<html>default backend - 404</html>", {"error": "no route"}])
def test_a_page_that_is_not_the_api_s_says_of_no_task_that_it_is_missing(
    page: Any, http: int
) -> None:
    assert read(page, http).status is TaskStatus.UNREADABLE


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        (task("processing"), False),
        (task("queued"), False),
        (task("dreaming"), True),
        (task("failed"), True),
        (task(**result(VIDEO)), True),
    ],
)
def test_the_body_is_kept_of_what_ends_a_task_or_makes_no_sense(answer: Any, is_kept: bool) -> None:
    body = read(answer).body

    assert (body is not None and json.loads(body) == answer) is is_kept
    assert (body is None) is not is_kept


def test_the_body_is_kept_where_the_task_is_missing() -> None:
    missing = {"code": 404, "message": "Not found: task"}
    assert json.loads(read(missing, 404).body or "") == missing
    assert read({"code": 401}, 401).body is None


def test_a_limited_poll_says_how_long_to_wait() -> None:
    reply = read({"code": 429, "message": "Rate limit exceeded"}, 429, headers={"retry-after": "7"})

    assert (reply.status, reply.limit) == (TaskStatus.UNREADABLE, Limit.RATE)
    assert reply.rate.retry_after_s == 7


def test_no_answer_and_a_cut_answer_mean_poll_again() -> None:
    assert read(b"", None, problem="the connection was refused").reason == (
        "the connection was refused"
    )
    cut = read(task(**result(VIDEO)), problem="the reply was cut off")
    assert (cut.status, cut.reason) == (TaskStatus.UNREADABLE, "the reply was cut off")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"[" * 99_999, b"\x00"])
def test_what_is_no_task_means_poll_again(body: bytes) -> None:
    reply = read(body)

    assert (reply.status, reply.reason) == (TaskStatus.UNREADABLE, "the reply has no task status")


def test_numbers_that_are_not_finite_do_no_harm() -> None:
    reply = read(
        b'{"code":0,"data":{"status":"success","task_id":"task-1","result_expires_at":NaN,'
        b'"x":1e999,"result":{"resources":["https://f/v.mp4"]}}}'
    )

    assert (reply.status, reply.video_url) == (TaskStatus.SUCCEEDED, "https://f/v.mp4")
    assert reply.url_expires_at is None
    assert json.loads(reply.body or "")["data"]["x"] is None


@given(document=json_values)
def test_no_document_brings_the_reader_down(document: Any) -> None:
    wrapped = {"code": 0, "data": {"task_id": "task-1", "status": "success", "result": document}}

    read(document)
    read(wrapped)
