"""Describes in words how two requests differ. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from storyboard.media import Input
from storyboard.planning.picture_changes import (
    Pictures,
    describe_pictures,
    has_pictures,
    picture_text,
)
from storyboard.records import Json, Payload

_MAX_VALUE_LENGTH = 60  # characters of a value in a one-line message
_CONTEXT = 2  # words quoted on each side of a change


def describe_changes(
    old: Payload,
    new: Payload,
    *,
    old_model: str | None = None,
    new_model: str | None = None,
    inputs: Iterable[Input] = (),
    is_exact: bool = False,
) -> str:
    """How `new` differs from `old`, as in "seed changed: 42 to 43; ratio added: 9:16".

    `inputs` say where the files and frames of `new` come from, which are named in words.
    Longer texts are quoted only around the words that changed. With `is_exact` the
    changed words are quoted alone and in full, so that the same change in several takes
    gives the same text. Empty if nothing differs.
    """
    before, after = Pictures(old), Pictures(new, inputs)
    parts = []
    if old_model != new_model:
        parts.append(f"model changed: {old_model} to {new_model}")
    for key in dict.fromkeys([*new, *old]):
        if key not in old:
            parts.append(f"{key} added: {_value_text(after, key)}")
        elif key not in new:
            parts.append(f"{key} removed: {_value_text(before, key)}")
        elif differ(old[key], new[key]):
            how = (
                describe_pictures(before, after, key, is_exact=is_exact)
                if has_pictures(old[key], new[key])
                else _describe_change(old[key], new[key], is_exact=is_exact)
            )
            parts.append(f"{key} changed: {how}")
    return "; ".join(parts)


def differ(old: Json, new: Json) -> bool:
    """Whether two values differ; true and 1 do, though they are equal in Python."""
    return old != new or isinstance(old, bool) != isinstance(new, bool)


def _value_text(one: Pictures, key: str) -> str:
    value = one.payload[key]
    return picture_text(one, key) if has_pictures(value) else format_value(value)


def _describe_change(old: Json, new: Json, *, is_exact: bool) -> str:
    if isinstance(old, str) and isinstance(new, str) and (" " in old or " " in new):
        before, after = _changed_words(old, new, is_exact=is_exact)
        return f"{before} to {after}"
    return f"{format_value(old)} to {format_value(new)}"


def _changed_words(old: str, new: str, *, is_exact: bool) -> tuple[str, str]:
    """Both texts from the first changed word to the last, with some words around them."""
    a, b = old.split(), new.split()
    if a == b:
        return "its spaces", "other spaces"
    a_span, b_span = changed_spans(a, b)
    if is_exact:
        return " ".join(a[a_span]), " ".join(b[b_span])
    return _excerpt(a, a_span), _excerpt(b, b_span)


def changed_spans(a: Sequence[str], b: Sequence[str]) -> tuple[slice, slice]:
    """What is left of two lists of words without their common beginning and end."""
    start = _common_length(a, b)
    # Words of the common beginning must not also count towards the common end.
    end = _common_length(a[start:][::-1], b[start:][::-1])
    return slice(start, len(a) - end), slice(start, len(b) - end)


def _common_length(a: Sequence[str], b: Sequence[str]) -> int:
    shorter = min(len(a), len(b))
    return next((index for index in range(shorter) if a[index] != b[index]), shorter)


def _excerpt(words: list[str], span: slice) -> str:
    first, last = max(0, span.start - _CONTEXT), span.stop + _CONTEXT
    text = " ".join(words[first:last])
    return format_value(("… " if first else "") + text + (" …" if last < len(words) else ""))


def format_value(value: Json) -> str:
    """The value as JSON, cut short if it is long."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _MAX_VALUE_LENGTH:
        return text
    return text[: _MAX_VALUE_LENGTH - 2] + ("…" + text[-1] if isinstance(value, str) else "…")
