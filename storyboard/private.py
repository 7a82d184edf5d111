"""What is nobody's business: where keys stand on this machine, in the environment and on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

KEY_VARIABLE = "MODELLIX_API_KEY"

MIN_KEY_LENGTH = 8
"""Shorter texts are not taken for a key where texts are searched for one."""


def client_folders(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The folders in which the vendor's own client may keep keys, the likeliest first."""
    configured = environ.get("XDG_CONFIG_HOME", "").strip()
    folders = [Path(configured)] if configured and Path(configured).is_absolute() else []
    return tuple(folder / "modellix" for folder in (*folders, home / ".config"))


def without_key(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that opens what a stranger wrote."""
    return {name: value for name, value in environ.items() if name != KEY_VARIABLE}
