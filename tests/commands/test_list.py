"""`list`: the takes with what selects them."""

from __future__ import annotations

from pathlib import Path

from tests.commands.films import BROKEN, QUICK, Program

SCENES = """\
version: 1
model: alibaba/wan2.7-t2v
defaults: {prompt_extend: false}
scenes:
  - id: pier
    shots:
      - {id: wide, prompt: A pier at night, tags: [sea, "night ::shot"]}
      - {id: hero, prompt: A hero, seed: 7, takes: 2}
  - id: city
    shots:
      - {id: old, prompt: A street, skip: true}
      - {id: new, prompt: A square, tags: [sea]}
"""


def test_takes_are_listed_with_scene_and_tags(program: Program, film: Path) -> None:
    film.write_text(SCENES, "utf-8")
    output = program("list", film)
    assert (output.code, output.err) == (0, "")
    assert output.out == (
        "wide     pier  sea, night ::shot\nhero.t1  pier  -\nhero.t2  pier  -\nnew      city  sea\n"
    )


def test_what_the_options_select_is_listed(program: Program, film: Path) -> None:
    film.write_text(SCENES, "utf-8")
    output = program("list", film, "--scene", "pier", "--except", "hero.t1", "--json")
    assert output.json == {
        "schema_version": 1,
        "file": "film.yaml",
        "variant": None,
        "takes": [
            {"id": "wide", "shot": "wide", "scene": "pier", "tags": ["sea", "night ::shot"]},
            {"id": "hero.t2", "shot": "hero", "scene": "pier", "tags": []},
        ],
    }
    assert program("list", film, "--limit", "1").out == "wide  pier  sea, night ::shot\n"


def test_changed_takes_are_those_whose_request_is_another(program: Program, film: Path) -> None:
    assert program("render", film, *QUICK, "--only", "one").code == 0
    assert program("list", film, "--sandbox", "--changed").out == ""
    film.write_text(film.read_text("utf-8").replace("in a storm", "at noon"), "utf-8")
    assert program("list", film, "--sandbox", "--changed").out == "one  -  sea\n"


def test_a_storyboard_with_problems_is_not_listed(program: Program, film: Path) -> None:
    film.write_text(BROKEN, "utf-8")
    output = program("list", film)
    assert (output.code, output.out) == (2, "")
    assert "unknown key" in output.err
