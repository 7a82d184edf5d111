"""What MediaInfo says of one video, in a process of its own that can cost at most itself.

    python measure_child.py < FILE

A program of its own, started by `measure`: the library believes the counts that
a file states, so a small hostile file takes gigabytes or minutes. Prints one
JSON object: `tracks` by kind, or `trouble` where the library cannot be used. Imports
as little of the project as it can, so that starting it is quick.
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
    """What stands for importlib.metadata: it knows no package."""

    PackageNotFoundError = LookupError

    def version(self, name: str) -> str:
        """Raises LookupError, always."""
        raise self.PackageNotFoundError(name)


def read_tracks(file: BinaryIO) -> dict[str, object]:
    """The fields of the first track of each kind that a measure needs, as text."""
    # As it is imported, pymediainfo asks for its own version. To know that, importlib imports the
    # whole of `email`, which took half of this process's time; nobody here needs the version.
    sys.modules.setdefault("importlib.metadata", _NoMetadata("importlib.metadata"))
    try:
        from pymediainfo import MediaInfo
    except ImportError:
        return {"trouble": "pymediainfo is not installed"}
    if not MediaInfo.can_parse():
        return {"trouble": "the MediaInfo library cannot be loaded on this system"}
    try:
        # The open file, not its name: given a name, the library follows what
        # a hostile file says lies in other files.
        tracks = MediaInfo.parse(file, encoding_errors="replace").tracks
    except (SyntaxError, ValueError, RuntimeError) as error:  # ParseError is a SyntaxError
        return {"trouble": f"MediaInfo failed ({type(error).__name__})"}
    first: dict[str, dict[str, str]] = {}
    for track in tracks:
        fields = {name: str(getattr(track, name, None) or "")[:40] for name in _FIELDS}
        first.setdefault(fields["track_type"], fields)
    return {"tracks": {kind: first[kind] for kind in ("General", "Video") if kind in first}}


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    sys.stdout.write(json.dumps(read_tracks(sys.stdin.buffer)))
