"""Renders that end before their work does: the disk, the time, the terminal, the home folder."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from storyboard.commands import render
from storyboard.console.run_options import RunOptions
from storyboard.errors import StateError
from storyboard.models.catalog import load_catalog
from storyboard.project import output_folder
from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from storyboard.state.store import Store
from tests.commands.films import AT_ONCE, FILM, Program
from tests.commands.test_render import render_in_a_process

OUT = Path("renders/film")
SCENES = """\
version: 1
model: alibaba/wan2.7-t2v
scenes:
  - id: sea
    shots: [{id: pier, prompt: A pier, duration: 2}, {id: old, prompt: x, skip: true}]
  - id: town
    shots: [{id: plaza, prompt: A plaza, duration: 3}, {id: alley, prompt: An alley}]
"""
WITH_A_SMALL_DISK = """
import resource
from pathlib import Path

from storyboard.cli import main
from storyboard.state.store import Store

update = Store.update


def fill_and_update(store, *arguments, **more):
    size = Path("renders/film/state.sqlite3-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    Store.update = update
    return update(store, *arguments, **more)


Store.update = fill_and_update
main()
"""


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_disk_that_fills_during_the_run_ends_it_with_6_and_loses_nothing(
    program: Program, film: Path, server: SandboxServer
) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WITH_A_SMALL_DISK,
            "render",
            str(film),
            "--yes",
            "--output",
            str(OUT),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    assert "Traceback" not in done.stderr
    assert server.ledger.posts
    again = program("render", film, "--yes")
    assert again.code in (0, 4), again.err
    paid = [task.payload for task in server.ledger.submissions]
    assert all(paid.count(payload) == 1 for payload in paid if payload["prompt"][-5:] == "storm")
    assert len(paid) <= 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no open files")
def test_a_folder_that_is_deleted_during_the_run_ends_it_and_nothing_is_paid_twice(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Store.update

    def delete_and_update(*arguments: Any) -> Any:
        monkeypatch.setattr(Store, "update", update)
        shutil.rmtree(OUT)
        return update(*arguments)

    monkeypatch.setattr(Store, "update", delete_and_update)
    output = program("render", film, "--yes", "--concurrency", "1")
    assert (output.code, server.ledger.posts) == (6, 1), output.err
    [take] = [take for take in manifest_of(OUT)["takes"] if take["status"] != "pending"]
    assert take["task_id"] == server.ledger.submissions[0].id

    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 3


def test_the_reason_of_the_run_is_told_where_the_manifest_cannot_be_written_either(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise StateError("the disk is full", next_step="free some space")

    def fail_to_write(*arguments: object, **more: object) -> None:
        raise StateError("the manifest could not be written", next_step="free some space")

    monkeypatch.setattr(Store, "update", fail)
    monkeypatch.setattr(output_folder, "write_outputs", fail_to_write)
    output = program("render", film, "--yes", "--only", "one")
    assert output.code == 6
    reason = "error: the disk is full; accepted by the API but not recorded: take one is task"
    assert reason in output.err
    assert "error: the manifest could not be written." in output.err
    assert not output.out  # names no file that was not written


def test_the_time_given_is_that_of_all_films_together(film: Path, program: Program) -> None:
    film.with_name("second.yaml").write_text(FILM, "utf-8")
    output = program("render", film, "second.yaml", "--sandbox", "--timeout", "0.2s")
    assert output.code == 5
    assert output.err.count("error: the time of --timeout ran out") == 1
    second = manifest_of(Path("renders/second.sandbox"))
    assert {take["status"] for take in second["takes"]} == {"pending"}


def test_a_later_film_has_the_time_that_is_left() -> None:
    def left_s(timeout_s: float | None) -> float | None:
        options = RunOptions(timeout_s=timeout_s)
        settings = options.engine_settings(
            load_catalog(), download=True, elapsed_s=4.0, max_cost_micros=None
        )
        return settings.timeout_s

    assert left_s(10.0) == 6.0
    assert left_s(None) is None


def test_waiting_for_a_lock_counts_towards_the_time_given(film: Path, program: Program) -> None:
    with hold_lock(Path("renders/film.sandbox"), now=datetime.now(timezone.utc)):
        times = ("--timeout", "0.01s", "--lock-timeout", "1h")
        assert program("render", film, "--sandbox", *times).code == 11

    assert RunOptions(timeout_s=10.0, lock_timeout_s=60.0).lock_wait_s(elapsed_s=4.0) == 6.0
    assert RunOptions(timeout_s=10.0, lock_timeout_s=60.0).lock_wait_s(elapsed_s=11.0) == 0.0
    assert RunOptions(timeout_s=10.0, lock_timeout_s=1.0).lock_wait_s(elapsed_s=4.0) == 1.0
    assert RunOptions(lock_timeout_s=60.0).lock_wait_s(elapsed_s=4.0) == 60.0


@pytest.mark.parametrize(("slow", "code", "posts"), [("load_catalog", 5, 0), ("ask", 0, 3)])
def test_the_time_given_runs_from_the_start_and_not_while_a_person_is_asked(
    program: Program,
    film: Path,
    server: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    slow: str,
    code: int,
    posts: int,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(render, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(render, "ask", lambda question: True)
    as_before = getattr(render, slow)

    def take_an_hour(*arguments: object) -> Any:
        now[0] += 3600
        return as_before(*arguments)

    monkeypatch.setattr(render, slow, take_an_hour)
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    output = program("render", film, "--no-progress", "--timeout", "30m")
    assert (output.code, server.ledger.posts) == (code, posts)


def test_the_question_stands_under_all_that_plan_says(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    film.write_text(SCENES, "utf-8")
    shown = program("plan", film, "--price", "0.1", "--only", "p*").out.splitlines()
    questions: list[str] = []
    monkeypatch.setattr(render, "ask", questions.append)  # which says no
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    output = program("render", film, "--price", "0.1", "--only", "p*")
    assert (output.code, server.ledger.posts) == (3, 0)
    *lines, bill = shown
    assert questions == [f"{bill}. Continue?"]
    assert output.err.splitlines()[: len(lines)] == lines
    assert lines[1:] == [
        "  submit  pier   0.20 USD  new",
        "  submit  plaza  0.30 USD  new",
        "  scene sea: 1 take, 2 s of video, about 0.20 USD",
        "  scene town: 1 take, 3 s of video, about 0.30 USD",
        "  1 take is not selected",
        "  skipped: old",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_save_the_state_and_end_with_130(
    program: Program, film: Path, server: SandboxServer, number: signal.Signals
) -> None:
    server.settings = replace(AT_ONCE, render_time_s=60)
    with subprocess.Popen(render_in_a_process(film), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("two.t2: accepted"):
                process.send_signal(number)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in rest
    assert {take["status"] for take in manifest_of(OUT)["takes"]} == {"rendering"}


def test_ctrl_c_in_the_first_of_several_sandbox_films_ends_them_all(film: Path) -> None:
    second = film.with_name("second.yaml")
    second.write_text(FILM, "utf-8")
    command = [sys.executable, "-m", "storyboard", "render", str(film), str(second), "--sandbox"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("one: accepted"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "second.yaml: 3 not sent yet\n" in rest
    document = json.loads(Path("renders/second.sandbox/manifest.json").read_text("utf-8"))
    assert {take["status"] for take in document["takes"]} == {"pending"}


@pytest.mark.parametrize("command", ["validate", "plan", "render", "status"])
def test_without_a_home_folder_all_works(
    program: Program,
    film: Path,
    server: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    def home(kind: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(home))
    options = ["--yes", "--no-download"] if command == "render" else []
    output = program(command, film, *options)
    assert output.code == 0, output.err
    monkeypatch.delenv("MODELLIX_API_KEY")
    output = program("doctor")
    assert "~/.config/modellix/config.json does not exist" in output.out
