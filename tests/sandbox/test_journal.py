"""The journal of a sandbox, as others read it: what cannot be used holds no tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.sandbox import journal
from storyboard.sandbox.journal import NAME, read_task_ids
from tests.sandbox.conftest import Client

Serve = Callable[..., Client]


def journal_with_a_task(serve: Serve, folder: Path) -> tuple[Path, str]:
    client: Client = serve(folder)
    task_id = client.submit().json()["data"]["task_id"]
    client.server.close()
    return folder / NAME, task_id


def test_the_tasks_of_a_journal_are_read(serve: Serve, tmp_path: Path) -> None:
    path, task_id = journal_with_a_task(serve, tmp_path)
    path.write_bytes(b"no task\n" + path.read_bytes() + b'{"id": 1}\n{"id')
    assert read_task_ids(tmp_path) == {task_id}


def test_a_journal_that_is_too_large_is_not_read(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = journal_with_a_task(serve, tmp_path)
    monkeypatch.setattr(journal, "MAX_BYTES", path.stat().st_size - 1)
    assert read_task_ids(tmp_path) == frozenset()


def test_what_stands_in_the_place_of_a_journal_is_not_read(serve: Serve, tmp_path: Path) -> None:
    path, _ = journal_with_a_task(serve, tmp_path / "sandbox")
    moved = path.rename(tmp_path / "elsewhere")
    path.symlink_to(moved)
    assert read_task_ids(tmp_path / "sandbox") == frozenset()
    path.unlink()
    path.mkdir()
    assert read_task_ids(tmp_path / "sandbox") == frozenset()
    (tmp_path / "link").symlink_to(tmp_path / "sandbox")
    assert read_task_ids(tmp_path / "link") == frozenset()
