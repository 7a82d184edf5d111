"""Reads a `Service` from its file, an OpenAPI 3.1 document; the program needs little of it.

Services come with the program, or are in the user's data folder. A card names one, and cannot
give an address of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from storyboard.errors import CardError, UsageError
from storyboard.models.service import Service
from storyboard.models.yamltext import parse_document, read_text

SUBMIT = "submit"
"""The operationId of the submission."""

_SUBMIT_PATH = re.compile(r"/\{provider\}/\{model\}((?:/[A-Za-z0-9._-]+)*)")


class Services:
    """The services of several folders by name; the first folder with a name wins.

    A file is read when its service is first needed.
    """

    def __init__(self, *folders: Path) -> None:
        files = [file for folder in reversed(folders) for file in folder.glob("*.yaml")]
        self._files = {file.stem: file for file in files}
        self._services: dict[str, Service] = {}

    def names(self) -> tuple[str, ...]:
        """Return the services' names, sorted."""
        return tuple(sorted(self._files))

    def all(self) -> Iterator[Service]:
        """Return the services, sorted by name. Raises UsageError if the file of one is invalid."""
        return filter(None, map(self.get, self.names()))

    def get(self, name: str) -> Service | None:
        """Return the service, or None if unknown. Raises UsageError if its file is invalid."""
        if name not in self._files:
            return None
        if name not in self._services:
            self._services[name] = read_service(self._files[name])
        return self._services[name]


def read_service(path: Path) -> Service:
    """Return the service in a file; the file name is the service's name.

    Raises UsageError if the file cannot be read or lacks necessary information.
    """
    try:
        return _service(parse_document(read_text(path)), path.stem)
    except CardError as error:
        raise UsageError(
            f"service {path}: {error}",
            next_step="correct the file; schemas/services/modellix.yaml is an example",
        ) from error


def _service(document: Mapping[str, Any], name: str) -> Service:
    if not str(document.get("openapi", "")).startswith("3.1"):
        raise CardError("openapi is not 3.1; a service is described by an OpenAPI 3.1 document")
    client = document.get("x-storyboard")
    client = client if isinstance(client, dict) else {}
    origin, base_path = _server(document)
    return Service(
        name=name,
        protocol=_protocol(client),
        origin=origin,
        base_path=base_path,
        submit_suffix=_submit_suffix(document),
        retention_h=_retention_h(client),
    )


def _server(document: Mapping[str, Any]) -> tuple[str, str]:
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        is_usable = bool(parts.hostname) and parts.scheme == "https" and not parts.username
    except ValueError:
        is_usable = False
    if not is_usable:
        raise CardError("servers[0].url is not an https address")
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")


def _submit_suffix(document: Mapping[str, Any]) -> str:
    paths = document.get("paths")
    found = [
        path
        for path, item in (paths if isinstance(paths, dict) else {}).items()
        if isinstance(item, dict)
        and isinstance(item.get("post"), dict)
        and item["post"].get("operationId") == SUBMIT
    ]
    if len(found) != 1:
        raise CardError(
            f"paths holds {len(found)} POST operations with the operationId {SUBMIT!r}, not 1"
        )
    match = _SUBMIT_PATH.fullmatch(found[0])
    if match is None:
        raise CardError(
            f"paths {found[0]!r} is not /{{provider}}/{{model}}, optionally followed by more"
        )
    return match[1]


def _protocol(client: Mapping[str, Any]) -> str:
    protocol = client.get("protocol")
    if not isinstance(protocol, str) or not protocol:
        raise CardError(
            'x-storyboard.protocol is missing; it names the way to speak to the API: "modellix"'
        )
    return protocol


def _retention_h(client: Mapping[str, Any]) -> float:
    hours = client.get("retention-hours")
    if not isinstance(hours, int | float) or isinstance(hours, bool) or not hours > 0:
        where = "x-storyboard.retention-hours"
        raise CardError(
            f"{where} is missing" if hours is None else f"{where} is {hours!r}, not a number"
        )
    return hours
