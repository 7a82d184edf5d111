"""A model card beside a storyboard may be anybody's: it reaches nothing, and costs little."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from storyboard.language.load import load_storyboard
from storyboard.language.project_cards import MAX_LISTED, load_catalog_beside
from storyboard.models.card_folders import Owner
from storyboard.records import Storyboard
from storyboard.reporting.problems import format_problems
from tests.models.cards import card_document, write_card

NAME = "kling/v9"
KEY = "mdlx-marked-key-0123456789"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A storyboard of one shot, in a project of its own, with a folder outside."""
    (tmp_path / "outside").mkdir()
    path = tmp_path / "project" / "film.yaml"
    path.parent.mkdir()
    path.write_text(f"version: 1\nmodel: {NAME}\nshots: [{{id: a, prompt: A boat}}]\n", "utf-8")
    return path


def load(film: Path) -> Storyboard:
    return load_storyboard(film, load_catalog_beside(film))


def write(film: Path, document: Any, name: str = NAME) -> Path:
    return write_card(film.parent / "models", name, document)


def refusal(film: Path) -> str:
    """What is said of the one card, its place aside."""
    started = time.perf_counter()
    board = load(film)
    assert time.perf_counter() - started < 5
    [problem] = board.problems
    assert problem.code == "broken-card"
    assert problem.position.path == str(film.parent / "models" / f"{NAME}.yaml")
    assert board.takes == ()
    return problem.message.removeprefix(f"the card of {NAME} cannot be used: ")


def request(**changes: Any) -> dict[str, Any]:
    document = card_document(NAME, words=None)
    document["request"].update(changes)
    return document


def branches(number: int) -> dict[str, Any]:
    return {"anyOf": [{"minProperties": least} for least in range(number)]}


def test_a_sound_card_is_used(film: Path) -> None:
    write(film, card_document(NAME))
    board = load(film)
    assert board.is_sound
    assert [take.model for take in board.takes] == [NAME]


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own")
def test_a_link_that_leads_out_of_the_project_is_not_read(film: Path) -> None:
    outside = write_card(film.parents[1] / "outside", NAME, card_document(NAME, title="SECRET"))
    path = film.parent / "models" / f"{NAME}.yaml"
    path.parent.mkdir(parents=True)
    path.symlink_to(outside)
    assert refusal(film).startswith("is outside the project")


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own")
def test_a_folder_of_cards_that_leads_out_of_the_project_is_not_read(film: Path) -> None:
    write_card(film.parents[1] / "outside", NAME, card_document(NAME))
    (film.parent / "models").symlink_to(film.parents[1] / "outside")
    assert refusal(film).startswith("is outside the project")
    assert NAME not in load_catalog_beside(film).names()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(film: Path) -> None:
    path = film.parent / "models" / f"{NAME}.yaml"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert "is a pipe, not a file" in refusal(film)


def test_a_folder_in_the_place_of_a_card_is_told(film: Path) -> None:
    (film.parent / "models" / f"{NAME}.yaml").mkdir(parents=True)
    assert "is a folder, not a file" in refusal(film)


def test_a_huge_card_is_not_read(film: Path) -> None:
    write(film, "# " + "x" * 300_000)
    assert "is larger than 200,000 bytes" in refusal(film)


def test_a_card_with_the_key_in_it_is_not_read(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", KEY)
    write(film, card_document(NAME, title=f"x {KEY}"))
    assert refusal(film) == "holds the API key, so it is not read"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "kling/../x",
        "..",
        "kling/..",
        "/etc/passwd",
        "kling\\v9",
        "kling/v9/x",
        "k/\x1b[31m",
    ],
)
def test_a_name_that_is_a_path_reaches_no_file(film: Path, name: str) -> None:
    catalog = load_catalog_beside(film)
    assert catalog.get(name) is None
    assert catalog.owner_of(name) is None


@pytest.mark.parametrize("claimed", ["alibaba/wan2.7-t2v", "Kling/V9", "kling/v9/../v9"])
def test_a_card_that_claims_another_name_is_told(film: Path, claimed: str) -> None:
    write(film, card_document(claimed))
    assert refusal(film).startswith("name: ")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            card_document(NAME, servers=[{"url": "https://evil.example"}]),
            "servers is not a key of a",
        ),
        (card_document(NAME, service="evil"), "service: 'evil' is unknown; known: modellix"),
        (card_document(NAME, service="../../x"), "service: '../../x' is not allowed"),
        (
            card_document(NAME, headers={"Authorization": "x"}),
            "headers is not a key of a model card",
        ),
        (card_document(NAME, path="/x"), "path is not a key of a model card"),
        (request(properties={"a": {"$ref": "https://evil.example/x"}}), "request refers to"),
        (request(properties={"a": {"$ref": "file:///etc/passwd"}}), "request refers to"),
        (request(properties={"a": {"type": "string", "pattern": "(a+)+$" * 500}}), "request."),
        (request(properties={"a": {"type": "string", "pattern": "(?=a)"}}), "request."),
        (request(properties={"a": {"type": "string", "enum": ["x"] * 5000}}), "request."),
        (request(properties={"a": {"type": "string", "minLength": 10**30}}), "request."),
        (request(properties={"a": {"type": "string", "minLength": 10**4000}}), "is not"),
        (request(properties={"id": {"type": "string"}}), "request.properties.id: is the name of"),
        ("a: " + "1:" * 90_000 + "1", ""),
        ("a: " + "[" * 40_000, "is nested more than 50 levels deep"),
        ("a: &x [1]\nb: *x", "uses the alias"),
        ("{" * 20 + "a: 1", "is not YAML"),
        (request(allOf=[{"if": {"minLength": n}} for n in range(2000)]), "request"),
        (
            request(
                anyOf=[{"anyOf": [{"minProperties": n} for _ in range(40)]} for n in range(40)]
            ),
            "request",
        ),
    ],
)
def test_what_a_card_may_not_hold_is_told(film: Path, document: Any, words: str) -> None:
    write(film, document)
    assert refusal(film).startswith(words)


def test_a_broken_card_that_is_not_used_does_not_matter(film: Path) -> None:
    write(film, card_document(NAME))
    write(film, "[", "kling/other")
    write(film, card_document("x/y"), "alibaba/wan")
    assert load(film).is_sound
    assert len(load_catalog_beside(film).broken()) == 2


def test_among_very_many_files_the_card_that_is_used_is_found(film: Path) -> None:
    write(film, card_document(NAME))
    folder = film.parent / "models" / "a"
    folder.mkdir()
    for number in range(3 * MAX_LISTED):
        (folder / f"m{number}.yaml").touch()
    catalog = load_catalog_beside(film)
    assert len(catalog.names()) <= MAX_LISTED + 100
    assert catalog.owner_of(NAME) is Owner.PROJECT
    assert load(film).is_sound


def test_cards_that_are_too_large_together_are_not_all_read(film: Path) -> None:
    for number in range(30):
        write(film, "x: 1 # " + "x" * 190_000, f"a/m{number}")
    catalog = load_catalog_beside(film)
    started = time.perf_counter()
    assert "too many" in str(catalog.broken()[-1])
    assert time.perf_counter() - started < 5


def test_what_a_terminal_obeys_is_printed_as_text(film: Path) -> None:
    write(film, card_document(NAME, kind="\x1b]0;owned\x07"))
    board = load(film)
    for style in ("text", "concise", "json", "github", "sarif"):
        assert "\x1b" not in format_problems(board.problems, board.sources, style=style)
