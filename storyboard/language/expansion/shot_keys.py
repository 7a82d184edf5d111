"""Reads a shot's keys that are not sent: takes, tags, skip, locked, pause, notes, meta."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting, setting_of
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import (
    Report,
    attempt,
    fail,
    read_node,
    read_switch,
    read_text,
    read_value,
)
from storyboard.language.nodes import MappingNode, SequenceNode
from storyboard.language.spellings import as_list
from storyboard.records import Json
from storyboard.reporting.value_paths import format_value

MAX_TAKES = 100_000
"""How many takes one storyboard may have."""

Settings = Mapping[str, Setting]


def literal_takes(settings: Settings) -> int:
    """Return a shot's `takes` if it is a plain number, else 1; needs no templates rendered."""
    setting = settings.get("takes")
    value = setting.node.data if setting else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def read_takes(settings: Settings, scope: ShotScope, report: Report, *, left: int) -> int:
    """Return how many takes a shot has, or 1 after a problem; the file may add at most `left`."""
    setting = settings.get("takes")
    if setting is None:
        return 1
    return attempt(report, _read_count, scope.effective(setting), scope, left) or 1


def read_flag(key: str, settings: Settings, scope: ShotScope, report: Report) -> bool:
    """Whether `skip`, `locked` or `pause` is on; False after a problem."""
    setting = settings.get(key)
    return bool(setting and attempt(report, _read_flag, scope.effective(setting), scope))


def read_tags(settings: Settings, scope: ShotScope, report: Report) -> tuple[str, ...]:
    """Return a shot's tags, from a list or a text such as `a, b`; each once, without empty ones.

    A template may also print a list.
    """
    setting = settings.get("tags")
    if setting is None:
        return ()
    setting = scope.effective(setting, prints_lists=True)
    is_list = isinstance(setting.node, SequenceNode)
    texts = [
        attempt(report, read_text, item, scope, prints_lists=True) or ""
        for item in (setting.items if is_list else [setting])
    ]
    tags = (tag for text in texts for tag in as_list(text, has_commas=not is_list))
    return tuple(dict.fromkeys(tags))


def read_notes(settings: Settings, scope: ShotScope, report: Report) -> str | None:
    """Return the notes of a shot, or None if they are empty."""
    setting = settings.get("notes")
    notes = attempt(report, read_text, scope.effective(setting), scope) if setting else None
    return (notes or "").strip() or None


def read_title(node: MappingNode, where: str, scope: ShotScope, report: Report) -> str:
    """Return the title of a file, scene or shot, or an empty text; `where` is its path."""
    setting = setting_of(node, "title", where)
    title = attempt(report, read_text, setting, scope) if setting else None
    return (title or "").strip()


def read_meta(meta: Settings, scope: ShotScope, report: Report) -> dict[str, Json]:
    """Return the `meta` of a shot, without null or empty values."""
    values = {
        key: attempt(report, read_node, scope.effective(setting), scope)
        for key, setting in meta.items()
    }
    return {key: value for key, value in values.items() if value is not None and value != ""}


def _read_count(setting: Setting, scope: ShotScope, left: int) -> int | None:
    allows = range(1, MAX_TAKES + 1).__contains__
    value = whole_numbers(read_value(setting, scope, is_text=False, allows=allows))
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        words = f"{format_value(value)} is not allowed; a whole number, at least 1, is needed"
        fail(setting, scope, value, "bad-takes", words)
    if value > left:
        words = f"with these {format_value(value)} takes of a shot the storyboard has more than "
        words += f"{MAX_TAKES:,} takes, the maximum for one file"
        fail(setting, scope, value, "too-many-takes", words, hint="split it into several files")
    return value


def _read_flag(setting: Setting, scope: ShotScope) -> bool:
    value = read_switch(setting, scope)
    if value is None or value == "":
        return False
    if not isinstance(value, bool):
        words = f"{format_value(value)} is not allowed; true or false is needed"
        fail(setting, scope, value, "wrong-type", words)
    return value
