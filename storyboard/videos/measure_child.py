"""Runs MediaInfo on one video in a child process, so that it can take down only the child.

    python measure_child.py < FILE

A separate program, started by `measure`: the library trusts the counts that a file
states, so a small hostile file can take gigabytes or minutes. Prints one JSON object:
`tracks` by kind, or `problem` if the library cannot be used. Imports as little of the
project as possible, to start quickly.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import BinaryIO

from storyboard.child_process import limit_resources

MAX_CPU_S = 5
_FIELDS = ("track_type", "width", "height", "duration", "frame_rate")


class _NoMetadata(ModuleType):
    """A stand-in for importlib.metadata that knows no packages."""

    PackageNotFoundError = LookupError

    def version(self, name: str) -> str:
        """Always raise LookupError."""
        raise self.PackageNotFoundError(name)


def read_tracks(file: BinaryIO) -> dict[str, object]:
    """The fields needed for measuring, as text, from the first track of each kind."""
    # On import, pymediainfo asks for its own version. To find it, importlib imports all of
    # `email`, which took half of this process's time; the version is not needed here.
    sys.modules.setdefault("importlib.metadata", _NoMetadata("importlib.metadata"))
    try:
        from pymediainfo import MediaInfo
    except ImportError:
        return {"problem": "pymediainfo is not installed"}
    if not MediaInfo.can_parse():
        return {"problem": "the MediaInfo library cannot be loaded on this system"}
    try:
        # The open file, not its name: given a name, the library would open other
        # files that a hostile file refers to.
        tracks = MediaInfo.parse(file, encoding_errors="replace").tracks
    except (SyntaxError, ValueError, RuntimeError) as error:  # ParseError is a SyntaxError
        return {"problem": f"MediaInfo failed ({type(error).__name__})"}
    first: dict[str, dict[str, str]] = {}
    for track in tracks:
        fields = {name: str(getattr(track, name, None) or "")[:40] for name in _FIELDS}
        first.setdefault(fields["track_type"], fields)
    return {"tracks": {kind: first[kind] for kind in ("General", "Video") if kind in first}}


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    sys.stdout.write(json.dumps(read_tracks(sys.stdin.buffer)))
