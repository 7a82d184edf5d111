"""What is wrong with a manifest that came from outside. Pure.

A manifest comes from git, so anyone may have written it, and its paths are
opened, its payloads sent and its links fetched. `shape` checks it against its
schema; this module checks what comes before that and what a schema cannot express.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from storyboard.json_values import MAX_PAYLOAD_LEVELS, is_shallow, is_unicode
from storyboard.names import is_device, path_problem
from storyboard.outputs.manifest.inputs import inputs_problems
from storyboard.outputs.manifest.shape import shape_problem, short
from storyboard.outputs.manifest.times import read_time
from storyboard.records import Json

SCHEMA_VERSION = 4
FIRST_WITH_INPUTS = 4
_MAX_LEVELS = MAX_PAYLOAD_LEVELS + 5  # document, takes, take, failed_candidates, candidate
_TIMES = ("submitted_at", "finished_at", "url_expires_at")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_manifest(data: bytes) -> Json:
    """The JSON in `data`. Raises ValueError with the reason if it is not JSON."""
    try:
        document: Json = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_such_number,
            parse_int=_bounded,
            parse_float=_finite,
            object_pairs_hook=refuse_repeated_keys,
        )
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not is_shallow(document, _MAX_LEVELS):
        raise ValueError("it is nested too deeply")
    if _ESCAPED_SURROGATE.search(data) and not is_unicode(document):
        raise ValueError("it contains text that is not Unicode (half a surrogate pair)")
    return document


def manifest_problem(document: Json) -> str | None:
    """The first thing wrong with the document as a manifest of the newest version, or None."""
    if not isinstance(document, dict) or "schema_version" not in document:
        return "it is not a manifest"
    version = document["schema_version"]
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return (
            f"its schema_version is {version}, and this storyboard reads up to "
            f"version {SCHEMA_VERSION}"
        )
    return shape_problem(document) or next(_beyond_the_schema(document), None)


def bring_up_to_date(document: Any) -> None:
    """Upgrades a document of an earlier version to the newest one, in place.

    Version 1 distinguished a machine's own takes, which were `done`, from the `rendered` ones
    whose files it lacked; before version 3 there were no costs, and before version 4 no inputs.
    A merge of several versions can leave takes of one version under the number of another.
    """
    versions = range(1, SCHEMA_VERSION + 1)
    if not isinstance(document, dict) or document.get("schema_version") not in versions:
        return
    document["schema_version"] = SCHEMA_VERSION
    document.setdefault("spent_usd", 0)
    takes = document.get("takes")
    for take in takes if isinstance(takes, list) else ():
        if isinstance(take, dict):
            take.setdefault("estimate_usd", None)
            take.setdefault("billed_usd", None)
            if take.get("status") == "done":
                take["status"] = "rendered"


def _beyond_the_schema(document: Any) -> Iterator[str]:
    """What is wrong with a manifest whose shape is right."""
    seen: dict[str, int] = {}
    for index, take in enumerate(document["takes"]):
        where = f"takes[{index}]"
        first = seen.setdefault(take["id"].lower(), index)
        if first != index:
            yield f"{where}.id: {take['id']!r} is already the id of takes[{first}]"
        if take["id"] not in (take["shot"], f"{take['shot']}.t{take['take']:d}"):
            yield f"{where}.id: {take['id']!r} is not a take of the shot {take['shot']!r}"
        for key in ("id", "scene", "shot"):
            if is_device(take[key] or ""):
                yield f"{where}.{key}: {take[key]!r} is the name of a Windows device"
        yield from _bad_times(take, where)
        yield from inputs_problems(take["payload"], take.get("inputs", ()), where)
        for number, one in enumerate(take.get("failed_candidates", ())):
            yield from _bad_times(one, f"{where}.failed_candidates[{number}]")
        reason = path_problem(take["file"]["path"]) if take["file"] else None
        if reason:
            yield f"{where}.file.path: {short(take['file']['path'])} {reason}"


def _bad_times(block: Any, where: str) -> Iterator[str]:
    for key in _TIMES:
        if not _is_time(block.get(key)):
            yield f"{where}.{key}: {block[key]!r} is not a time"


def _is_time(text: str | None) -> bool:
    try:
        return text is None or bool(read_time(text))
    except ValueError:
        return False


def _no_such_number(name: str) -> float:
    raise ValueError(f"it contains {name}, which is not JSON")


def _bounded(text: str) -> int:
    # The time to parse an integer grows with the square of its length.
    if len(text) > 40:
        raise ValueError(f"it contains a number that is too large: {text[:20]}")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it contains a number that is too large: {text[:20]}")
    return number


def refuse_repeated_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """The object, unless a key is repeated: two readers could then see different values."""
    made = dict(pairs)
    if len(made) != len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"it has the key {short(repeated)} twice in one object")
    return made
