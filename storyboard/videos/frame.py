"""A frame of a video as a picture: the first, the last, or the one at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from storyboard.child_process import MAX_MEMORY_BYTES, run_child
from storyboard.errors import NoFrame
from storyboard.media import Frame
from storyboard.videos.frame_child import MAX_CPU_S, MAX_PNG_BYTES

_CHILD = Path(__file__).with_name("frame_child.py")
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def extract_frame(path: Path, frame: Frame) -> bytes:
    """The frame of the video at `path` as a PNG of at most `MAX_PNG_BYTES`.

    "last" is the last that can be decoded. The same video gives the same bytes each
    time, as long as PyAV and Pillow stay the same builds.

    Raises:
        NoFrame: the video has no such frame, or it cannot be taken.
        NoProcess: no process can be started to take it.
        OSError: the file cannot be read.
    """
    wanted = frame if isinstance(frame, str) else f"{frame:.6f}"
    with path.open("rb") as file:
        answer = run_child(_CHILD, file, wanted)
    if answer.startswith(_PNG) and answer.endswith(_PNG_END) and len(answer) <= MAX_PNG_BYTES:
        return answer
    raise NoFrame(_reason(_parsed(answer), frame))


def _parsed(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:  # it was stopped before it answered
        return None


def _reason(answer: Any, frame: Frame) -> str:
    match answer:
        case {"problem": "not installed"}:
            return (
                "taking a frame from a video needs PyAV and Pillow; install them with: "
                "pip install 'storyboard-render[media]'"
            )
        case {"problem": "beyond the end", "length_s": float(length_s)} if not isinstance(
            frame, str
        ):
            return f"the video is {length_s:.3g} s long, so it has no frame at {frame:g} s"
        case {"problem": "too large", "size_bytes": int(size_bytes)}:
            return (
                f"the frame has {size_bytes:,} bytes as a PNG, more than {MAX_PNG_BYTES:,}, "
                "the most that can be uploaded"
            )
        case {"problem": str()}:
            return "no picture can be decoded from the video"
        case _:
            limits = f"{MAX_CPU_S} s or {MAX_MEMORY_BYTES >> 20} MB"
            return f"taking a frame from the video takes more than {limits}"
