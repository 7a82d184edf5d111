"""Small storyboards for the tests of the commands, and a way to run the program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from storyboard.cli import group, run
from storyboard.errors import ExitCode
from storyboard.sandbox.settings import ClipSize, SandboxSettings
from tests.reference.commands import exit_codes_of

AT_ONCE = SandboxSettings(
    render_time_s=0, clip_size=ClipSize.SMALL, max_in_flight=50, requests_per_minute=100_000
)
"""A sandbox in which nothing is waited for."""

QUICK = ("--sandbox", "--render-time", "0", "--clip-size", "small")
"""The same of a render's own sandbox."""

KEY = "mdlx-marked-key-0123456789"

FILM = """\
version: 1
title: A test
model: alibaba/wan2.7-t2v
defaults: {duration: 2, resolution: 720P, prompt_extend: false}
shots:
  - id: one
    prompt: A lighthouse in a storm
    tags: [sea]
  - id: two
    prompt: A harbor at dawn
    seed: 7
    takes: 2
"""

BROKEN = """\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - id: one
    promt: A lighthouse
    duration: 20
"""

CHAIN = """\
version: 1
model: alibaba/wan2.7-i2v
defaults: {duration: 5, resolution: 720P, prompt_extend: false}
shots:
  - id: pier-1
    prompt: She turns
    first_frame: https://example.com/pier.png
    pause: true
  - id: pier-2
    prompt: She walks on
    first_frame: {take: pier-1, frame: last}
  - id: gull
    prompt: A gull
    first_frame: https://example.com/gull.png
"""


@dataclass(frozen=True)
class Output:
    """What one call of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """The program, called in this process as from a shell."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Output:
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        _check_code(code, [str(argument) for argument in arguments])
        return Output(code, out, err)


def _check_code(code: int, words: list[str]) -> None:
    """A command ends with no exit code that its help does not name."""
    command: click.Command | None = group
    context = click.Context(group)
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(context, word)
    if command is not None and command is not group:
        named = exit_codes_of(command) or {0: "", 2: ""}
        assert code in (*named, ExitCode.BUG, ExitCode.INTERRUPTED), f"{words}: {code}"
