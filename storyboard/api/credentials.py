"""The API key and the API's address: where they come from, and what they may look like.

The key is in `MODELLIX_API_KEY` or in the files of the vendor's own command-line
client. Sends nothing.

Source: section 6 of the API contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from storyboard.api.client_files import KEY_PAGE, read_saved_key
from storyboard.api.http.addresses import LOOPBACK_HOSTS, origin_of
from storyboard.errors import AccountError, UsageError
from storyboard.private import QUOTES, remember_key

DEFAULT_BASE_URL = "https://api.modellix.ai"

MAX_KEY_LENGTH = 16_384
_MAX_HOST = 253  # characters of a DNS name; the state file allows 300 for an origin

_KEY = re.compile(r"[\x21-\x7e]+")


class ApiKey:
    """A key that is never shown by accident: only `reveal` returns the text."""

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

    `source` is for messages. `profile` is the name for the state file:
    "environment", or the name of the profile.
    """

    key: ApiKey
    source: str
    profile: str


def find_key(origin: str, *, environ: Mapping[str, str], home: Path) -> Credentials:
    """The key from the environment, or else the one the vendor's client saved for `origin`.

    Raises:
        AccountError: there is no key, or the file that should hold it is broken.
    """
    text = environ.get("MODELLIX_API_KEY", "").strip()
    if text:
        return Credentials(
            _checked_key(text, "MODELLIX_API_KEY"), "MODELLIX_API_KEY", "environment"
        )
    saved = read_saved_key(origin, environ=environ, home=home)
    return Credentials(_checked_key(saved.text, saved.source), saved.source, saved.profile)


def find_base_url(option: str | None, *, environ: Mapping[str, str]) -> str:
    """The API's normalized origin: from the option, else MODELLIX_BASE_URL, else the vendor's.

    Raises:
        UsageError: it is not an origin, or is neither HTTPS nor on this machine.
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
        # The part before the @ may be a password, so it is not shown.
        raise UsageError(f"{name}: the address cannot contain a user name.", next_step=example)
    origin = origin_of(text) if re.fullmatch(r"[\x21-\x7e]+", text) and "\\" not in text else None
    if origin is None:
        raise UsageError(f"{name}: {text[:100]!r} is not an HTTP address.", next_step=example)
    parts = urlsplit(text)
    if len(parts.hostname or "") > _MAX_HOST:
        raise UsageError(
            f"{name}: its host has {len(parts.hostname or '')} characters, more than {_MAX_HOST}.",
            next_step=example,
        )
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise UsageError(
            f"{name}: only scheme, host and port are allowed, not a path or query.",
            next_step=f"use {origin}",
        )
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
        raise UsageError(
            f"{name}: {origin} would send the key unencrypted; "
            "plain HTTP works only for localhost, 127.0.0.1 and [::1].",
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
            f"the API key in {source} is in quotes, which would be sent with it.",
            next_step="remove the quotes, also in a .env file if its loader keeps them",
        )
    remember_key(text)
    return ApiKey(text)
