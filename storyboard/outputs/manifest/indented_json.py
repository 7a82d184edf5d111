"""JSON as `json.dumps(indent=2)` writes it, for objects by the hundred thousand. Pure.

Python indents in Python, and encodes in C only what stands on one line. But
what separates the values is for the caller to say: with a line break in it, a
flat object comes out of C indented. A line break within a text is escaped, so
each one in the result separates two values, and the result can be cut there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FLAT = {str, int, float, bool, type(None)}
_BATCH = 1000  # objects encoded in one go: what is gained by more is not worth its memory


def indented(value: Any, depth: int = 0, **options: Any) -> str:
    """What `json.dumps(value, indent=2)` gives, its later lines `depth` spaces further in.

    `options` are those of `dumps` and may not say how to separate.
    """
    line = f"\n{' ' * (depth + 2)}"
    if isinstance(value, dict) and not _is_flat(value):
        items = (
            f"{json.dumps(key, **options)}: {indented(item, depth + 2, **options)}"
            for key, item in value.items()
        )
        return f"{{{line}{f',{line}'.join(items)}{line[:-2]}}}"
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        objects = flat_objects(value, depth + 2, **options)
        return f"[{line}{f',{line}'.join(objects)}{line[:-2]}]"
    text = json.dumps(value, indent=2, **options)
    return text.replace("\n", line[:-2]) if depth else text


def flat_objects(objects: Sequence[Mapping[str, Any]], depth: int, **options: Any) -> Iterator[str]:
    """The text of each object, its later lines `depth` spaces further in.

    Quick for objects that hold no others, right for all.
    """
    line = f"\n{' ' * (depth + 2)}"
    encode = json.JSONEncoder(separators=(f",{line}", ": "), **options).encode
    for start in range(0, len(objects), _BATCH):
        batch = objects[start : start + _BATCH]
        if all(one and _is_flat(one) for one in batch):
            texts = encode(batch)[2:-2].split(f"}},{line}{{")
            yield from (f"{{{line}{text}{line[:-2]}}}" for text in texts)
        else:
            yield from (indented(one, depth, **options) for one in batch)


def _is_flat(value: Mapping[str, Any]) -> bool:
    return _FLAT.issuperset(map(type, value.values()))
