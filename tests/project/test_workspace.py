"""What is known of a storyboard's folders."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from storyboard.names import SANDBOX
from storyboard.project.workspace import Folders, Workspace
from storyboard.records import Storyboard
from tests.commands.films import FILM, Program

OUT = Path("out")


@pytest.mark.parametrize("name", ["film.yaml", "-film.yaml", "a film.yaml"])
def test_a_command_for_the_same_storyboard_can_be_run_as_it_is_printed(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.write_text(FILM, "utf-8")
    board = Storyboard(path, path.stem, None, (), (), {})
    space = Workspace(board, OUT, OUT.resolve(), OUT, SANDBOX, Folders(True, OUT, None, None))
    printed = space.command("status")
    assert program(*shlex.split(printed)[1:]).code == 0
