"""How much is done where there is nothing to do: counted, so that no clock is needed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storyboard.language.load import load_storyboard
from storyboard.models.catalog import load_catalog
from storyboard.outputs import write
from storyboard.outputs.manifest import file as manifest_file
from storyboard.outputs.write import write_outputs
from storyboard.planning.states import read_states
from storyboard.state.rows import StoredPayload
from storyboard.state.store import Store
from storyboard.videos import files as video_files
from storyboard.videos.files import snapshot_files
from tests.commands.films import Program
from tests.made import NOW, make_done, make_video

ORIGIN = "https://api.modellix.ai"
FOLDER = Path("renders/film")
COMMANDS = [("render", "--yes"), ("status",), ("status", "--json"), ("plan",), ("plan", "--json")]

_SHA256 = hashlib.sha256(b"x").hexdigest()

FILM = """\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - id: shot
    prompt: A lighthouse
    seed: 7
    takes: {takes}
"""


def finish(film: Path, takes: int) -> None:
    """The folder as a render leaves it that has done all takes."""
    film.write_text(FILM.format(takes=takes), "utf-8")
    board = load_storyboard(film, load_catalog())
    (FOLDER / "videos").mkdir(parents=True)
    with closing(Store(FOLDER, origin=ORIGIN, storyboard="film")) as store:
        with store.transaction():
            for number, take in enumerate(board.takes):
                video = replace(make_video(take.id), size_bytes=1, sha256=_SHA256)
                (FOLDER / video.path).write_bytes(b"x")
                store.adopt(make_done(take, id=0, task_id=f"task-{number}", video=video))
        states = read_states(board.takes, store.submissions(), has_file=snapshot_files(FOLDER))
        write_outputs(board, ORIGIN, states, FOLDER, store, now=NOW)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each costly thing is done."""
    done: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        real = getattr(module, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            done[name] += 1
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, counted)

    for module, name in (
        (video_files, "has_file"),
        (write, "build_manifest"),
        (manifest_file, "parse_manifest"),
        (StoredPayload, "_parsed"),
    ):
        count(module, name)
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        db = connect(*arguments, **options)
        db.set_trace_callback(lambda sql: done.update([sql.split()[0]]))
        return db

    monkeypatch.setattr(sqlite3, "connect", traced)
    return done


@pytest.mark.parametrize("command", COMMANDS)
def test_the_work_of_doing_nothing_is_one_look_at_each_video(
    program: Program, film: Path, work: Counter[str], command: tuple[str, ...]
) -> None:
    found = []
    for takes in (10, 40):
        finish(film, takes)
        work.clear()
        assert program(*command, film).code == 0
        assert work.pop("has_file") == takes
        found.append(dict(work))
        for path in sorted(FOLDER.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        FOLDER.rmdir()
    assert found[0] == found[1]
    assert {"build_manifest", "parse_manifest", "_parsed"}.isdisjoint(found[0])
    assert {"INSERT", "UPDATE", "DELETE"}.isdisjoint(found[0])
    assert found[0]["SELECT"] <= 17


def test_a_render_reads_the_rows_once(
    program: Program, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(film, 3)
    reads = []
    from storyboard.state import queries as module

    real = module.make_submissions

    def read(*rows: Any, size_bytes: int) -> Any:
        reads.append(1)
        return real(*rows, size_bytes=size_bytes)

    monkeypatch.setattr(module, "make_submissions", read)
    assert program("render", film, "--yes").code == 0
    assert len(reads) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_manifest_that_another_clone_wrote_is_read(
    program: Program, film: Path, work: Counter[str], command: tuple[str, ...]
) -> None:
    finish(film, 3)
    path = FOLDER / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")
    work.clear()
    assert program(*command, film).code == 0
    # A render reads it once more, to go on saying what it says.
    assert work["parse_manifest"] == (2 if command[0] == "render" else 1)


def test_a_clone_remembers_the_manifest_that_it_came_with(
    program: Program, film: Path, work: Counter[str]
) -> None:
    finish(film, 3)
    for path in FOLDER.glob("state.sqlite3*"):
        path.unlink()
    manifest = (FOLDER / "manifest.json").read_bytes()
    for parsed in (1, 0):
        work.clear()
        assert program("render", film, "--yes").code == 0
        assert work["parse_manifest"] == parsed
        assert (FOLDER / "manifest.json").read_bytes() == manifest
