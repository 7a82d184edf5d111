"""Which storyboard a command works on: the one that is named, the only one, standard input."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.commands.films import FILM, QUICK, Program

NAME = "harbor.storyboard.yaml"


@pytest.fixture
def only(film: Path) -> Path:
    """The only file of the folder that has a storyboard's name."""
    return film.rename(NAME)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_the_only_storyboard_of_the_folder_need_not_be_named(program: Program, only: Path) -> None:
    Path("rows.yaml").write_text("- prompt: A cat\n", "utf-8")
    assert program("validate").err.startswith(f"{only}: 2 shots")
    assert program("plan").out.startswith(f"{only}: 3 submit")
    assert program("status").out.startswith(f"{only}: 3 not sent yet")
    assert [take["id"] for take in program("show", "--json").json["takes"]] == [
        "one",
        "two.t1",
        "two.t2",
    ]
    assert "renders/" in program("render", *QUICK, "--only", "one").out


def test_a_take_stands_where_the_only_storyboard_is_not_named(program: Program, only: Path) -> None:
    for words in (["one"], [only, "one"]):
        takes = program("show", *words, "--json").json["takes"]
        assert [take["id"] for take in takes] == ["one"]
    output = program("show", "onne")
    assert (output.code, output.err) == (
        2,
        "error: TAKE 'onne' matches no take.\n    next: did you mean 'one'?\n",
    )


def test_resolve_takes_one_take_with_the_file_or_without(program: Program, only: Path) -> None:
    for words in (["one"], [only, "one"]):
        assert "harbor.storyboard.yaml was never" in program("resolve", *words, "--abandon").err
    assert "Missing argument 'TAKE'" in program("resolve", only, "--abandon").err
    assert "Name only one TAKE" in program("resolve", "one", "two", "--abandon").err


@pytest.mark.parametrize("command", ["validate", "show", "plan", "render", "status", "reconcile"])
def test_of_several_storyboards_one_has_to_be_named(
    program: Program, only: Path, command: str
) -> None:
    Path("Pier.Storyboard.YML").write_text(FILM, "utf-8")
    output = program(command)
    assert (output.code, output.out) == (2, "")
    assert output.err == (
        "error: no storyboard is named, and this folder has 2: "
        "Pier.Storyboard.YML, harbor.storyboard.yaml.\n    next: name the one you mean\n"
    )
    assert program("validate", only).code == 0


def test_a_file_without_the_ending_is_worked_on_where_it_is_named_alone(
    program: Program, film: Path
) -> None:
    output = program("plan")
    assert output.code == 2
    assert "this folder has no *.storyboard.yaml" in output.err
    assert "next: name the file, or create a project with: storyboard init" in output.err
    assert program("plan", film).code == 0


def test_many_names_are_counted(program: Program, only: Path) -> None:
    for number in range(30):
        Path(f"a{number:02}.storyboard.yaml").touch()
    assert "a09.storyboard.yaml and 21 more." in program("status").err


def test_standard_input_is_read_by_what_sends_and_keeps_nothing(
    program: Program, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("products.csv").write_text("name\nA boat\nA kite\n", "utf-8")
    text = (
        FILM + "  - {id: 'p-{{ row.name | slug }}', rows: products.csv, prompt: '{{ row.name }}'}\n"
    )
    type_in(monkeypatch, text)
    assert program("validate", "-").err == "<stdin>: 4 shots, 5 takes, 10 s of video\n"
    type_in(monkeypatch, text)
    document = program("show", "-", "p-a-kite", "--json").json
    assert document["storyboard"] == "stdin"
    assert [take["payload"]["prompt"] for take in document["takes"]] == ["A kite"]
    type_in(monkeypatch, text)
    assert program("plan", "-").out.startswith("<stdin>: 5 submit\n")
    assert not Path("renders").exists()


def test_a_mistake_on_standard_input_has_its_place(
    program: Program, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, FILM + "  - {id: one, prompt: Twice}\n")
    assert "<stdin>:13:10: shots[2].id: " in program("validate", "-").out
    type_in(monkeypatch, b"title: \xff\n")
    assert "<stdin>:1:8: byte 8 of the file (0xFF) is not UTF-8" in program("validate", "-").out
    type_in(monkeypatch, "")
    assert "<stdin>:1:1: the file is empty" in program("validate", "-").out


@pytest.mark.parametrize(
    "words", [["render"], ["status"], ["reconcile"], ["resolve", "--abandon", "-", "one"]]
)
def test_what_is_kept_for_a_storyboard_needs_a_file(
    program: Program, film: Path, words: list[str]
) -> None:
    output = program(*words, *([] if "-" in words else ["-"]))
    assert output.code == 2
    assert "only validate, show and plan read a storyboard from standard input" in output.err


def test_a_document_names_the_refusal_too(program: Program, film: Path) -> None:
    assert json.loads(program("plan", "--json").out)["error"]["code"] == 2
