"""Reads a `ModelCard` from its file, an OpenAPI 3.1 document.

Every mistake in a card becomes a `UsageError` that names the file and the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from storyboard.errors import CardError, UsageError
from storyboard.models.card import ModelCard, Parameter
from storyboard.models.yamltext import parse_card
from storyboard.names import ID
from storyboard.records import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NAME = re.compile(f"{ID}/{ID}")
_SUFFIX = re.compile(r"(?:/[A-Za-z0-9._-]+)*")
_BODY = ("requestBody", "content", "application/json", "schema")
_TYPES = ("string", "integer", "number", "boolean")
_MAX_REFERENCES = 200
_MAX_CHAIN = 4


def read_card(path: Path, name: str) -> ModelCard:
    """The card of model `name` ("alibaba/wan2.7-t2v") from its file.

    Raises UsageError if the file cannot be read or is not a valid model card.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path, f"cannot be read: {error}") from error
    try:
        return _card(parse_card(text), name)
    except CardError as error:
        raise _broken(path, str(error)) from error


def _broken(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"model card {path}: {reason}",
        next_step="correct the card; schemas/models/alibaba/wan2.7-t2v.yaml is one to go by",
    )


def _card(document: Mapping[str, Any], name: str) -> ModelCard:
    if not _NAME.fullmatch(name):
        _fail("the file", f"{name!r} is no model name; cards stand in PROVIDER/MODEL.yaml")
    if not str(document.get("openapi", "")).startswith("3.1"):
        _fail("openapi", "is not 3.1; a model card is an OpenAPI 3.1 document")
    client = _mapping(document, "x-storyboard")
    path, operation = _submission(document)
    if not (path.startswith(f"/{name}") and _SUFFIX.fullmatch(path[len(name) + 1 :])):
        _fail("paths", f"{path!r} is not the path of {name}, the model that the file is named for")
    schema = _expanded(document, _at(operation, *_BODY), f"paths.{path}.post")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        _fail(".".join(_BODY), "is not the schema of an object")
    origin, base_path = _server(document)
    return ModelCard(
        name=name,
        title=str(_mapping(document, "info").get("title") or name),
        protocol=_protocol(client),
        origin=origin,
        base_path=base_path,
        submit_suffix=path[len(name) + 1 :],
        request_schema={"$schema": DIALECT, **schema},
        parameters={known.name: known for known in _parameters(schema)},
        retention_h=_number(client, "retention-hours"),
        slowest_h=_number(client, "slowest-hours") if "slowest-hours" in client else 1.0,
        frame_rate=_number(client, "frame-rate") if "frame-rate" in client else None,
        sizes=_sizes(client),
        docs_url=_docs_url(document),
    )


def _submission(document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    posts = [
        (path, item["post"])
        for path, item in _mapping(document, "paths").items()
        if isinstance(item, dict) and isinstance(item.get("post"), dict)
    ]
    if len(posts) != 1:
        _fail("paths", f"holds {len(posts)} POST operations; a model card has one, the submission")
    return posts[0]


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
        _fail("servers[0].url", "is not an https address")
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")


def _docs_url(document: Mapping[str, Any]) -> str:
    docs = document.get("externalDocs", {})
    url = docs.get("url", "") if isinstance(docs, dict) else None
    if not isinstance(url, str):
        _fail("externalDocs", "is no address of a page, {url: https://...}")
    return url


def _protocol(client: Mapping[str, Any]) -> str:
    protocol = client.get("protocol")
    if not isinstance(protocol, str) or not protocol:
        _fail(
            "x-storyboard.protocol", 'is missing; it names the way to speak to the API: "modellix"'
        )
    return protocol


def _parameters(schema: Mapping[str, Any]) -> Iterator[Parameter]:
    required = schema.get("required", [])
    for name, limits in _mapping(schema, "properties").items():
        where = f"properties.{name}"
        if not isinstance(limits, dict):
            _fail(where, "is not a schema")
        type_ = limits.get("type")
        if type_ not in _TYPES:
            _fail(where, f"has type {type_!r}; parameters are one of {', '.join(_TYPES)}")
        yield Parameter(
            name=name,
            type=type_,
            limits=limits,
            is_required=isinstance(required, list) and name in required,
            default=limits.get("default"),
        )


def _sizes(client: Mapping[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    sizes: dict[tuple[str, str], tuple[int, int]] = {}
    by_resolution = _mapping(client, "sizes") if "sizes" in client else {}
    for resolution in by_resolution:
        for ratio, size in _mapping(by_resolution, resolution).items():
            is_size = isinstance(size, list) and len(size) == 2
            if not is_size or not all(type(side) is int and side > 0 for side in size):
                where = f"x-storyboard.sizes.{resolution}.{ratio}"
                _fail(where, f"{size!r} is not a width and a height in pixels")
            sizes[resolution, ratio] = (size[0], size[1])
    return sizes


def _expanded(document: Mapping[str, Any], value: Any, where: str) -> Any:
    """`value` with every `$ref` replaced by the part of the document that it points to."""
    followed = 0

    def expand(value: Any, chain: tuple[str, ...] = ()) -> Any:
        nonlocal followed
        if isinstance(value, list):
            return [expand(item, chain) for item in value]
        if not isinstance(value, dict):
            return value
        target = value.get("$ref")
        if not isinstance(target, str):
            return {key: expand(item, chain) for key, item in value.items()}
        followed += 1
        if target in chain or len(chain) >= _MAX_CHAIN or followed > _MAX_REFERENCES:
            _fail(where, f"follows the reference {target!r} in a circle, or too far")
        if not target.startswith("#/"):
            _fail(where, f"refers to {target!r}; references stay inside the document")
        keys = [key.replace("~1", "/").replace("~0", "~") for key in target[2:].split("/")]
        beside = {key: expand(item, chain) for key, item in value.items() if key != "$ref"}
        found = expand(_at(document, *keys), (*chain, target))
        if not isinstance(found, dict):
            _fail(where, f"refers to {target!r}, which is no schema")
        return {**found, **beside}

    return expand(value)


def _at(value: Mapping[str, Any], *keys: str) -> Json:
    found: Any = value
    for number, key in enumerate(keys, 1):
        if not isinstance(found, dict) or key not in found:
            _fail(".".join(keys[:number]), "is missing")
        found = found[key]
    return found  # type: ignore[no-any-return] # checked above


def _mapping(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    if not isinstance(value, dict):
        _fail(key, "is missing" if value is None else "is not a mapping")
    return value


def _number(client: Mapping[str, Any], key: str) -> float:
    value = client.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        _fail(f"x-storyboard {key}", "is missing" if value is None else f"is {value!r}, no number")
    return value


def _fail(where: str, what: str) -> NoReturn:
    raise CardError(f"{where} {what}")
