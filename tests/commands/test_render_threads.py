"""A system that starts no more threads: nothing is sent, and the user is told what to do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program

FILM = """\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - {id: pier, prompt: A pier, duration: 2}
"""


def test_where_no_thread_can_be_started_nothing_is_sent_and_the_remedy_is_named(
    program: Program, tmp_path: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "film.yaml"
    film.write_text(FILM, "utf-8")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        for options in ((), ("--sandbox",)):
            result = program("render", film, "--yes", *options)
            assert result.code == 2
            assert "the system cannot start another process: can't start new thread." in result.err
            assert "raise their limit (ulimit -u), then run again" in result.err
            assert "Traceback" not in result.err
    assert server.ledger.posts == 0
    assert program("render", film, "--yes").code == 0
