"""Storyboards for the tests: nodes from text, whole ones from files."""

from __future__ import annotations

from pathlib import Path

from storyboard.language.expansion.cascade import Layer, read_level
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.load import load_storyboard
from storyboard.language.nodes import MappingNode
from storyboard.language.templates.templates import Templates
from storyboard.language.yaml.source import parse_source
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.records import Json, Storyboard
from storyboard.reporting.problems import format_problems

HEAD = "version: 1\nmodel: alibaba/wan2.7-t2v\n"

CATALOG: Catalog = load_catalog()


def load(path: Path, **options: object) -> Storyboard:
    return load_storyboard(path, CATALOG, **options)  # type: ignore[arg-type]


def load_text(folder: Path, text: str, **files: str | bytes) -> Storyboard:
    """The storyboard of a text, `files` lying beside it (`rows_csv` is rows.csv)."""
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path = folder / "film.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, display_name="film.yaml")


def told(board: Storyboard) -> list[str]:
    """The places and messages, without the source lines."""
    return format_problems(board.problems, board.sources, style="concise").splitlines()


def mapping(text: str, name: str = "film.yaml") -> MappingNode:
    """The mapping that a YAML text spells, which has to be sound."""
    source = parse_source(text, name)
    assert source.problems == ()
    assert isinstance(source.root, MappingNode)
    return source.root


def card() -> ModelCard:
    """The card of the model that the program comes with."""
    found = CATALOG.get("alibaba/wan2.7-t2v")
    assert found is not None
    return found


def scope_of(text: str, **facts: Json) -> tuple[ShotScope, Layer]:
    """What templates see under a level of a file, and the level."""
    layer = read_level(mapping(text), "")
    sources = {"film.yaml": text}
    scope = ShotScope(Templates(None), layer.variables, facts, meta=layer.meta, sources=sources)
    return scope, layer
