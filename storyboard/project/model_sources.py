"""Where a model's document comes from: a file, standard input, an address or the service itself."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storyboard.api.credentials import DEFAULT_BASE_URL, ApiKey, find_base_url, find_key
from storyboard.api.documents import fetch_document
from storyboard.api.http.addresses import origin_of
from storyboard.api.http.environment import check_environment
from storyboard.api.modellix.client import ModellixApi
from storyboard.errors import AccountError, UsageError
from storyboard.models.service import Service
from storyboard.models.service_reader import Services
from storyboard.models.yamltext import MAX_CHARACTERS
from storyboard.private import home_folder

STDIN = "-"

_MAX_BYTES = 4 * MAX_CHARACTERS + 1


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document: its name in messages, its text, and what a card gives as its source."""

    name: str
    text: str
    origin: str


def read_document(word: str, api_origin: str) -> DocumentText:
    """The document that SOURCE names. An address is requested without a key.

    Raises UsageError if it cannot be read, and Unreachable if nothing answers.
    """
    if word == STDIN:
        return DocumentText(
            "<stdin>", _decoded("<stdin>", sys.stdin.buffer.read(_MAX_BYTES)), "standard input"
        )
    if word.lower().startswith(("http://", "https://")):
        if not word.lower().startswith("https://") and origin_of(word) != api_origin:
            raise UsageError(
                "a document is read over https alone", next_step="write the address with https://"
            )
        check_environment(origin_of(word) or api_origin)
        text = fetch_document(word, api_origin=api_origin)
        parts = urlsplit(word)
        return DocumentText(parts.hostname or word, text, f"{origin_of(word)}{parts.path}")
    path = Path(word)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
    except OSError as error:
        raise UsageError(
            f"{word} cannot be read: {error.strerror}",
            next_step="give a file, an https address, or - for standard input",
        ) from None
    return DocumentText(word, _decoded(word, content), path.name)


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text", next_step="save it as UTF-8") from None


def service_api(base_url: str | None) -> tuple[ModellixApi, bool]:
    """The service's own API, and whether there is a key for it. Public data needs none."""
    origin = find_base_url(base_url, environ=os.environ)
    check_environment(origin)
    try:
        return ModellixApi(
            origin, find_key(origin, environ=os.environ, home=home_folder()).key
        ), True
    except AccountError:
        return ModellixApi(origin, ApiKey("")), False


def read_from_service(api: ModellixApi, model: str) -> DocumentText:
    """What the service's own origin says about a model. Raises UsageError if it knows none."""
    address = f"{api.origin}/models/{model}/api_schema"
    document = api.model_schema(model)
    if document is None:
        raise UsageError(
            f"{api.origin} knows no model {model!r}",
            next_step="name it as the service does: PROVIDER/MODEL",
        )
    return DocumentText(address, json.dumps(document, ensure_ascii=False), address)


def find_service(services: Services, address: str, api_origin: str) -> Service | None:
    """The service at an address; the API's own origin counts as the vendor's."""
    origin = origin_of(address)
    wanted = DEFAULT_BASE_URL if origin == api_origin else origin
    return next((one for one in services.all() if one.origin == wanted), None)


def confidence_in(source: str, service: Service, api_origin: str) -> str:
    """How reliable limits are: high if the service's own site or API states them, else medium."""
    host = urlsplit(source).hostname or ""
    own = urlsplit(service.origin).hostname or ""
    site = own.partition(".")[2]
    is_own = host in (own, site) or (site.count(".") > 0 and host.endswith(f".{site}"))
    is_api = source.startswith(f"{api_origin}/")
    return "high" if source.startswith(("https://", "http://")) and (is_own or is_api) else "medium"
