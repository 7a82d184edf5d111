"""Exit codes as the design lists them, and which one wins."""

from __future__ import annotations

import itertools

import pytest

from storyboard import errors
from storyboard.errors import ExitCode, StoryboardError, worst_of

WORST_FIRST = (70, 130, 6, 12, 11, 3, 2, 5, 4, 1, 0)


def test_the_codes_are_those_of_the_design() -> None:
    # 10 is said by `plan --check` alone, never beside another.
    assert {code.value for code in ExitCode} == {*WORST_FIRST, 10}


def test_of_any_two_codes_the_worse_one_stands() -> None:
    for worse, better in itertools.combinations(WORST_FIRST, 2):
        assert worst_of(ExitCode(better), ExitCode(worse)) == worse


def test_without_a_code_all_is_well() -> None:
    assert worst_of() is ExitCode.OK


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (errors.StateError, 2),
        (errors.StorageFailed, 6),
        (errors.Refused, 3),
        (errors.PaymentUnknown, 4),
        (errors.TimeIsUp, 5),
        (errors.NoProcess, 2),
        (errors.Locked, 11),
        (errors.AccountError, 12),
        (errors.Unreachable, 12),
    ],
)
def test_each_error_ends_the_process_with_its_code(error: type[StoryboardError], code: int) -> None:
    assert error("no").exit_code == code


def test_the_tree_in_the_docstring_names_every_error() -> None:
    made = [name for name, value in vars(errors).items() if isinstance(value, type)]
    tree = errors.__doc__ or ""
    for name in set(made) - {"ExitCode", "Enum", "IntEnum"}:
        assert name in tree


def test_an_error_is_a_sentence_with_a_next_step() -> None:
    error = StoryboardError("the door is shut", next_step="open it")
    assert (str(error), error.next_step) == ("the door is shut", "open it")
    assert StoryboardError("the door is shut").next_step is None
