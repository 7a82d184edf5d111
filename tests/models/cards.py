"""Made-up model cards, for what real cards do not show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog

KLING: dict[str, Any] = {
    "prompt": {"type": "string", "minLength": 1, "maxLength": 2500, "description": "The scene."},
    "aspect_ratio": {"type": "string", "enum": ["16:9", "1:1"], "default": "16:9"},
    "duration": {"type": "integer", "enum": [5, 10], "default": 5},
    "cfg_scale": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
}
"""The parameters of a second model: other ratios, other lengths, no seed and no negatives."""


WAN = "alibaba/wan2.7-t2v"


def wan_card() -> ModelCard:
    """The card of the first model, for tests of what one card alone makes."""
    card = load_catalog().get(WAN)
    assert card is not None
    return card


def card_document(
    name: str, properties: dict[str, Any] | None = None, /, **changes: Any
) -> dict[str, Any]:
    """A card's document; `changes` replace keys of it, and None removes one."""
    document = {
        "name": name,
        "title": "Made up",
        "service": "modellix",
        "kind": "text",
        "source": "made up",
        "read": "2026-11-22",
        "confidence": "low",
        "request": {
            "type": "object",
            "required": ["prompt"],
            "additionalProperties": False,
            "properties": properties or KLING,
        },
        **({} if properties else {"words": {"ratio": "aspect_ratio", "duration": "duration"}}),
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def write_card(folder: Path, name: str, document: Any) -> Path:
    """The card's file below `folder`, which stands for schemas/models/; text as it is."""
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def two_models(folder: Path) -> Catalog:
    """The real card beside the made-up kling/v1."""
    source = Path(__file__).parents[2] / "schemas/models" / f"{WAN}.yaml"
    write_card(folder, WAN, source.read_text(encoding="utf-8"))
    write_card(folder, "kling/v1", card_document("kling/v1"))
    return load_catalog(folder)
