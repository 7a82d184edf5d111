"""`storyboard diff` of films with pictures: git's versions are read, and said in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.commands.films import Program
from tests.commands.test_diff import edit
from tests.hostile.repositories import git

FILM = """\
version: 1
model: alibaba/wan2.7-i2v
defaults: {duration: 2, resolution: 720P, prompt_extend: false}
shots:
  - {id: one, prompt: She turns, first_frame: frames/pier.png}
  - {id: two, prompt: She walks, first_frame: {take: one}}
  - {id: free, prompt: A gull, first_frame: frames/sky.png}
"""


def paint(name: str, red: int) -> None:
    Path("frames").mkdir(exist_ok=True)
    Image.new("RGB", (1280, 720), (red, 60, 90)).save(Path("frames", name))


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(FILM, "utf-8")
    paint("pier.png", 40)
    paint("sky.png", 80)
    git(Path(), "init", "--quiet")
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "film")
    return Path("film.yaml")


def test_a_changed_picture_changes_its_take_and_what_follows(film: Path, program: Program) -> None:
    assert program("diff", film, "--check").code == 0
    paint("pier.png", 41)
    result = program("diff", film, "--price", "0.1", "--check")
    assert result.code == 10
    assert result.out.splitlines() == [
        "film.yaml against HEAD: 2 changed",
        "  changed  first_frame: frames/pier.png to another picture in frames/pier.png, in one",
        "  changed  first_frame: the last frame of one to another video of one, in two",
        "2 new requests, 4 s of video, about 0.40 USD",
    ]
    document = program("diff", film, "--json").json
    assert [one["take"] for one in document["takes"]] == ["one", "two"]
    [field] = document["takes"][0]["fields"]
    assert field["field"] == "first_frame"
    assert field["old"]["sha256"] != field["new"]["sha256"]
    assert "sha256" not in program("diff", film, "--format", "markdown").out


def test_a_renamed_picture_costs_nothing(film: Path, program: Program) -> None:
    Path("frames/pier.png").rename("frames/harbor.png")
    edit("film.yaml", "frames/pier.png", "frames/harbor.png")
    assert program("diff", film, "--check").out.splitlines() == [
        "film.yaml against HEAD: no take differs",
        "no new requests, so nothing to pay for",
    ]


def test_a_picture_that_a_revision_does_not_have_is_named_with_it(
    film: Path, program: Program
) -> None:
    git(Path(), "rm", "--quiet", "--cached", "frames/pier.png")
    git(Path(), "commit", "--quiet", "--message", "forgotten")
    result = program("diff", film)
    assert result.code == 2
    assert "HEAD:film.yaml:5:" in result.err
    assert "'frames/pier.png'" in result.err
