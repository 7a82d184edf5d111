"""What is known of a storyboard's folders."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import storyboard
from storyboard.errors import UsageError
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


def test_a_command_for_the_same_storyboard_reads_it_with_the_same_vars(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film = Path("film.yaml")
    film.write_text("""\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - {id: pier, prompt: "A pier {{ sky }}, {{ light }}", pause: true}
""")
    Path("light of.yaml").write_text("light: at dusk\n")
    named = ("--var", "sky=under a dark sky", "--vars", "light of.yaml")
    refused = program("render", "film.yaml", "--sandbox", "--past", "pier", *named)
    [command] = re.findall(r"next: render it first: (.*)", refused.err)
    assert command == (
        "storyboard render film.yaml --only pier --var 'sky=under a dark sky' "
        "--vars 'light of.yaml' --sandbox"
    )
    assert program(*shlex.split(command)[1:]).code == 0
    shown = program("status", "film.yaml", "--sandbox", *named, "--json").json["takes"]
    assert [take["status"] for take in shown] == ["done"]


def test_a_command_for_a_storyboard_that_a_program_loaded_has_its_vars(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text("""\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - {id: pier, prompt: "A pier {{ sky }}", pause: true}
""")
    board = storyboard.load(film, variables={"sky": "at dusk"}, allowed_paths=[tmp_path])
    with pytest.raises(UsageError) as raised:
        list(storyboard.render(board, sandbox=True, past=["pier"]))
    assert f"--var 'sky=at dusk' --allow-path {tmp_path} --sandbox" in str(raised.value.next_step)
