"""The hazard rate by age, estimated from what polls found."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.life_table import EDGES, WIDTHS, LifeTable, row_of


def table_of(*finished_between: tuple[float, float]) -> LifeTable:
    """The table after tasks were found working at the first age, and finished at the second."""
    table = LifeTable()
    for from_s, to_s in finished_between:
        table.note_working(0.0, from_s)
        table.note_finished(from_s, to_s)
    return table


def part_finished(table: LifeTable, from_s: float, to_s: float) -> float:
    """The chance that a task of the one age has finished by the other."""
    hazards = table.hazards()
    rows = range(row_of(from_s), row_of(to_s))
    return -math.expm1(-sum(hazards[row] * WIDTHS[row] for row in rows))


def test_every_age_up_to_some_hours_has_a_row() -> None:
    assert [row_of(age_s) for age_s in (0.0, 0.05, 0.1, 0.105, 0.115)] == [0, 0, 1, 1, 2]
    assert row_of(EDGES[-2]) == len(WIDTHS) - 1
    assert row_of(EDGES[-1]) == row_of(1e9) == len(WIDTHS)
    assert 2 * 3600 < EDGES[-1] < 4 * 3600


@pytest.mark.parametrize("age_s", [1.0, 60.0, 3600.0])
def test_where_nothing_has_been_observed_a_task_may_take_as_long_again(age_s: float) -> None:
    assert part_finished(LifeTable(), age_s, 2 * age_s) == pytest.approx(0.75, abs=0.03)


def test_tasks_are_taken_to_finish_where_tasks_have_finished() -> None:
    table = table_of(*[(55.0, 65.0)] * 40)
    assert part_finished(table, 0.0, 50.0) < 0.1
    assert part_finished(table, 50.0, 72.0) > 0.9


def test_the_chance_of_each_age_comes_out_as_it_was_put_in() -> None:
    rng, table = random.Random(1), LifeTable()
    for _ in range(400):
        took_s = rng.expovariate(1 / 60)
        polled_s = took_s - took_s % 5
        table.note_working(0.0, polled_s)
        table.note_finished(polled_s, polled_s + 5)
    for age_s in (10.0, 30.0, 60.0):
        assert part_finished(table, age_s, age_s + 30) == pytest.approx(0.39, abs=0.12)


def test_tasks_still_working_count_too() -> None:
    table = table_of((55.0, 65.0))
    before = part_finished(table, 50.0, 72.0)
    for _ in range(19):
        table.note_working(0.0, 90.0)
    assert before > 0.8
    assert part_finished(table, 50.0, 72.0) < 0.1


def test_a_task_that_was_found_after_hours_of_sleep_is_not_taken_for_a_long_one() -> None:
    usual = [(55.0, 65.0)] * 20
    table = table_of(*usual, (30.0, 8 * 3600.0))
    assert part_finished(table, 0.0, 50.0) < 0.1
    assert part_finished(table, 50.0, 72.0) > 0.9


def test_a_model_that_slows_down_in_the_evening_is_followed() -> None:
    table = table_of(*[(28.0, 32.0)] * 100, *[(110.0, 130.0)] * 100)
    assert part_finished(table, 20.0, 50.0) < 0.3


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1e7), st.floats(0, 1e7)), max_size=40))
def test_whatever_is_observed_every_hazard_is_finite_and_positive(
    polls: list[tuple[bool, float, float]],
) -> None:
    table = LifeTable()
    for is_done, from_s, to_s in polls:
        note = table.note_finished if is_done else table.note_working
        note(from_s, to_s)
    assert all(0.0 < hazard < math.inf for hazard in table.hazards())
    assert all(0.0 <= hazard < math.inf for hazard in table.observed_hazards())
