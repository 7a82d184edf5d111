"""Reads the key that the vendor's own command-line client saved.

Its `config.json` has profiles. Older clients keep a key in the profile itself.
Newer ones record, for each origin, where the key is: in `credentials.json` beside
that file, or in the system's keychain, which is not read here. Reads only these
two files.

Source: sections 6 and 11 of the API contract.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from storyboard.api.http.addresses import origin_of
from storyboard.atomic_files import open_unfollowed
from storyboard.errors import AccountError
from storyboard.private import client_folders

KEY_PAGE = "https://www.modellix.ai/console/api-key"
USE_THE_VARIABLE = f"set MODELLIX_API_KEY; create a key at {KEY_PAGE}"

MAX_CONFIG_BYTES = 1024 * 1024
MAX_CREDENTIALS_BYTES = 2 * 1024 * 1024
MAX_PROFILES = 100

_PROFILE_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_FORBIDDEN_NAMES = frozenset({"__proto__", "constructor", "prototype"})
_KEYCHAIN = "newer clients put the key into the system's keychain, which storyboard cannot read"
_COPY_IT = (
    "set MODELLIX_API_KEY to that key, or save it in a file: modellix-cli auth login --store file"
)


class SavedKey(NamedTuple):
    """A key as the client saved it, unchecked; `source` says where, for messages."""

    text: str
    source: str
    profile: str


class _Document(NamedTuple):
    """One of the client's files: its content, and its name for messages."""

    name: str
    values: dict[str, Any]


def read_saved_key(origin: str, *, environ: Mapping[str, str], home: Path) -> SavedKey:
    """The key of the selected profile for an API's origin.

    Raises AccountError if there is none, or if the file that should hold it is
    broken or out of reach.
    """
    path = _config_path(environ, home)
    config = _read_document(path, home, max_bytes=MAX_CONFIG_BYTES)
    if config is None:
        raise AccountError(
            "no API key: MODELLIX_API_KEY is not set and "
            f"{_display_path(path, home)} does not exist.",
            next_step=f"{USE_THE_VARIABLE} ({_KEYCHAIN})",
        )
    name = _selected_profile(config, environ)
    source = f"profile '{name}' of {config.name}"
    profiles = _profiles_of(config)
    if name not in profiles:
        there = ", ".join(sorted(profiles)) or "none"
        raise AccountError(
            f"no API key: {config.name} has no profile '{name}' (it has: {there}).",
            next_step=f"choose one with MODELLIX_PROFILE, or {USE_THE_VARIABLE}",
        )
    profile = profiles[name]
    if isinstance(profile, dict) and "origins" in profile:
        reference = _file_reference(profile["origins"], origin, source, config)
        source, text = _read_credential(reference, source, path, home)
    else:
        text = _own_key(profile, name, config)
    if not text.strip():
        raise AccountError(
            f"no API key: {source} has none.", next_step=f"{USE_THE_VARIABLE} ({_KEYCHAIN})"
        )
    return SavedKey(text.strip(), source, name)


def _own_key(profile: Any, name: str, config: _Document) -> str:
    """The key stored in the profile itself."""
    text = profile.get("apiKey", "") if isinstance(profile, dict) else None
    if not isinstance(text, str):
        raise _broken(config.name, f"profile '{name}' is not an object with an apiKey")
    return text


def _file_reference(origins: Any, origin: str, source: str, config: _Document) -> str:
    """The name under which `credentials.json` holds the profile's key for this origin."""
    if not isinstance(origins, dict):
        raise _broken(config.name, "the origins of a profile are not an object")
    by_origin = {known: entry for text, entry in origins.items() if (known := origin_of(text))}
    entry = by_origin.get(origin)
    if entry is None:
        there = ", ".join(sorted(by_origin)) or "none"
        raise AccountError(
            f"no API key: {source} has none for {origin} (it has keys for: {there}).",
            next_step=f"log in there with the vendor's client, or {USE_THE_VARIABLE}",
        )
    entry = entry if isinstance(entry, dict) else {}
    store, reference = entry.get("store"), entry.get("credentialRef")
    if store == "keychain":
        raise AccountError(
            f"no API key: {source} keeps its key in the system's keychain, which storyboard does "
            "not read.",
            next_step=_COPY_IT,
        )
    if store != "file" or not isinstance(reference, str):
        raise _broken(config.name, "it does not say where the key of a profile is")
    return reference


