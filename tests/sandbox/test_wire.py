"""The sandbox speaks as the service file says: the same paths, and replies of the stated shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
import yaml

from storyboard.models.folder import schemas_folder
from storyboard.sandbox.routes import account, media, tasks
from tests.sandbox.conftest import MODEL, Client

Serve = Callable[..., Client]

BASE = "/api/v1"
WIRE: Any = yaml.safe_load((schemas_folder() / "services/modellix.yaml").read_text("utf-8"))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in WIRE["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post", "delete")
}
OTHER_FORM = ("POST", "/{provider}/{model}")  # of the vendor's newer clients
STORED_FILES = ("GET", "/uploads/{name}")  # an address that a reply gives


def test_the_sandbox_serves_each_path_and_no_other() -> None:
    served = {
        (route.method, route.path.removeprefix(BASE))
        for routes in (account.ROUTES, media.ROUTES, tasks.ROUTES)
        for route in routes
    }
    assert served - {OTHER_FORM, STORED_FILES} == {
        (method, path) for method, path, _ in OPERATIONS.values()
    }


def check(operation: str, status: int, body: Any) -> None:
    """Fails where the body is not what the service file says of that status."""
    responses = OPERATIONS[operation][2]["responses"]
    response = responses.get(str(status), responses.get("default"))
    if "$ref" in response:
        response = WIRE["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response["content"]["application/json"]["schema"]
    document = {"components": WIRE["components"], "allOf": [schema]}
    jsonschema_rs.validator_for(document, offline=True).validate(body)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("models", f"{BASE}/models"),
        ("modelSchema", f"/models/{MODEL}/api_schema"),
        ("modelSchema", "/models/alibaba/none/api_schema"),
        ("validateKey", f"{BASE}/apikey/validate"),
        ("balance", f"{BASE}/team/balance"),
        ("logs", f"{BASE}/logs"),
        ("logs", f"{BASE}/logs?page=x"),
        ("uploads", f"{BASE}/media/files"),
        ("task", f"{BASE}/tasks/none"),
    ],
)
def test_a_reply_has_the_stated_shape(serve: Serve, operation: str, path: str) -> None:
    client = serve()
    client.accepted()
    reply = client.call("GET", path)
    check(operation, reply.status_code, reply.json())


def test_a_submission_and_its_task_have_the_stated_shape(serve: Serve) -> None:
    client = serve()
    accepted, refused = client.submit(suffix="/async"), client.submit(duration=99)
    assert (accepted.status_code, refused.status_code) == (200, 400)
    for reply in (accepted, refused):
        check("submit", reply.status_code, reply.json())
    polled = client.poll(accepted.json()["data"]["task_id"]).json()
    assert polled["data"]["status"] == "success"
    check("task", 200, polled)


def test_an_upload_has_the_stated_shape(serve: Serve) -> None:
    picture = {"file": ("fox.png", b"\x89PNG\r\n\x1a\n and more")}
    reply = serve().call("POST", f"{BASE}/media/files", files=picture)
    check("upload", reply.status_code, reply.json())
