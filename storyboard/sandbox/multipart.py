"""Reads the file from a multipart form in time bounded by the form's size. Pure.

Source: RFC 7578 for the form, RFC 2046 (5.1) for its parts. Python's and aiohttp's
own parsers read such a body line by line, which takes seconds for a hostile one
made of line ends; this one splits it at the boundary.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MAX_PARTS = 10
_MAX_HEAD_BYTES = 4096
_MAX_NAME = 180  # letters
_BOUNDARY = re.compile(
    r"""multipart/form-data\s*;(?:.*;)?\s*"""
    r"""boundary=(?:"([ !#-~]{1,70})"|([!#-:<-~]{1,70}))\s*(?:;|$)""",
    re.IGNORECASE | re.ASCII,
)
_DISPOSITION = re.compile(r"^content-disposition:\s*form-data\s*(;.*)$", re.IGNORECASE | re.M)
_PARAMETER = re.compile(r""";\s*(name|filename)=(?:"([^"]*)"|([^\s";]*))""", re.IGNORECASE)


class FormFile(NamedTuple):
    """A file in a form. `name` is the sender's file name without folders; it may be empty."""

    name: str
    content: bytes


def read_form_file(content_type: str, body: bytes, *, field: str) -> FormFile:
    """The file in the field `field` of a form.

    Raises:
        ValueError: the body is not such a form or has no such file; the message is the API's.
    """
    boundary = _BOUNDARY.match(content_type[:1000])
    if boundary is None:
        raise ValueError("Invalid format: the request must be multipart/form-data")
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode()
    _, *parts = (b"\r\n" + body).split(delimiter, _MAX_PARTS + 1)
    if not parts or len(parts) > _MAX_PARTS or not parts[-1].startswith(b"--"):
        raise ValueError(
            f"Invalid format: the form is cut off, or has more than {_MAX_PARTS} parts"
        )
    for part in parts[:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        parameters = _parameters(head) if blank and len(head) <= _MAX_HEAD_BYTES else {}
        if parameters.get("name") == field:
            return FormFile(_without_folders(parameters.get("filename", "")), content)
    raise ValueError(f"Invalid parameters: parameter '{field}' is required")


def _parameters(head: bytes) -> dict[str, str]:
    disposition = _DISPOSITION.search(head.decode("utf-8", "replace"))
    found = _PARAMETER.finditer(disposition[1].rstrip("\r")) if disposition else ()
    return {match[1].lower(): match[2] or match[3] or "" for match in found}


def _without_folders(name: str) -> str:
    """The last part of a path from any system, without unprintable characters."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:_MAX_NAME].strip()
