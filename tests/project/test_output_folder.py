"""The output folder as the commands find it: whose it is, and that it stays so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, QUICK, Program

OUT = Path("shared")


@pytest.fixture
def other(film: Path) -> Path:
    path = film.with_name("other.yaml")
    path.write_text(FILM.replace("lighthouse", "windmill"), "utf-8")
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are Unicode")
def test_a_storyboard_whose_file_name_is_not_unicode_is_rendered(
    program: Program, film: Path, server: SandboxServer
) -> None:
    odd = film.rename(os.fsdecode(b"fil\xff.yaml"))
    output = program("render", odd, "--yes", "--json", "--quiet")
    assert output.code == 0, output.err
    assert output.json["storyboards"][0]["output"] == "renders/fil?"
    assert program("render", odd, "--yes", "--quiet").code == 0
    assert server.ledger.posts == 3


@pytest.mark.parametrize("command", [("plan",), ("status",), ("render", "--yes")])
def test_the_folder_of_one_storyboard_is_refused_to_another_by_every_command(
    program: Program, film: Path, other: Path, server: SandboxServer, command: tuple[str, ...]
) -> None:
    assert program("render", film, "--yes", "--output", OUT).code == 0
    before = (OUT / "manifest.json").read_bytes()
    output = program(*command, other, "--output", OUT)
    assert (output.code, output.out, output.err) == (
        2,
        "",
        f"error: {OUT} belongs to film rendered at {server.base_url}, not to other at "
        f"{server.base_url}.\n    next: choose another folder with --output\n",
    )
    assert (OUT / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("command", [("other.yaml",), ("film.yaml", "--sandbox")])
def test_a_clone_that_was_rendered_into_by_mistake_still_belongs_to_its_storyboard(
    program: Program, film: Path, other: Path, server: SandboxServer, command: tuple[str, ...]
) -> None:
    assert program("render", film, "--yes", "--output", OUT).code == 0
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    mistake = program("render", *command, "--yes", "--output", OUT)
    assert mistake.code == 2
    assert "choose another folder with --output" in mistake.err
    output = program("render", film, "--yes", "--output", OUT)
    assert output.code == 0, output.err
    assert server.ledger.posts == 3


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 3), (("--yes", "--max-takes", "0"), 3), (("--yes", "--no-download"), 12)],
)
def test_a_refused_render_leaves_the_folder_to_any_other_address(
    program: Program,
    film: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key" if code == 3 else "")
    place = ("--output", OUT, "--base-url")
    refused = program("render", film, *options, *place, "http://127.0.0.1:9")
    assert refused.code == code, refused.err
    assert {path.name for path in OUT.iterdir()} == {".gitignore", ".lock", "videos"}
    elsewhere = program("plan", film, *place, "http://127.0.0.1:10")
    assert (elsewhere.code, elsewhere.err) == (0, "")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (".storyboard-0123456789abcdef.tmp", 0),
        (".state-0123456789abcdef.tmp", 0),
        (".state-0123456789abcdef.tmp-journal", 0),
        (".storyboard-notes.tmp", 2),
        ("notes.tmp", 2),
    ],
)
def test_what_a_kill_left_half_written_in_a_new_folder_does_not_refuse_it(
    program: Program, film: Path, server: SandboxServer, name: str, code: int
) -> None:
    OUT.mkdir(parents=True)
    (OUT / name).touch()
    output = program("render", film, "--yes", "--output", OUT)
    assert output.code == code, output.err


def test_a_refused_render_keeps_a_state_file_that_was_there(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    assert program("render", film).code == 3
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 4


def test_a_refused_render_keeps_what_it_took_over_from_the_manifest(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    for path in Path("renders/film").glob("state.sqlite3*"):
        path.unlink()
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    assert program("render", film).code == 3
    assert Path("renders/film/state.sqlite3").is_file()


# What stands in git


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def test_git_is_offered_the_manifest_and_nothing_else_of_the_output_folder(
    program: Program, film: Path
) -> None:
    git("init", "--quiet")
    assert program("render", film, "--sandbox", "--quiet", "--only", "one").code == 0
    assert git("status", "--porcelain", "--untracked-files=all") == (
        "?? film.yaml\n?? renders/film.sandbox/.gitignore\n?? renders/film.sandbox/manifest.json\n"
    )
    out = Path("renders/film.sandbox")
    for name in ("state.sqlite3-wal", ".lock.json", ".state-1.tmp", ".storyboard-1.tmp", ".lock-1"):
        (out / name).touch()
    (out / "videos" / ".1.part").touch()
    assert git("status", "--porcelain", "--untracked-files=all").count("\n") == 3


def test_the_state_may_be_in_the_output_folder_under_another_path(
    program: Program, film: Path
) -> None:
    names = ("--output", "out", "--state", Path("out").absolute())
    output = program("render", film, *QUICK, *names)
    assert output.code == 0, output.err
    assert Path("out", "state.sqlite3").is_file()
    assert program("render", film, *QUICK, "--output", "out").code == 0


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_gitignore_is_written_once_and_one_that_is_there_stays(
    program: Program, film: Path, is_deleted: bool
) -> None:
    path = OUT / ".gitignore"
    if not is_deleted:
        OUT.mkdir()
        path.write_text("*.mp4\n", "utf-8")
    render = ("render", film, "--sandbox", "--output", OUT, "--quiet", "--timeout", "0.01s")
    assert program(*render).code == 5
    if is_deleted:
        path.unlink()
    assert program(*render).code == 5
    assert (not path.exists()) if is_deleted else path.read_text("utf-8") == "*.mp4\n"
