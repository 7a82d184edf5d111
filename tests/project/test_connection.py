"""The connection to the sandbox in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.models.catalog import load_catalog
from storyboard.project.connection import connect, service_of
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


def test_what_was_sent_goes_on_where_its_model_has_no_card_any_more() -> None:
    catalog = load_catalog()
    assert service_of(catalog, "gone/model", "/api/v1/gone/model/async").name == "modellix"
    for endpoint in (None, "/elsewhere"):
        with pytest.raises(UsageError, match="there is no model card for gone/model"):
            service_of(catalog, "gone/model", endpoint)
