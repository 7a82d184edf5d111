"""For how long a colleague's clone can still download what was rendered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from storyboard.planning.links import Links, links_of
from storyboard.planning.plan import make_plan
from storyboard.records import SubmissionState
from tests.made import HOUR, NOW, make_done, make_submission, make_take


def links(*ends: datetime | None, **more: Any) -> Links:
    takes = [make_take(f"t-{number}") for number in range(len(ends))]
    rows = [
        make_done(take, id=number, url_expires_at=end, **more)
        for number, (take, end) in enumerate(zip(takes, ends, strict=True), 1)
    ]
    plan = make_plan(takes, rows, now=NOW, has_file=lambda video: True)
    return links_of(plan, now=NOW)


@pytest.mark.parametrize(
    ("ends", "sentence"),
    [
        (
            (NOW + 5 * HOUR,),
            "a clone can still download 1 video for 5 h 0 min; copying videos/ is enough, too",
        ),
        (
            (NOW + 5 * HOUR, NOW + 4 * HOUR, NOW),
            "a clone can still download 2 videos of 3, the first for 4 h 0 min; "
            "copying videos/ is enough, too",
        ),
        ((None, None), "a clone can still download 2 videos; copying videos/ is enough, too"),
        ((NOW,), "there is no working link to 1 video; a clone gets it by copying videos/"),
        (
            (NOW, NOW - HOUR),
            "there is no working link to 2 videos; a clone gets them by copying videos/",
        ),
    ],
)
def test_the_sentence_says_what_a_clone_can_have(
    ends: tuple[datetime | None, ...], sentence: str
) -> None:
    assert links(*ends).sentences(NOW) == [sentence]


def test_nothing_is_said_where_nothing_was_rendered() -> None:
    assert links().sentences(NOW) == []


def test_a_video_without_a_link_counts_and_is_not_alive() -> None:
    assert links(None, video_url=None) == Links(1, 0, None)


def test_takes_that_share_a_video_count_once_and_what_is_not_rendered_not_at_all() -> None:
    take, other = make_take("a"), make_take("b")
    rows = [make_done(take), make_submission(other, SubmissionState.ACCEPTED, id=2)]
    plan = make_plan([take, take, other], rows, now=NOW, has_file=lambda video: True)
    assert links_of(plan, now=NOW).videos == 1
