"""A storyboard in a folder, and what repairing makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from storyboard.language.files import Files
from storyboard.language.repairs.search import RepairedFiles, find_repairs
from storyboard.records import Storyboard
from tests.language.boards import load

HEAD = "version: 1\nmodel: alibaba/wan2.7-t2v\n"


def repair(*paths: Path, allowed_paths: Sequence[Path] = ()) -> RepairedFiles:
    """What repairing storyboards comes to."""

    def read(files: Files) -> list[Storyboard]:
        return [load(path, files=files, allowed_paths=allowed_paths) for path in paths]

    return find_repairs(read)


def repair_text(folder: Path, text: str, **files: str) -> RepairedFiles:
    """The same for the storyboard of a text, `files` lying beside it (`rows_csv` is rows.csv)."""
    for name, content in {"film_yaml": HEAD + text, **files}.items():
        (folder / name.replace("_", ".")).write_bytes(content.encode())
    return repair(folder / "film.yaml")


def repaired_text(folder: Path, text: str, **files: str) -> str:
    """The text of the storyboard afterwards."""
    found = repair_text(folder, text, **files)
    name = str(folder / "film.yaml")
    return found.files[name].text.removeprefix(HEAD) if name in found.files else text
