from __future__ import annotations

import pytest

from storyboard.outputs.gallery.cards import count_statuses, length_text, size_text
from storyboard.reporting.statuses import count_statuses as words_of_the_terminal
from tests.outputs.states import make_page, one_of_each


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (4.5, "4.5 s"),
        (5.0, "5 s"),
        (5.01, "5 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (151.0, "2 min 31 s"),
        (3600.0, "1 h 00 min"),
        (3725.0, "1 h 02 min"),
    ],
)
def test_lengths_read_as_people_say_them(seconds: float, text: str) -> None:
    assert length_text(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(812, "812 B"), (24_400, "24 KB"), (2_345_678, "2.3 MB"), (1_200_000_000, "1.2 GB")],
)
def test_sizes_read_as_people_say_them(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_statuses_are_counted_in_the_words_and_the_order_of_the_terminal() -> None:
    states = one_of_each()
    page = make_page(*states)
    said = [f"{count} {word.lower()}" for _, word, count in count_statuses(page.takes)]
    assert ", ".join(said) == words_of_the_terminal(state.status for state in states)
