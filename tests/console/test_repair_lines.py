"""Repairs as a unified diff and as edits."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.console.repair_lines import diff_lines, edits


@given(st.integers(2, 40), st.data())
def test_the_diff_is_a_unified_one(count: int, data: st.DataObject) -> None:
    changed = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    old = [f"{number}: x" for number in range(count)]
    new = [f"{line}y" if number in changed else line for number, line in enumerate(old)]
    made = list(diff_lines("x", "\n".join([*old, ""]), "\n".join([*new, ""])))
    assert made == list(unified_diff(old, new, "x", "x", lineterm=""))


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [("promt: x", "prompt: x", (5, 5, "p")), ("a", "b", (1, 2, "b")), ("aa", "a", (2, 3, ""))],
)
def test_an_edit_is_the_least_that_differs(old: str, new: str, edit: tuple[int, int, str]) -> None:
    (made,) = edits(f"x\n{old}\n", f"x\n{new}\n")
    assert (made["line"], made["column"], made["end_column"], made["text"]) == (2, *edit)
