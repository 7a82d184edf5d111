"""The connection to the sandbox in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.models.catalog import load_catalog
from storyboard.models.folder import data_folder, schemas_folder
from storyboard.names import SANDBOX
from storyboard.project.connection import connect, service_of
from storyboard.project.workspace import Folders, Workspace
from storyboard.records import Storyboard
from storyboard.replies import Outcome
from tests.models.cards import card_document, write_card


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


def test_a_service_that_speaks_an_unknown_protocol_is_told(tmp_path: Path) -> None:
    services = data_folder() / "services"
    services.mkdir(parents=True)
    text = (schemas_folder() / "services/modellix.yaml").read_text("utf-8")
    text = text.replace("protocol: modellix", "protocol: telegraph")
    (services / "wire.yaml").write_text(text, "utf-8")
    write_card(data_folder() / "models", "kling/v9", card_document("kling/v9", service="wire"))
    with pytest.raises(UsageError, match="service wire speaks 'telegraph', and this version"):
        service_of(load_catalog(), "kling/v9", None)
