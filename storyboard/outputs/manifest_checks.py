"""What is wrong with a manifest that came from outside. Pure.

A manifest comes out of git, so anyone may have written it: its paths are
opened, its payloads sent and its links fetched. The shape stands in
`schemas/manifest.schema.json`; here is also what a schema cannot say.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from storyboard.outputs.times import read_time
from storyboard.records import Json

MAX_DEPTH = 32  # no API nests its requests a quarter as deep; far below the stack's own end
_TIMES = ("submitted_at", "finished_at", "url_expires_at")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)", re.I)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\]')


def parse_manifest(data: bytes) -> Json:
    """The JSON in `data`. Raises ValueError, saying what is wrong, where it is not JSON."""
    if data.startswith(b"<<<<<<<") or b"\n<<<<<<< " in data:
        raise ValueError("it holds the marks of a git merge that was not resolved")
    try:
        document: Json = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_such_number,
            parse_int=_bounded,
            parse_float=_finite,
            object_pairs_hook=_no_repeats,
        )
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_depth(document)
    return document


def manifest_problem(document: Json) -> str | None:
    """The first thing wrong with the document as a manifest, or None."""
    if not isinstance(document, dict) or "schema_version" not in document:
        return "it is not a manifest"
    version = document["schema_version"]
    if isinstance(version, int) and version > 1:
        return f"its schema_version is {version}, and this storyboard reads version 1"
    for error in _validator().iter_errors(document):
        return _said(error)
    return next(_beyond_the_schema(document), None)


def path_problem(path: str) -> str | None:
    """Why a path is not one inside the output folder that every system can hold, or None."""
    if _NOT_IN_NAMES.search(path):
        return "holds a character that not every system has in file names"
    for name in path.split("/"):
        if name in ("", ".", ".."):
            return "must be a plain path inside the output folder"
        if name.endswith((".", " ")):
            return "holds a name that ends in a dot or a space"
        if _DEVICES.match(name):
            return "holds the name of a Windows device"
    return None


def _beyond_the_schema(document: Any) -> Iterator[str]:
    """What is wrong with a manifest whose shape is right."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        yield "it holds text that is not Unicode (half a surrogate pair)"
    seen: dict[str, int] = {}
    for index, take in enumerate(document["takes"]):
        where = f"takes[{index}]"
        first = seen.setdefault(take["id"].lower(), index)
        if first != index:
            yield f"{where}.id: {take['id']!r} is the id of takes[{first}] already"
        if take["id"] not in (take["shot"], f"{take['shot']}.t{take['take']:d}"):
            yield f"{where}.id: {take['id']!r} is not a take of the shot {take['shot']!r}"
        for key in ("id", "scene", "shot"):
            if _DEVICES.match(take[key] or ""):
                yield f"{where}.{key}: {take[key]!r} is the name of a Windows device"
        for key in _TIMES:
            if not _is_time(take[key]):
                yield f"{where}.{key}: {take[key]!r} is not a time"
        reason = path_problem(take["file"]["path"]) if take["file"] else None
        if reason:
            yield f"{where}.file.path: {_short(take['file']['path'])} {reason}"


def _is_time(text: str | None) -> bool:
    try:
        return text is None or bool(read_time(text))
    except ValueError:
        return False


@lru_cache(maxsize=1)
def _validator() -> Any:
    schema = json.loads(_schema_path().read_text(encoding="utf-8"))
    strict: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return strict(schema)


def _schema_path() -> Path:
    """In a wheel the schemas lie inside the package, in a checkout beside it."""
    package = Path(__file__).parent.parent
    inside = package / "schemas" / "manifest.schema.json"
    return inside if inside.exists() else package.parent / "schemas" / "manifest.schema.json"


def _pattern(_: Any, pattern: str, value: object, schema: object) -> Iterator[ValidationError]:
    """The keyword as JSON Schema means it: Python's own `$` also matches before a line's end."""
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError("does not have the right form")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _said(error: Any) -> str:
    """A schema error in our words: the path, the value seen, what is wrong with it."""
    where = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    ).lstrip(".")
    start = f"{where}: " if where else ""
    expected = error.validator_value
    match error.validator:
        case "required":
            missing = next(key for key in expected if key not in error.instance)
            return f"{start}{missing!r} is missing"
        case "additionalProperties":
            extra = next(key for key in error.instance if key not in error.schema["properties"])
            return f"{start}unknown key {_short(extra)}"
        case "type":
            names = " or ".join([expected] if isinstance(expected, str) else expected)
            return f"{start}{_short(error.instance)} is not {names}"
        case "enum":
            return f"{start}{_short(error.instance)} is not one of {', '.join(map(str, expected))}"
        case "pattern":
            return f"{start}{_short(error.instance)} does not have the right form"
        case name:
            return f"{start}{_short(error.instance)} does not keep to {name} {expected}"


def _short(value: object) -> str:
    """The value for a message: control characters escaped, cut at 60 characters."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _no_such_number(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not JSON")


def _bounded(text: str) -> int:
    # Reading an integer takes time in the square of its length.
    if len(text) > 40:
        raise ValueError(f"it holds a number that is too large: {text[:20]}")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds a number that is too large: {text[:20]}")
    return number


def _no_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object, unless a key is repeated: two readers could take two different values."""
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"it holds the key {_short(repeated)} twice in one object")
    return made


def _check_depth(document: Json) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise ValueError("it is nested too deeply")
