"""Bounds on JSON values: how deep they are, and whether a file can hold their text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storyboard.json_values import is_shallow, is_unicode


@pytest.mark.parametrize(
    ("value", "levels"), [(5, 0), ([], 1), ({"a": 1}, 1), ([[]], 2), ({"a": [1, {"b": None}]}, 3)]
)
def test_lists_and_mappings_count_as_levels_and_what_is_in_them_does_not(
    value: Any, levels: int
) -> None:
    assert is_shallow(value, levels)
    assert not is_shallow([value], levels)


def test_the_deepest_value_counts() -> None:
    assert not is_shallow([1, {"a": [2]}, "b"], 2)


@pytest.mark.parametrize("text", [r'"\ud83d"', r'{"\udc00": 1}', r'[{"a": "\ud83d-\ude00"}]'])
def test_half_a_surrogate_pair_is_no_text(text: str) -> None:
    assert not is_unicode(json.loads(text))


def test_a_whole_pair_is_a_character() -> None:
    assert is_unicode(json.loads(r'["\ud83d\ude00", 5]'))
