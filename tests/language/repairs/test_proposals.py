"""Which repairs are proposed, and what finding them costs."""

from __future__ import annotations

import time

from storyboard.language.repairs.proposals import with_repairs
from storyboard.records import Position, Problem


def test_a_long_value_of_invisible_characters_is_read_in_linear_time() -> None:
    size = 200_000
    line = "a\u200b" * size
    problem = Problem(Position("film.yaml", 1, 1, len(line)), "wrong-type", "not a number")
    start = time.process_time()
    (found,) = with_repairs([problem], {"film.yaml": line}, "film.yaml")
    assert time.process_time() - start < 5
    assert len(found.repairs) == size
