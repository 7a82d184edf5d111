"""Decides which values are text however they are written, and which are prose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_PROSE = frozenset({"prompt", "negative_prompt", "prompt_prefix", "prompt_suffix", "title"})

TEXT_KEYS = _PROSE | {
    *("id", "audio_url", "resolution", "ratio", "tags"),
    *("notes", "model", "include", "rows", "negative"),
}
"""Keys whose plain values, and those of lists under them, are always text."""


class Role(NamedTuple):
    """How to read the value under a key.

    `is_text`: a plain value is text, even `5`. `is_prose`: a comment after a plain value causes a
    warning. `holds_text` and `holds_prose` apply the same to values directly inside a mapping,
    but only those with several words cause a warning.
    """

    is_text: bool = False
    is_prose: bool = False
    holds_text: bool = False
    holds_prose: bool = False

    def child(self, role: Role) -> Role:
        """Return the role of a value inside this mapping; its key alone would give it `role`."""
        return role._replace(is_text=True) if self.holds_text and not role.is_text else role


OTHER = Role()
TEXT = Role(is_text=True)


ROLES: Mapping[str, Role] = {
    **{key: Role(is_text=True, is_prose=key in _PROSE) for key in TEXT_KEYS},
    "negatives": Role(holds_text=True, holds_prose=True),
    "vars": Role(holds_prose=True),
}
"""The roles of the values under all keys that have one."""
