"""The schema of cards, which editors and the reader go by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from storyboard.models.card_reader import card_problem
from storyboard.models.folder import schemas_folder
from tests.models.cards import card_document

SCHEMA: Any = json.loads((schemas_folder() / "card.schema.json").read_text("utf-8"))
CARDS = sorted((schemas_folder() / "models").glob("*/*.yaml"))
MODELINE = "# yaml-language-server: $schema=../../card.schema.json\n"


def test_it_is_a_valid_schema_that_refers_to_no_other_file() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert '"$ref": "http' not in json.dumps(SCHEMA)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_every_card_keeps_to_it_and_tells_editors_of_it(path: Path) -> None:
    text = path.read_text("utf-8")
    Draft7Validator(SCHEMA).validate(yaml.safe_load(text))
    assert text.startswith(MODELINE)
    assert (path.parent / "../../card.schema.json").is_file()


def test_editors_can_explain_every_key() -> None:
    assert [name for name, schema in keys_of(SCHEMA) if "description" not in schema] == []


def keys_of(schema: Any) -> Iterator[tuple[str, Any]]:
    for known in (schema, *schema.get("definitions", {}).values()):
        for name, inner in known.get("properties", {}).items():
            yield name, inner
            yield from keys_of(inner)


def test_the_quick_answer_and_the_thorough_one_agree() -> None:
    validator = Draft7Validator(SCHEMA)
    for change in ({}, {"kind": "x"}, {"read": 1}, {"sizes": {"a": {"b": [1]}}}, {"title": ""}):
        document = {**card_document("kling/v1"), **change}
        assert (card_problem(document) is None) is validator.is_valid(document)
