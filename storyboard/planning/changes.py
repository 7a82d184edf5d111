"""What differs between two requests, in words. Pure."""

from __future__ import annotations

import json
from difflib import SequenceMatcher

from storyboard.records import Json, Payload

_SHOWN = 60  # characters of a value that a one-line message can bear
_CONTEXT = 2  # words on each side of a changed stretch of text


def describe_changes(
    old: Payload, new: Payload, *, old_model: str | None = None, new_model: str | None = None
) -> str:
    """How `new` differs from `old`: "seed changed: 42 to 43; ratio added: 9:16".

    Text is narrowed to the words that changed. Empty where nothing differs.
    """
    parts = []
    if old_model != new_model:
        parts.append(f"model changed: {old_model} to {new_model}")
    for key in dict.fromkeys([*new, *old]):
        if key not in old:
            parts.append(f"{key} added: {_format_value(new[key])}")
        elif key not in new:
            parts.append(f"{key} removed: {_format_value(old[key])}")
        elif old[key] != new[key] or isinstance(old[key], bool) != isinstance(new[key], bool):
            parts.append(f"{key} changed: {_describe_change(old[key], new[key])}")
    return "; ".join(parts)


def _describe_change(old: Json, new: Json) -> str:
    if isinstance(old, str) and isinstance(new, str) and (" " in old or " " in new):
        before, after = _changed_words(old, new)
        return f"{before} to {after}"
    return f"{_format_value(old)} to {_format_value(new)}"


def _changed_words(old: str, new: str) -> tuple[str, str]:
    """The stretch from the first changed word to the last, with a little around it."""
    a, b = old.split(), new.split()
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal"]
    if not changed:
        return "its spaces", "other spaces"
    a_from, b_from = changed[0][1], changed[0][3]
    a_to, b_to = changed[-1][2], changed[-1][4]
    return _excerpt(a, a_from, a_to), _excerpt(b, b_from, b_to)


def _excerpt(words: list[str], start: int, end: int) -> str:
    first, last = max(0, start - _CONTEXT), min(len(words), end + _CONTEXT)
    text = " ".join(words[first:last])
    return _format_value(("… " if first else "") + text + (" …" if last < len(words) else ""))


def _format_value(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _SHOWN:
        return text
    return text[: _SHOWN - 2] + ("…" + text[-1] if isinstance(value, str) else "…")