def _read_credential(reference: str, source: str, config: Path, home: Path) -> tuple[str, str]:
    """The key's location, for messages, and the key."""
    path = config.with_name("credentials.json")
    document = _read_document(path, home, max_bytes=MAX_CREDENTIALS_BYTES)
    if document is None:
        raise AccountError(
            f"no API key: {source} keeps its key in {_display_path(path, home)}, which does "
            "not exist.",
            next_step=f"log in again with the vendor's client, or {USE_THE_VARIABLE}",
        )
    credentials = document.values.get("credentials")
    entry = credentials.get(reference) if isinstance(credentials, dict) else None
    text = entry.get("apiKey") if isinstance(entry, dict) else None
    if not isinstance(text, str):
        raise _broken(document.name, f"it has no key for {source}")
    return f"{source}, by way of {document.name}", text


def _config_path(environ: Mapping[str, str], home: Path) -> Path:
    folder = environ.get("XDG_CONFIG_HOME", "").strip()
    if folder and not Path(folder).is_absolute():
        raise AccountError(
            "no API key: XDG_CONFIG_HOME must be an absolute path.",
            next_step=f"correct it, or {USE_THE_VARIABLE}",
        )
    return client_folders(environ, home)[0] / "config.json"


def _display_path(path: Path, home: Path) -> str:
    try:
        return f"~/{path.relative_to(home).as_posix()}"
    except ValueError:
        return str(path)


def _read_document(path: Path, home: Path, *, max_bytes: int) -> _Document | None:
    """The document in a file, or None if there is no file."""
    name = _display_path(path, home)
    try:
        raw = _read_regular_file(path, name, max_bytes)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _broken(name, error.strerror or type(error).__name__) from error
    if len(raw) > max_bytes:
        raise _broken(name, f"it is larger than {max_bytes} bytes")
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        # The decoder's exception contains the file's text, which holds keys.
        raise _broken(name, "it is not JSON") from None
    if not isinstance(values, dict):
        raise _broken(name, "it is not a JSON object")
    return _Document(name, values)


def _read_regular_file(path: Path, name: str, max_bytes: int) -> bytes:
    """The first `max_bytes + 1` bytes of a file; never follows a link or waits for a pipe."""
    if path.is_symlink():  # covers systems without O_NOFOLLOW
        raise _broken(name, "it is a symbolic link")
    descriptor = open_unfollowed(str(path), os.O_RDONLY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _broken(name, "it is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(max_bytes + 1)


def _selected_profile(config: _Document, environ: Mapping[str, str]) -> str:
    name = environ.get("MODELLIX_PROFILE", "").strip()
    source = "MODELLIX_PROFILE"
    if not name:
        name = config.values.get("currentProfile") or "default"
        source = f"currentProfile of {config.name}"
    if not isinstance(name, str) or not _is_profile_name(name):
        raise AccountError(
            f"no API key: {source} is not the name of a profile "
            "(letters, digits, '_', '.', '-'; at most 64).",
            next_step=f"correct it, or {USE_THE_VARIABLE}",
        )
    return name


def _profiles_of(config: _Document) -> dict[str, Any]:
    profiles = config.values.get("profiles")
    if profiles is None:
        # The older format: one key, no profiles.
        return {"default": config.values} if "apiKey" in config.values else {}
    if not isinstance(profiles, dict) or len(profiles) > MAX_PROFILES:
        raise _broken(config.name, f"its profiles are not an object of at most {MAX_PROFILES}")
    if not all(_is_profile_name(name) for name in profiles):
        raise _broken(config.name, "it has a profile with an invalid name")
    return profiles


def _is_profile_name(name: str) -> bool:
    return bool(_PROFILE_NAME.fullmatch(name)) and name not in _FORBIDDEN_NAMES


def _broken(name: str, why: str) -> AccountError:
    return AccountError(
        f"no API key: MODELLIX_API_KEY is not set and {name} cannot be used: {why}.",
        next_step=USE_THE_VARIABLE,
    )
