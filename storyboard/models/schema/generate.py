"""Generates the files beside the model cards, and checks whether they are current."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.schema.storyboard import COMMENT, include_schema, storyboard_schema

REQUESTS = "requests"


def generate(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Return the generated schemas by name: storyboard, include, and each model's request.

    Raises UsageError if a model card is broken.
    """
    cards = catalog.cards()
    return {
        "storyboard": storyboard_schema(cards),
        "include": include_schema(cards),
        **{card.name: request_schema(card) for card in cards},
    }


def request_schema(card: ModelCard) -> dict[str, Any]:
    """Return one model's request body, as JSON Schema 2020-12."""
    head = {
        "$schema": card.request_schema["$schema"],
        "$comment": COMMENT,
        "title": f"Request to {card.name}",
    }
    return {**head, **card.request_schema}


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it is committed: indented, ending with a line break."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_path(folder: Path, name: str) -> Path:
    """Return the path of the schema with that name; a model's name stands for its request."""
    return folder / (f"{REQUESTS}/{name}.schema.json" if "/" in name else f"{name}.schema.json")


def differences(folder: Path, catalog: Catalog) -> dict[Path, str]:
    """Map the files in `folder` that are missing, outdated or left over to what is wrong with each.

    Line endings are ignored, because git may change them.
    """
    expected = {schema_path(folder, name): schema for name, schema in generate(catalog).items()}
    found = {path: _reason(path, schema_text(schema)) for path, schema in expected.items()}
    for path in sorted((folder / REQUESTS).glob("*/*.schema.json")):
        found.setdefault(path, "is left over: its model card is gone")
    return {path: reason for path, reason in found.items() if reason}


def _reason(path: Path, text: str) -> str | None:
    try:
        return None if path.read_text(encoding="utf-8") == text else "differs from the model cards"
    except FileNotFoundError:
        return "is missing"
    except (OSError, UnicodeDecodeError) as error:
        return f"cannot be read: {error}"
