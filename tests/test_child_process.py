"""Child processes that handle hostile files: what comes back, and what if none can be started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from storyboard.child_process import ask_child, run_child
from storyboard.errors import NoProcess


def write_program(folder: Path, text: str) -> Path:
    path = folder / "child.py"
    path.write_text(text)
    return path


def test_a_child_answers_what_it_reads(tmp_path: Path) -> None:
    program = write_program(tmp_path, "import sys; print(sys.stdin.read() + sys.argv[1])")
    assert run_child(program, b"4", "2").strip() == b"42"
    assert ask_child(write_program(tmp_path, "print('[1]')"), b"") == [1]


def test_a_child_that_ends_without_an_answer_answers_nothing(tmp_path: Path) -> None:
    assert ask_child(write_program(tmp_path, "raise SystemExit(1)"), b"") is None


def test_a_system_that_starts_no_process_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(NoProcess, match="cannot start another process: No such file") as caught:
        run_child(write_program(tmp_path, ""), b"")
    assert caught.value.next_step == (
        "end other programs, or raise their limit (ulimit -u), then run again"
    )
