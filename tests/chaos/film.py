"""The film of the chaos test: text alone, files, chains of takes, and equal requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chaos.pictures import make_picture

_STILLS = 4

_TITLE = """\
version: 1
model: alibaba/wan2.7-t2v
defaults: {duration: 2, resolution: 720P, prompt_extend: false}
shots:
"""


def write_stills(folder: Path) -> None:
    """The files that some of the shots show."""
    for number in range(_STILLS):
        still = folder / f"still-{number}.png"
        still.write_bytes(make_picture(still.name.encode()))


def write_film(path: Path, takes: int) -> None:
    """Shots with requests of their own; one in twenty wants two takes of the same request."""
    shots: list[str] = []
    number = 0
    while (left := takes - number - number // 20) > 0:
        number += 1
        shots.append(f"  - id: shot-{number}\n    prompt: Night {number}, rain on the pier\n")
        if frame := _first_frame(number):
            shots.append(f"    model: alibaba/wan2.7-i2v\n    first_frame: {frame}\n")
        if number % 20 == 0 and left > 1:
            shots.append("    takes: 2\n")
    path.write_text(_TITLE + "".join(shots), "utf-8")


def _first_frame(number: int) -> str | None:
    """In each twenty shots, one shows a file, and another is the first in a chain of three."""
    if number % 20 in (5, 12):
        return f"still-{(number + number // 20) % _STILLS}.png"
    return f"{{take: shot-{number - 1}, frame: last}}" if number % 20 in (6, 7) else None


def find_statuses(output: Path) -> Mapping[str, str]:
    """What has become of each take, by id: `done`, `held` by its parent, or as in the manifest."""
    document = json.loads((output / "manifest.json").read_text("utf-8"))
    statuses: dict[str, str] = {}
    for take in document["takes"]:
        statuses[take["id"]] = _status_of(take, output, statuses)
    return statuses


def _status_of(take: Mapping[str, Any], output: Path, earlier: Mapping[str, str]) -> str:
    file = take["file"]
    if file is not None and (output / file["path"]).is_file():
        return "done"
    parent = take["payload"].get("first_frame", {}).get("take")
    is_held = take["status"] == "pending" and earlier.get(parent) in ("failed", "held")
    return "held" if is_held else str(take["status"])
