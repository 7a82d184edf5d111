"""The connection to the sandbox in this process."""

from __future__ import annotations

from pathlib import Path

from storyboard.models.catalog import load_catalog
from storyboard.project.connection import connect
from storyboard.project.workspace import SANDBOX, Folders, Workspace
from storyboard.records import Outcome, Storyboard


def test_no_account_s_limit_holds_back_a_long_storyboard_in_the_sandbox(tmp_path: Path) -> None:
    board = Storyboard(tmp_path / "film.yaml", "film", None, (), (), {})
    space = Workspace(
        board, tmp_path, tmp_path, tmp_path, SANDBOX, Folders(True, tmp_path, None, None)
    )
    with connect(space, load_catalog(), protocol="modellix") as connection:
        for number in range(150):  # more than the largest account's tasks in flight
            reply = connection.api.submit(
                "/api/v1/alibaba/wan2.7-t2v", {"prompt": f"A fox, {number}"}
            )
            assert reply.outcome is Outcome.ACCEPTED
            assert reply.rate.limit
            assert reply.rate.limit > 1000
