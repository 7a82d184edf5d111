"""The account's files: what the list of them shows, and what happens when uploads go wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from storyboard.engine import picture_reads
from storyboard.engine.events import Interrupted
from storyboard.engine.inputs import Inputs
from storyboard.engine.job import Job
from storyboard.media import At
from storyboard.records import Take
from storyboard.replies import Unreached, Uploaded, UploadRefused, UploadReply
from tests.engine.rig import make_follower, make_take
from tests.engine.simulation import HOUR, START, Simulation
from tests.engine.test_inputs import films, held, rows, showing


def test_a_first_upload_may_take_longer_than_an_api_may_be_out_of_reach(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def slow(name: str, content: bytes) -> UploadReply:
        sim.clock.call_s = 200.0
        return keep(name, content)

    sim.on_upload = slow
    result = sim.render()
    assert result.stopped_by is None
    assert len(sim.api.posts) == 1


def test_a_file_that_arrives_while_the_list_is_asked_for_is_not_taken_for_deleted(
    sim: Simulation,
) -> None:
    sim.takes, sim.concurrency = films(sim, 2), 4
    keep, arrives_s = sim.on_upload, dict[str, float]()

    def first_is_slow_and_second_lost(name: str, content: bytes) -> UploadReply:
        kept, is_first = keep(name, content), len(sim.api.uploaded) == 1
        sim.clock.call_s = 1.0 if is_first else 0.3
        arrives_s[name] = sim.clock.time_s + sim.clock.call_s
        return kept if is_first else Unreached("no reply came")

    def slow_list() -> tuple[Uploaded, ...]:
        sim.clock.call_s, now = 2.0, sim.clock.time_s
        return tuple(one for one in sim.kept.values() if arrives_s[one.name] <= now)

    sim.on_upload, sim.on_list = first_is_slow_and_second_lost, slow_list
    sim.render()
    assert [row.is_deleted for row in rows(sim)] == [False, False]
    assert len(sim.api.uploaded) == len(sim.api.posts) == 2


def test_a_file_that_was_missing_from_a_list_stays_while_a_task_may_need_it(
    sim: Simulation,
) -> None:
    sim.takes, sim.render_s = films(sim, 1), 3 * HOUR
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    show, first = sim.on_list, sim.takes[0]
    sim.on_list = tuple
    sim.takes = [first, showing(sim, 2, "1.png", "1.png")]
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    assert len(sim.kept) == 2
    sim.on_list = show
    sim.takes = [*sim.takes, showing(sim, 3, "1.png", "1.png", "1.png")]
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    assert len(sim.kept) == 2
    sim.render()
    assert sim.states() == ["succeeded"] * 3


@pytest.mark.parametrize("ahead", [timedelta(days=8), timedelta(days=-8)])
def test_a_clock_that_is_days_ahead_of_the_api_s_makes_no_file_go_up_again_and_again(
    sim: Simulation, ahead: timedelta
) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def by_another_clock(name: str, content: bytes) -> UploadReply:
        kept = keep(name, content)
        assert isinstance(kept, Uploaded)
        return replace(kept, created_at=kept.created_at - ahead, expires_at=kept.expires_at - ahead)

    sim.on_upload = by_another_clock
    sim.render()
    assert len(sim.api.uploaded) == len(sim.api.posts) == 1


def test_a_file_that_the_list_shows_to_expire_earlier_is_not_relied_on(sim: Simulation) -> None:
    """The clock of the run that uploaded it was ahead."""
    sim.takes = films(sim, 1)
    sim.render()
    [(file_id, kept)] = sim.kept.items()
    ends = sim.clock.now() + timedelta(minutes=10)
    sim.kept[file_id] = replace(kept, created_at=ends - timedelta(days=6), expires_at=ends)
    sim.takes = [*sim.takes, showing(sim, 2, "1.png", "1.png")]
    sim.render()
    assert len(sim.api.uploaded) == 2
    assert sim.api.posts[1].payload["pictures"] == ["https://uploads.example/2.png"] * 2


@pytest.mark.parametrize("is_listed", [True, False])
def test_an_earlier_upload_that_expires_soon_does_not_prolong_the_tries_of_the_next(
    sim: Simulation, is_listed: bool
) -> None:
    sim.takes = films(sim, 1)
    sim.render()
    [kept] = sim.kept.values()
    sim.clock.time_s = (kept.expires_at - timedelta(minutes=10) - START).total_seconds()
    tries: list[str] = []

    def lose(name: str, content: bytes) -> UploadReply:
        tries.append(name)
        assert len(tries) <= 5
        return Unreached("HTTP 503")

    sim.on_upload = lose
    sim.on_list = sim.on_list if is_listed else lambda: None
    sim.takes = [*sim.takes, showing(sim, 2, "1.png", "1.png")]
    sim.render()
    assert held(sim) == [("shot-2", "it could not be uploaded: HTTP 503; run again")]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Unreached("HTTP 503"), "it could not be uploaded: HTTP 503; run again"),
        (UploadRefused("HTTP 403: blocked"), "the API does not take its upload: HTTP 403: blocked"),
    ],
    ids=["unusable", "firewall"],
)
def test_after_ten_minutes_in_which_each_upload_failed_no_other_is_tried(
    sim: Simulation, reply: UploadReply, why: str
) -> None:
    sim.takes = [*films(sim, 400), make_take(401)]
    sim.on_upload = lambda name, content: reply
    result = sim.render()
    assert sim.clock.time_s < 700
    assert [reason for _, reason in held(sim)] == [why] * 400
    assert result.stopped_by is None
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 401"]


def test_uploads_that_fail_for_some_minutes_hold_few_takes(sim: Simulation) -> None:
    sim.takes, sim.concurrency = films(sim, 60), 10
    keep = sim.on_upload

    def fails_at_first(name: str, content: bytes) -> UploadReply:
        return Unreached("HTTP 503") if sim.clock.time_s < 180 else keep(name, content)

    sim.on_upload = fails_at_first
    sim.render()
    assert 5 <= len(held(sim)) < 20
    assert len(sim.api.posts) == 60 - len(held(sim))


def test_an_account_that_is_full_is_not_refused_whatever_the_status(sim: Simulation) -> None:
    sim.takes, sim.keeps_files = films(sim, 3), 2
    keep = sim.on_upload

    def forbidden(name: str, content: bytes) -> UploadReply:
        reply = keep(name, content)
        return replace(reply, http_status=403) if isinstance(reply, UploadRefused) else reply

    sim.on_upload = forbidden
    result = sim.render()
    assert result.stopped_by is None
    assert len(sim.api.posts) == 3


def test_a_machine_that_cannot_start_the_check_of_a_frame_holds_its_take(sim: Simulation) -> None:
    sim.takes = [make_take(1), make_follower(2, 1)]

    def no_process(model: str, at: At, content: bytes) -> str | None:
        raise OSError(12, "Cannot allocate memory")

    sim.settings = {"check_picture": no_process}
    sim.render()
    why = "the last frame of shot-1 cannot be taken: Cannot allocate memory"
    assert held(sim) == [("shot-2", why)]


# Memory and time


def test_few_pictures_are_held_at_a_time_however_many_takes_may_go(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_reads, "_MAX_HELD_BYTES", 100)
    read = sim.picture
    sim.takes, sim.concurrency = films(sim, 20), 20
    before_upload: list[str] = []

    def note(path: str) -> bytes:
        before_upload.extend([path] * (not sim.api.uploaded))
        return read(path)

    monkeypatch.setattr(sim, "picture", note)
    sim.render()
    assert len(before_upload) <= 100 / len(sim.pictures["1.png"]) + 3
    assert len(sim.api.posts) == 20


def test_a_picture_is_read_once_others_that_were_held_are_not_needed_any_more(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_reads, "_MAX_HELD_BYTES", 100)
    sim.takes, sim.concurrency = films(sim, 40), 20
    now = sim.clock.now()
    for number in range(10):
        other = Uploaded(
            f"o{number}", f"{number:032x}.png", f"https://o.example/{number}", now, now
        )
        sim.kept[other.file_id] = other
    sim.render()
    assert len(held(sim)) == 40
    assert sim.clock.time_s < 10


def test_a_turn_looks_at_few_takes_of_a_long_queue_of_pictures(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.takes = films(sim, 300)
    is_ready, looked_at = Inputs._is_ready, list[str]()

    def counted(inputs: Inputs, job: Job, take: Take) -> bool:
        looked_at.append(take.id)
        return is_ready(inputs, job, take)

    monkeypatch.setattr(Inputs, "_is_ready", counted)
    sim.render(on_engine=lambda engine: sim.clock.schedule(300, Interrupted()))
    assert len(looked_at) < 20 * sim.clock.turns
