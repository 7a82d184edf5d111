"""Cards beside a storyboard: every command goes by them, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storyboard.models.folder import data_folder
from tests.commands.films import QUICK, Program
from tests.models.cards import KLING, card_document, write_card
from tests.project.test_git import git

REAL = "alibaba/wan2.7-t2v"
OWN = "kling/v9"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard of the current folder with a card of its model beside it."""
    monkeypatch.chdir(tmp_path)
    return make_film(Path(), OWN)


def make_film(folder: Path, model: str) -> Path:
    folder.mkdir(exist_ok=True)
    film = folder / "film.yaml"
    text = f"version: 1\nmodel: {model}\nshots: [{{id: a, prompt: A boat, cfg_scale: 0.5}}]\n"
    film.write_text(text, "utf-8")
    write_card(folder / "models", model, card_document(model))
    return film


def test_a_film_with_a_card_of_its_own_renders_in_the_sandbox(program: Program, own: Path) -> None:
    assert program("validate", own).code == 0
    output = program("render", own, *QUICK)
    assert output.code == 0, output.err
    assert f'"model": "{OWN}"' in Path("renders/film.sandbox/manifest.json").read_text("utf-8")


def test_a_card_with_changes_that_are_in_no_commit_makes_its_film_dirty(
    program: Program, own: Path
) -> None:
    make_film(Path(), "kling/v8")  # nothing uses its card from now on
    film = make_film(Path(), OWN)
    git(Path(), "init", "--quiet")
    git(Path(), "add", "film.yaml", "models/kling/v9.yaml")
    git(Path(), "commit", "--quiet", "--message", "film")

    def is_dirty(folder: str) -> object:
        output = program("render", film, *QUICK, "--fresh", "--output", folder)
        assert output.code == 0, output.err
        manifest = json.loads(Path(folder, "manifest.json").read_text("utf-8"))
        return manifest["takes"][0]["is_dirty"]

    assert is_dirty("clean") is False
    changed = {**KLING, "cfg_scale": {**KLING["cfg_scale"], "default": 0.7}}
    words = {"ratio": "aspect_ratio", "duration": "duration"}
    write_card(Path("models"), OWN, card_document(OWN, changed, words=words))
    assert is_dirty("changed") is True


def test_several_films_have_each_its_own_cards(program: Program, own: Path) -> None:
    films = [own, make_film(Path("other"), "kling/v8")]
    output = program("plan", *films, "--json")
    assert output.code == 0, output.err
    assert output.json["video_s"] == 10
    cards = [one["own_cards"] for one in output.json["storyboards"]]
    assert [card["model"] for (card,) in cards] == [OWN, "kling/v8"]
    assert cards[0][0]["card"] == str(Path("models/kling/v9.yaml"))


def test_plan_and_validate_say_where_a_card_stands_before_the_programs(
    program: Program, own: Path
) -> None:
    make_film(Path(), REAL)
    line = f"{REAL}: as {Path('models') / REAL}.yaml says, not as the program's card does\n"
    assert f"  {line}" in program("plan", own).out
    assert line in program("validate", own).err
    [card] = program("plan", own, "--json").json["storyboards"][0]["own_cards"]
    assert (card["owner"], card["replaces"]) == ("project", "program")


def test_models_are_listed_and_shown_with_whose_card_it_is(program: Program, own: Path) -> None:
    write_card(data_folder() / "models", REAL, card_document(REAL))
    lines = program("models", "list").out.splitlines()
    of_whom = {line.split()[0]: line.split("  ")[-1] for line in lines}
    assert (of_whom[REAL].strip(), of_whom[OWN].strip()) == ("your own card", "the project's card")
    shown = program("models", "show", REAL).out
    assert f"{data_folder() / 'models' / REAL}.yaml (your own, before the program's)" in shown
    assert program("models", "show", OWN, "--json").json["owner"] == "project"


def test_a_broken_card_is_told_by_the_list_and_hinders_no_other(
    program: Program, own: Path
) -> None:
    write_card(Path("models"), "kling/v8", card_document("kling/v8", kind="film"))
    output = program("models", "list")
    assert output.code == 0
    assert f"model card {Path('models/kling/v8.yaml')}:4: kind: 'film' is not allowed" in output.err
    assert program("validate", own).code == 0


def test_a_broken_card_that_is_used_is_a_problem_with_its_place(
    program: Program, own: Path
) -> None:
    write_card(Path("models"), OWN, card_document(OWN, kind="film"))
    output = program("validate", own)
    assert output.code == 2
    place = f"{Path('models/kling/v9.yaml')}:4:1"
    assert f"{place}: the card of {OWN} cannot be used: kind: 'film'" in output.out


def test_the_schema_for_editors_covers_the_cards_of_the_current_folder(
    program: Program, own: Path
) -> None:
    assert OWN in program("schema").out
    assert program("schema", OWN).code == 0


def test_doctor_warns_of_a_model_that_has_gone(program: Program, own: Path) -> None:
    own.rename("film.storyboard.yaml")
    write_card(Path("models"), OWN, card_document(OWN, retires="2020-01-31"))
    checks = program("doctor", "--base-url", "ftp://nowhere", "--json").json["checks"]
    lines = {line["name"]: line for line in checks}
    assert lines["model"]["level"] == "warning"
    assert lines["model"]["found"].endswith(f"{OWN} has been retired since 2020-01-31")
