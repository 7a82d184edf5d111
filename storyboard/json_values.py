"""Bounds on JSON values that come from outside. Pure. Imports nothing else from the project."""

from __future__ import annotations

import json
from typing import Any

MAX_PAYLOAD_LEVELS = 32
"""How deep lists and mappings may nest in a request; no API needs a quarter of that."""

MAX_PAYLOAD_LENGTH = 200_000
"""How many characters a request may have as JSON: a row of the state file has to hold it twice."""


def is_shallow(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested in at most so many levels."""
    level = [value]
    for _ in range(levels + 1):
        parents = [one for one in level if isinstance(one, (dict, list))]
        if not parents:
            return True
        level = [
            item
            for parent in parents
            for item in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return False


def is_unicode(value: Any) -> bool:
    """Whether no text has half a surrogate pair: an escape can encode it, and no file hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
