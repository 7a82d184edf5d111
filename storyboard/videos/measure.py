"""Width, height, length and rate of a downloaded file, or why it is no sound video.

Everything is read from the file itself; what the API says of it is not asked.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.errors import NotAVideo
from storyboard.private import without_key
from storyboard.videos.measure_child import MAX_CPU_S, MAX_MEMORY_BYTES
from storyboard.videos.mp4 import find_damage

_NOT_MEASURED = "its measures are not known"

_CHILD = Path(__file__).with_name("measure_child.py")
_TIMEOUT_S = 60.0  # by the clock on the wall, for a machine that is busy or that has no limits


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What the file says of itself; None where it does not say.

    Pixels, seconds, frames a second. `note` tells why a file that is whole
    could not be measured.
    """

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    note: str | None = None


def measure_video(path: Path) -> VideoFacts:
    """The facts of a whole, readable video.

    Where the measuring library does not work on this system, an MP4 is
    checked for being whole and nothing else, and `note` says so.

    Raises:
        NotAVideo: the file is cut off, or has no picture, or no length.
        OSError: the file cannot be read.
    """
    damage = find_damage(path)
    if damage is not None:
        raise NotAVideo(f"The file is not a sound video: {damage}.")
    try:
        tracks = _read_tracks(path)
    except _CannotMeasure as error:
        return VideoFacts(note=f"{_NOT_MEASURED}: {error}")
    video = next((track for track in tracks if track.get("track_type") == "Video"), None)
    if video is None:
        raise NotAVideo("The file is not a sound video: it has no picture track.")
    general = next((track for track in tracks if track.get("track_type") == "General"), None)
    width, height = _number(video, "width"), _number(video, "height")
    if width is None or height is None:
        raise NotAVideo("The file is not a sound video: its picture has no size.")
    duration_ms = _number(video, "duration") or _number(general, "duration")
    if duration_ms is None:
        raise NotAVideo("The file is not a sound video: it has no length.")
    fps = _number(video, "frame_rate")
    return VideoFacts(
        width=round(width),
        height=round(height),
        duration_s=round(duration_ms / 1000, 3),
        fps=None if fps is None else round(fps, 3),
    )


def check_plausible(facts: VideoFacts, expected_duration_s: float | None) -> None:
    """Nothing, if the video is about as long as asked for: within a second or a quarter.

    Sizes are not compared: the sources disagree on some of them.

    Raises:
        NotAVideo: it is far longer or shorter.
    """
    if facts.duration_s is None or expected_duration_s is None:
        return
    if abs(facts.duration_s - expected_duration_s) > max(1.0, expected_duration_s / 4):
        raise NotAVideo(
            f"The video is {facts.duration_s:g} s long, but {expected_duration_s:g} s "
            "were asked for."
        )


class _CannotMeasure(Exception):
    """The library is not there, or stumbles over a file that may be sound."""


def _read_tracks(path: Path) -> list[dict[str, Any]]:
    """The tracks as the child process reports them.

    Raises:
        NotAVideo: the child process reached its bound of memory or time.
        _CannotMeasure: it reports that the library cannot be used.
    """
    with path.open("rb") as file:
        try:
            done = subprocess.run(
                [sys.executable, str(_CHILD)],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=without_key(os.environ),
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _too_costly() from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise _too_costly() from None
    match answer:
        case {"tracks": [*tracks]} if all(isinstance(track, dict) for track in tracks):
            return tracks
        case {"trouble": str(trouble)}:
            raise _CannotMeasure(trouble)
    raise _too_costly()


def _too_costly() -> NotAVideo:
    return NotAVideo(
        "The file is not a sound video: to measure it takes more than "
        f"{MAX_CPU_S} s or {MAX_MEMORY_BYTES >> 20} MB."
    )


def _number(track: Mapping[str, Any] | None, name: str) -> float | None:
    """A positive finite number; the child process gives numbers as text."""
    try:
        number = float((track or {}).get(name) or 0)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 < number < 1e9 else None
