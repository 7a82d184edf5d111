"""Links to results, read the way browsers read them. Pure.

APIs return links with spaces, with line breaks, with unescaped letters of any
script, or without a scheme, and browsers open all of them. A link is stored as
it was received and cleaned before each use. `api.downloads.links` decides
whether it may be followed. Imports nothing else from the project.

Source: URL standard of the WHATWG, sections 4.4 (parsing) and 1.3 (what is percent-encoded).
"""

from __future__ import annotations

import re
import string
from urllib.parse import quote, urlsplit

MAX_LINK = 8192  # characters; a signed link has one or two thousand
MAX_ADDRESS = 2048  # characters of an address in a request; models allow that many or more

LINK = (
    r"[ \t\r\n]*(?:(?:[Hh][Tt][Tt][Pp][Ss]?:)?[/\\]|[\w-]+(?:\.[\w-]+)*(?::[0-9]{1,5})?/)"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*"
)
"""A link as it is stored; a regular expression that JSON Schema understands too.

It allows no character that could invisibly break a line or turn its direction.
"""

# What browsers trim, and invisible characters that are copied along with a link.
_EDGES = "".join(map(chr, range(0x21))) + "\xa0\u200b\u200c\u200d\u2060\u3000\ufeff"
_QUOTES = ('""', "''", "<>", "“”")
_IGNORED = re.compile(r"[\t\n\r]")
_ABSOLUTE = re.compile(r"(https?):[/\\]{1,2}(?![/\\])", re.IGNORECASE)
_NO_SCHEME = re.compile(r"[/\\]{2}(?![/\\])")
_HOST_FIRST = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?|localhost:[0-9]{1,5})/")
_PRINTABLE = string.ascii_letters + string.digits + string.punctuation
_STANDS_IN_PATH = "".join(char for char in _PRINTABLE if char not in '"#<>?^`{}')
_STANDS_IN_QUERY = "".join(char for char in _PRINTABLE if char not in "\"#<>'\\")
_MAX_HOST = 260  # characters with the port; a DNS name has at most 253
_NO_BASE = "https://api.invalid"
_CLEAN = re.compile(r"https?://(?:(?![/?#\\])[!-~])+([/?][!-~]*)?")
_STORED = re.compile(LINK)


def clean_link(text: str, *, base: str = "") -> str:
    """The absolute address that a browser would request, in ASCII and without a fragment.

    `base` supplies a missing scheme or host. Text that is not a web link is
    returned with its ends trimmed, and `is_link` is false for it.
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
    # A backslash before an "@" makes it unclear which of two names is the host: it stays, and
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
        # urllib rejects only malformed brackets, and calling it is slower.
        has_brackets = "[" in cleaned or "]" in cleaned
        is_sound = not has_brackets or bool(urlsplit(cleaned).hostname)
        return is_sound and _CLEAN.fullmatch(cleaned) is not None
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Whether a text is a web address as it goes into a request: clean, and not too long."""
    return len(text) <= MAX_ADDRESS and clean_link(text) == text and is_link(text)


def _ascii_host(host: str) -> str:
    """The host in the ASCII form that the DNS uses; unchanged if it has none."""
    if host.isascii() or len(host) > _MAX_HOST:
        return host
    import idna  # imported here because it takes some milliseconds

    name, colon, port = host.partition(":")
    try:
        return f"{idna.encode(name, uts46=True).decode()}{colon}{port}"
    except idna.IDNAError:
        return host
