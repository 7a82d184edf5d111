"""The files of a new project, and how they are written beside existing files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from storyboard import __version__
from storyboard.atomic_files import find_obstacle, write_new
from storyboard.errors import StateError, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.schema.generate import schema_text
from storyboard.models.schema.storyboard import storyboard_schema
from storyboard.names import film_name, find_spellings, find_storyboards

STORYBOARD = "film.storyboard.yaml"
SCHEMA = "schemas/storyboard.schema.json"
WORKFLOW = ".github/workflows/storyboard.yml"

_FOLDER = Path(__file__).parent / "files"
_TEXTS = {
    "templates/camera.j2": "camera.j2",
    ".gitignore": "gitignore",
    ".gitattributes": "gitattributes",
}
"""Stored names of the texts in `_FOLDER`, because git would act on their real names there."""


class Written(NamedTuple):
    """Which files were created, and which already existed and were left unchanged."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]


def example_storyboard() -> str:
    """The storyboard of a new project: it renders at once and shows what the format can do."""
    return (_FOLDER / STORYBOARD).read_text(encoding="utf-8")


def project_files(storyboard: str, catalog: Catalog) -> dict[str, str]:
    """The texts of a new project by file name, around the text of its storyboard.

    The schema is a copy, so that editors find it on the machine of everyone who shares
    the project, even without a network or without storyboard.
    """
    schema = editors_schema(catalog.cards())
    texts = {name: (_FOLDER / file).read_text("utf-8") for name, file in _TEXTS.items()}
    return {STORYBOARD: storyboard, SCHEMA: schema, **texts}


def editors_schema(cards: Sequence[ModelCard]) -> str:
    """The text of the schema with which editors complete and check storyboards."""
    return schema_text(storyboard_schema(cards))


def workflow_file() -> dict[str, str]:
    """The workflow that reports on pull requests, by its path in the repository."""
    text = (_FOLDER / "workflow.yml").read_text(encoding="utf-8")
    return {WORKFLOW: text.replace("VERSION", __version__)}


def check_new(folder: Path) -> None:
    """Raises UsageError if a new storyboard would join another one, or one with its name."""
    namesakes = [f"{film_name(Path(STORYBOARD).stem)}{ending}" for ending in (".yaml", ".yml")]
    named = [folder / found for name in namesakes for found in find_spellings(folder, name)]
    if found := [*find_storyboards(folder), *named]:
        raise UsageError(
            f"{found[0]} is already a storyboard, and a new project starts without one",
            next_step="name another folder: storyboard init DIR",
        )


def check_folder(folder: Path, names: Iterable[str]) -> None:
    """Raises UsageError if files with these names cannot or must not be created in a folder.

    That is the case if something other than a folder is in the way, or if a link
    would lead them elsewhere.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next_step="name another one")
    for name in names:
        if obstacle := find_obstacle(folder, name):
            kind = "a symbolic link" if obstacle.is_symlink() else "a file"
            raise UsageError(
                f"{obstacle} is {kind}, but a folder of that name is needed",
                next_step="move it away, or name another folder",
            )


def write_files(files: Mapping[Path, str | bytes]) -> Written:
    """Creates the files that do not exist yet, and any missing folders.

    Raises UsageError if one cannot be written.
    """
    try:
        is_made = {path: write_new(path, content) for path, content in files.items()}
    except StateError as error:
        step = "make the folder writable, or name another one: storyboard init DIR"
        raise UsageError(str(error), next_step=step) from error
    made = tuple(path for path in files if is_made[path])
    return Written(made, tuple(path for path in files if not is_made[path]))


def missing_lines(path: Path, text: str) -> list[str]:
    """The lines of `text`, without comments, that a file lacks."""
    try:
        there = set(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return []
    return [line for line in text.splitlines() if not line.startswith("#") and line not in there]
