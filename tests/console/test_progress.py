"""What a run shows of itself: a line a change, or a bar with the takes in flight under it."""

from __future__ import annotations

import io
import sys

import pytest

from storyboard.console import progress_bar
from storyboard.console.progress import ProgressView, show_progress
from storyboard.console.progress_bar import ProgressBar, lines_under
from storyboard.console.run_counts import RunCounts
from storyboard.console.run_options import DisplayOptions
from storyboard.engine.job import Progress, RunStatus, Step
from storyboard.records import SubmissionState
from storyboard.reporting.amounts import rough_text
from tests.made import make_submission, make_take


def change(step: Step, detail: str = "", *, take: str = "one") -> Progress:
    sent = make_submission(make_take(take), SubmissionState.ACCEPTED, estimate_micros=450_000)
    return Progress("film.yaml", sent.take, sent, step, detail)


def counts_of(*steps: Step, total: int = 9, status: RunStatus | None = None) -> RunCounts:
    counts = RunCounts(total, download=True, has_prices=True)
    for step in steps:
        counts.note(change(step))
    counts.note_status(status or RunStatus(0, (), None))
    return counts


def test_elsewhere_than_on_a_terminal_each_change_is_a_line_with_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with show_progress(3, DisplayOptions(), download=True, has_prices=False) as view:
        view.on_turn(RunStatus(1, (("one", 0.0), ("two", 0.0)), None))
        view(change(Step.ACCEPTED))
        view.on_turn(RunStatus(0, (("two", 0.0),), None, downloading=1))
        view(change(Step.DOWNLOADED, "videos/one.v001.mp4"))
        view.on_turn(RunStatus(0, (), None, downloading=1))
        view(change(Step.FAILED, "too dark", take="two"))
    assert capsys.readouterr().err == (
        "one: accepted (0 of 3 done, 2 in flight, 1 waiting)\n"
        "one: downloaded, videos/one.v001.mp4 (1 of 3 done, 1 in flight, 1 downloading)\n"
        "two: failed: too dark (1 of 3 done, 1 failed, 0 in flight, 1 downloading)\n"
    )


def test_a_quiet_run_says_what_went_wrong_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    view = ProgressView(counts_of(), None, quiet=True)
    view(change(Step.ACCEPTED))
    view(change(Step.UNKNOWN, "no reply came"))
    assert capsys.readouterr().err == "one: unknown: no reply came\n"


def test_a_bar_has_what_ended_what_it_cost_and_what_is_left() -> None:
    steps = (Step.ACCEPTED, Step.ACCEPTED, Step.DOWNLOADED, Step.FAILED, Step.UNKNOWN)
    counts = counts_of(*steps, status=RunStatus(4, (("two", 31.0),), 600.0))
    assert counts.ended == 3
    assert counts.in_short == (
        "1 of 9 done, 1 failed, 1 undecided, 0.90 USD so far, about 10 min left"
    )


def test_a_take_that_is_held_has_ended_and_is_not_being_downloaded() -> None:
    counts = counts_of(Step.DOWNLOADED, Step.HELD, total=3, status=RunStatus(1, (), None))
    assert counts.sentence == "1 of 3 done, 1 held, 0.00 USD so far, 0 in flight, 1 waiting"


def test_a_take_that_a_stopped_run_does_not_submit_is_not_being_downloaded() -> None:
    counts = counts_of(Step.REJECTED, total=30, status=RunStatus(0, (("two", 1.0),), None))
    assert counts.sentence == "0 of 30 done, 1 failed, 0.00 USD so far, 1 in flight"


def test_no_time_is_left_where_only_downloads_are_waited_for() -> None:
    assert "left" not in counts_of(status=RunStatus(0, (), 0.0)).in_short


def test_what_is_overdue_may_end_any_moment() -> None:
    counts = counts_of(status=RunStatus(0, (("two", 300.0),), 0.3))
    assert counts.in_short.endswith("about 5 s left")


def test_without_a_price_no_cost_is_made_up() -> None:
    counts = RunCounts(2, download=True, has_prices=False)
    counts.note(change(Step.ACCEPTED))
    assert counts.in_short == "0 of 2 done"


def test_the_takes_in_flight_stand_under_the_bar_by_age() -> None:
    tasks = (("hero-walks.t1", 125.0), ("one", 31.0), ("two", 4.0))
    counts = counts_of(status=RunStatus(2, tasks, None), total=5)
    assert lines_under(counts, max_takes=8) == [
        "  3 in flight, 2 waiting",
        "    hero-walks.t1  2 min",
        "    one            30 s",
        "    two            4 s",
    ]
    assert lines_under(counts, max_takes=1)[1:] == ["    hero-walks.t1  2 min", "    and 2 more"]
    assert lines_under(counts, max_takes=-2) == ["  3 in flight, 2 waiting"]


def test_no_download_is_waited_for_where_none_is_asked_for() -> None:
    counts = RunCounts(1, download=False, has_prices=False)
    counts.note_status(RunStatus(0, (), None))
    counts.note(change(Step.RENDERED))
    assert counts.sentence == "1 of 1 done, 0 in flight"


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_drawn_fits_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress_bar, "_terminal_size", lambda: (width, 24))
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LINES", "24")
    counts = counts_of(Step.DOWNLOADED, status=RunStatus(2, (("x\x1b[2J" * 40, 9.0),), 60.0))
    bar = ProgressBar(counts)
    with bar:
        bar.draw()
        bar.say_above("two: failed: too dark")
        counts.note_status(RunStatus(2, (), 60.0))
        bar.draw()
    drawn = terminal.getvalue()
    assert "\x1b[2J" not in drawn
    assert "1 of 9 done" in drawn
    assert "two: failed: too dark\n" in drawn
    lines = drawn.replace("\x1b[A", "").replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= width


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar(counts_of(Step.DOWNLOADED)):
        terminal.close()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4, "4 s"),
        (31, "30 s"),
        (99, "100 s"),
        (120, "2 min"),
        (5400, "90 min"),
        (18600, "5 h 10 min"),
        (7180, "2 h 0 min"),
    ],
)
def test_times_are_as_exact_as_they_are_known(seconds: float, text: str) -> None:
    assert rough_text(seconds) == text
