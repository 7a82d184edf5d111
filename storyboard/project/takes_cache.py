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
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cached_property, lru_cache
from importlib import metadata
from itertools import repeat
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from storyboard.atomic_files import digest_of, write_atomically
from storyboard.bulk import make_all
from storyboard.errors import StateError
from storyboard.language.nodes import Node
from storyboard.models.catalog import Catalog
from storyboard.records import Json, Position, Problem, Severity, Storyboard, Take

MIN_TAKES = 5000
"""Fewer are read as quickly as they are looked up."""

_MAX_FILES = 8
_SUFFIX = ".takes"

Overrides = Mapping[str, Node]


def recall(path: Path, catalog: Catalog, overrides: Overrides) -> Storyboard | None:
    """The storyboard as it was kept; None where it was not, or anything in it has changed."""
    try:
        position = _position_of(path, overrides)
        with position.open("rb") as file:
            digest = file.readline().strip()
            line, columns, payloads = file.readline(), file.readline(), file.readline()
        if digest != _sha256(line + columns + payloads).encode():
            position.unlink()  # damaged
            return None
        head = json.loads(line)
        if head["made_from"] != _made_from(path, head["files"], catalog):
            return None
        os.utime(position)
        return Storyboard(
            path=path,
            name=head["name"],
            title=head["title"],
            takes=_takes(head["count"], json.loads(columns), payloads),
            problems=tuple(map(_warning, head["warnings"])),
            sources={name: Path(name).read_text("utf-8-sig") for name in head["files"]},
        )
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def keep(board: Storyboard, catalog: Catalog, overrides: Overrides) -> None:
    """Keeps a large sound storyboard, and lets go of those that were not asked for longest.

    Does nothing where the files have changed since it was read, and where the
    cache folder cannot be written: then it is read anew the next time.
    """
    if len(board.takes) < MIN_TAKES or not board.is_sound:
        return
    with suppress(OSError, ValueError, StateError):
        position = _position_of(board.path, overrides)
        made_from = _made_from(board.path, board.sources, catalog)
        if made_from is None or _is_kept(position, made_from):
            return
        for name, text in board.sources.items():
            if Path(name).read_bytes().decode("utf-8-sig") != text:
                return
        if made_from != _made_from(board.path, board.sources, catalog):
            return
        head = {
            "made_from": made_from,
            "files": list(board.sources),
            "count": len(board.takes),
            "name": board.name,
            "title": board.title,
            "warnings": [_words(warning) for warning in board.problems],
        }
        payloads = [dict(take.payload) for take in board.takes]
        parts = (head, _columns(board.takes), payloads)
        text = "".join(f"{json.dumps(part)}\n" for part in parts)
        position.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(position, f"{_sha256(text.encode())}\n{text}")
        _let_go(position.parent)


def _is_kept(position: Path, made_from: str) -> bool:
    try:
        with position.open("rb") as file:
            file.readline()
            return bool(json.loads(file.readline())["made_from"] == made_from)
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return False


def _position_of(path: Path, overrides: Overrides) -> Path:
    """The cache file of a storyboard as it was named, with these vars."""
    asked = repr((str(path), str(Path.cwd()), sorted(overrides.items())))
    folder: Path = user_cache_path("storyboard-render", appauthor=False)
    return folder / "takes" / f"{_sha256(asked.encode())}{_SUFFIX}"


def _made_from(path: Path, names: Iterable[str], catalog: Catalog) -> str | None:
    """One digest of all that takes are made from; None where a link stands in the way.

    These are the files by name, the names in the templates folder (each is a
    namespace of macros), the model cards, and this program with what it stands on.
    """
    digests = {name: digest_of(Path(name)) for name in names}
    # What a link leads to can change while the file at its end does not.
    is_plain = all(os.path.realpath(name) == os.path.abspath(name) for name in digests)  # noqa: PTH100 (names, not paths)
    if not is_plain or None in digests.values():
        return None
    templates = sorted(file.name for file in (path.parent / "templates").glob("*"))
    return _sha256(json.dumps([digests, templates, _maker(catalog)]).encode())


@lru_cache(maxsize=8)
def _maker(catalog: Catalog) -> str:
    """What tells another program, or another model card, from these."""
    versions = [metadata.version(name) for name in ("jinja2", "pyyaml", "jsonschema-rs")]
    digest = hashlib.sha256(repr((catalog.cards(), sys.version, versions)).encode())
    digest.update(Path(__file__).read_bytes())
    package = Path(__file__).parents[1]
    for room in ("", "language", "reporting", "models"):
        for file in sorted((package / room).glob("**/*.py" if room else "*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _columns(takes: Sequence[Take]) -> dict[str, Any]:
    """The fields of the takes by name, payloads left out; of a value that all share only one."""
    columns: dict[str, Any] = {}
    for name in _FIELDS:
        values = [getattr(take, name) for take in takes]
        # Of maps equal ones may differ: to Python 1 is True.
        is_one = values.count(values[0]) == len(values) and not (name == "meta" and any(values))
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
    "place": lambda values: Position(*values),
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
    return [warning.position, warning.code, warning.message, warning.hint, warning.rendered]


def _warning(words: list[Any]) -> Problem:
    position, code, message, hint, rendered = words
    return Problem(Position(*position), code, message, hint, rendered, Severity.WARNING)


def _let_go(folder: Path) -> None:
    newest = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest[_MAX_FILES:]:
        file.unlink()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
