"""Output folders that would lead a render to files that are not its own."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storyboard.atomic_files import digest_of
from storyboard.sandbox.ledger import Request
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program

NEEDS_LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own")
OUT = Path("out")


def everything_in(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


COMMANDS = {
    "render": ["--yes"],
    "plan": [],
    "status": [],
    "resolve": ["one", "--abandon"],
    "reconcile": [],
}


@NEEDS_LINKS
@pytest.mark.parametrize("command", [*COMMANDS, "plan --from-manifest"])
@pytest.mark.parametrize("link", ["renders", "renders/film", "renders/film/videos"])
def test_a_folder_that_is_a_link_is_refused_by_name(
    program: Program, film: Path, server: SandboxServer, link: str, command: str
) -> None:
    target = Path("precious").absolute()
    target.mkdir()
    (target / "one.v001.mp4").write_bytes(b"precious")
    Path(link).parent.mkdir(parents=True, exist_ok=True)
    Path(link).symlink_to(target)
    name, *more = command.split()
    output = program(name, film, *more, *COMMANDS[name])
    assert output.code == 2
    assert f"{link} is a symbolic link" in output.err
    assert everything_in(target) == {str(target / "one.v001.mp4"): b"precious"}
    assert server.ledger.posts == 0


@NEEDS_LINKS
def test_a_folder_that_becomes_a_link_during_the_render_is_not_written_through(
    program: Program, film: Path, server: SandboxServer, tmp_path: Path
) -> None:
    target, folder = tmp_path / "precious", Path("renders/film")
    (target / "videos").mkdir(parents=True)
    (target / "manifest.json").write_bytes(b"precious")

    def swap(request: Request) -> None:
        if request.method == "GET" and not folder.is_symlink():
            folder.rename("renders/moved")
            folder.symlink_to(target)

    server.ledger._on_request = swap
    output = program("render", film, "--yes")
    assert f"{tmp_path / folder} was replaced by a link" in output.err
    assert everything_in(target) == {
        str(target / "videos"): None,
        str(target / "manifest.json"): b"precious",
    }


@NEEDS_LINKS
def test_a_manifest_that_is_a_link_is_not_read(
    program: Program, film: Path, server: SandboxServer, tmp_path: Path
) -> None:
    assert program("render", film, "--yes").code == 0
    manifest = Path("renders/film/manifest.json")
    manifest.rename(tmp_path / "elsewhere.json")
    manifest.symlink_to(tmp_path / "elsewhere.json")
    for command in ("plan", "status", "render"):
        output = program(command, film)
        assert output.code == 2
        assert "it is not a file" in output.err


def test_videos_that_is_a_file_is_refused_by_name(
    program: Program, film: Path, server: SandboxServer
) -> None:
    Path("renders/film").mkdir(parents=True)
    Path("renders/film/videos").write_text("mine", "utf-8")
    output = program("render", film, "--yes")
    assert output.code == 2
    assert "videos is a file" in output.err
    assert [path.name for path in Path("renders/film").iterdir()] == ["videos"]
    assert server.ledger.posts == 0


@pytest.mark.parametrize("name", ["thesis.txt", "videos/holiday.mp4", "manifest.json"])
@pytest.mark.parametrize("command", ["render", "resolve", "reconcile"])
def test_a_folder_of_other_files_is_refused_before_anything_is_written(
    program: Program, film: Path, server: SandboxServer, name: str, command: str
) -> None:
    (OUT / name).parent.mkdir(parents=True)
    (OUT / name).write_text('{"manifest_version": 3, "name": "an extension"}', "utf-8")
    before = everything_in(OUT)
    output = program(command, film, *COMMANDS[command], "--output", OUT)
    assert output.code == 2, output.err
    assert everything_in(OUT) == before
    assert server.ledger.posts == 0


def test_an_empty_folder_one_that_was_begun_and_a_clone_are_rendered_into(
    program: Program, film: Path, server: SandboxServer
) -> None:
    (OUT / "videos").mkdir(parents=True)
    (OUT / ".lock").touch()
    assert program("render", film, "--yes", "--output", OUT).code == 0
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    (OUT / "notes.txt").write_text("mine", "utf-8")
    assert program("render", film, "--yes", "--output", OUT).code == 0
    assert server.ledger.posts == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_in_the_place_of_an_output_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    assert digest_of(tmp_path / "manifest.json") is None


@NEEDS_LINKS
@pytest.mark.parametrize("style", ["concise", "json"])
def test_a_storyboard_that_is_a_device_or_a_fifo_is_a_problem(
    program: Program, film: Path, style: str
) -> None:
    film.unlink()
    film.symlink_to("/dev/zero")
    assert program("validate", film, "--format", style).code == 2
    film.unlink()
    os.mkfifo(film)
    assert program("validate", film, "--format", style).code == 2


def test_an_endpoint_that_is_no_url_does_not_end_a_render(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    with closing(sqlite3.connect("renders/film/state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET endpoint = 'http://['")
    Path("renders/film/manifest.json").unlink()
    assert program("render", film, "--yes").code in (0, 2)
    assert server.ledger.posts == 3
