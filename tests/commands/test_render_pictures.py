"""`render` where a take's picture cannot be sent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from storyboard.project import run
from tests.commands.films import Program
from tests.language.pictures.made import png

FILM = """\
version: 1
model: alibaba/wan2.7-i2v
shots:
  - {id: pier, prompt: She turns, duration: 2, first_frame: pier.png}
"""


def test_a_take_whose_picture_changed_meanwhile_is_said_to_be_not_sent_and_why(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(FILM, "utf-8")
    Path("pier.png").write_bytes(png(1280, 720))
    monkeypatch.setattr(run, "file_reader", lambda *_: lambda name: png(1280, 720, grey=9))
    result = program("render", "film.yaml", "--sandbox")
    assert result.code == 1
    why = "pier.png changed while this ran; run again"
    assert f"pier: held: {why}" in result.err
    assert f"take pier was not sent: {why}" in result.err


def test_where_no_process_can_be_started_nothing_is_sent_and_the_remedy_is_named(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(FILM, "utf-8")
    Path("pier.png").write_bytes(png(1280, 720, grey=33))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    result = program("render", "film.yaml", "--sandbox")
    assert (result.code, result.err.splitlines()) == (
        2,
        [
            "error: the system cannot start another process: No such file or directory.",
            "    next: end other programs, or raise their limit (ulimit -u), then run again",
        ],
    )
