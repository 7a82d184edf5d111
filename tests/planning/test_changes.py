"""What differs between two requests, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.planning.changes import describe_changes

OLD = {"prompt": "A red boat leaves the harbor at dawn", "duration": 5, "prompt_extend": False}


@pytest.mark.parametrize(
    ("change", "described"),
    [
        ({"duration": 8}, "duration changed: 5 to 8"),
        ({"seed": 42}, "seed added: 42"),
        ({"prompt_extend": True}, "prompt_extend changed: false to true"),
        ({"ratio": "9:16"}, 'ratio added: "9:16"'),
        (
            {"prompt": "A red boat leaves the harbor at dusk"},
            'prompt changed: "… harbor at dawn" to "… harbor at dusk"',
        ),
        (
            {"prompt": "A big red boat leaves the harbor at dawn"},
            'prompt changed: "A red boat …" to "A big red boat …"',
        ),
        (
            {"prompt": "A red boat leaves  the harbor at dawn"},
            "prompt changed: its spaces to other spaces",
        ),
        (
            {"prompt": "A blue boat leaves the harbor at noon"},
            'prompt changed: "A red boat leaves the harbor at dawn" to '
            '"A blue boat leaves the harbor at noon"',
        ),
    ],
)
def test_each_change_is_told_and_text_is_narrowed_to_the_words_that_changed(
    change: dict[str, Any], described: str
) -> None:
    assert describe_changes(OLD, OLD | change) == described


def test_several_changes_stand_in_the_order_of_the_new_request() -> None:
    assert describe_changes({"b": 1, "gone": "x"}, {"a": 2, "b": 3}) == (
        'a added: 2; b changed: 1 to 3; gone removed: "x"'
    )


def test_another_model_comes_first() -> None:
    described = describe_changes({}, {"seed": 1}, old_model="a/one", new_model="a/two")
    assert described == "model changed: a/one to a/two; seed added: 1"


def test_an_equal_change_of_several_takes_is_an_equal_text_where_it_is_exact() -> None:
    texts = {
        describe_changes({"prompt": old}, {"prompt": old.replace("storm", "calm")}, is_exact=True)
        for old in ("A pier in a storm", "storm over the sea", "The storm, and " + "x" * 200)
    }
    assert texts == {"prompt changed: storm to calm", "prompt changed: storm, to calm,"}


def test_true_and_one_are_not_the_same() -> None:
    assert describe_changes({"flag": 1}, {"flag": True}) == "flag changed: 1 to true"


def test_a_long_value_is_cut_and_its_first_difference_still_shows() -> None:
    old = " ".join(f"word{number}" for number in range(200))
    described = describe_changes({"prompt": old}, {"prompt": old.replace("word150", "other")})
    assert described == (
        'prompt changed: "… word148 word149 word150 word151 word152 …" to '
        '"… word148 word149 other word151 word152 …"'
    )
    assert describe_changes({}, {"prompt": "x" * 500}) == f'prompt added: "{"x" * 57}…"'


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=30)
PAYLOADS = st.dictionaries(st.sampled_from("abcde"), VALUES)


@given(PAYLOADS, PAYLOADS)
def test_nothing_is_said_exactly_where_nothing_differs(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    is_same = {key: (type(v), v) for key, v in old.items()} == {
        key: (type(v), v) for key, v in new.items()
    }
    assert (describe_changes(old, new) == "") is is_same
