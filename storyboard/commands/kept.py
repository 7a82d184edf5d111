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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from storyboard.bulk import make_all
from storyboard.errors import StateError
from storyboard.models.catalog import Catalog
from storyboard.outputs.files import digest_of, write_atomically
from storyboard.records import Json, Place, Problem, Severity, Storyboard, Take
from storyboard.spec.nodes import Node

LEAST_TAKES = 5000
"""Fewer are read as quickly as they are looked up."""

_MOST_FILES = 8

Overrides = Mapping[str, Node]


def recall(path: Path, catalog: Catalog, overrides: Overrides) -> Storyboard | None:
    """The storyboard as it was kept; None where it was not, or anything in it has changed."""
    place = _place_of(path, overrides)
    try:
        with place.open("rb") as file:
            head = json.loads(file.readline())
            if head["maker"] != _maker(catalog) or head["files"] != _digests(path, head["files"]):
                return None
            columns, payloads = file.readline(), file.readline()
        if _sha256(columns + payloads) != head["rows"]:
            return None  # damaged
        os.utime(place)
        return Storyboard(
            path=path,
            name=head["name"],
            title=head["title"],
            takes=_takes(head["count"], json.loads(columns), payloads),
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
        columns = f"{json.dumps(_columns(board.takes))}\n"
        payloads = f"{json.dumps([dict(take.payload) for take in board.takes])}\n"
        head = {
            "rows": _sha256(f"{columns}{payloads}".encode()),
            "maker": _maker(catalog),
            "files": digests,
            "count": len(board.takes),
            "name": board.name,
            "title": board.title,
            "warnings": [_words(warning) for warning in board.problems],
            "sources": list(board.sources),
        }
        place = _place_of(board.path, overrides)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place, f"{json.dumps(head)}\n{columns}{payloads}")
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


def _columns(takes: Sequence[Take]) -> dict[str, Any]:
    """The fields of the takes by name, payloads left out; of a value that all share only one."""
    columns: dict[str, Any] = {}
    for name in _FIELDS:
        values = [getattr(take, name) for take in takes]
        is_one = values.count(values[0]) == len(values)
        columns[name] = {"all": values[0]} if is_one else values
    return columns


def _takes(count: int, columns: dict[str, Any], payloads: bytes) -> tuple[Take, ...]:
    texts = _Payloads(payloads)
    made: dict[str, Iterable[Any]] = {"payload": map(_KeptPayload, repeat(texts), range(count))}
    for name in _FIELDS:
        column, shape = columns[name], _SHAPES.get(name, _as_it_is)
        is_one = isinstance(column, dict)
        made[name] = repeat(shape(column["all"]), count) if is_one else map(shape, column)
    return tuple(make_all(Take, zip(*(made[field.name] for field in fields(Take)), strict=True)))


def _as_it_is(value: Any) -> Any:
    return value


_FIELDS = [field.name for field in fields(Take) if field.name != "payload"]
_SHAPES: Mapping[str, Callable[[Any], Any]] = {
    "place": lambda values: Place(*values),
    "tags": tuple,
}
"""What JSON does not give back as it was."""


class _Payloads:
    """The payloads of all takes, read when the first is asked for: to look, few need any."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @cached_property
    def all(self) -> list[dict[str, Json]]:
        """Each take's, in order."""
        payloads: list[dict[str, Json]] = json.loads(self._text)
        return payloads


class _KeptPayload(Mapping[str, Json]):
    """One of them."""

    __slots__ = ("_number", "_payloads")

    def __init__(self, payloads: _Payloads, number: int) -> None:
        self._payloads = payloads
        self._number = number

    def __getitem__(self, key: str) -> Json:
        return self._payloads.all[self._number][key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._payloads.all[self._number])

    def __len__(self) -> int:
        return len(self._payloads.all[self._number])


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
