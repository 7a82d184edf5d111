"""Requests with pictures: what is read, what goes up, and what is sent in its place."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storyboard.engine.job import Step
from storyboard.errors import AccountError, NoFrame, NoProcess, Unreachable
from storyboard.fingerprint import fingerprint
from storyboard.media import FileInput, Frame
from storyboard.records import Payload, Take
from storyboard.replies import Unreached, Uploaded, UploadRefused, UploadReply
from storyboard.state.uploads import Upload
from tests.engine.rig import make_follower, make_take, with_model
from tests.engine.simulation import (
    Call,
    Killed,
    Simulation,
    accepted,
    frame_of,
    no_answer,
    png,
    refused,
)


def picture(sim: Simulation, path: str, content: str = "") -> bytes:
    """A file beside the storyboard, each with a content of its own if nothing else is said."""
    sim.pictures[path] = png((content or path).encode())
    return sim.pictures[path]


def showing(sim: Simulation, number: int, *paths: str) -> Take:
    """A take that shows these files."""
    take = make_take(number)
    inputs = tuple(
        FileInput(("pictures", n), hashlib.sha256(sim.pictures[path]).hexdigest(), path)
        for n, path in enumerate(paths)
    )
    payload: Payload = {**take.payload, "pictures": [one.value for one in inputs]}
    request = fingerprint(take.model, payload)
    return replace(take, payload=payload, inputs=inputs, fingerprint=request)


def films(sim: Simulation, count: int) -> list[Take]:
    """So many takes, each with a picture of its own."""
    for number in range(1, count + 1):
        picture(sim, f"{number}.png")
    return [showing(sim, number, f"{number}.png") for number in range(1, count + 1)]


def sent(sim: Simulation) -> list[Any]:
    return [call.payload.get("pictures") for call in sim.api.posts]


def contents(sim: Simulation) -> list[bytes]:
    return [content for _, content in sim.api.uploaded]


def held(sim: Simulation) -> list[tuple[str, str]]:
    return [(one.take, one.detail) for _, one in sim.progress if one.step is Step.HELD]


def rows(sim: Simulation) -> list[Upload]:
    with closing(sim._open()) as store:
        return store.uploads.of(sim.api.account(store.uploads.salt()))


def urls(kept: Iterable[Uploaded]) -> set[str]:
    return {one.url for one in kept}


# What is sent


def test_a_file_goes_up_and_its_address_into_the_body_alone(sim: Simulation) -> None:
    content = picture(sim, "cast/hero.png")
    sim.takes = [showing(sim, 1, "cast/hero.png")]
    sim.render()
    assert contents(sim) == [content]
    [url] = urls(sim.kept.values())
    assert sent(sim) == [[url]]
    [row] = sim.submissions()
    assert row.payload == sim.takes[0].payload
    assert row.fingerprint == sim.takes[0].fingerprint
    assert row.body == {**row.payload, "pictures": [url]}
    assert row.video is not None


def test_without_pictures_nothing_is_different(sim: Simulation) -> None:
    sim.render()
    assert [row.body for row in sim.submissions()] == [None] * 3
    assert [call.payload for call in sim.api.posts] == [take.payload for take in sim.takes]
    assert sim.api.uploaded == []
    assert rows(sim) == []


def test_a_frame_is_taken_checked_and_uploaded(sim: Simulation) -> None:
    sim.takes = [make_take(1), make_follower(2, 1)]
    checked: list[tuple[str, Any]] = []

    def check(model: str, at: Any, content: bytes) -> None:
        checked.append((model, at))

    sim.settings = {"check_picture": check}
    sim.render()
    expected = frame_of(sim.folder / "videos/shot-1.v001.mp4", "last")
    assert contents(sim) == [expected]
    assert sent(sim)[1] == [*urls(sim.kept.values())]
    assert checked == [(sim.takes[1].model, ("pictures", 0))]


def test_equal_contents_go_up_once_even_if_two_takes_ask_at_the_same_time(sim: Simulation) -> None:
    sim.concurrency = 10
    for path in ("a.png", "b.png"):
        picture(sim, path, "the same")
    sim.takes = [showing(sim, 1, "a.png"), showing(sim, 2, "b.png", "a.png"), make_take(3)]
    sim.render()
    assert len(sim.api.uploaded) == 1
    [url] = urls(sim.kept.values())
    assert sent(sim) == [None, [url], [url, url]]


def test_an_upload_is_remembered_by_the_next_run(sim: Simulation) -> None:
    picture(sim, "a.png")
    sim.takes = [showing(sim, 1, "a.png")]
    sim.render()
    sim.takes = [*sim.takes, showing(sim, 2, "a.png", "a.png")]
    sim.render()
    assert len(sim.api.uploaded) == 1
    assert len(sim.api.posts) == 2


def test_a_small_picture_goes_into_the_request_where_the_model_takes_that(sim: Simulation) -> None:
    small = picture(sim, "small.png")
    sim.pictures["large.png"] = png(bytes(65 * 1024))
    sim.takes = [showing(sim, 1, "small.png", "large.png")]
    sim.settings = {"takes_data": lambda model, at: at[0] == "pictures"}
    sim.render()
    [[data, url]] = sent(sim)
    assert data == f"data:image/png;base64,{base64.b64encode(small).decode()}"
    assert [url] == [*urls(sim.kept.values())]


@pytest.mark.parametrize(
    ("head", "kind", "suffix"),
    [(b"\xff\xd8\xff\xe0", "jpeg", ".jpg"), (b"RIFF\x04\x00\x00\x00WEBP", "webp", ".webp")],
)
def test_a_picture_is_named_by_what_it_is_and_not_by_its_file(
    sim: Simulation, head: bytes, kind: str, suffix: str
) -> None:
    sim.pictures["a.png"] = head
    sim.pictures["b.png"] = head + bytes(70_000)
    sim.takes = [showing(sim, 1, "a.png", "b.png")]
    sim.settings = {"takes_data": lambda model, at: True}
    sim.render()
    assert sent(sim)[0][0].startswith(f"data:image/{kind};base64,")
    assert [name.endswith(suffix) for name, _ in sim.api.uploaded] == [True]


def test_a_take_without_pictures_goes_before_one_that_is_not_ready(sim: Simulation) -> None:
    picture(sim, "a.png")
    sim.takes = [showing(sim, 1, "a.png"), make_take(2), make_take(3)]
    sim.render()
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 2", "shot 3", "shot 1"]


def test_only_the_next_few_takes_are_prepared(sim: Simulation) -> None:
    sim.concurrency = 2
    sim.takes = films(sim, 8)
    most: list[int] = []
    on_post = sim.on_post

    def count(call: Call) -> Any:
        most.append(len(sim.api.uploaded) - call.number)
        return on_post(call)

    sim.on_post = count
    sim.render()
    assert max(most) <= 4
    assert len(sim.api.uploaded) == 8


def test_a_request_that_was_not_accepted_is_sent_again_with_its_address(sim: Simulation) -> None:
    picture(sim, "a.png")
    sim.takes = [showing(sim, 1, "a.png")]
    accept, limit = sim.on_post, refused(429, "Rate limit exceeded")
    sim.on_post = lambda call: limit if call.number == 1 else accept(call)
    sim.render()
    first, second = sent(sim)
    assert first == second == [*urls(sim.kept.values())]
    assert len(sim.api.uploaded) == 1


def test_a_fallback_s_own_pictures_are_prepared_as_well(sim: Simulation) -> None:
    picture(sim, "a.png")
    take = showing(sim, 1, "a.png")
    sim.takes = [replace(take, fallbacks=(with_model(take, "b"),))]
    sim.on_post = lambda call: refused(422) if call.number == 1 else accepted("task-1")
    sim.accepted_s["task-1"] = 0.0
    sim.render()
    assert [row.model for row in sim.submissions()] == [take.model, "b"]
    assert sent(sim) == [[*urls(sim.kept.values())]] * 2


def test_where_no_thread_can_be_started_for_pictures_the_open_posts_are_waited_for(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_threads(size: int, inbox: Any, *, name: str) -> None:
        raise NoProcess("can't start new thread")

    picture(sim, "hero.png")
    sim.takes = [make_take(1), showing(sim, 2, "hero.png")]
    monkeypatch.setattr("storyboard.engine.inputs.Workers", no_threads)
    with pytest.raises(NoProcess, match="can't start new thread"):
        sim.render()
    assert sim.states() == ["accepted"]


# What holds a take


def test_a_file_that_changed_since_the_plan_holds_its_take_and_no_other(sim: Simulation) -> None:
    picture(sim, "frames/pier.png")
    sim.takes = [showing(sim, 1, "frames/pier.png"), make_take(2)]
    picture(sim, "frames/pier.png", "another")
    result = sim.render()
    reason = "frames/pier.png changed while this ran; run again"
    assert held(sim) == [("shot-1", reason)]
    assert result.held == {("film", "shot-1"): reason}
    assert result.stopped_by is None
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 2"]


def test_a_file_that_is_gone_holds_its_take(sim: Simulation) -> None:
    picture(sim, "a.png")
    sim.takes = [showing(sim, 1, "a.png")]
    del sim.pictures["a.png"]
    sim.render()
    assert held(sim) == [("shot-1", "a.png cannot be read: No such file or directory")]


def no_frame(path: Path, frame: Frame) -> bytes:
    raise NoFrame("no picture can be decoded from the video")


def no_process(path: Path, frame: Frame) -> bytes:
    raise NoProcess("Resource temporarily unavailable")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"extract_frame": no_process},
            "the last frame of shot-1 cannot be taken: the system cannot start another process: "
            "Resource temporarily unavailable",
        ),
        (
            {"extract_frame": no_frame},
            "the last frame of shot-1 cannot be taken: no picture can be decoded from the video",
        ),
        (
            {"check_picture": lambda model, at, content: "is 20 pixels high, and 240 are needed"},
            "the last frame of shot-1 cannot be sent: is 20 pixels high, and 240 are needed",
        ),
        (
            {"extract_frame": lambda path, frame: b"GIF89a"},
            "the last frame of shot-1 is not a PNG, JPEG or WebP picture",
        ),
        (
            {"extract_frame": lambda path, frame: png(bytes(17 << 20))},
            "the last frame of shot-1 has 17,825,800 bytes, more than 16,777,216, the most that "
            "can be uploaded",
        ),
        (
            {"check_body": lambda model, body: "pictures[0] is not what m takes: pattern"},
            "its request cannot be sent: pictures[0] is not what m takes: pattern",
        ),
    ],
)
def test_a_frame_that_cannot_be_sent_holds_its_take(
    sim: Simulation, settings: dict[str, Any], reason: str
) -> None:
    sim.takes = [make_take(1), make_follower(2, 1)]
    sim.settings = settings
    sim.render()
    assert held(sim) == [("shot-2", reason)]
    assert len(sim.api.posts) == 1


def test_a_frame_is_checked_for_each_model_that_gets_it(sim: Simulation) -> None:
    other = replace(with_model(make_follower(3, 1), "m"), inputs=make_follower(3, 1).inputs)
    sim.takes = [make_take(1), make_follower(2, 1), other]
    sim.settings = {"check_picture": lambda model, at, content: "is odd" if model == "m" else None}
    sim.render()
    assert [take for take, _ in held(sim)] == ["shot-3"]
    assert len(sim.api.posts) == 2


def test_a_video_that_is_not_what_was_downloaded_is_not_used(sim: Simulation) -> None:
    sim.takes = [make_take(1)]
    sim.render()
    path = sim.folder / "videos/shot-1.v001.mp4"
    path.write_bytes(path.read_bytes()[::-1])
    sim.takes = [make_take(1), make_follower(2, 1)]
    sim.render()
    why = "the video of shot-1 is not in place, or is not what was downloaded; run again"
    assert held(sim) == [("shot-2", why)]


def test_a_request_with_a_picture_that_nothing_explains_is_never_sent(sim: Simulation) -> None:
    picture(sim, "a.png")
    sim.takes = [replace(showing(sim, 1, "a.png"), inputs=())]
    sim.render()
    assert held(sim) == [("shot-1", "it contains a picture, and it is not known where from")]
    assert sim.api.posts == []


def test_a_request_with_one_picture_that_nothing_explains_is_never_sent(sim: Simulation) -> None:
    picture(sim, "a.png")
    picture(sim, "b.png")
    take = showing(sim, 1, "a.png", "b.png")
    sim.takes = [replace(take, inputs=take.inputs[:1])]
    sim.render()
    assert [name for name, _ in held(sim)] == ["shot-1"]
    assert sim.api.posts == []


# The account's limits


def test_the_oldest_of_our_files_that_nothing_needs_makes_room(sim: Simulation) -> None:
    sim.concurrency = 2
    sim.takes = films(sim, 14)
    deleted: list[tuple[str, set[str]]] = []
    delete = sim.on_delete

    def watch(file_id: str) -> bool:
        in_flight = {
            str(url)
            for call in sim.api.posts
            if not sim.is_done(f"task-{call.number}")
            for url in call.payload["pictures"]  # type: ignore[union-attr] # a list
        }
        deleted.append((sim.kept[file_id].url, in_flight))
        return delete(file_id)

    sim.on_delete = watch
    sim.render()
    assert len(sim.api.posts) == len(sim.api.uploaded) == 14
    assert len(sim.kept) <= 10
    assert [url for url, _ in deleted] == sorted(
        (url for url, _ in deleted), key=lambda url: int(url.split("/")[-1].split(".")[0])
    )
    assert all(url not in in_flight for url, in_flight in deleted)
    assert sum(row.is_deleted for row in rows(sim)) == len(deleted) == 4


def test_files_of_others_are_never_deleted(sim: Simulation) -> None:
    for number in range(8):
        name = f"{number:032x}.png"
        now = sim.clock.now()
        other = Uploaded(f"other-{number}", name, f"https://o.example/{number}", now, now)
        sim.kept[other.file_id] = other
    sim.concurrency = 1
    sim.takes = films(sim, 5)
    sim.render()
    assert len(sim.api.posts) == len(sim.api.uploaded) == 5
    assert sum(file_id.startswith("other") for file_id in sim.kept) == 8


def test_an_account_that_is_full_of_others_files_holds_the_take_and_says_what_to_do(
    sim: Simulation,
) -> None:
    sim.keeps_files = 0
    sim.takes = [*films(sim, 1), make_take(2)]
    result = sim.render()
    [(take, reason)] = held(sim)
    assert take == "shot-1"
    assert "delete some in the account's console, or wait until they expire" in reason
    assert result.stopped_by is None
    assert len(sim.api.uploaded) == 1
    assert len(sim.api.posts) == 1


def test_what_open_requests_need_stays_until_their_tasks_end(sim: Simulation) -> None:
    sim.concurrency, sim.keeps_files = 4, 3
    sim.takes = films(sim, 6)
    sim.render()
    assert len(sim.api.posts) == 6
    in_flight = [call.at_s for call in sim.api.posts]
    assert in_flight[3] > in_flight[0] + sim.render_s
    assert held(sim) == []


def test_what_a_request_with_an_unknown_outcome_needs_stays_for_good(sim: Simulation) -> None:
    sim.keeps_files = 1
    sim.takes = films(sim, 2)
    sim.on_post = lambda call: no_answer()
    sim.render()
    assert len(sim.api.posts) == 1
    assert [take for take, _ in held(sim)] == ["shot-2"]
    assert len(sim.kept) == 1


def test_a_take_with_more_pictures_than_the_account_keeps_is_held(sim: Simulation) -> None:
    for number in range(12):
        picture(sim, f"{number}.png")
    sim.takes = [showing(sim, 1, *sim.pictures)]
    sim.render()
    assert [take for take, _ in held(sim)] == ["shot-1"]
    assert sim.api.posts == []


def test_two_takes_that_need_all_files_take_turns(sim: Simulation) -> None:
    for number in range(14):
        picture(sim, f"{number}.png")
    names = list(sim.pictures)
    sim.takes = [showing(sim, 1, *names[:7]), showing(sim, 2, *names[7:])]
    sim.render()
    assert len(sim.api.posts) == 2
    assert len(sim.api.uploaded) == 14


def test_an_address_is_renewed_before_it_may_expire_while_a_task_runs(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    sim.render()
    sim.clock.time_s += timedelta(days=6).total_seconds() - 1800
    sim.takes = [*sim.takes, showing(sim, 2, "1.png", "1.png")]
    sim.render()
    assert len(sim.api.uploaded) == 2
    sim.clock.time_s += 60
    sim.takes = [*sim.takes, showing(sim, 3, "1.png", "1.png", "1.png")]
    sim.render()
    assert len(sim.api.uploaded) == 2


def test_a_file_that_is_not_kept_as_long_as_a_task_may_take_is_not_uploaded_for_ever(
    sim: Simulation,
) -> None:
    sim.takes = films(sim, 1)
    sim.settings = {"slowest_s": lambda model: 30 * 24 * 3600.0}
    sim.render()
    assert held(sim) == [("shot-1", "the API keeps an upload for less time than a task may take")]
    assert len(sim.api.uploaded) == 1


def test_an_address_that_expires_while_its_take_waits_is_renewed(sim: Simulation) -> None:
    sim.concurrency, sim.render_s = 1, 4000.0
    keep = sim.on_upload

    def briefly(name: str, content: bytes) -> UploadReply:
        kept = keep(name, content)
        assert isinstance(kept, Uploaded)
        return replace(kept, expires_at=kept.created_at + timedelta(hours=2))

    sim.on_upload = briefly
    sim.takes = films(sim, 2)
    sim.render()
    assert [name for name, _ in held(sim)] == []
    assert len(sim.api.uploaded) == 3
    assert sent(sim)[1] == [f"https://uploads.example/{3}.png"]


def test_a_file_that_somebody_deleted_goes_up_again(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    sim.render()
    sim.kept.clear()
    sim.takes = [*sim.takes, showing(sim, 2, "1.png", "1.png")]
    sim.render()
    assert len(sim.api.uploaded) == 2
    assert sent(sim)[1] == [*urls(sim.kept.values())] * 2


def test_uploads_are_spread_out_and_draw_on_no_budget_of_submissions(sim: Simulation) -> None:
    sim.concurrency, sim.requests_per_minute = 50, 6000
    sim.settings = {"uploads_per_minute": 12}
    at_s: list[float] = []
    keep = sim.on_upload

    def note(name: str, content: bytes) -> UploadReply:
        at_s.append(sim.clock.time_s)
        return keep(name, content)

    sim.on_upload = note
    sim.takes = [*films(sim, 8), *(make_take(number) for number in range(10, 40))]
    sim.render()
    for start in at_s:
        assert sum(start <= moment < start + 60 for moment in at_s) <= 12
    assert sum(call.at_s < 3 for call in sim.api.posts) >= 30


# Uploads that fail


def fails(sim: Simulation, *replies: UploadReply) -> None:
    """The first uploads get these answers."""
    left, keep = list(replies), sim.on_upload
    sim.on_upload = lambda name, content: left.pop(0) if left else keep(name, content)


def test_an_upload_that_never_arrived_is_repeated_under_the_same_name(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    fails(sim, *[Unreached("connection refused", may_be_there=False)] * 7)
    sim.render()
    [post] = sim.api.posts
    assert post.at_s > (1 + 2 + 4 + 8 + 15 + 15 + 15) / 2
    assert len({name for name, _ in sim.api.uploaded}) == 1
    assert len(rows(sim)) == 1


def test_an_upload_whose_answer_was_lost_is_found_in_the_list(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def lost(name: str, content: bytes) -> UploadReply:
        keep(name, content)
        return Unreached("no reply came")

    sim.on_upload = lost
    sim.render()
    assert len(sim.api.uploaded) == len(sim.api.posts) == 1
    assert sent(sim) == [[*urls(sim.kept.values())]]


def test_an_upload_that_fails_again_and_again_holds_its_take(sim: Simulation) -> None:
    sim.takes = [*films(sim, 1), make_take(2)]
    sim.on_upload = lambda name, content: Unreached("HTTP 503")
    result = sim.render()
    assert held(sim) == [("shot-1", "it could not be uploaded: HTTP 503; run again")]
    assert result.stopped_by is None
    assert len(sim.api.uploaded) == 5
    assert len(sim.api.posts) == 1


def test_a_refused_upload_holds_its_take_with_the_api_s_reason(sim: Simulation) -> None:
    sim.takes = [*films(sim, 1), make_take(2)]
    sim.on_upload = lambda name, content: UploadRefused("HTTP 400: bad picture", http_status=400)
    sim.render()
    why = "the API does not take its upload: HTTP 400: bad picture"
    assert held(sim) == [("shot-1", why)]
    assert len(sim.api.uploaded) == 1


def test_a_limit_of_uploads_is_waited_for_as_long_as_the_api_says(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    fails(sim, UploadRefused("slow down", http_status=429, wait_s=77.0))
    sim.render()
    [post] = sim.api.posts
    assert 77 <= post.at_s < 85


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_account_stops_the_run_as_for_submissions(sim: Simulation, status: int) -> None:
    sim.takes = [*films(sim, 1), make_take(2)]
    sim.on_upload = lambda name, content: UploadRefused("no", http_status=status)
    result = sim.render()
    assert isinstance(result.stopped_by, AccountError)
    assert held(sim) == []


def test_an_api_that_is_out_of_reach_ends_the_run_and_holds_nothing(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    sim.on_list = lambda: None
    sim.on_upload = lambda name, content: Unreached("no route", may_be_there=False)
    result = sim.render()
    assert isinstance(result.stopped_by, Unreachable)
    assert held(sim) == []


def test_a_slow_first_upload_is_no_api_out_of_reach(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def slowly(name: str, content: bytes) -> UploadReply:
        sim.clock.call_s = 300.0
        return keep(name, content)

    sim.on_list, sim.on_upload = lambda: None, slowly
    result = sim.render()
    assert result.stopped_by is None
    assert len(sim.api.posts) == 1


def test_without_a_list_the_rows_are_trusted(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    sim.on_list = lambda: None
    sim.render()
    sim.takes = [*sim.takes, showing(sim, 2, "1.png", "1.png")]
    sim.render()
    assert len(sim.api.uploaded) == 1
    assert len(sim.api.posts) == 2


def test_a_file_that_cannot_be_deleted_does_not_keep_the_run_for_ever(sim: Simulation) -> None:
    sim.takes = films(sim, 11)
    sim.on_delete = lambda file_id: False
    sim.render()
    assert [take for take, _ in held(sim)] == ["shot-11"]
    assert len(sim.api.uploaded) == 10
    sim.on_delete = lambda file_id: sim.kept.pop(file_id, None) is not None
    sim.render()
    assert len(sim.api.posts) == 11


# Kills


def test_a_file_that_was_to_be_deleted_when_the_run_was_killed_is_deleted_and_not_used(
    sim: Simulation,
) -> None:
    sim.takes = films(sim, 11)
    delete, asked = sim.on_delete, list[str]()

    def die(file_id: str) -> bool:
        asked.append(file_id)
        raise Killed

    sim.on_delete = die
    with pytest.raises(Killed):
        sim.render()
    sim.on_delete = delete
    sim.takes = [*sim.takes[:10], showing(sim, 12, "1.png", "1.png")]
    sim.render()
    assert asked[0] not in sim.kept
    assert sim.stored.count(sim.pictures["1.png"]) == 2
    assert len(sim.api.posts) == 11


def test_a_row_whose_file_never_went_up_is_used_for_it_by_the_next_run(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def die(name: str, content: bytes) -> UploadReply:
        raise Killed

    sim.on_upload = die
    with pytest.raises(Killed):
        sim.render()
    [row] = rows(sim)
    sim.on_upload = keep
    sim.render()
    assert [one.name for one in rows(sim)] == [row.name]


@pytest.mark.parametrize("turn", range(2, 45, 4))
def test_whenever_a_run_is_killed_nothing_goes_up_or_is_sent_twice(
    sim: Simulation, turn: int
) -> None:
    sim.keeps_files = 4
    for path in ("a.png", "b.png", "c.png"):
        picture(sim, path)
    sim.takes = [
        showing(sim, 1, "a.png"),
        make_follower(2, 1),
        make_follower(3, 2),
        showing(sim, 4, "a.png", "b.png"),
        showing(sim, 5, "c.png"),
    ]
    sim.clock.dies_at = turn
    with suppress(Killed):
        sim.render()
    sim.render()
    states = Counter(sim.states())
    in_doubt = states["sending"]
    posts = [str(call.payload["prompt"]) for call in sim.api.posts]
    assert len(posts) == len(set(posts))
    assert in_doubt or (len(posts), states["succeeded"]) == (5, 5)
    again = Counter(sim.stored)
    deleted = {row.sha256 for row in rows(sim) if row.is_deleted}
    for content, count in again.items():
        assert count == 1 or hashlib.sha256(content).hexdigest() in deleted
