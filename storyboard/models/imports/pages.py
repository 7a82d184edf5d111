"""Finds the documents in a text: the text itself, or blocks in a Markdown or HTML page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from storyboard.errors import CardError, UsageError
from storyboard.models.imports.document import Document, parse
from storyboard.models.yamltext import MAX_CHARACTERS

MAX_BLOCKS = 20
"""The maximum number of blocks read from a page; only those that may hold a document count."""

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^`]*)")
_OPEN_TAG = re.compile(r"<(pre|script)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_OPENAPI = re.compile(r"""\bopenapi["']?\s*:""")
_SCHEMA_REPLY = re.compile(r""""post"\s*:|^post\s*:""", re.MULTILINE)


def read_documents(name: str, text: str) -> list[Document]:
    """Return the OpenAPI documents and schema replies in a text that is called `name`.

    A page may contain several, and anything else it contains is skipped. Raises UsageError, with
    the reason, if there is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"{name} is longer than {MAX_CHARACTERS:,} characters",
            next_step="cut the model's own part out of it",
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    whole = _document(name, text)
    if isinstance(whole, Document):
        return [whole]
    blocks = [one for one in (*_fenced(text), *_tagged(text)) if _is_worth_reading(one[1])]
    # Empty lines in place of those before a block keep the line numbers right.
    read = [_document(name, "\n" * before + block) for before, block in blocks[:MAX_BLOCKS]]
    if found := [one for one in read if isinstance(one, Document)]:
        return found
    if blocks or text.lstrip().startswith("{") or re.match(r"\s*(openapi|swagger)\s*:", text):
        raise UsageError(f"{name} {[whole, *read][-1]}", next_step=_NEXT)
    raise UsageError(f"{name} contains no OpenAPI document", next_step=_NEXT)


_NEXT = (
    "give an OpenAPI document, a reply of api_schema, or a page with an OpenAPI block; "
    "of many pages the address with .md behind it has one"
)


def _document(name: str, text: str) -> Document | str:
    """Return the document in a text, or the reason why there is none."""
    try:
        document = parse(name, text)
    except CardError as error:
        return str(error)
    version = document.value.get("openapi")
    if isinstance(version, str) and version.startswith(("3.0", "3.1")):
        return document
    if isinstance(document.value.get("post"), dict) and "servers" in document.value:
        return document
    if "swagger" in document.value:
        return "is a document of Swagger 2; OpenAPI 3.0 and 3.1 are read"
    return "is neither a document of OpenAPI 3.0 or 3.1 nor a reply of api_schema"


def _is_worth_reading(block: str) -> bool:
    return bool(_OPENAPI.search(block) or _SCHEMA_REPLY.search(block))


def _fenced(text: str) -> Iterator[tuple[int, str]]:
    """Yield the fenced blocks of Markdown, with the number of lines before each.

    Source: CommonMark 0.31, section 4.5; in MDX they may be deeply nested in components.
    """
    lines = text.split("\n")
    start, fence = 0, ""
    for number, line in enumerate(lines):
        match = _FENCE.fullmatch(line)
        if not match:
            continue
        if not fence:
            start, fence = number + 1, match[1]
        elif match[1].startswith(fence) and not match[2].strip():
            yield start, _dedented(lines[start:number])
            fence = ""


def _dedented(lines: list[str]) -> str:
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    indent = min(indents, default=0)
    return "\n".join(line[indent:] for line in lines)


def _tagged(text: str) -> Iterator[tuple[int, str]]:
    """Yield the contents of <pre> and <script>, with the number of lines before each."""
    position = 0
    lowered = text.lower()  # outside ASCII, its length can differ, and with it all positions
    if len(lowered) != len(text):
        lowered = text
    while match := _OPEN_TAG.search(text, position):
        end = lowered.find(f"</{match[1].lower()}", match.end())
        if end < 0:
            return
        inner = text[match.end() : end]
        position = end
        if match[1].lower() == "pre":
            inner = unescape(_TAG.sub("", inner))
        yield text.count("\n", 0, match.end()), inner
