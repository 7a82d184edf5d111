"""A request that nests as deeply as any may, from the storyboard to a clone of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.films import Program

CARD = """\
name: acme/deep
title: Deep
service: modellix
kind: text
source: https://example.com/deep
read: "2026-11-22"
confidence: high
frame_rate: 24
sizes: {720P: {"16:9": [1280, 720]}}
words: {}
request:
  type: object
  additionalProperties: false
  properties:
    prompt: {type: string, description: What the video shows., examples: [A boat]}
    settings: {type: object, description: Anything., examples: [{a: 1}]}
"""


def write_film(levels: int) -> None:
    settings = "1"
    for _ in range(levels):
        settings = f"{{a: {settings}}}"
    shot = f"  - {{id: pier, prompt: A pier, settings: {settings}}}\n"
    Path("film.yaml").write_text(f"version: 1\nmodel: acme/deep\nshots:\n{shot}", "utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models/acme").mkdir(parents=True)
    (tmp_path / "models/acme/deep.yaml").write_text(CARD, "utf-8")
    return tmp_path


def test_the_deepest_request_is_rendered_and_found_again_in_a_clone(
    folder: Path, program: Program
) -> None:
    write_film(31)
    assert program("render", "film.yaml", "--sandbox").code == 0
    out = folder / "renders/film.sandbox"
    (out / "state.sqlite3").unlink()
    again = program("render", "film.yaml", "--sandbox")
    assert (again.code, again.err.splitlines()[-1]) == (0, "nothing to do: 1 kept")


def test_a_deeper_one_is_a_problem_before_anything_is_sent(folder: Path, program: Program) -> None:
    write_film(32)
    result = program("render", "film.yaml", "--sandbox")
    assert result.code == 2
    assert (
        "film.yaml:4:42: take pier: settings: is nested more than 32 levels deep [SB116]"
        in result.err
    )
    assert not (folder / "renders").exists()
