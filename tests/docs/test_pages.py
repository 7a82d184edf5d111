"""What the pages say is tried: each file that they show is written, each command is run."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from storyboard.cli import run
from tests.docs.pages import Block, Command, blocks_of, commands_of, pattern_of
from tests.language.pictures.made import png

TOP = Path(__file__).parent.parent.parent
SKILL = TOP / "skills" / "storyboard" / "SKILL.md"
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md")), SKILL]
SHELL = re.compile(r"[|&;<>$`*]|^(?!storyboard )")
"""What a shell has to run; a plain call of the program needs no process of its own."""

ELSEWHERE = ("pip install ", "export ", "storyboard sandbox --port ")
"""What begins like this is for the reader's machine: the registry, a shell, a second terminal."""

PICTURES = {"cast/hero.png": (768, 1024), "frames/pier.png": (1280, 720)}
"""The pictures that pages name, which no page can show; width and height."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with nothing but pictures, and a key for a server on loopback."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, size in PICTURES.items():
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(png(*size))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_and_command_of_a_page_does_what_the_page_says(page: Path, folder: Path) -> None:
    code, names, printed = 0, dict[str, object](), ""
    for block in blocks_of(page.read_text("utf-8")):
        if block.file is not None:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "python":
            printed = execute(block, names)
        elif block.language == "text" and names:  # what the Python above it prints
            assert re.fullmatch(pattern_of(block.text), printed), f"{page.name}\n{printed}"
        elif block.language == "console":
            for command in commands_of(block):
                if command.text.startswith("cd "):
                    folder = folder / command.text[3:]
                    os.chdir(folder)
                    continue
                code, printed = carry_out(command, code)
                place = f"{page.name}:{command.line}: $ {command.text}"
                assert re.fullmatch(pattern_of(command.shown), printed), f"{place}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for address in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / address).exists(), f"{page.name} links to {address}"


def carry_out(command: Command, code: int) -> tuple[int, str]:
    """The exit code of a command and what a terminal would show; `code` is the one before."""
    if command.text.startswith(ELSEWHERE):
        return 0, ""
    if command.text == "echo $?":
        return 0, f"{code}\n"
    if not SHELL.search(command.text):
        return call(shlex.split(command.text, comments=True)[1:])
    ran = subprocess.run(
        ["bash", "-c", command.text],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    return ran.returncode, ran.stdout


def execute(block: Block, names: dict[str, object]) -> str:
    """Runs the Python of a block, which knows the names of those before it; what it prints."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        exec(compile(block.text, f"line {block.line}", "exec"), names)  # noqa: S102 (of our own pages)
    return shown.getvalue()


def call(arguments: list[str]) -> tuple[int, str]:
    """Runs the program in this process, both of its streams into one text."""
    shown = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with redirect_stdout(shown), redirect_stderr(shown):
        code = run(arguments)
    assert isinstance(shown.buffer, io.BytesIO)
    return code, shown.buffer.getvalue().decode("utf-8")
