"""The last net: a key that is known stands in nothing that is printed or written."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from storyboard import private
from storyboard.atomic_files import write_atomically
from storyboard.console.printing import print_json, print_lines, say

KEY = "mdlx-marked-key-0123456789"


@pytest.fixture(params=["environment", "profile"])
def known(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "_read_keys", set())
    if request.param == "environment":
        monkeypatch.setenv("MODELLIX_API_KEY", f" {KEY}\n")
    else:
        private.remember_key(KEY)


@pytest.mark.usefixtures("known")
def test_a_key_is_masked_in_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"it holds {KEY}")
    print_lines([f"{KEY} {KEY}"])
    print_json({"a": KEY})
    out, err = capsys.readouterr()
    assert err == "it holds ***\n"
    assert KEY not in out
    assert out.count("***") == 3


@pytest.mark.usefixtures("known")
def test_a_key_is_masked_in_a_file_that_is_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "page.html", f"<p>{KEY}</p>")
    assert (tmp_path / "page.html").read_text("utf-8") == "<p>***</p>"


def test_a_key_is_masked_where_json_and_html_escape_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = 'mdlx"marked\\key&0123456789'
    monkeypatch.setenv("MODELLIX_API_KEY", key)
    print_json({"a": key})
    assert '"a": "***"' in capsys.readouterr().out
    assert private.mask(f"<p>{html.escape(key)}</p>") == "<p>***</p>"


def test_a_stand_in_for_a_key_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "test")
    assert private.mask("a test") == "a test"


def test_a_key_in_quotes_is_known_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", f'"{KEY}"')
    assert private.mask(f"it holds {KEY}") == "it holds ***"
