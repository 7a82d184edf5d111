"""`film.storyboard.yaml` is called `film`, and what was rendered for it before stays its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storyboard.names import film_name, is_same_film
from tests.commands.films import FILM, QUICK, Program
from tests.project.rendered import rendered

__all__ = ["rendered"]

FILE = "film.storyboard.yaml"


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("film", "film"),
        ("film.storyboard", "film"),
        ("Film.Storyboard", "Film"),
        ("a.b.storyboard", "a.b"),
        ("film.storyboard.storyboard", "film.storyboard"),
        ("storyboard", "storyboard"),
        (".storyboard", ".storyboard"),
        ("filmstoryboard", "filmstoryboard"),
    ],
)
def test_the_ending_of_storyboards_is_no_part_of_their_names(stem: str, name: str) -> None:
    assert film_name(stem) == name


def test_the_whole_stem_is_another_name_of_the_same_film() -> None:
    assert is_same_film("film", "Film.storyboard")
    assert not is_same_film("film", "films.storyboard")


def folders() -> set[str]:
    return {path.name for path in Path("renders").iterdir()}


def as_before(rendered: Path) -> None:
    """Makes of a rendered film one that was rendered under the whole stem of its file."""
    rendered.rename(FILE)
    folder = Path("renders/film.sandbox").rename("renders/film.storyboard.sandbox")
    with closing(sqlite3.connect(folder / "state.sqlite3")) as db, db:
        db.execute("UPDATE folder SET storyboard = 'film.storyboard'")
    manifest = folder / "manifest.json"
    text = manifest.read_text("utf-8")
    assert '"storyboard": "film"' in text
    manifest.write_text(text.replace('"storyboard": "film"', '"storyboard": "film.storyboard"'))


def test_a_film_that_gets_the_ending_keeps_its_folder(program: Program, rendered: Path) -> None:
    rendered.rename(FILE)
    assert program("plan", "--sandbox").out.startswith(f"{FILE}: 3 keep")
    assert program("render", "--sandbox").code == 0
    assert folders() == {"film.sandbox"}


@pytest.mark.parametrize("lost", [None, "state.sqlite3", "manifest.json"])
def test_a_folder_of_the_whole_stem_stays_the_films(
    program: Program, rendered: Path, lost: str | None
) -> None:
    as_before(rendered)
    if lost:
        Path("renders/film.storyboard.sandbox", lost).unlink()
    assert program("plan", "--sandbox").out.startswith(f"{FILE}: 3 keep")
    assert program("status", "--sandbox").out.startswith(f"{FILE}: 3 rendered")
    assert program("render", "--sandbox").code == 0
    assert folders() == {"film.storyboard.sandbox"}


def test_a_folder_that_is_named_stays_the_films_too(program: Program, rendered: Path) -> None:
    as_before(rendered)
    Path("renders/film.storyboard.sandbox").rename("out")
    assert program("plan", "--sandbox", "--output", "out").out.startswith(f"{FILE}: 3 keep")


def test_two_files_of_one_name_do_not_share_a_folder(program: Program, film: Path) -> None:
    Path(FILE).write_text(FILM, "utf-8")
    for one, other in ((film, FILE), (FILE, film)):
        output = program("plan", one, "--sandbox")
        assert output.code == 2
        assert f"{one} and {other} would render into the same folder" in output.err
    Path("film.storyboard.yml").write_text(FILM, "utf-8")
    film.unlink()
    assert "would render into the same folder" in program("plan", FILE).err


def test_two_files_that_had_folders_of_their_own_keep_them(
    program: Program, rendered: Path
) -> None:
    as_before(rendered)
    Path("film.yaml").write_text(FILM.replace("lighthouse", "ferry"), "utf-8")
    assert program("plan", "film.yaml", "--sandbox").out.startswith("film.yaml: 3 submit")
    assert program("render", "film.yaml", *QUICK, "--fresh", "--only", "one").code == 0
    assert program("plan", FILE, "--sandbox").out.startswith(f"{FILE}: 3 keep")
    assert folders() == {"film.sandbox", "film.storyboard.sandbox"}
