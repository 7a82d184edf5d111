"""A storyboard around a list from outside: it says what its columns are, and nothing more."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storyboard.errors import UsageError
from storyboard.language.load import load_storyboard
from storyboard.language.rows.values import RowValues
from storyboard.models.catalog import load_catalog
from storyboard.project.new_project.columns import cell_template, map_columns
from storyboard.project.new_project.from_list import read_list, write_storyboard
from storyboard.records import Position
from tests.models.cards import wan_card

CATALOG = load_catalog()
CARD = wan_card()
ODD = [
    "}} {{ x",
    "%} {% if",
    "'",
    '"',
    "\\",
    "\\u0041",
    "a\nversion: 2",
    "\n---\n",
    " # x",
    "##[x]",
]
ODD += [
    "",
    " ",
    "row",
    "items",
    "_x",
    "not",
    "\u202e",
    "é",
    "e\u0301",
    "😀",
    "x" * 300,
    "{{",
    "- a",
]


def mapped(**columns: list[Any]) -> dict[str, str]:
    """The keys that these columns fill, and with which template."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    values = [RowValues(row, Position("x.json", 1, 1)) for row in rows]
    return {column.key: column.template for column in map_columns(values, CARD).used}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=20)), unique=True, max_size=8))
@example(ODD)
def test_any_names_of_columns_make_a_sound_storyboard_whose_cells_can_be_named(
    tmp_path_factory: Any, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("film")
    names = [name for name in names if name.isprintable() or name in ODD]
    row = {"prompt": "A cat", **{name: f"cell {n}" for n, name in enumerate(names)}}
    (folder / "rows.json").write_text(json.dumps([row]), "utf-8")
    film = folder / "film.storyboard.yaml"
    shots = read_list(folder / "rows.json", film)
    film.write_text(write_storyboard(shots, CARD), "utf-8")
    board = load_storyboard(film, CATALOG)
    assert not [one for one in board.problems if not one.is_warning]
    assert len(board.takes) == 1
    every = " ".join(f"{{{{ {cell_template(name)} }}}}" for name in row)
    text = film.read_text("utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("    prompt: ")]
    film.write_text(text.replace(line, f"    prompt: {json.dumps(every)}"), "utf-8")
    (take,) = load_storyboard(film, CATALOG).takes
    assert take.payload["prompt"] == " ".join(str(cell).strip() for cell in row.values())


def test_the_likeliest_of_several_names_fills_a_key() -> None:
    texts = ["a", "b"]
    assert mapped(description=texts, action=texts)["prompt"] == "{{ row.description }}"
    assert mapped(text=texts, visualPrompt=texts)["prompt"] == "{{ row.visualPrompt }}"
    assert mapped(Text=texts, Prompt=texts)["prompt"] == "{{ row.Prompt }}"
    assert "prompt" not in mapped(place=texts, mood=texts)


@pytest.mark.parametrize(
    ("names", "prompt"),
    [
        (("Scene #", "Scene Description", "Voiceover"), "Scene Description"),
        (("Scene Description", "Shot Description"), "Shot Description"),
        (("Visual", "Text", "Voice Over"), "Visual"),
        (("Audio", "Visuals", "Scene Description"), "Visuals"),
        (("Description/Action", "Dialogue"), "Description/Action"),
        (("Action", "Shot Size", "Sound"), "Action"),
        (("Image Prompt", "Video Prompt (EN)", "Description"), "Video Prompt (EN)"),
        (("Negative Prompt", "AI Prompt"), "AI Prompt"),
        (("Prompt (negative)", "Prompt"), "Prompt"),
    ],
)
def test_the_heading_of_a_shot_list_that_says_what_is_seen_is_the_prompt(
    names: tuple[str, ...], prompt: str
) -> None:
    columns = {name: ["Rain falls", "Rain stops"] for name in names}
    assert mapped(**columns)["prompt"] == f"{{{{ {cell_template(prompt)} }}}}"


@pytest.mark.parametrize(
    "name", ["Voiceover", "Dialogue", "Narration", "On-Screen Text", "Camera", "Music Prompt"]
)
def test_a_column_of_something_else_fills_nothing(name: str) -> None:
    assert mapped(**{name: ["Rain", "Wind"]}) == {}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Shot Duration (sec)", "duration"),
        ("Clip length in seconds", "duration"),
        ("Scene Notes", "notes"),
        ("Shot Title", "title"),
        ("Length (min)", None),
        ("Duration (frames)", None),
        ("Shot Size", None),
    ],
)
def test_a_unit_and_the_word_shot_in_a_heading_are_understood(name: str, key: str | None) -> None:
    assert list(mapped(**{name: ["5", "6"]})) == ([key] if key else [])


