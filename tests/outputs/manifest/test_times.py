from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from storyboard.outputs.manifest.times import read_time, time_text

TIME = datetime(2026, 11, 22, 14, 3, 11, tzinfo=timezone.utc)


def test_a_time_is_utc_and_rounded_down() -> None:
    local = timezone(timedelta(hours=-5))
    late = TIME.replace(microsecond=999_999)
    assert time_text(late) == "2026-11-22T14:03:11Z"
    assert time_text(late.astimezone(local)) == "2026-11-22T14:03:11Z"
    assert time_text(late.replace(tzinfo=None)) == "2026-11-22T14:03:11Z"


def test_a_time_is_read_as_it_was_written() -> None:
    assert read_time("2026-11-22T14:03:11Z") == TIME
    early = datetime(1, 2, 3, tzinfo=timezone.utc)
    assert read_time(time_text(early)) == early


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-22", "2026-11-22T14:03:11", "2026-11-22T14:03:11+00:00", "2026-2-3T4:5:6Z",
     "2026-11-22T14:03:11.5Z", "2026-11-22 14:03:11Z", "2026-11-22T14:03:11Z\n"],
)  # fmt: skip
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time such as 2026-11-22T14:03:11Z"):
        read_time(text)


def test_a_day_that_is_not_in_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        read_time("2026-02-30T00:00:00Z")
