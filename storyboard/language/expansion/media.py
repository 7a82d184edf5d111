"""Reads pictures, sounds and clips: addresses, or names that the file gives to addresses. Pure.

Files beside the storyboard are not sent anywhere, so a file is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NoReturn

from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shared import SharedValues, find_shared
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import fail, is_template, read_all, read_text, read_value
from storyboard.language.nodes import MappingNode, ScalarNode, SequenceNode
from storyboard.language.spellings import as_list, as_switch
from storyboard.models.schema.media_keys import GIVE_ADDRESS
from storyboard.models.words import WORDS, Word
from storyboard.records import Json
from storyboard.reporting.value_paths import format_value

_SCHEME = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""How an address begins; the single letter of a Windows drive does not count."""

_FILE = re.compile(
    r".*[/\\].*|file:.*|.*\.(?:png|jpe?g|webp|gif|bmp|tiff?|heic|avif|mp3|wav|m4a|aac|flac|ogg|"
    r"mp4|m4v|mov|mkv|webm)",
    re.IGNORECASE | re.DOTALL,
)


def read_media(word: Word, setting: Setting, scope: ShotScope, shared: SharedValues) -> Json:
    """Return the value of a media word, with names replaced by addresses; None if it is not set.

    Whether the model accepts an address is left to its schema. Raises NotReadable for a file, a
    frame of a take, or a name that does not exist.
    """
    if WORDS[word.name] == "array":
        return _read_several(setting, scope, shared)
    if isinstance(setting.node, MappingNode):
        _fail_for_file(setting, scope, setting.node.data)
    value = read_value(setting, scope, is_text=not word.is_text_only)
    if word.is_text_only and is_template(setting.node):
        value = as_switch(value)
    return _address_of(value, setting, scope, shared) if isinstance(value, str) else value


def _read_several(setting: Setting, scope: ShotScope, shared: SharedValues) -> Json:
    """Return the addresses in a list, or in one text with commas; None if there are none."""
    is_list = isinstance(setting.node, SequenceNode)
    entries = setting.items if is_list else [setting]
    found = read_all(partial(_read_entry, entry, scope, shared) for entry in entries)
    return [address for addresses in found for address in addresses] or None


def _read_entry(setting: Setting, scope: ShotScope, shared: SharedValues) -> list[Json]:
    if not isinstance(setting.node, ScalarNode):
        _fail_for_file(setting, scope, setting.node.data)
    text = read_text(setting, scope, prints_lists=True).strip()
    return [_address_of(name, setting, scope, shared) for name in _names_in(text, shared)]


def _names_in(text: str, shared: SharedValues) -> Iterator[str]:
    """Yield the names and addresses in a text; an address may contain a comma, but no space."""
    if text in shared.references:
        yield text
        return
    has_commas = not _SCHEME.match(text) or any(map(str.isspace, text))
    yield from as_list(text, has_commas=has_commas)


def _address_of(text: str, setting: Setting, scope: ShotScope, shared: SharedValues) -> Json:
    """Return the address that a text is or names; an empty text is unchanged."""
    if not text or _SCHEME.match(text):
        return text
    if text not in shared.references and _FILE.fullmatch(text):
        _fail_for_file(setting, scope, text)
    named = find_shared(text, setting, scope, shared, "reference")
    address = read_text(named, scope).strip()
    if not _SCHEME.match(address):
        _fail_for_file(named, scope, address)
    return address


def _fail_for_file(setting: Setting, scope: ShotScope, value: object) -> NoReturn:
    words = f"{format_value(value)} is not allowed: {GIVE_ADDRESS}"
    fail(setting, scope, value, "not-uploaded", words)
