"""`render --sandbox`: how the sandbox behaves is said on the same command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.commands.render import command as render_command
from storyboard.commands.sandbox import command as sandbox_command
from storyboard.console.sandbox_options import SandboxOptions
from storyboard.errors import ExitCode
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import UNLIMITED, ClipSize
from tests.commands.films import QUICK, Program

OUT = Path("renders/film.sandbox")


@pytest.mark.parametrize("flag", ["--render-time", "--spread", "--clip-size", "--fault"])
def test_the_sandbox_and_a_render_in_it_take_the_same_options(flag: str) -> None:
    ours, theirs = (
        next(one.to_info_dict() for one in command.params if flag in one.opts)
        for command in (render_command, sandbox_command)
    )
    assert ours == theirs


@pytest.mark.parametrize("size", ClipSize)
def test_every_size_can_be_asked_for(size: ClipSize) -> None:
    choice = next(one.type for one in render_command.params if "--clip-size" in one.opts)
    assert size.value in choice.to_info_dict()["choices"]
    asked = SandboxOptions(clip_size=size.value)
    assert asked.settings(UNLIMITED) == replace(UNLIMITED, clip_size=size)


def test_what_is_given_changes_the_usual_settings_and_nothing_else() -> None:
    options = SandboxOptions(7.0, 0.5, None, ("lost_reply=0.1", "error_500=@2,5", "seed=3"))
    assert options.settings(UNLIMITED) == replace(
        UNLIMITED,
        render_time_s=7.0,
        render_time_spread_s=0.5,
        faults=Faults(seed=3, lost_reply=0.1, error_500=(2, 5)),
    )
    assert SandboxOptions().settings(UNLIMITED) == UNLIMITED


def test_faults_and_size_reach_the_sandbox_of_a_render(program: Program, film: Path) -> None:
    output = program("render", film, *QUICK, "--concurrency", "1", "--fault", "task_fails=@1")
    assert output.code == ExitCode.INCOMPLETE
    takes = json.loads((OUT / "manifest.json").read_text("utf-8"))["takes"]
    assert [take["status"] for take in takes] == ["failed", "rendered", "rendered"]
    assert [take["file"]["width"] for take in takes[1:]] == [320, 320]


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        (["--fault", "lost_reply=0.1"], "--fault is"),
        (["--render-time", "0", "--clip-size", "small"], "--render-time and --clip-size are"),
    ],
)
def test_options_of_the_sandbox_without_it_are_refused_before_anything_is_paid(
    program: Program, film: Path, server: SandboxServer, options: list[str], flags: str
) -> None:
    output = program("render", film, "--yes", *options)
    assert output.code == ExitCode.USAGE
    assert output.err == (
        f"error: {flags} for the sandbox, and this render is not in it.\n"
        "    next: add --sandbox to rehearse, or leave it out to render for money\n"
    )
    assert server.ledger.posts == 0


def test_a_fault_that_does_not_exist_is_told_before_a_folder_is_made(
    program: Program, film: Path
) -> None:
    output = program("render", film, "--sandbox", "--fault", "lost=0.1")
    assert output.code == ExitCode.USAGE
    assert output.err.startswith(
        "error: --fault: there is no fault 'lost'; the faults are upload_error, "
    )
    assert not OUT.exists()


def test_other_programs_can_follow_a_render(program: Program, film: Path) -> None:
    output = program("render", film, *QUICK, "--events", "events.jsonl", "--no-progress")
    assert output.code == 0
    lines = [json.loads(line) for line in Path("events.jsonl").read_text("utf-8").splitlines()]
    assert (lines[0]["event"], lines[0]["takes"]) == ("started", 3)
    assert (lines[-1]["event"], lines[-1]["exit_code"]) == ("ended", 0)
    for take in ("one", "two.t1", "two.t2"):
        own = [line for line in lines if line.get("take") == take]
        assert [line["event"] for line in own] == ["accepted", "rendered", "downloaded"]
        assert (own[-1]["file"], own[-1]["detail"]) == ("film.yaml", f"videos/{take}.v001.mp4")