def test_a_shots_own_title_and_duration_come_before_those_of_its_scene() -> None:
    names = ("Video Title", "Shot Title", "Scene Duration", "Shot Duration")
    used = mapped(**{name: ["5", "6"] for name in names})
    assert "Shot Title" in used["title"]
    assert "Shot Duration" in used["duration"]


def test_where_each_scene_is_one_shot_its_number_is_the_id() -> None:
    texts = ["a", "b"]
    assert mapped(**{"Scene #": [1, 2], "Action": texts})["id"] == "{{ row['Scene \\u0023'] }}"
    assert "id" not in mapped(Scene=[1, 1], Action=texts)
    assert "id" not in mapped(Scene=["A lighthouse keeper climbs a stair in a storm", "b"])


def test_an_id_is_a_column_of_names_that_all_differ() -> None:
    prompt = ["a", "b"]
    assert mapped(id=["x1", "x2"], prompt=prompt)["id"] == "{{ row.id }}"
    assert mapped(id=[1, 2], prompt=prompt)["id"] == "{{ row.id }}"
    assert mapped(id=["A b", "C d"], prompt=prompt)["id"] == "{{ row.id | slug }}"
    assert mapped(id=["x", "X"], sku=["k1", "k2"], prompt=prompt)["id"] == "{{ row.sku }}"
    for ids in (["x", "X"], ["x", ""], ["x", None], ["con", "b"], [0.5, "b"], [["x"], "b"]):
        assert "id" not in mapped(id=ids, prompt=prompt)


def test_cells_decide_how_a_value_is_written() -> None:
    assert mapped(quality=["720p", "1080p"]) == {"resolution": "{{ row.quality | upper }}"}
    assert mapped(aspect=["16x9", "9x16"]) == {"ratio": "{{ row.aspect | replace('x', ':') }}"}
    assert mapped(seconds=["5s", "0:07"]) == {"duration": "{{ row.seconds }}"}
    assert mapped(seconds=["long", None]) == {}
    assert mapped(prompt_extend=["yes", "x"]) == {"prompt_extend": "{{ row.prompt_extend }}"}
    assert mapped(tags=[["a"], None]) == {"tags": "{{ row.tags | join(', ') }}"}
    assert mapped(tags=[["a"], "b"]) == {}
    assert mapped(prompt=[{"a": 1}, "b"]) == {}


def test_a_file_name_is_quoted(tmp_path: Path) -> None:
    name = "a: 'b' # {c}.txt"
    (tmp_path / name).write_text("A cat\n", "utf-8")
    film = tmp_path / "film.storyboard.yaml"
    film.write_text(write_storyboard(read_list(tmp_path / name, film), CARD), "utf-8")
    board = load_storyboard(film, CATALOG)
    assert board.is_sound
    assert len(board.takes) == 1


@pytest.mark.parametrize(
    "key", ["a b", "\u2028", "x\"y'z", "\u202e", "\x7f\x85", "a: #", "\U000e0001"]
)
def test_the_key_of_the_list_is_quoted(tmp_path: Path, key: str) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({key: [{"prompt": "A cat"}]}), "utf-8")
    film = tmp_path / "film.storyboard.yaml"
    text = write_storyboard(read_list(tmp_path / "rows.json", film), CARD)
    assert all(line.isprintable() for line in text.splitlines())
    film.write_text(text, "utf-8")
    assert [take.payload["prompt"] for take in load_storyboard(film, CATALOG).takes] == ["A cat"]


@pytest.mark.parametrize("name", ["{{ c }}.txt", "{%.txt", "a\nb.txt", os.fsdecode(b"\xff.txt")])
def test_a_file_name_that_no_storyboard_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("A cat\n", "utf-8")
    with pytest.raises(UsageError, match="cannot be used in a storyboard"):
        read_list(tmp_path / name, tmp_path / "film.storyboard.yaml")


def test_only_some_of_many_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"prompt": "a", **{f"c{n}": n for n in range(500)}}]), "utf-8")
    text = write_storyboard(read_list(path, tmp_path / "film.storyboard.yaml"), CARD)
    assert "#   and 470 more\n" in text
    assert len(text.splitlines()) < 60
