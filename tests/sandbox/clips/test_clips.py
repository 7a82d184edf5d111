"""What the pictures of a task depend on: its request, never its id or its times."""

from __future__ import annotations

from dataclasses import replace

from storyboard.sandbox.clips.clips import animatic_spec, clip_name
from tests.sandbox.test_tasks import TASK


def test_tasks_with_equal_requests_share_their_clip() -> None:
    other = replace(TASK, id="sandbox-2", file="b.mp4", accepted_at=7.0, user_id="someone-else")
    assert clip_name(other) == clip_name(TASK)
    assert clip_name(replace(TASK, payload={"prompt": "y", "seed": 1})) != clip_name(TASK)
    assert clip_name(replace(TASK, fps=30)) != clip_name(TASK)


def test_shots_of_one_seed_move_through_the_same_scenery() -> None:
    specs = [
        animatic_spec(replace(TASK, payload={"prompt": prompt, "seed": seed}))
        for prompt, seed in (("one", 5), ("two", 5), ("one", 6))
    ]
    assert specs[0].scenery_seed == specs[1].scenery_seed != specs[2].scenery_seed
    assert [spec.seed for spec in specs] == [5, 5, 6]


def test_without_a_seed_the_whole_payload_decides_the_scenery() -> None:
    one, two, random = (
        animatic_spec(replace(TASK, payload=payload))
        for payload in ({"prompt": "one"}, {"prompt": "two"}, {"prompt": "one", "seed": -1})
    )
    assert one.seed is two.seed is random.seed is None
    assert len({one.scenery_seed, two.scenery_seed, random.scenery_seed}) == 3


def test_the_content_of_pictures_decides_clip_and_scenery_and_not_their_addresses() -> None:
    tasks = [
        replace(
            TASK,
            payload={"prompt": "one", "first_frame": f"http://127.0.0.1:1/uploads/{name}.png"},
            content={"prompt": "one", "first_frame": {"sha256": sha256}},
        )
        for name, sha256 in (("a", "0" * 64), ("b", "0" * 64), ("a", "1" * 64))
    ]
    one, same, other = map(clip_name, tasks)
    assert one == same != other
    one, same, other = (animatic_spec(task).scenery_seed for task in tasks)
    assert one == same != other
    assert {animatic_spec(task).media for task in tasks} == {()}
