"""Large storyboards are kept for `status` and `plan`, and made anew as soon as anything changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from storyboard.console import read_storyboards as reading
from storyboard.models import catalog
from storyboard.models.catalog import Catalog
from storyboard.project import takes_cache as kept
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program

FILM = """\
version: 1
title: A long film
model: alibaba/wan2.7-t2v
include: [style.yaml]
vars: {unused: 1}
shots:
  - id: "lamp-{{ row.sku }}"
    rows: lamps.csv
    prompt: "{{ row.name }}, {{ look.film() }}{{ grain }}"
    tags: [lamp]
    notes: keep the light
    meta: {slate: "{{ row.sku }}"}
"""


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each storyboard that was made from its files, in turn."""
    made: list[Path] = []
    load = reading.load_storyboard

    def counting(path: Path, *args: object, **kwargs: object) -> object:
        made.append(path)
        return load(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "load_storyboard", counting)
    return made


@pytest.fixture
def long_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard with an include, rows and macros, that counts as a large one."""
    monkeypatch.setattr(kept, "MIN_TAKES", 2)
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(FILM, "utf-8")
    Path("style.yaml").write_text("vars: {grain: ', grainy'}\n", "utf-8")
    Path("lamps.csv").write_text("sku,name\na,A brass lamp\nb,A tin lamp\n", "utf-8")
    Path("templates").mkdir()
    Path("templates/look.j2").write_text("{% macro film() %}35mm{% endmacro %}", "utf-8")
    return Path("film.yaml")


def cache_folder() -> Path:
    return user_cache_path("storyboard-render", appauthor=False) / "takes"


def cache_files() -> Iterator[Path]:
    return cache_folder().glob("*.takes")


def test_what_was_kept_tells_the_same(program: Program, long_film: Path, reads: list[Path]) -> None:
    first = [program(verb, long_film, "--json") for verb in ("plan", "status")]
    plain = program("plan", long_film, "--price", "0.1")
    assert reads == [long_film]
    for path in cache_files():
        path.unlink()
    assert [program(verb, long_film, "--json") for verb in ("plan", "status")] == first
    assert program("plan", long_film, "--price", "0.1") == plain
    assert reads == [long_film, long_film]
    assert "film.yaml:5:8: warning: vars.unused: nothing uses this var" in plain.err
    assert first[0].json["storyboards"][0]["actions"][1]["take"] == "lamp-b"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("film.yaml").write_text(FILM.replace("long", "short"), "utf-8"),
        lambda: Path("style.yaml").write_text("vars: {grain: ''}\n", "utf-8"),
        lambda: Path("lamps.csv").write_text("sku,name\na,A brass lamp\nb,A tin bin\n", "utf-8"),
        lambda: Path("templates/look.j2").write_text("{% macro film() %}16mm{% endmacro %}"),
        lambda: Path("templates/light.j2").write_text("{% macro a() %}{% endmacro %}"),
    ],
    ids=["film", "include", "rows", "macros", "new macros"],
)
def test_a_change_of_any_file_is_seen(
    program: Program, long_film: Path, reads: list[Path], change: Callable[[], object]
) -> None:
    program("plan", long_film)
    change()
    program("plan", long_film)
    assert len(reads) == 2
    program("status", long_film)
    assert len(reads) == 2


def test_other_vars_make_other_takes(program: Program, long_film: Path, reads: list[Path]) -> None:
    plans = [program("plan", long_film, "--json", "--var", f"grain={n}").json for n in (1, 2, 1)]
    assert plans[0] == plans[2] != plans[1]
    assert len(reads) == 2


def test_another_model_card_is_seen(
    program: Program, long_film: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    program("plan", long_film)
    folder = Path("cards")
    (folder / "alibaba").mkdir(parents=True)
    source = catalog.schemas_folder() / "models/alibaba/wan2.7-t2v.yaml"
    text = source.read_text("utf-8").replace("maxLength: 500\n", "maxLength: 400\n")
    (folder / "alibaba/wan2.7-t2v.yaml").write_text(text, "utf-8")
    file = {"alibaba/wan2.7-t2v": folder / "alibaba/wan2.7-t2v.yaml"}
    monkeypatch.setattr("storyboard.commands.plan.load_catalog", lambda: Catalog(file))
    assert program("plan", long_film).code == 0
    assert len(reads) == 2


def test_what_is_sent_is_always_made_anew(
    program: Program, long_film: Path, reads: list[Path], server: SandboxServer
) -> None:
    program("plan", long_film)
    assert program("render", long_film, "--yes", "--no-download").code == 0
    assert len(reads) == 2


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"{\n", b"\xff", b"x\n" + b"[" * 99_999])
def test_a_damaged_file_is_as_good_as_none(
    program: Program, long_film: Path, reads: list[Path], damage: bytes
) -> None:
    expected = program("plan", long_film)
    for path in cache_files():
        path.write_bytes(damage)
    assert program("plan", long_film) == expected
    assert len(reads) == 2


@pytest.mark.parametrize("word", ["brass", "A long film", "film.yaml"])
def test_what_was_kept_and_then_changed_is_not_believed_and_is_kept_anew(
    program: Program, long_film: Path, reads: list[Path], word: str
) -> None:
    expected = program("plan", long_film)
    for path in cache_files():
        text = path.read_text("utf-8")
        assert word in text
        path.write_text(text.replace(word, "x" * len(word)), "utf-8")
    assert [program("plan", long_film) for _ in range(2)] == [expected, expected]
    assert len(reads) == 2


def test_a_cache_that_cannot_be_written_is_no_matter(
    program: Program, long_film: Path, reads: list[Path]
) -> None:
    folder = cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    assert program("plan", long_film).code == 0
    assert program("plan", long_film).code == 0
    assert len(reads) == 2


def test_a_file_that_is_a_link_is_read_each_time(
    program: Program, long_film: Path, reads: list[Path]
) -> None:
    Path("lamps.csv").rename("real.csv")
    Path("lamps.csv").symlink_to("real.csv")
    program("plan", long_film)
    Path("real.csv").write_text("sku,name\na,A brass lamp\nc,A tin lamp\n", "utf-8")
    assert "lamp-c" in program("plan", long_film).out
    assert len(reads) == 2


def test_an_include_under_two_names_is_watched_under_both(
    program: Program, long_film: Path, reads: list[Path]
) -> None:
    Path("other.yaml").symlink_to("style.yaml")
    long_film.write_text(FILM.replace("[style.yaml]", "[style.yaml, other.yaml]"), "utf-8")
    before = program("plan", long_film, "--json").json
    Path("other.yaml").unlink()
    Path("other.yaml").write_text("defaults: {duration: 9}\n", "utf-8")
    after = program("plan", long_film, "--json").json
    assert after["video_s"] > before["video_s"]


def test_a_folder_that_is_a_link_is_read_each_time(
    program: Program, long_film: Path, reads: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    for _ in range(2):
        assert program("plan", Path("link/film.yaml")).code == 0
    assert len(reads) == 2
    assert list(cache_files()) == []


def test_a_current_folder_that_is_gone_is_no_matter(
    program: Program, long_film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert program("plan", tmp_path / "film.yaml").code == 0


def test_files_of_others_are_left_alone(program: Program, long_film: Path) -> None:
    cache_folder().mkdir(parents=True)
    others = [cache_folder() / f"{number}.json" for number in range(12)]
    for path in others:
        path.write_text("{}")
    program("plan", long_film)
    assert all(path.exists() for path in others)


def test_small_and_faulty_storyboards_are_not_kept(
    program: Program, long_film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("lamps.csv").write_text("sku,name\na,\nb,\n", "utf-8")
    long_film.write_text(FILM.replace("look.film()", "nope"), "utf-8")
    assert program("plan", long_film).code == 2
    long_film.write_text(FILM, "utf-8")
    monkeypatch.setattr(kept, "MIN_TAKES", 3)
    assert program("plan", long_film).code == 0
    assert list(cache_files()) == []


def test_the_cache_is_the_users_own_and_stays_small(
    program: Program, long_film: Path, reads: list[Path]
) -> None:
    for number in range(12):
        program("plan", long_film, "--var", f"grain={number}")
    files = list(cache_files())
    assert len(files) == kept._MAX_FILES
    if os.name == "posix":
        assert files[0].parent.stat().st_mode & 0o077 == 0
