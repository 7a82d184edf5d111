"""What is nobody's business: where keys stand on this machine, in the environment and on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

KEY_VARIABLE = "MODELLIX_API_KEY"

MIN_KEY_LENGTH = 8
"""A shorter key is a stand-in ("test", "sandbox"), and is not looked for.

Hiding it would tear up innocent words, task ids among them.
"""


QUOTES = "\"'`"

_read_keys: set[str] = set()


def remember_key(key: str) -> None:
    """Has `mask` hide a key that was found elsewhere than in the environment."""
    _read_keys.add(key)


def mask(text: str) -> str:
    """The text without any key that is known: the last net below everything that is printed.

    What the API says, and what files hold, is freed of the key where it comes in.
    """
    for key in _known_keys():
        text = text.replace(key, "***")
    return text


def mask_bytes(content: bytes) -> bytes:
    """The same for the content of a file."""
    for key in _known_keys():
        content = content.replace(key.encode(), b"***")
    return content


def key_in(environ: Mapping[str, str]) -> str:
    """The key in the environment; without the quotes that some loaders of `.env` files leave."""
    return environ.get(KEY_VARIABLE, "").strip().strip(QUOTES)


def _known_keys() -> list[str]:
    """The keys, each as it stands in plain text, in JSON and in HTML."""
    keys = (key_in(os.environ), *_read_keys)
    return [form for key in keys if len(key) >= MIN_KEY_LENGTH for form in _forms(key)]


@lru_cache
def _forms(key: str) -> tuple[str, ...]:
    import html
    import json

    forms = (key, json.dumps(key, ensure_ascii=False)[1:-1], html.escape(key))
    return tuple(dict.fromkeys(forms))


def home_folder() -> Path:
    """The user's home folder; one that does not exist where the system knows of none."""
    try:
        return Path.home()
    except (
        RuntimeError
    ):  # neither HOME nor an entry in the system's list of users, as in containers
        return Path("/nonexistent")


def client_folders(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The folders in which the vendor's own client may keep keys, the likeliest first."""
    configured = environ.get("XDG_CONFIG_HOME", "").strip()
    folders = [Path(configured)] if configured and Path(configured).is_absolute() else []
    return tuple(folder / "modellix" for folder in (*folders, home / ".config"))


def without_key(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that opens what a stranger wrote."""
    return {name: value for name, value in environ.items() if name != KEY_VARIABLE}
