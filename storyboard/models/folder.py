"""Where the model cards, services and schemas are: the program's, and the user's own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from storyboard.errors import UsageError
from storyboard.private import home_folder

_NAME = "storyboard"


def schemas_folder() -> Path:
    """Return the folder of the model cards and the schemas generated from them.

    It is inside an installed package, or at the top of a checkout.
    """
    package = Path(__file__).resolve().parent.parent
    # Look inside the package first: beside an installed package, a folder of this name belongs to
    # something else.
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "models").is_dir():
            return folder
    raise UsageError(
        "the model cards are missing from this installation", next_step="reinstall storyboard"
    )


@cache
def read_schema(name: str) -> dict[str, Any]:
    """Return one of the schemas that are written by hand: "card", "manifest". Do not change it."""
    path = schemas_folder() / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def data_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder of the user's own cards (`models/`) and services (`services/`).

    It need not exist. It is in `XDG_DATA_HOME` if that is set, on any platform, else in the
    platform's own place for such files.
    """
    named = environ.get("XDG_DATA_HOME", "").strip()
    if named and Path(named).is_absolute():
        return Path(named) / _NAME
    if platform == "win32":
        local = environ.get("LOCALAPPDATA", "").strip()
        return (Path(local) if local else home_folder() / "AppData" / "Local") / _NAME
    if platform == "darwin":
        return home_folder() / "Library" / "Application Support" / _NAME
    return home_folder() / ".local" / "share" / _NAME
