"""Storyboards for the tests: nodes from text, whole ones from files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from storyboard.language.expansion.cascade import Layer, read_level
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.load import load_storyboard
from storyboard.language.nodes import MappingNode
from storyboard.language.pictures.files import PictureFiles
from storyboard.language.read_scope import ReadScope
from storyboard.language.templates.templates import Templates
from storyboard.language.yaml.source import parse_source
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.records import Json, Problem, Storyboard
from storyboard.reporting.problems import format_problems

HEAD = "version: 1\nmodel: alibaba/wan2.7-t2v\n"

REWRITES = bool(os.environ.get("STORYBOARD_REWRITE_EXPECTED"))
"""Set it to have the expected outputs written anew; then read what git says has changed."""

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
    """The places and messages, without the source lines and the codes."""
    return concise(board.problems)


def concise(problems: Iterable[Problem]) -> list[str]:
    """A line for each problem, without its code."""
    return re.sub(r" \[SB\d+\]", "", format_problems(problems, {}, style="concise")).splitlines()


def compare(text: str, expected: Path) -> None:
    """Holds a text to the expected output in a file, or writes the file anew."""
    if REWRITES:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


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


def no_pictures() -> PictureFiles:
    """The pictures of a storyboard that has none."""
    nowhere = Path("/nowhere")
    return PictureFiles(nowhere, ReadScope(nowhere), lambda owner, name: (nowhere / name, name))


def scope_of(text: str, **facts: Json) -> tuple[ShotScope, Layer]:
    """What templates see under a level of a file, and the level."""
    layer = read_level(mapping(text), "")
    sources = {"film.yaml": text}
    scope = ShotScope(Templates(None), layer.variables, facts, meta=layer.meta, sources=sources)
    return scope, layer
