"""A service file is sound OpenAPI, and says what the program needs of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from storyboard.api.protocols import PROTOCOLS
from storyboard.errors import UsageError
from storyboard.models.folder import schemas_folder
from storyboard.models.service_reader import Services, read_service

FOLDER = schemas_folder() / "services"
FILES = sorted(FOLDER.glob("*.yaml"))


def document_of(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_service_is_a_valid_openapi_document(path: Path) -> None:
    # Here, not above: it takes half a second, and each worker collects this module.
    from openapi_spec_validator import validate

    validate(document_of(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_service_keeps_to_the_official_schema_by_another_engine(path: Path) -> None:
    package = files("openapi_spec_validator")
    official = json.loads(package.joinpath("resources/schemas/v3.1/schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(official).validate(document_of(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_of_a_service_ends_at_a_comma_for_want_of_quotes(path: Path) -> None:
    assert list(keys_without_value(document_of(path))) == []


def keys_without_value(value: Any) -> Iterator[str]:
    inner = value.items() if isinstance(value, dict) else ()
    yield from (key for key, item in inner if item is None)
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from keys_without_value(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_service_speaks_a_known_protocol(path: Path) -> None:
    service = read_service(path)
    assert service.name == path.stem
    assert service.protocol in PROTOCOLS


def test_the_service_says_where_requests_go(tmp_path: Path) -> None:
    service = Services(FOLDER).get("modellix")
    assert service is not None
    assert (service.origin, service.base_path) == ("https://api.modellix.ai", "/api/v1")
    assert service.endpoint("kling/v1") == "/api/v1/kling/v1/async"
    assert Services(FOLDER).names() == ("modellix",)
    assert Services(FOLDER).get("../models/alibaba/wan2.7-t2v") is None
    assert Services(tmp_path).names() == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"openapi": "2.0.0"}, "openapi is not 3.1; a service is described by an OpenAPI 3.1"),
        ({"servers": []}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "http://x.example"}]}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "https://[::1"}]}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "https://me@x.example"}]}, "servers[0].url is not an https address"),
        ({"paths": {}}, "paths holds 0 POST operations with the operationId 'submit', not 1"),
        ({"paths": 3}, "paths holds 0 POST operations with the operationId 'submit', not 1"),
        (
            {"paths": {"/x": {"post": {"operationId": "submit"}}}},
            "paths '/x' is not /{provider}/{model}, optionally followed by more",
        ),
        ({"x-storyboard": {}}, "x-storyboard.protocol is missing; it names the way to speak to"),
        ({"x-storyboard": {"protocol": "p"}}, "x-storyboard.retention-hours is missing"),
        (
            {"x-storyboard": {"protocol": "p", "retention-hours": True}},
            "x-storyboard.retention-hours is True, not a number",
        ),
    ],
)
def test_a_service_that_lacks_what_is_needed_is_told(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({**document_of(FILES[0]), **changes}), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_service(path)
    assert str(caught.value).startswith(f"service {path}: {expected}")
