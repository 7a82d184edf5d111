"""Reads everything that a document's text says about one model. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storyboard.errors import UsageError
from storyboard.models.card import Kind
from storyboard.models.imports.document import NotUnderstood
from storyboard.models.imports.ignored import ignored_parts
from storyboard.models.imports.kinds import guess_kind
from storyboard.models.imports.limits import clean_text
from storyboard.models.imports.operations import Operation, find_operation
from storyboard.models.imports.pages import read_documents
from storyboard.models.imports.request import Request, read_request
from storyboard.models.imports.word_guesses import Guesses, guess_words
from storyboard.models.service import Service

MAX_TITLE = 120  # characters
_NEXT = "leave an optional field out with --without NAME, or write the card by hand"


@dataclass(frozen=True)
class Understood:
    """What a document says about a model, as far as a card can state it.

    `evidence` is what the kind was read from. `ignored` are the parts of the document that a card
    has no use for.
    """

    name: str
    title: str
    service: Service
    kind: Kind
    evidence: str
    request: Request
    guesses: Guesses
    ignored: list[str]


def understand(
    source: str,
    text: str,
    find_service: Callable[[str], Service | None],
    *,
    name: str | None = None,
    kind: Kind | None = None,
    without: frozenset[str] = frozenset(),
) -> Understood:
    """Return the model that a document describes; `source` is the document's name in messages.

    `name` selects one of several models, `kind` supplies a kind that the document does not show,
    and the fields in `without` are left out. Raises UsageError, with the line in the document,
    for anything that cannot be read.
    """
    documents = read_documents(source, text)
    try:
        operation = find_operation(documents, find_service, name)
        request = read_request(operation.schema, without)
        texts = _texts(operation)
        found = (
            (kind, "--kind")
            if kind
            else guess_kind(operation.model, texts, request.fields, request.required)
        )
        ignored = ignored_parts(operation)
    except NotUnderstood as error:
        raise UsageError(f"{error.pointer}: {error}", next_step=_NEXT) from None
    if found is None:
        raise UsageError(
            f"{source} does not say what the videos of {operation.model} are made from",
            next_step="say it with --kind text, image, frames, reference or video",
        )
    return Understood(
        name=operation.model,
        title=_title(operation, texts),
        service=operation.service,
        kind=found[0],
        evidence=found[1],
        request=request,
        guesses=guess_words(request.fields),
        ignored=ignored,
    )


def _texts(operation: Operation) -> list[str]:
    """Return the operation's texts for people: summary, heading, tags, description."""
    post = operation.post.mapping()
    tags = post.get("tags") if isinstance(post.get("tags"), list) else []
    texts = [post.get("summary"), operation.heading, *(tags or []), post.get("description")]
    return [clean_text(text) for text in (*texts, post.get("operationId"))]


def _title(operation: Operation, texts: list[str]) -> str:
    summary, heading = (clean_text(text, MAX_TITLE) for text in texts[:2])
    described = operation.post.mapping().get("description")
    first_line = described.split("\n")[0] if isinstance(described, str) else ""
    title = summary or heading or clean_text(first_line, MAX_TITLE)
    return title or operation.model.partition("/")[2]
