"""Rows on a terminal in colour, and plain everywhere else; whatever stands in them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from storyboard.console import tables
from storyboard.console.tables import STYLES, drawn, print_rows
from storyboard.private import KEY_VARIABLE
from storyboard.records import ActionKind
from storyboard.reporting.quoting import columns
from storyboard.reporting.statuses import STATUS_WORDS

HEADS = ["film.yaml: 1 submit, 1 hold"]
ROWS = [("submit", "one", "new"), ("hold", "two.t1", "failed: it went too dark; edit it")]
PLAIN = """\
film.yaml: 1 submit, 1 hold
  submit  one     new
  hold    two.t1  failed: it went too dark; edit it
"""
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def bare(text: str) -> list[str]:
    return [line.rstrip() for line in _STYLE.sub("", text).splitlines()]


def on_terminal(monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", **environ}.items():
        monkeypatch.setenv(name, value)


def test_elsewhere_than_on_a_terminal_they_are_plain_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows(HEADS, ROWS, titles=("what", "take", "why"))
    assert capsys.readouterr().out == PLAIN


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_the_same(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_terminal(monkeypatch, **environ)
    print_rows(HEADS, ROWS)
    assert capsys.readouterr().out == PLAIN


def test_a_terminal_gets_the_same_words_in_colour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_terminal(monkeypatch)
    print_rows(HEADS, ROWS)
    out = capsys.readouterr().out
    assert "\x1b[32msubmit" in out
    assert bare(out) == PLAIN.splitlines()


def test_very_many_rows_are_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setattr(tables, "_MAX_DRAWN", 1)
    print_rows(HEADS, ROWS)
    assert capsys.readouterr().out == PLAIN


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_every_line_fits_and_a_text_is_wrapped_within_its_column(width: int) -> None:
    rows = [("submit", "city-osaka-night", "new " * 30), ("keep", "x" * 100, "漁港" * 30)]
    lines = bare(drawn(HEADS, rows, width=width))
    assert max(map(columns, lines)) <= width
    assert "".join(lines).count("x") == 100  # cut nowhere


def test_titles_are_over_the_columns() -> None:
    first, second = bare(
        drawn((), [("one", "-", "sea")], titles=("take", "scene", "tags"), indent=0, width=80)
    )
    assert first == "take  scene  tags"
    assert second == "one   -      sea"


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]x[/]",
        "[link=https://a.example]x[/link]",
        "[/]",
        "\\[x]",
        ":warning:",
        "[@click=x]",
    ],
)
def test_nothing_is_taken_for_markup(text: str) -> None:
    assert text in bare(drawn([text], [("hold", text, text)], width=120))[0]
    assert text in bare(drawn((), [("hold", text, text)], width=120))[0]


def test_nothing_acts_on_the_terminal_or_on_a_service_that_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = "mdlx-marked-key-0123456789"
    monkeypatch.setenv(KEY_VARIABLE, key)
    hostile = "\x1b[2J\x1b]0;t\x07\u202e \n::error::x ##[error] \x9b1m"
    text = drawn([hostile], [(hostile, f"{hostile} {key}", f"::add-mask::{key} " * 5)], width=30)
    assert "\x1b[2J" not in text
    assert not {*"\x07\u202e\x9b\r"} & {*text}
    assert not re.search(r"##\[", text)
    assert not any(line.lstrip().startswith("::") for line in bare(text))
    assert "marked" not in "".join(bare(text)).replace(" ", "")


def test_every_word_has_a_style() -> None:
    assert {*STYLES} == {kind.value for kind in ActionKind} | {*STATUS_WORDS.values()}


def test_rich_is_imported_for_a_terminal_alone() -> None:
    code = (
        "import sys\n"
        "from storyboard.commands import list, plan, status\n"
        "from storyboard.console.tables import print_rows\n"
        "print_rows(['a'], [('submit', 'one', 'new')])\n"
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
