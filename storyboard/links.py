"""Links to results as an API gives them, read as browsers read them. Pure.

APIs give links with spaces, line breaks, raw letters of any script or no
scheme, and each worked in the browser of whoever tried it. A link is stored as
it was given and cleaned where it is used. Whether it may be followed is for
`api.downloads.links` to say. Imports nothing of the project.

Source: URL standard of the WHATWG, sections 4.4 (parsing) and 1.3 (what is percent-encoded).
"""

from __future__ import annotations

import re
import string
from urllib.parse import quote, urlsplit

MAX_LINK = 8192  # characters; a signed link has one or two thousand

LINK = (
    r"[ \t\r\n]*(?:(?:[Hh][Tt][Tt][Pp][Ss]?:)?[/\\]|[\w-]+(?:\.[\w-]+)*(?::[0-9]{1,5})?/)"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*"
)
"""How a link is stored, as a regular expression that JSON Schema understands too.

It holds nothing that could break a line of text unseen or turn its direction.
"""

# Beside what browsers trim, what is invisible and comes along when a link is copied.
_EDGES = "".join(map(chr, range(0x21))) + "\xa0\u200b\u200c\u200d\u2060\u3000\ufeff"
_QUOTES = ('""', "''", "<>", "“”")
_IGNORED = re.compile(r"[\t\n\r]")
_ABSOLUTE = re.compile(r"(https?):[/\\]{1,2}(?![/\\])", re.IGNORECASE)
_NO_SCHEME = re.compile(r"[/\\]{2}(?![/\\])")
_HOST_FIRST = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?|localhost:[0-9]{1,5})/")
_PRINTABLE = string.ascii_letters + string.digits + string.punctuation
_STANDS_IN_PATH = "".join(char for char in _PRINTABLE if char not in '"#<>?^`{}')
_STANDS_IN_QUERY = "".join(char for char in _PRINTABLE if char not in "\"#<>'\\")
_MAX_HOST = 260  # characters with the port; a name of the DNS has at most 253
_NO_BASE = "https://api.invalid"
_CLEAN = re.compile(r"https?://(?:(?![/?#\\])[!-~])+([/?][!-~]*)?")
_STORED = re.compile(LINK)


def clean_link(text: str, *, base: str = "") -> str:
    """The absolute address that a browser would ask for, in ASCII and without a fragment.

    `base` completes what has no scheme or no host. What is no link of the web
    is returned without its edges, and `is_link` is false of it.
    """
    text = text.strip(_EDGES)
    if len(text) > 1 and text[0] + text[-1] in _QUOTES:
        text = text[1:-1].strip(_EDGES)
    text = _IGNORED.sub("", text).partition("#")[0]
    scheme, _, base_host = (base or _NO_BASE).partition("://")
    if found := _ABSOLUTE.match(text):
        scheme, rest = found[1].lower(), text[found.end() :]
    elif found := _NO_SCHEME.match(text):
        rest = text[found.end() :]
    elif text.startswith("/") and not text.startswith("//"):
        rest = base_host.partition("/")[0] + text
    elif _HOST_FIRST.match(text):
        rest = text
    else:
        return text
    before_query, mark, query = rest.partition("?")
    # Before an "@" a backslash would decide which of two names is the host: it stays, and
    # the link is refused.
    if "@" not in before_query:
        before_query = before_query.replace("\\", "/")
    host, slash, path = before_query.partition("/")
    path = quote(path.replace("\\", "/"), safe=_STANDS_IN_PATH, errors="replace")
    query = quote(query, safe=_STANDS_IN_QUERY, errors="replace")
    return f"{scheme}://{_ascii_host(host)}{slash}{path}{mark}{query}"


def is_link(text: str) -> bool:
    """Whether a text is a web link that can be stored as it is."""
    if len(text) > MAX_LINK or not _STORED.fullmatch(text):
        return False
    cleaned = text if _CLEAN.fullmatch(text) else clean_link(text)
    try:
        text.encode()  # half a surrogate pair cannot be stored
        # Only brackets can be wrong in a way that urllib objects to, and asking it takes longer.
        has_brackets = "[" in cleaned or "]" in cleaned
        is_sound = not has_brackets or bool(urlsplit(cleaned).hostname)
        return is_sound and _CLEAN.fullmatch(cleaned) is not None
    except ValueError:
        return False


def _ascii_host(host: str) -> str:
    """The host with the names of other scripts as the DNS has them; unchanged if it is none."""
    if host.isascii() or len(host) > _MAX_HOST:
        return host
    import idna  # only here, for it takes some milliseconds to import

    name, colon, port = host.partition(":")
    try:
        return f"{idna.encode(name, uts46=True).decode()}{colon}{port}"
    except idna.IDNAError:
        return host
