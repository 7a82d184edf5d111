"""Width, height, length and rate of a downloaded file, or why it is no sound video.

Everything is read from the file itself; what the API says of it is not asked.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from storyboard.videos.mp4 import find_damage

_NOT_MEASURED = "its measures are not known"

# The library shares its settings between threads.
_lock = threading.Lock()


class NotAVideo(Exception):
    """The file cannot be the video that was asked for; the message is a sentence."""


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
    video = next((track for track in tracks if track.track_type == "Video"), None)
    if video is None:
        raise NotAVideo("The file is not a sound video: it has no picture track.")
    general = next((track for track in tracks if track.track_type == "General"), None)
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


def _read_tracks(path: Path) -> list[Any]:
    try:
        from pymediainfo import MediaInfo
    except ImportError as error:
        raise _CannotMeasure("pymediainfo is not installed") from error
    with path.open("rb") as file, _lock:
        if not MediaInfo.can_parse():
            raise _CannotMeasure("the MediaInfo library cannot be loaded on this system")
        try:
            # The open file, not its name: given a name, the library follows
            # what a hostile file says lies in other files.
            return list(MediaInfo.parse(file, encoding_errors="replace").tracks)
        except (ParseError, ValueError, RuntimeError) as error:
            raise _CannotMeasure(f"MediaInfo stumbled ({type(error).__name__})") from error


def _number(track: Any, name: str) -> float | None:
    """A positive finite number; the library gives numbers and texts of numbers."""
    try:
        number = float(getattr(track, name, None) or 0)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 < number < 1e9 else None
