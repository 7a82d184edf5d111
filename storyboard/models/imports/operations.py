"""Finds the requests that make videos: a POST to the address of a service's model. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from storyboard.errors import UsageError
from storyboard.models.imports.document import Document, NotUnderstood, Pointer
from storyboard.models.service import Service
from storyboard.reporting.quoting import bounded

_MODEL = re.compile(
    r"/([A-Za-z0-9][A-Za-z0-9._-]{0,119}/[A-Za-z0-9][A-Za-z0-9._-]{0,119})(/async)?"
)
_JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """A model's submission as a document describes it.

    `post` is the operation, `schema` the body's schema, and `heading` the title of the
    surrounding document, if it has one.
    """

    model: str
    service: Service
    post: Pointer
    schema: Pointer
    heading: str = ""


def find_operation(
    documents: Sequence[Document], find_service: Callable[[str], Service | None], name: str | None
) -> Operation:
    """Return the submission of model `name`, or of the only model that the documents describe.

    `find_service` finds the service at an address. Raises UsageError if there is no such
    submission, and NotUnderstood if its body cannot be found.
    """
    found: dict[str, tuple[Service, Pointer, Document]] = {}
    strangers: list[str] = []
    for document in documents:
        for address, post in _posts(document):
            service = find_service(address)
            if service is None:
                strangers.append(address)
            elif (known := _model_at(address, service)) is not None:
                found.setdefault(known, (service, post, document))
    model = name or (next(iter(found)) if len(found) == 1 else "")
    if model not in found:
        raise _not_one(documents[0].name, sorted(found), strangers, name)
    service, post, document = found[model]
    return Operation(model, service, post, _body(post), _heading(document))


def _posts(document: Document) -> Iterator[tuple[str, Pointer]]:
    """Yield every POST with its address, once per server."""
    top = document.top
    if post := top.get("post"):
        for server in _servers(top):
            yield server, post
        return
    for path, item in top.entries_of("paths"):
        if post := item.get("post"):
            nearest = next(filter(None, map(_servers, (post, item, top))), [])
            for server in nearest:
                yield f"{server.rstrip('/')}{path}", post


def _servers(holder: Pointer) -> list[str]:
    servers = holder.get("servers")
    listed = servers.value if servers and isinstance(servers.value, list) else []
    urls = [server.get("url") for server in listed if isinstance(server, dict)]
    return [url for url in urls if isinstance(url, str)]


def _model_at(address: str, service: Service) -> str | None:
    """Return the model whose submissions go to an address of the service, or None."""
    path = urlsplit(address).path.rstrip("/")
    match = _MODEL.fullmatch(path.removeprefix(service.base_path))
    return match[1] if match and path.startswith(service.base_path) else None


def _body(post: Pointer) -> Pointer:
    body = post.get("requestBody")
    if body is None:
        raise NotUnderstood(post, "has no requestBody")
    content = body.resolved().get("content")
    if content is None:
        raise NotUnderstood(body, "has no content")
    for kind, media in content.entries():
        if kind.partition(";")[0].strip().lower() == _JSON and (schema := media.get("schema")):
            return schema
    raise NotUnderstood(content, f"has no schema of {_JSON}")


def _heading(document: Document) -> str:
    info = document.value.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    return title if isinstance(title, str) else ""


def _not_one(name: str, models: list[str], strangers: list[str], wanted: str | None) -> UsageError:
    if len(models) > 1 or (models and wanted):
        names = bounded(", ".join(models), 500)
        words = f"{name} describes {names}"
        words += f", not {wanted}" if wanted else f": {len(models)} models"
        return UsageError(words, next_step="say which one with --name PROVIDER/MODEL")
    if strangers:
        return UsageError(
            f"{name} is about {bounded(strangers[0], 200)}, "
            "which is not the address of a known service",
            next_step="a card names a service that the program knows; storyboard models show "
            "NAME says which",
        )
    return UsageError(
        f"{name} describes no POST to a model: SERVER/PROVIDER/MODEL",
        next_step="give the page or the document of one model",
    )
