"""Reads pictures, sounds and clips: addresses, files, frames of takes, and names of shared ones.

Only pictures can be files or frames: the service accepts no sound and no clip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from storyboard.language.expansion.cascade import Setting, settings_of
from storyboard.language.expansion.contents import FileContent, FrameContent
from storyboard.language.expansion.shared import SharedKind, find_shared
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import (
    NotReadable,
    fail,
    origin_of,
    read_all,
    read_switch,
    read_text,
    read_value,
)
from storyboard.language.nodes import MappingNode, ScalarValue, SequenceNode
from storyboard.language.pictures.files import PictureFiles, Refusal
from storyboard.language.spellings import as_list, as_seconds
from storyboard.media import Frame
from storyboard.models.schema.media_keys import FRAME_RULE, FRAME_WORDS, GIVE_ADDRESS
from storyboard.models.words import PICTURES, WORDS, Word
from storyboard.records import Json, Problem
from storyboard.reporting.value_paths import format_value

_SCHEME = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""How an address begins; the single letter of a Windows drive does not count."""

_FILE = re.compile(
    r".*[/\\].*|file:.*|.*\.(?:png|jpe?g|webp|gif|bmp|tiff?|heic|avif|mp3|wav|m4a|aac|flac|ogg|"
    r"mp4|m4v|mov|mkv|webm)",
    re.IGNORECASE | re.DOTALL,
)
"""What looks like a file's name, whether or not there is such a file."""

_SOME_ADDRESS = "name one from references at the top, or give an https address"
_SOME_PICTURE = f"{_SOME_ADDRESS} or the file of a picture; {FRAME_RULE}"

_MAX_SECONDS = 86_400


class MediaReader(NamedTuple):
    """Reads the value of one media word in one shot."""

    word: Word
    scope: ShotScope
    references: SharedKind
    files: PictureFiles

    def read(self, setting: Setting) -> Json:
        """Return the value: an address, a `Content`, or a list of them; None if it is not set.

        Whether the model accepts an address is left to its schema. Raises NotReadable for a file
        that cannot be read, a frame that no video can have, or a name that does not exist.
        """
        if WORDS[self.word.name] == "array":
            return self._read_several(setting)
        if isinstance(setting.node, MappingNode):
            return self._read_frame(setting, setting.node)
        if self.word.is_text_only:  # other values are those of the model's own field
            value = read_switch(setting, self.scope)
        else:
            value = read_value(setting, self.scope, is_text=True)
        return self._read_named(value, setting) if isinstance(value, str) else value

    def _read_several(self, setting: Setting) -> Json:
        """Return what is in a list, or in one text with commas; None if there is nothing."""
        is_list = isinstance(setting.node, SequenceNode)
        entries = setting.items if is_list else [setting]
        found = read_all(partial(self._read_entry, entry) for entry in entries)
        return [value for values in found for value in values] or None

    def _read_entry(self, setting: Setting) -> list[Json]:
        if isinstance(setting.node, MappingNode):
            frame = self._read_frame(setting, setting.node)
            return [] if frame is None else [frame]
        text = read_text(setting, self.scope, prints_lists=True).strip()
        return [self._read_named(name, setting) for name in self._names_in(text, setting)]

    def _names_in(self, text: str, setting: Setting) -> Iterator[str]:
        """Yield the names and addresses in a text; an address may contain a comma, but no space."""
        if text in self.references.values or ("," in text and self._is_file(text, setting)):
            yield text
            return
        has_commas = not _SCHEME.match(text) or any(map(str.isspace, text))
        yield from as_list(text, has_commas=has_commas)

    def _is_file(self, text: str, setting: Setting) -> bool:
        found = self.files.read(text, setting.node.position.path)
        return not isinstance(found, Refusal)

    def _read_named(self, text: str, setting: Setting) -> Json:
        """Return what a text names; an address or an empty text is unchanged."""
        if not text or _SCHEME.match(text):
            return text
        if text not in self.references.values:
            return self._read_file(text, setting)
        named = self._find_reference(text, setting)
        if isinstance(named.node, MappingNode):
            return self._read_frame(named, named.node)
        text = read_text(named, self.scope).strip()
        return text if _SCHEME.match(text) else self._read_file(text, named)

    def _find_reference(self, text: str, setting: Setting) -> Setting:
        hint = _SOME_PICTURE if self.word.name in PICTURES else _SOME_ADDRESS
        return find_shared(text, setting, self.scope, self.references, otherwise=hint)

    def _read_file(self, text: str, setting: Setting) -> Json:
        if self.word.name not in PICTURES:
            if not _FILE.fullmatch(text):
                self._find_reference(text, setting)
            words = f"{format_value(text)} is not allowed: {GIVE_ADDRESS}"
            fail(setting, self.scope, text, "not-uploaded", words)
        found = self.files.read(text, setting.node.position.path)
        if isinstance(found, Refusal):
            if found.is_missing and not _FILE.fullmatch(text):
                self._find_reference(text, setting)
            words = f"{format_value(text)}: {found.words}"
            fail(setting, self.scope, text, found.code, words, hint=found.hint)
        origin = partial(origin_of, setting, self.scope, text)
        return FileContent(*found, written=text, where=setting.where, find_origin=origin)

    def _read_frame(self, setting: Setting, node: MappingNode) -> Json:
        """Return the frame of a take that a mapping names, or None if its template names none."""
        if self.word.name not in PICTURES:
            message = f"{setting.where}: a frame is not allowed: {GIVE_ADDRESS}"
            raise NotReadable(Problem(node.position, "not-uploaded", message))
        settings = settings_of(node, setting.where)
        if "take" not in settings:
            message = f"{setting.where}: {FRAME_RULE}"
            raise NotReadable(Problem(node.position, "not-allowed", message))
        take = read_text(settings["take"], self.scope).strip()
        if not take:
            return None  # a literal one is reported by the schema
        frame = self._read_time(settings["frame"]) if "frame" in settings else "last"
        origin = partial(origin_of, settings["take"], self.scope, take)
        return FrameContent(take, frame, where=setting.where, find_origin=origin)

    def _read_time(self, setting: Setting) -> Frame:
        value = read_value(setting, self.scope, is_text=False)
        if setting.is_template:
            value = as_seconds(value) or "last"
        frame = _as_frame(value)
        if frame is None:
            words = f"{format_value(value)} is not allowed; {FRAME_WORDS} is needed"
            fail(setting, self.scope, value, "not-allowed", words)
        return frame


def _as_frame(value: ScalarValue) -> Frame | None:
    """Return the frame that a value means; None if it means none."""
    if value == "first":
        return "first"
    if value == "last":
        return "last"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Comparing first: a whole number may be too large for float.
    if not 0 <= value <= _MAX_SECONDS:
        return None
    return int(value) if value == int(value) else float(value)
