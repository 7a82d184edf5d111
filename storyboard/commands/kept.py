"""Large storyboards that were read before, kept for the commands that only look.

To expand 100,000 takes takes a while, and the same files always make the same
takes. So the takes of a large sound storyboard are kept in the user's cache
folder with the digests of all that went into them: the files, the vars of the
command line, the model cards and this program. `status` and `plan` take them
from there while nothing of it has changed. What is sent is never taken from
there: `render` makes and checks its takes anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from storyboard.bulk import make_all
from storyboard.errors import StateError
from storyboard.models.catalog import Catalog
from storyboard.outputs.files import digest_of, write_atomically
from storyboard.records import Place, Problem, Severity, Storyboard, Take
from storyboard.spec.nodes import Node
from storyboard.state_rows import StoredPayload

LEAST_TAKES = 2000
"""Fewer are read as quickly as they are looked up."""

_MOST_FILES = 8

Overrides = Mapping[str, Node]


def recall(path: Path, catalog: Catalog, overrides: Overrides) -> Storyboard | None:
    """The storyboard as it was kept; None where it was not, or anything in it has changed."""
    place = _place_of(path, overrides)
    try:
        with place.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
            if head["maker"] != _maker(catalog) or head["files"] != _digests(path, head["files"]):
                return None
            text = file.readline()
        if _sha256(text.encode()) != head["rows"]:
            return None  # damaged
        rows = json.loads(text)
        os.utime(place)
        return Storyboard(
            path=path,
            name=head["name"],
            title=head["title"],
            takes=tuple(make_all(Take, map(_values, rows))),
            problems=tuple(map(_warning, head["warnings"])),
            sources={name: Path(name).read_text("utf-8-sig") for name in head["sources"]},
        )
    except (OSError, ValueError, TypeError, LookupError):
        return None


def keep(board: Storyboard, catalog: Catalog, overrides: Overrides) -> None:
    """Keeps a large sound storyboard, and lets go of those that were not asked for longest.

    Does nothing where the files have changed since it was read, and where the
    cache folder cannot be written: then it is read anew the next time.
    """
    if len(board.takes) < LEAST_TAKES or not board.is_sound or _is_kept(board, catalog, overrides):
        return
    with suppress(OSError, ValueError, StateError):
        digests = _digests(board.path, board.sources)
        for name, text in board.sources.items():
            data = Path(name).read_bytes()
            if data.decode("utf-8-sig") != text or _sha256(data) != digests[name]:
                return
        rows = json.dumps([_row(take) for take in board.takes]) + "\n"
        head = {
            "rows": _sha256(rows.encode()),
            "maker": _maker(catalog),
            "files": digests,
            "name": board.name,
            "title": board.title,
            "warnings": [_words(warning) for warning in board.problems],
            "sources": list(board.sources),
        }
        place = _place_of(board.path, overrides)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place, f"{json.dumps(head)}\n{rows}")
        _let_go(place.parent)


def _is_kept(board: Storyboard, catalog: Catalog, overrides: Overrides) -> bool:
    try:
        with _place_of(board.path, overrides).open(encoding="utf-8") as file:
            head = json.loads(file.readline())
        return bool(
            head["maker"] == _maker(catalog)
            and head["files"] == _digests(board.path, board.sources)
        )
    except (OSError, ValueError, TypeError, LookupError):
        return False


def _place_of(path: Path, overrides: Overrides) -> Path:
    """The cache file of a storyboard as it was named, with these vars."""
    asked = repr((str(path), str(Path.cwd()), sorted(overrides.items())))
    folder: Path = user_cache_path("storyboard", appauthor=False)
    return folder / f"{_sha256(asked.encode())}.json"


def _digests(path: Path, names: Mapping[str, Any]) -> dict[str, str | None]:
    """The digests of the files that were read, and the names of those that would have been.

    A file that appears in the templates folder is a new namespace of macros.
    """
    templates = sorted(file.name for file in (path.parent / "templates").glob("*"))
    found = {name: digest_of(Path(name)) for name in names if name != _TEMPLATES}
    return {**found, _TEMPLATES: json.dumps(templates)}


_TEMPLATES = "*"


@lru_cache(maxsize=8)
def _maker(catalog: Catalog) -> str:
    """What tells another program, or another model card, from these."""
    digest = hashlib.sha256(repr(catalog.cards()).encode())
    for package in ("storyboard", "storyboard.spec", "storyboard.models"):
        for file in sorted(files(package).iterdir(), key=lambda file: file.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _row(take: Take) -> list[Any]:
    return [
        *(take.id, take.shot, take.scene, take.number, take.model),
        json.dumps(dict(take.payload), ensure_ascii=False),
        *(take.fingerprint, take.place, take.tags, take.is_locked, take.notes, dict(take.meta)),
    ]


def _values(row: list[Any]) -> list[Any]:
    """A take's fields out of its row."""
    row[5] = StoredPayload(row[5])
    row[7] = Place(*row[7])
    row[8] = tuple(row[8])
    return row


def _words(warning: Problem) -> list[Any]:
    return [warning.place, warning.code, warning.message, warning.hint, warning.shown]


def _warning(words: list[Any]) -> Problem:
    place, code, message, hint, shown = words
    return Problem(Place(*place), code, message, hint, shown, Severity.WARNING)


def _let_go(folder: Path) -> None:
    newest = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest[_MOST_FILES:]:
        file.unlink()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
