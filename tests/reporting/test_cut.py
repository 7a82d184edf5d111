"""Texts cut to the columns of a terminal."""

from __future__ import annotations

from storyboard.reporting.quoting import cut


def test_a_text_is_cut_to_the_columns_that_there_are() -> None:
    assert cut("rendered", 8) == "rendered"
    assert cut("rendered", 7) == "render…"
    assert cut("漁港漁港", 7) == "漁港漁…"
    assert cut("漁港漁港", 6) == "漁港…"  # the third would reach over the edge
    assert cut("rendered", 0) == "…"
