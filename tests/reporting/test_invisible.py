"""What is said about a character that cannot be seen can be done, and helps."""

from __future__ import annotations

import pytest

from storyboard.reporting.invisible import hint_for_invisible

SPACE = "there is an invisible U+00A0 (no-break space) here; "


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("a\u00a0b", "type a plain space in its place"),
        ("a\u00a0", "delete it"),
        ("\u00a0a", "delete it"),
        ("\u00a0", "type a plain space in its place"),  # one of a template, whose text is unknown
    ],
)
def test_a_space_at_the_end_of_a_value_is_deleted(text: str, how: str) -> None:
    assert hint_for_invisible(text) == SPACE + how


def test_a_space_before_a_key_is_indentation() -> None:
    assert hint_for_invisible("\u00a0 id", is_key=True) == (
        f"{SPACE}type a plain space in its place"
    )
    assert hint_for_invisible("id\u00a0", is_key=True) == f"{SPACE}delete it"
