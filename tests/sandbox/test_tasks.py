"""Tasks as values: what a poll says is a function of the record and the clock."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from storyboard.sandbox.tasks import Fate, Status, Task, task_from_json, task_to_json

TASK = Task(
    id="sandbox-0123456789abcdef01234567",
    file="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.mp4",
    model="alibaba/wan2.7-t2v",
    payload={"prompt": "x\ud800", "seed": 1},
    accepted_at=100.0,
    starts_at=102.0,
    ends_at=110.0,
    retention_s=50.0,
    fate=Fate.SUCCEEDS,
    cost_usd=0.5,
    resolution="1080P",
    ratio="16:9",
    width_px=640,
    height_px=360,
    duration_s=5,
    fps=12,
    user_id=None,
)


@pytest.mark.parametrize(
    ("fate", "statuses"),
    [
        (Fate.SUCCEEDS, [Status.PENDING, Status.PROCESSING, Status.SUCCESS]),
        (Fate.NO_VIDEO, [Status.PENDING, Status.PROCESSING, Status.SUCCESS]),
        (Fate.FAILS, [Status.PENDING, Status.PROCESSING, Status.FAILED]),
        (Fate.CANCELED, [Status.PENDING, Status.PROCESSING, Status.CANCELED]),
        (Fate.NEVER_ENDS, [Status.PENDING, Status.PROCESSING, Status.PROCESSING]),
    ],
)
def test_a_task_only_moves_forward(fate: Fate, statuses: list[Status]) -> None:
    task = replace(TASK, fate=fate)
    assert [task.status(now) for now in (101.9, 102.0, 110.0)] == statuses


def test_only_a_finished_success_has_a_video_and_only_until_it_expires() -> None:
    assert [TASK.has_video(now) for now in (109.9, 110.0, 159.9, 160.0)] == [
        False,
        True,
        True,
        False,
    ]
    assert not replace(TASK, fate=Fate.NO_VIDEO).has_video(120.0)


def test_a_task_that_never_ends_never_expires_either() -> None:
    stuck = replace(TASK, fate=Fate.NEVER_ENDS)
    assert not stuck.is_finished(1e12)
    assert not stuck.is_expired(1e12)


def test_a_failure_is_charged_only_while_it_is_not_known() -> None:
    task = replace(TASK, fate=Fate.FAILS)
    assert (task.charge_usd(105.0), task.charge_usd(110.0)) == (0.5, 0.0)


def test_a_task_survives_its_line_in_the_journal() -> None:
    task = replace(TASK, content={"first_frame": {"sha256": "0" * 64}}, error="no picture")
    for each in (TASK, task):
        assert task_from_json(json.loads(json.dumps(task_to_json(each)))) == each


def test_a_line_of_an_earlier_journal_is_a_task_too() -> None:
    data = task_to_json(TASK)
    del data["content"], data["error"]
    assert task_from_json(data) == TASK


@pytest.mark.parametrize(
    "damage",
    [
        {"fate": "unheard of"},
        {"id": 7},
        {"payload": []},
        {"content": []},
        {"error": None},
        {"width_px": 10**9},
        {"ends_at": float("inf")},
        {"more": 1},
    ],
)
def test_a_damaged_line_is_no_task(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        task_from_json(task_to_json(TASK) | damage)
