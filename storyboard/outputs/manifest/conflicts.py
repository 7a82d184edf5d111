"""Both sides of a file in which git left its conflict markers. Pure.

Source: git-merge, "How conflicts are presented" (the styles merge, diff3 and zdiff3), and
gitattributes, `conflict-marker-size`. A conflict within the common ancestor, which diff3
shows unchanged, has longer markers.
"""

from __future__ import annotations

import re

_MARKER = re.compile(rb"(<{7,}|\|{7,}|={7,}|>{7,})(?: [^\r\n]*)?\r?\n?")
_OURS, _BASE, _THEIRS, _END = b"<", b"|", b"=", b">"
_MAY_FOLLOW = {None: (_OURS,), _OURS: (_BASE, _THEIRS), _BASE: (_THEIRS,), _THEIRS: (_END,)}
"""Which markers may end a section, by the marker that began it; None is outside a conflict."""


def split_sides(data: bytes) -> tuple[bytes, ...]:
    """The two sides of a file with conflict markers, ours first; without markers, the file itself.

    Text outside the conflicts is in both sides; the common ancestor that diff3 shows
    is in neither. Raises ValueError, with the line, for a marker without its
    counterpart.
    """
    if not any(mark * 7 in data for mark in (_OURS, _BASE, _THEIRS, _END)):
        return (data,)
    sides: dict[bytes, list[bytes]] = {_OURS: [], _THEIRS: []}
    section, length, begins = None, 0, 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        found = _MARKER.fullmatch(line)
        if found and (section is None or len(found[1]) == length):
            mark = found[1][:1]
            if mark not in _MAY_FOLLOW[section]:
                raise ValueError(f"the git conflict marker on line {number} has no counterpart")
            begins, length = (number, len(found[1])) if section is None else (begins, length)
            section = None if mark == _END else mark
            continue
        for side, lines in sides.items():
            if section in (None, side):
                lines.append(line)
    if section is not None:
        raise ValueError(f"the git conflict that begins on line {begins} has no end")
    return tuple(b"".join(lines) for lines in sides.values()) if begins else (data,)
