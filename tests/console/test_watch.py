"""Watching: what is shown again, when, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from storyboard.console import watch as module
from storyboard.console.entries import Entry
from storyboard.console.watch import View, watch
from tests.console.test_tables import on_terminal


def view(**words: str) -> View:
    entries = [Entry(word, take, "", "") for take, word in words.items()]
    return View(f"film.yaml: {len(entries)} takes", entries)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The pauses that were made; the third ends the watch as Ctrl-C does."""
    pauses: list[float] = []

    def pause(pause_s: float) -> None:
        pauses.append(pause_s)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "sleep", pause)
    yield pauses


def test_elsewhere_than_on_a_terminal_each_change_is_a_line(
    rounds: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    views = [view(a="rendering", b="rendering"), view(a="rendered", b="rendering")]
    reads = iter(views)
    watch(lambda: next(reads), lambda: len(rounds) // 2)  # the same twice, then another
    assert capsys.readouterr().out.splitlines() == [
        *views[0].lines,
        "a: rendered",
        "film.yaml: 2 takes",
    ]


def test_what_is_to_be_done_is_said_when_it_changes(
    rounds: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = view(a="rendering"), view(a="rendered")._replace(foot=["  next: look"])
    reads = iter([before, after])
    watch(lambda: next(reads), lambda: len(rounds) // 2)
    told = ["film.yaml: 1 takes", "  rendering  a", "a: rendered", "film.yaml: 1 takes"]
    assert capsys.readouterr().out.splitlines() == [*told, "  next: look"]
    on_terminal(monkeypatch, COLUMNS="80", LINES="9", NO_COLOR="1")
    assert after.screen_lines[-1] == "  next: look"
    assert len(before.screen_lines) == 2


def test_what_has_not_changed_is_not_read_again(
    rounds: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    reads: list[int] = []

    def read() -> View:
        reads.append(1)
        return view(a="rendering")

    watch(read, lambda: 1)
    assert len(rounds) == 3
    assert len(reads) == 1


def test_a_terminal_is_drawn_anew_within_what_it_holds(
    rounds: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.streams, "is_read", lambda stream: True)
    on_terminal(monkeypatch, COLUMNS="20", LINES="4", NO_COLOR="1")
    words = iter(("rendering", "rendered"))
    watch(lambda: view(a=next(words), b="x" * 30, c="failed", d="failed"), lambda: len(rounds) // 2)
    out = capsys.readouterr().out
    first, second = out.split("\x1b[J")[1:]
    assert out.startswith("\x1b[J")
    assert first.endswith("\x1b[3F")  # back to the first of its three lines
    assert all(len(line) < 20 for line in second.splitlines())
    assert second.splitlines()[1] == f"  rendered{' ' * 8}…"


def test_a_terminal_gets_the_colours_of_status(
    rounds: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.streams, "is_read", lambda stream: True)
    on_terminal(monkeypatch, COLUMNS="30", LINES="10")
    words = iter(("rendering", "rendered"))

    def read() -> View:
        text = "its video is too dark to see anything"
        return View("film.yaml: 1 take", [Entry(next(words), "a", text, text)])

    watch(read, lambda: len(rounds) // 2)
    first, second = capsys.readouterr().out.split("\x1b[J")[1:]
    assert "\x1b[36mrendering" in first
    assert "\x1b[32mrendered" in second
    assert first.endswith(f"\x1b[{first.count(chr(10))}F")  # as many lines up as were drawn
    assert first.count("\n") > 3  # a long text is wrapped within its column


@pytest.mark.skipif(os.name == "nt", reason="pipes are told of otherwise")
def test_a_watch_ends_when_nobody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module, "sleep", pauses.append)
    monkeypatch.setattr(module.streams, "is_read", lambda stream: len(pauses) < 2)
    watch(lambda: view(a="rendering"), lambda: 1)
    assert len(pauses) == 2
