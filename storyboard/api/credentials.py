"""The API key and the API's address: where they come from, and what they may look like.

The key stands in `MODELLIX_API_KEY`, or in the file of the vendor's own
command-line client. Reads that file and nothing else; sends nothing.

Source: section 6 of the API contract (modellix-cli 0.0.7, auth.ts and config.ts).
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from storyboard.api.http.addresses import LOOPBACK_HOSTS, origin_of
from storyboard.errors import AccountError, UsageError
from storyboard.private import QUOTES, client_folders, remember_key

DEFAULT_BASE_URL = "https://api.modellix.ai"
KEY_PAGE = "https://www.modellix.ai/console/api-key"

MAX_CONFIG_BYTES = 1024 * 1024
MAX_PROFILES = 100
MAX_KEY_LENGTH = 16_384

_PROFILE_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_FORBIDDEN_NAMES = frozenset({"__proto__", "constructor", "prototype"})
_KEY = re.compile(r"[\x21-\x7e]+")
_USE_THE_VARIABLE = f"set MODELLIX_API_KEY; keys are made at {KEY_PAGE}"

_KEYCHAIN = "a key in the system keychain, where newer clients put it, cannot be read from here"


class ApiKey:
    """A key that does not show itself: only `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the Authorization header."""
        return self._text

    def __repr__(self) -> str:
        return "ApiKey(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not written anywhere")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and where it was found.

    `source` is for people. `profile` is the name for the state file:
    "environment", or the name of the profile.
    """

    key: ApiKey
    source: str
    profile: str


def find_key(*, environ: Mapping[str, str], home: Path) -> Credentials:
    """The key from the environment, else from the selected profile.

    Raises:
        AccountError: there is no key, or the place that should hold it is broken.
    """
    text = environ.get("MODELLIX_API_KEY", "").strip()
    if text:
        return Credentials(
            _checked_key(text, "MODELLIX_API_KEY"), "MODELLIX_API_KEY", "environment"
        )
    path = _config_path(environ, home)
    display_name = _display_path(path, home)
    config = _read_config(path, display_name)
    if config is None:
        raise AccountError(
            f"no API key: MODELLIX_API_KEY is not set and there is no {display_name}.",
            next_step=f"{_USE_THE_VARIABLE} ({_KEYCHAIN})",
        )
    name = _selected_profile(config, environ, display_name)
    source = f"profile '{name}' of {display_name}"
    profiles = _profiles_of(config, display_name)
    if name not in profiles:
        there = ", ".join(sorted(profiles)) or "none"
        raise AccountError(
            f"no API key: {display_name} has no profile '{name}' (it has: {there}).",
            next_step=f"choose one with MODELLIX_PROFILE, or {_USE_THE_VARIABLE}",
        )
    profile = profiles[name]
    stored = profile.get("apiKey", "") if isinstance(profile, dict) else None
    if not isinstance(stored, str):
        raise _broken(display_name, f"profile '{name}' is not an object with an apiKey")
    if not stored.strip():
        raise AccountError(
            f"no API key: {source} holds none.", next_step=f"{_USE_THE_VARIABLE} ({_KEYCHAIN})"
        )
    return Credentials(_checked_key(stored.strip(), source), source, name)


def find_base_url(option: str | None, *, environ: Mapping[str, str]) -> str:
    """The API's origin, normalised: from the option, else MODELLIX_BASE_URL, else the vendor's.

    Raises:
        UsageError: it is not an origin, or neither HTTPS nor on this machine.
    """
    for name, value in (
        ("--base-url", option or ""),
        ("MODELLIX_BASE_URL", environ.get("MODELLIX_BASE_URL", "")),
    ):
        if value.strip():
            return _checked_origin(value.strip(), name)
    return DEFAULT_BASE_URL


def _checked_origin(text: str, name: str) -> str:
    example = f"write it like {DEFAULT_BASE_URL} or http://127.0.0.1:8080"
    if "@" in text:
        # What stands before the @ may be a password: not shown.
        raise UsageError(f"{name}: the address may not hold a user name.", next_step=example)
    origin = origin_of(text) if re.fullmatch(r"[\x21-\x7e]+", text) and "\\" not in text else None
    if origin is None:
        raise UsageError(f"{name}: {text[:100]!r} is not an HTTP address.", next_step=example)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise UsageError(
            f"{name}: only scheme, host and port are allowed, not a path or query.",
            next_step=f"use {origin}",
        )
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
        raise UsageError(
            f"{name}: {origin} would send the key unencrypted; "
            "plain HTTP is for localhost, 127.0.0.1 and [::1] only.",
            next_step="use https://",
        )
    return origin


def _checked_key(text: str, source: str) -> ApiKey:
    if len(text) > MAX_KEY_LENGTH or not _KEY.fullmatch(text):
        raise AccountError(
            f"the API key in {source} cannot be one: "
            f"a key is at most {MAX_KEY_LENGTH} printable ASCII characters without spaces.",
            next_step=f"copy it again from {KEY_PAGE}",
        )
    if text.strip(QUOTES) != text:
        raise AccountError(
            f"the API key in {source} stands in quotes, which would be sent with it.",
            next_step="take the quotes away; in a .env file, too, if its loader leaves them",
        )
    remember_key(text)
    return ApiKey(text)


def _config_path(environ: Mapping[str, str], home: Path) -> Path:
    folder = environ.get("XDG_CONFIG_HOME", "").strip()
    if folder and not Path(folder).is_absolute():
        raise AccountError(
            "no API key: XDG_CONFIG_HOME must be an absolute path.",
            next_step=f"correct it, or {_USE_THE_VARIABLE}",
        )
    return client_folders(environ, home)[0] / "config.json"


def _display_path(path: Path, home: Path) -> str:
    try:
        return f"~/{path.relative_to(home).as_posix()}"
    except ValueError:
        return str(path)


def _read_config(path: Path, display_name: str) -> dict[str, Any] | None:
    """The file's document, or None where there is no file."""
    try:
        raw = _read_regular_file(path, display_name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _broken(display_name, error.strerror or type(error).__name__) from error
    if len(raw) > MAX_CONFIG_BYTES:
        raise _broken(display_name, f"it is larger than {MAX_CONFIG_BYTES} bytes")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        # The decoder's exception carries the file's text, and the file holds keys.
        raise _broken(display_name, "it is not JSON") from None
    if not isinstance(document, dict):
        raise _broken(display_name, "it is not a JSON object")
    return document


def _read_regular_file(path: Path, display_name: str) -> bytes:
    """At most one byte more than the limit; never follows a link, never waits for a pipe."""
    if path.is_symlink():  # for systems without O_NOFOLLOW
        raise _broken(display_name, "it is a symbolic link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _broken(display_name, "it is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_CONFIG_BYTES + 1)


def _selected_profile(config: dict[str, Any], environ: Mapping[str, str], display_name: str) -> str:
    name = environ.get("MODELLIX_PROFILE", "").strip()
    source = "MODELLIX_PROFILE"
    if not name:
        name, source = (
            config.get("currentProfile") or "default",
            f"currentProfile of {display_name}",
        )
    if not isinstance(name, str) or not _is_profile_name(name):
        raise AccountError(
            f"no API key: {source} is not the name of a profile "
            "(letters, digits, '_', '.', '-'; at most 64).",
            next_step=f"correct it, or {_USE_THE_VARIABLE}",
        )
    return name


def _profiles_of(config: dict[str, Any], display_name: str) -> dict[str, Any]:
    profiles = config.get("profiles")
    if profiles is None:
        # The older form of the file: one key, no profiles.
        return {"default": config} if "apiKey" in config else {}
    if not isinstance(profiles, dict) or len(profiles) > MAX_PROFILES:
        raise _broken(display_name, f"its profiles are not an object of at most {MAX_PROFILES}")
    if not all(_is_profile_name(name) for name in profiles):
        raise _broken(display_name, "it holds a profile with an impossible name")
    return profiles


def _is_profile_name(name: str) -> bool:
    return bool(_PROFILE_NAME.fullmatch(name)) and name not in _FORBIDDEN_NAMES


def _broken(display_name: str, why: str) -> AccountError:
    return AccountError(
        f"no API key: MODELLIX_API_KEY is not set and {display_name} cannot be used: {why}.",
        next_step=_USE_THE_VARIABLE,
    )
