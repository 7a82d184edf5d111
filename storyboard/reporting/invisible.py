"""Names characters that look like a space or like nothing, and says how to get rid of them."""

from __future__ import annotations

import re
import unicodedata

_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NOTHING = "\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"

INVISIBLE = f"[{_SPACES}{_NOTHING}]"
"""A regular expression for one such character."""

CURLY_QUOTES = ("\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u00ab", "\u00bb")
"""Quotes that word processors write in place of straight ones."""

WIDE_COLON = "this is the wide colon of Chinese and Japanese; write ': ' in its place"

_INVISIBLE = re.compile(INVISIBLE)


def name_invisible(text: str) -> str | None:
    """The code point and name of the first such character in a text, or None if there is none."""
    found = _INVISIBLE.search(text)
    if found is None:
        return None
    name = unicodedata.name(found[0], "a character without a name").lower()
    return f"U+{ord(found[0]):04X} ({name})"


def hint_for_invisible(text: str, *, is_key: bool = False) -> str | None:
    """What to do about the first such character in a text, or None if there is none.

    At either end of a value even a plain space would be wrong; before a key it is indentation.
    """
    found = _INVISIBLE.search(text)
    if found is None:
        return None
    before, behind = text[: found.start()], text[found.end() :]
    is_at_end = not behind.strip() or not (is_key or before.strip())
    how = "delete it" if is_at_end and len(text) > 1 else removal_hint(found[0])
    return f"there is an invisible {name_invisible(text)} here; {how}"


def removal_hint(text: str) -> str:
    """How to get rid of the first such character in a text."""
    found = _INVISIBLE.search(text)
    return "type a plain space in its place" if found and replacement_of(found[0]) else "delete it"


def replacement_of(character: str) -> str:
    """What belongs in place of such a character: a plain space, or nothing."""
    return " " if re.match(f"[{_SPACES}]", character) else ""
