"""Which values are text however they are spelled, and which are prose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_PROSE = frozenset({"prompt", "negative_prompt", "prompt_prefix", "prompt_suffix", "title"})

TEXT_KEYS = _PROSE | {
    "id",
    "audio_url",
    "resolution",
    "ratio",
    "tags",
    "notes",
    "model",
    "include",
    "rows",
    "negative",
}
"""Keys whose plain values are their spelling, wherever they stand; lists under them too."""


class Role(NamedTuple):
    """How the value under a key is read.

    `is_text`: a plain value is its spelling, `5` too. `is_prose`: a comment behind a
    plain value is warned about. `holds_text` and `holds_prose` say the same of the
    values directly inside a mapping; only those of several words are warned about.
    """

    is_text: bool = False
    is_prose: bool = False
    holds_text: bool = False
    holds_prose: bool = False

    def child(self, role: Role) -> Role:
        """The role of a value inside this mapping, of which the key alone says `role`."""
        return role._replace(is_text=True) if self.holds_text and not role.is_text else role


OTHER = Role()
TEXT = Role(is_text=True)


def roles_of(text_keys: frozenset[str]) -> Mapping[str, Role]:
    """The roles of all keys that have one; `text_keys` are those whose values are text."""
    roles = {key: Role(is_text=True, is_prose=key in _PROSE) for key in text_keys}
    for key, holds_text in (("negatives", True), ("vars", False)):
        roles[key] = roles.get(key, OTHER)._replace(holds_text=holds_text, holds_prose=True)
    return roles
