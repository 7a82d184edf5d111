"""This machine's secrets: where the environment and the disk keep keys, and how to mask them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

KEY_VARIABLE = "MODELLIX_API_KEY"

MIN_KEY_LENGTH = 8
"""A shorter key is a placeholder ("test", "sandbox") and is not hidden.

Hiding it would garble unrelated text, including task ids.
"""


QUOTES = "\"'`"

_read_keys: set[str] = set()


def remember_key(key: str) -> None:
    """Make `mask` also hide this key, which was not found in the environment."""
    _read_keys.add(key)


def mask(text: str) -> str:
    """The text without any known key; the last safeguard for everything that is printed.

    Text from the API and from files already has the key removed when it is read.
    """
    for key in _known_keys():
        text = text.replace(key, "***")
    return text


def mask_bytes(content: bytes) -> bytes:
    """The content of a file without any known key."""
    for key in _known_keys():
        content = content.replace(key.encode(), b"***")
    return content


def key_in(environ: Mapping[str, str]) -> str:
    """The key in the environment, without the quotes that some `.env` loaders leave."""
    return environ.get(KEY_VARIABLE, "").strip().strip(QUOTES)


def _known_keys() -> list[str]:
    """The known keys, each as it appears in plain text, in JSON and in HTML."""
    keys = (key_in(os.environ), *_read_keys)
    return [form for key in keys if len(key) >= MIN_KEY_LENGTH for form in _forms(key)]


@lru_cache
def _forms(key: str) -> tuple[str, ...]:
    import html
    import json

    forms = (key, json.dumps(key, ensure_ascii=False)[1:-1], html.escape(key))
    return tuple(dict.fromkeys(forms))


def home_folder() -> Path:
    """The user's home folder, or a path that does not exist if the system knows none."""
    try:
        return Path.home()
    except RuntimeError:  # no HOME and no entry in the user database, as in containers
        return Path("/nonexistent")


def client_folders(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The folders where the vendor's own client may keep keys, likeliest first."""
    configured = environ.get("XDG_CONFIG_HOME", "").strip()
    folders = [Path(configured)] if configured and Path(configured).is_absolute() else []
    return tuple(folder / "modellix" for folder in (*folders, home / ".config"))


def without_key(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the key, for a process that opens untrusted files."""
    return {name: value for name, value in environ.items() if name != KEY_VARIABLE}
