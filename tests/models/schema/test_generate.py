from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from storyboard.models.catalog import load_catalog
from storyboard.models.folder import schemas_folder
from storyboard.models.schema.generate import (
    differences,
    generate,
    request_schema,
    schema_path,
    schema_text,
)
from tests.models.cards import two_models


def write_all(folder: Path) -> None:
    for name, schema in generate(two_models(folder / "models")).items():
        path = schema_path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(schema), encoding="utf-8")


def test_the_committed_schemas_equal_their_regeneration() -> None:
    found = differences(schemas_folder(), load_catalog())
    assert found == {}, "run: storyboard schema --write"


def test_a_request_schema_is_the_cards_request_body() -> None:
    for card in load_catalog().cards():
        schema = request_schema(card)
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["additionalProperties"] is False
        assert list(schema["properties"]) == list(card.parameters)


def test_a_schemas_text_is_the_same_each_time_and_ends_with_a_line_break() -> None:
    texts = [
        {name: schema_text(schema) for name, schema in generate(load_catalog()).items()}
        for _ in range(2)
    ]
    assert texts[0] == texts[1]
    assert all(text.endswith("}\n") for text in texts[0].values())


def test_how_lines_end_is_no_difference(tmp_path: Path) -> None:
    write_all(tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert differences(tmp_path, load_catalog(tmp_path / "models")) == {}


def test_each_kind_of_difference_has_its_reason(tmp_path: Path) -> None:
    write_all(tmp_path)
    (tmp_path / "include.schema.json").unlink()
    (tmp_path / "storyboard.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "requests/kling/v1.schema.json").write_bytes(b"\xff")
    (tmp_path / "requests/kling/v0.schema.json").write_text("{}", encoding="utf-8")
    found = differences(tmp_path, load_catalog(tmp_path / "models"))
    reasons = {path.name: reason for path, reason in found.items()}
    assert reasons.pop("v1.schema.json").startswith("cannot be read: ")
    assert reasons == {
        "storyboard.schema.json": "differs from the model cards",
        "include.schema.json": "is missing",
        "v0.schema.json": "is left over: its model card is gone",
    }


def test_a_limit_changed_on_the_card_changes_every_schema(tmp_path: Path) -> None:
    write_all(tmp_path)
    card = tmp_path / "models/kling/v1.yaml"
    card.write_text(card.read_text("utf-8").replace("2500", "2400"), encoding="utf-8")
    changed = {path.name for path in differences(tmp_path, load_catalog(tmp_path / "models"))}
    assert changed == {"storyboard.schema.json", "include.schema.json", "v1.schema.json"}


def test_no_limit_of_the_card_stands_in_the_code(repo: Path) -> None:
    numbers = ("5000", "5_000", "2147483647", "3072")
    for module in (repo / "storyboard").rglob("*.py"):
        code = json.dumps(module.read_text("utf-8").split('"""')[::2])
        if {"models", "language"} & set(module.parts):
            assert not [number for number in numbers if number in code], module.name
