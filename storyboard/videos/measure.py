"""Size, duration and frame rate of a downloaded file, or why it is not a valid video.

Everything is read from the file itself; what the API says about it is not used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.child_process import MAX_MEMORY_BYTES, ask_child
from storyboard.errors import NoProcess, NotAVideo
from storyboard.videos.measure_child import MAX_CPU_S
from storyboard.videos.mp4 import find_damage

_CHILD = Path(__file__).with_name("measure_child.py")


@dataclass(frozen=True, slots=True)
class Measures:
    """Pixels, seconds and frames per second; None if the file does not say."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None


def measure_video(path: Path) -> Measures:
    """The measures of a complete, readable video.

    If the measuring library does not work on this system, or the process for it cannot be
    started, an MP4 is only checked for completeness, and every measure is None.

    Raises:
        NotAVideo: the file is cut off, or has no picture or no duration.
        OSError: the file cannot be read.
    """
    damage = find_damage(path)
    if damage is not None:
        raise _unsound(f"{damage}.")
    with path.open("rb") as file:
        try:
            answer = ask_child(_CHILD, file)
        except NoProcess:
            return Measures()
    match answer:
        case {"problem": str()}:
            return Measures()
        case {"tracks": {"Video": dict(video)} as tracks}:
            pass
        case {"tracks": dict()}:
            raise _unsound("it has no picture track.")
        case _:
            limits = f"{MAX_CPU_S} s or {MAX_MEMORY_BYTES >> 20} MB"
            raise _unsound(f"measuring it takes more than {limits}.")
    width, height = _number(video, "width"), _number(video, "height")
    if width is None or height is None:
        raise _unsound("its picture has no size.")
    duration_ms = _number(video, "duration") or _number(tracks.get("General"), "duration")
    if duration_ms is None:
        raise _unsound("it has no duration.")
    fps = _number(video, "frame_rate")
    return Measures(
        width=round(width),
        height=round(height),
        duration_s=round(duration_ms / 1000, 3),
        fps=None if fps is None else round(fps, 3),
    )


def check_plausible(measures: Measures, expected_duration_s: float | None) -> None:
    """Check that the video is about as long as requested: within a second or a quarter.

    Sizes are not compared, because the sources disagree on some of them.

    Raises:
        NotAVideo: it is far longer or shorter.
    """
    if measures.duration_s is None or expected_duration_s is None:
        return
    if abs(measures.duration_s - expected_duration_s) > max(1.0, expected_duration_s / 4):
        raise NotAVideo(
            f"The video is {measures.duration_s:g} s long, but {expected_duration_s:g} s "
            "were requested."
        )


def _unsound(problem: str) -> NotAVideo:
    return NotAVideo(f"The file is not a valid video: {problem}")


def _number(track: Any, name: str) -> float | None:
    """A positive finite number, which the child process returns as text."""
    try:
        number = float(track[name])
    except (TypeError, ValueError, OverflowError, KeyError):
        return None
    return number if math.isfinite(number) and 0 < number < 1e9 else None
