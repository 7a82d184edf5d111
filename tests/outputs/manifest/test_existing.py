"""What the manifest in place says of a task stays, so that machines agree to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storyboard.outputs.manifest.existing import keep_existing
from storyboard.outputs.manifest.file import Manifest, ManifestTake, manifest_bytes
from storyboard.records import TakeStatus
from tests.outputs.states import (
    DONE,
    EXPIRES,
    SENT,
    make_manifest,
    make_state,
    make_take,
    make_video,
)

HOUR = timedelta(hours=1)
OTHER_LINK = "https://file.modellix.ai/v/again.mp4"


def of(status: TakeStatus, *, take: str = "hero", **facts: Any) -> Manifest:
    return make_manifest(make_state(make_take(take), status, **facts))


def kept(made: Manifest, *existing: Manifest, now: datetime = DONE) -> ManifestTake:
    return keep_existing(made, existing, now=now).takes[0]


def test_without_a_manifest_in_place_all_is_as_made() -> None:
    made = make_manifest()
    assert keep_existing(made, (), now=DONE) == made
    assert keep_existing(made, [make_manifest(title="Other")], now=DONE) == made


def test_of_one_task_the_first_words_stay() -> None:
    stands = of(TakeStatus.DONE)
    made = of(
        TakeStatus.DONE,
        finished_at=DONE + HOUR,
        http_status=202,
        commit="beef" * 10,
        is_dirty=True,
        video_url=OTHER_LINK,
        url_expires_at=EXPIRES + HOUR,
        video=make_video("hero", path="videos/hero.v007.mp4", sha256="beef" * 16),
    )
    assert manifest_bytes(keep_existing(made, [stands], now=DONE)) == manifest_bytes(stands)


def test_a_video_that_nobody_had_downloaded_is_added() -> None:
    stands, made = of(TakeStatus.RENDERED), of(TakeStatus.DONE, finished_at=DONE + HOUR)
    assert kept(made, stands).file == made.takes[0].file
    assert kept(made, stands).finished_at == stands.takes[0].finished_at
    assert kept(stands, made) == made.takes[0]


def test_both_sides_of_a_merge_add_to_one_another_ours_first() -> None:
    ours = of(TakeStatus.RENDERED)
    theirs = of(TakeStatus.DONE, finished_at=DONE + HOUR, video_url=OTHER_LINK)
    found = kept(of(TakeStatus.RENDERED), ours, theirs)
    assert found.file == theirs.takes[0].file
    assert (found.finished_at, found.video_url) == (
        ours.takes[0].finished_at,
        ours.takes[0].video_url,
    )


@pytest.mark.parametrize(
    ("stands_until", "made_until", "now", "is_replaced"),
    [
        (EXPIRES, EXPIRES + HOUR, EXPIRES - HOUR, False),
        (EXPIRES, EXPIRES + HOUR, EXPIRES, True),
        (EXPIRES, EXPIRES + HOUR, EXPIRES + 2 * HOUR, True),
        (EXPIRES, EXPIRES - HOUR, EXPIRES + HOUR, False),
        (EXPIRES, EXPIRES, EXPIRES + HOUR, False),
        (None, EXPIRES, EXPIRES + HOUR, False),
        (EXPIRES, None, EXPIRES - HOUR, False),
        (EXPIRES, None, EXPIRES, True),
    ],
)
def test_a_link_is_replaced_only_when_it_has_expired(
    stands_until: datetime | None, made_until: datetime | None, now: datetime, *, is_replaced: bool
) -> None:
    stands = of(TakeStatus.DONE, url_expires_at=stands_until)
    made = of(TakeStatus.DONE, url_expires_at=made_until, video_url=OTHER_LINK)
    found = kept(made, stands, now=now)
    chosen = made if is_replaced else stands
    assert found.video_url == chosen.takes[0].video_url
    assert found.url_expires_at == chosen.takes[0].url_expires_at
    again = kept(stands, keep_existing(made, [stands], now=now), now=now)
    assert again == found  # the other machine agrees


def test_a_link_that_never_came_is_completed() -> None:
    stands = of(TakeStatus.RENDERED, video_url=None, url_expires_at=None)
    made = of(TakeStatus.RENDERED)
    assert kept(made, stands).video_url == made.takes[0].video_url


def test_a_doubt_is_kept_and_added() -> None:
    plain, doubtful = of(TakeStatus.DONE), of(TakeStatus.DONE, reason="doubtful: whose is it?")
    assert kept(plain, doubtful).error == "doubtful: whose is it?"
    assert kept(doubtful, plain).error == "doubtful: whose is it?"


def test_a_take_with_a_new_name_keeps_what_stands_of_its_request() -> None:
    stands = of(TakeStatus.DONE)
    made = make_manifest(
        make_state(make_take(), TakeStatus.DONE, finished_at=DONE + HOUR, video=make_video("x"))
    )
    [block] = made.takes
    renamed = Manifest(made.storyboard, None, made.origin, (_renamed(block, "villain"),))
    assert kept(renamed, stands) == _renamed(stands.takes[0], "villain")


def _renamed(block: ManifestTake, name: str) -> ManifestTake:
    return replace(block, id=name, shot=name)


@pytest.mark.parametrize("status", [TakeStatus.UNKNOWN, TakeStatus.RENDERING])
def test_a_task_that_has_finished_meanwhile_is_news(status: TakeStatus) -> None:
    made = of(TakeStatus.DONE)
    assert kept(made, of(status)) == made.takes[0]


def test_another_success_is_as_made_since_the_latest_was_chosen_already() -> None:
    made = of(TakeStatus.DONE, task_id="task-2")
    assert kept(made, of(TakeStatus.DONE, task_id="task-3")) == made.takes[0]


FAILED = [(TakeStatus.FAILED, {"reason": "no"}), (TakeStatus.REJECTED, {"reason": "no"})]
OPEN = [(TakeStatus.UNKNOWN, {"reason": "no"}), (TakeStatus.RENDERING, {})]


@pytest.mark.parametrize("group", [FAILED, OPEN])
def test_of_several_that_led_to_nothing_the_latest_stands_on_every_machine(
    group: Sequence[tuple[TakeStatus, dict[str, Any]]],
) -> None:
    for status, facts in group:
        for other, more in group:
            early = of(status, submitted_at=SENT, sent_at=SENT, task_id="task-9", **facts)
            later = SENT + HOUR
            late = of(other, submitted_at=later, sent_at=later, task_id="task-1", **more)
            assert kept(early, late) == late.takes[0]
            assert kept(late, early) == late.takes[0]


def test_what_was_released_is_pending_whatever_stands() -> None:
    assert kept(of(TakeStatus.PENDING), of(TakeStatus.UNKNOWN)).status is TakeStatus.PENDING


def test_a_block_of_another_request_says_nothing() -> None:
    made = of(TakeStatus.FAILED, reason="no")
    stands = make_manifest(
        make_state(make_take("hero", prompt="other"), TakeStatus.FAILED, sent_at=SENT + HOUR)
    )
    assert kept(made, stands) == made.takes[0]
