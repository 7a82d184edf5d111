"""Each code does what its section says: the wrong example makes it, the right one is sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from storyboard.language.load import Reading, load_storyboard
from storyboard.language.overrides import read_overrides
from storyboard.language.rows import read
from storyboard.language.templates import bounds, macro_files
from storyboard.language.text_files import read_text
from storyboard.language.yaml import aliases
from storyboard.reporting.codes import Code, codes
from tests.language.boards import CATALOG, HEAD, load
from tests.language.pictures.made import png
from tests.language.test_every_code import OF_CARDS
from tests.language.test_load import CASES, two_models

BLOCK = re.compile(r"^```\w+(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKS = ("Wrong:\n", "Right:\n")
EXPLAINED = [code for code in codes().values() if MARKS[0] in code.explanation]

Made = set[str]
"""The codes that were made."""


def examples(code: Code) -> tuple[str, str]:
    """The part with the wrong example, and the one with the right one."""
    wrong, right = code.explanation.split(MARKS[0])[1].split(MARKS[1])
    return wrong, right


def made_by(part: str, folder: Path) -> Made:
    """The codes of the storyboard that the blocks of a part are; BEL is written as its picture."""
    for name, text in BLOCK.findall(part):
        path = folder / (name or "film.yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text((text if name else HEAD + text).replace("\u2407", "\a"), "utf-8")
    return {problem.code for problem in load(folder / "film.yaml").problems}


@pytest.mark.parametrize("code", EXPLAINED, ids=lambda code: code.number)
def test_the_wrong_example_makes_the_code_and_nothing_else(
    code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "MAX_ALIASED", 10_000)  # a million of them take two seconds
    assert made_by(examples(code)[0], tmp_path) == {code.name}


@pytest.mark.parametrize("code", EXPLAINED, ids=lambda code: code.number)
def test_the_right_example_is_sound(code: Code, tmp_path: Path) -> None:
    assert made_by(examples(code)[1], tmp_path) == set()


# What no short text can show

ROW = "shots: [{id: a, rows: rows.csv, prompt: 'A boat {{ row.a }}'}]\n"


def with_rows(content: bytes, folder: Path, _: pytest.MonkeyPatch) -> Made:
    (folder / "rows.csv").write_bytes(content)
    (folder / "film.yaml").write_text(HEAD + ROW)
    return {problem.code for problem in load(folder / "film.yaml").problems}


def with_a_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("MODELLIX_API_KEY", "k" * 32)
    return with_rows(b"a\n" + b"k" * 32, folder, monkeypatch)


def with_a_large_file(folder: Path, _: pytest.MonkeyPatch) -> Made:
    (folder / "film.yaml").write_text(HEAD)
    problem = read_text(folder / "film.yaml", "film.yaml", max_bytes=5).problem
    return {problem.code} if problem else set()


def with_many_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    (folder / "rows.csv").write_text("a\n1\n2\n")
    monkeypatch.setattr(read, "MAX_ROWS", 1)
    rows = read.read_rows(folder / "rows.csv", "rows.csv")
    return {problem.code for problem in rows.problems}


def with_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr(macro_files, "MAX_FILES", 1)
    text = "{% macro wide() %}wide{% endmacro %}"
    blocks = [f"```jinja templates/{name}.j2\n{text}\n```\n" for name in "ab"]
    film = "```yaml\nshots: [{id: a, prompt: A boat}]\n```\n"
    return made_by("".join([film, *blocks]), folder)


def with_long_loops(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr(bounds, "MAX_LOAD_STEPS", 1000)
    prompt = "{% for x in range(300) %}{% endfor %}a {{ take }}"
    return made_by(f"```yaml\nshots: [{{id: a, takes: 9, prompt: '{prompt}'}}]\n```\n", folder)


def with_two_models(folder: Path, _: pytest.MonkeyPatch) -> Made:
    other = "{id: b, prompt: A pier, grain: '010', model: maker/other}"
    text = f"{HEAD}shots: [{{id: a, prompt: A boat, grain: '010'}}, {other}]\n"
    (folder / "film.yaml").write_text(text)
    board = load_storyboard(folder / "film.yaml", two_models(folder))
    return {problem.code for problem in board.problems}


def with_a_dropped_setting(folder: Path, _: pytest.MonkeyPatch) -> Made:
    shot = "{id: a, prompt: A boat, negative_prompt: blurry, model: maker/other}"
    text = f"{HEAD}if_missing: {{negative_prompt: drop}}\nshots: [{shot}]\n"
    (folder / "film.yaml").write_text(text)
    board = load_storyboard(folder / "film.yaml", two_models(folder))
    return {problem.code for problem in board.problems}


def with_an_option(_: Path, __: pytest.MonkeyPatch) -> Made:
    return {problem.code for problem in read_overrides(["hero a woman"], [])[1]}


def as_another_variant(folder: Path, _: pytest.MonkeyPatch) -> Made:
    (folder / "film.yaml").write_text(f"{HEAD}shots: [{{id: a, prompt: A boat}}]\n")
    board = load_storyboard(folder / "film.yaml", CATALOG, reading=Reading("draft"))
    return {problem.code for problem in board.problems}


def with_many_variants(folder: Path, _: pytest.MonkeyPatch) -> Made:
    names = ", ".join(f"v{number}: {{}}" for number in range(21))
    text = f"variants: {{{names}}}\nshots: [{{id: a, prompt: A boat}}]"
    return made_by(f"```yaml\n{text}\n```\n", folder)


def with_a_picture(content: bytes, folder: Path, _: pytest.MonkeyPatch) -> Made:
    (folder / "pier.png").write_bytes(content)
    shot = "{id: a, prompt: A pier, model: google/veo-3.1-lite-i2v, first_frame: pier.png}"
    (folder / "film.yaml").write_text(f"version: 1\nshots: [{shot}]\n")
    return {problem.code for problem in load(folder / "film.yaml").problems}


def without_pillow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr("storyboard.language.pictures.film.find_spec", lambda name: None)
    return with_a_picture(png(16, 9), folder, monkeypatch)


def picture_of_the_warnings(name: str) -> bytes:
    return (CASES / "every" / "warnings" / "pictures" / name).read_bytes()


OTHERS: dict[str, Callable[[Path, pytest.MonkeyPatch], Made]] = {
    "not-text": partial(with_rows, b"PK\x03\x04"),
    "wrong-encoding": partial(with_rows, "a\né\n".encode("latin-1")),
    "invisible-character": partial(with_rows, "a,b\u200b\n1,2\n".encode()),
    "file-too-large": with_a_large_file,
    "holds-key": with_a_key,
    "unknown-parameter": with_two_models,
    "setting-dropped": with_a_dropped_setting,
    "bad-var": with_an_option,
    "unknown-variant": as_another_variant,
    "too-many-variants": with_many_variants,
    "too-many-files": with_many_files,
    "templates-too-costly": with_long_loops,
    "too-many-rows": with_many_rows,
    "unsuitable-picture": partial(with_a_picture, b"GIF89a"),
    "missing-extra": without_pillow,
    "other-ratio": partial(with_a_picture, png(8, 8)),
    "animated-picture": partial(with_a_picture, picture_of_the_warnings("animated.webp")),
    "turned-picture": partial(with_a_picture, picture_of_the_warnings("turned.jpg")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_others_are_made_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OTHERS[name](tmp_path, monkeypatch) == {name}


def test_no_code_is_without_an_example() -> None:
    assert codes().keys() == {code.name for code in EXPLAINED} | OTHERS.keys() | OF_CARDS
