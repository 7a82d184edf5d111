from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from storyboard.bulk import changer_of, make_all, maker_of
from storyboard.records import Submission, Take, Video
from tests.made import make_done, make_take, make_video


@pytest.mark.parametrize("value", [make_take(), make_done(make_take()), make_video()])
def test_what_is_made_is_equal_to_what_its_class_makes(value: Any) -> None:
    kind = type(value)
    made = maker_of(kind)(*(getattr(value, field.name) for field in fields(kind)))
    assert made == value
    assert type(made) is kind
    assert repr(made) == repr(value)


@pytest.mark.parametrize("kind", [Submission, Take, Video])
def test_it_wants_every_field(kind: type) -> None:
    with pytest.raises(TypeError, match="missing"):
        maker_of(kind)(*range(len(fields(kind)) - 1))


def test_what_is_made_is_frozen_and_can_be_replaced() -> None:
    made = maker_of(Video)("a.mp4", "c0de", 7, None, None, None, None)
    with pytest.raises(FrozenInstanceError):
        made.path = "b.mp4"  # type: ignore[misc]
    assert replace(made, path="b.mp4") == Video("b.mp4", "c0de", 7)
    assert hash(made) == hash(Video("a.mp4", "c0de", 7))


def test_many_are_made_as_one_is() -> None:
    rows = [[f"{number}.mp4", "c0de", number, None, None, 5.0, None] for number in range(3)]
    assert make_all(Video, rows) == [Video(*row) for row in rows]  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        make_all(Video, rows)[0].path = "b.mp4"  # type: ignore[misc]


def test_a_change_is_that_of_replace() -> None:
    done = make_done(make_take())
    change = changer_of(type(done))
    assert change(done, id=7, reason="late") == replace(done, id=7, reason="late")
    assert change(done) == done
    with pytest.raises(KeyError):
        change(done, colour="red")
