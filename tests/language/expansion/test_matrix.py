from __future__ import annotations

import pytest

from storyboard.language.expansion.matrix import (
    Matrix,
    check_combinations,
    check_matrix,
    expand_matrix,
    read_matrix,
)
from tests.language.boards import mapping


def matrix_of(text: str) -> Matrix:
    matrix = read_matrix(mapping(f"matrix: {text}"), "shots[0]")
    assert matrix is not None
    return matrix


def test_the_first_axis_turns_slowest() -> None:
    combinations, _ = expand_matrix({"a": [1, 2], "b": ["x", "y"]})
    assert [(c["a"], c["b"]) for c in combinations] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_an_exclusion_drops_what_matches_on_all_the_keys_it_names() -> None:
    axes = {"a": [1, 2], "b": ["x", "y"], "c": [True, False]}
    combinations, unused = expand_matrix(axes, [{"a": 1}, {"a": 2, "b": "x", "c": True}])
    assert [tuple(c.values()) for c in combinations] == [
        (2, "x", False),
        (2, "y", True),
        (2, "y", False),
    ]
    assert unused == frozenset()


def test_exclusions_compare_values_as_requests_do() -> None:
    combinations, unused = expand_matrix({"a": [5, "5", True, 1]}, [{"a": 5.0}, {"a": True}])
    assert [c["a"] for c in combinations] == ["5", 1]
    assert unused == frozenset()


def test_each_inclusion_adds_one_combination_at_the_end_with_keys_of_its_own() -> None:
    combinations, _ = expand_matrix({"a": [1]}, [{"a": 1}], [{"a": 1, "b": 2}, {"c": 3}])
    assert combinations == [{"a": 1, "b": 2}, {"c": 3}]


def test_without_axes_there_is_only_what_is_included() -> None:
    assert expand_matrix({}, [], [{"a": 1}]) == ([{"a": 1}], frozenset())
    assert expand_matrix({}) == ([], frozenset())


def test_exclusions_that_drop_nothing_are_named_by_number() -> None:
    _, unused = expand_matrix({"a": [1, 2]}, [{"a": 1}, {"a": 3}, {"b": 1}, {}])
    assert unused == {1, 2, 3}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{a: [1, 2], b: [1, 2, 3]}", 6),
        ("{a: [1, 2], exclude: [{a: 1}], include: [{a: 3}]}", 3),
        ("{include: [{a: 3}]}", 1),
        (f"{{a: {list(range(1000))}, b: {list(range(1000))}, c: {list(range(1000))}}}", 10**9),
    ],
)
def test_combinations_are_counted_without_being_made(text: str, count: int) -> None:
    assert matrix_of(text).max_combinations == count


def test_a_shot_without_a_matrix_has_none() -> None:
    assert read_matrix(mapping("id: a"), "shots[0]") is None
    assert read_matrix(mapping("matrix: [a]"), "shots[0]") is None


def test_values_know_the_way_to_them() -> None:
    matrix = matrix_of("{a b: [1, [2]], exclude: [{a: 1}]}")
    assert [setting.where for setting in matrix.axes["a b"]] == [
        'shots[0].matrix["a b"][0]',
        'shots[0].matrix["a b"][1]',
    ]
    assert matrix.exclude[0]["a"].where == "shots[0].matrix.exclude[0].a"


def test_an_exclusion_of_an_axis_that_is_none_is_a_problem_with_a_suggestion() -> None:
    problems = check_matrix(matrix_of("{city: [Osaka], exclude: [{ctiy: Osaka}]}"))
    assert [(problem.message, problem.hint) for problem in problems] == [
        ("shots[0].matrix.exclude[0].ctiy: the matrix has no axis 'ctiy'", "did you mean 'city'?")
    ]


def test_a_matrix_that_excludes_everything_is_a_problem() -> None:
    matrix = matrix_of("{a: [1], exclude: [{a: 1}]}")
    combinations, unused = expand_matrix({"a": [1]}, [{"a": 1}])
    problems = check_combinations(matrix, combinations, unused)
    assert [problem.message for problem in problems] == [
        "shots[0].matrix: every combination is excluded, so it makes no shot"
    ]


@pytest.mark.parametrize(
    ("exclude", "warnings"),
    [
        ("{a: 9}", ["shots[0].matrix.exclude[0]: no combination matches this"]),
        ("{a: '{{ x }}'}", []),  # another row may match it
        ("{b: 1}", []),  # a problem of its own
    ],
)
def test_an_exclusion_that_drops_nothing_is_warned_of(exclude: str, warnings: list[str]) -> None:
    matrix = matrix_of(f"{{a: [1], exclude: [{exclude}]}}")
    problems = check_combinations(matrix, [{"a": 1}], frozenset({0}))
    assert [problem.message for problem in problems] == warnings
