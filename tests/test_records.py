"""The values that travel: frozen, and true to their few promises."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from storyboard import records
from storyboard.records import (
    OPEN_STATES,
    Action,
    ActionKind,
    Plan,
    Position,
    Problem,
    Severity,
    Storyboard,
    SubmissionState,
)
from tests.made import make_take

VALUES = [
    value
    for value in vars(records).values()
    if isinstance(value, type) and dataclasses.is_dataclass(value)
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_value_is_frozen_and_keeps_to_its_fields(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(value)


def test_the_states_that_may_be_paid_twice_are_named() -> None:
    assert {state.value for state in OPEN_STATES} == {"sending", "unknown", "accepted"}
    assert set(SubmissionState) > OPEN_STATES


def test_a_plan_counts_what_costs_something_itself() -> None:
    submit = Action(make_take("a"), ActionKind.SUBMIT, "new")
    twin = Action(make_take("b"), ActionKind.SUBMIT, "new", same_as="a")
    orphan = Action(make_take("c"), ActionKind.RESUME, "runs")
    plan = Plan((submit, twin), (orphan,))
    assert plan.of_kind(ActionKind.SUBMIT) == (submit,)
    assert plan.of_kind(ActionKind.RESUME) == (orphan,)
    assert plan.of_kind(ActionKind.HOLD) == ()


def test_warnings_leave_a_storyboard_sound_and_problems_do_not() -> None:
    position = Position("film.yaml", 1, 1)
    warning = Problem(position, "unused-var", "x", severity=Severity.WARNING)
    problem = Problem(position, "unknown-key", "x")

    def storyboard(*problems: Problem) -> Storyboard:
        return Storyboard(Path("film.yaml"), "film", None, (), problems, {})

    assert storyboard().is_sound
    assert storyboard(warning).is_sound
    assert not storyboard(warning, problem).is_sound


def test_places_sort_as_people_read() -> None:
    positions = [
        Position("b", 1, 1),
        Position("a", 10, 1),
        Position("a", 2, 9),
        Position("a", 2, 3),
    ]
    assert sorted(positions) == [positions[3], positions[2], positions[1], positions[0]]
