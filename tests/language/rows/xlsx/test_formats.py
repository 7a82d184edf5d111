"""What a cell shows under its number format."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.language.rows.xlsx.formats import BUILT_IN, Value, format_cell

DAY = datetime(2026, 3, 4, 13, 5, 6)  # noqa: DTZ001 (cells know no time zone)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (5.0, "", "5"),
        (0.1 + 0.2, "", "0.3"),
        (-2.5, "", "-2.5"),
        (True, "", "TRUE"),
        ("a\r\nb", "", "a\nb"),
        (10.0, "0000", "0010"),
        (5.25, "0.0", "5.3"),
        (1.5, "0.0#", "1.5"),
        (0.25, "0%", "25%"),
        (25.0, '0"%"', "25%"),
        (25.0, r"0\%", "25%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (1500.0, "0.0,", "1.5"),
        (12.0, "[$€-407] 0.00", "€ 12.00"),
        (5.0, '0" sec"', "5 sec"),
        (5.0, r"0\s", "5s"),
        (-5.0, "0;(0)", "(5)"),
        (-5.0, "0", "-5"),
        (0.0, "0;-0;none", "none"),
        (0.5, "# ?/?", "0.5"),
        (5.0, "[<1]0.00;0", "5"),
        (5.0, "General", "5"),
    ],
)
def test_a_number_is_shown_in_its_format(value: Value, code: str, shown: str) -> None:
    assert format_cell(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (date(2026, 3, 4), "", "2026-03-04"),
        (DAY, "", "2026-03-04 13:05:06"),
        (date(2026, 3, 4), "dd.mm.yyyy", "04.03.2026"),
        (date(2026, 3, 4), "[$-409]d-mmm-yy;@", "4-Mar-26"),
        (date(2026, 3, 4), r"dddd\,\ d\ mmmm", "Wednesday, 4 March"),
        (DAY, BUILT_IN[22], "2026-03-04 13:05"),
        (DAY, "h:mm AM/PM", "1:05 PM"),
        (DAY, "h:mm a/p", "1:05 P"),
        (DAY, "mmmmm yy", "M 26"),
        (time(0, 5), "h:mm", "0:05"),
        (time(0, 5), "mm:ss", "05:00"),
        (time(0, 0, 5), "h:mm:ss", "0:00:05"),
        (time(0, 0, 5, 500_000), "mm:ss.0", "00:05.5"),
        (time(0, 0, 4, 999_999), "m:ss", "0:05"),
        (time(0, 5), "", "0:05:00"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
        (timedelta(minutes=2), "[ss]", "120"),
    ],
)
def test_a_date_or_a_time_is_shown_in_its_format(value: Value, code: str, shown: str) -> None:
    assert format_cell(value, code) == shown


@given(
    st.floats(allow_nan=False, allow_infinity=False) | st.datetimes() | st.times(),
    st.text(alphabet='0#?.,%;"\\_*[]$-ymdhs/:AP Ee@x', max_size=20),
)
def test_no_format_of_a_stranger_breaks_anything(value: Value, code: str) -> None:
    assert isinstance(format_cell(value, code), str)
