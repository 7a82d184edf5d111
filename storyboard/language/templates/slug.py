"""Turns text into a short lower-case name for ids and file names."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256


def slug(value: object) -> str:
    """Return the text of `value` in a-z, 0-9 and single hyphens: "São João" gives "sao-joao".

    Accents are dropped (NFKD). If no letter or digit remains, the result is "x" and the first 8
    hex digits of the text's sha256, so that two titles in another script stay different.
    """
    text = str(value)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return name or "x" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
