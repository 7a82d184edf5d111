"""Extracts one frame of a video in a child process, so that it can take down only the child.

    python frame_child.py first|last|SECONDS < FILE

A separate program, started by `frame`: a decoder trusts what a file states about
itself, so a small hostile file can take gigabytes or minutes. Prints the frame as a
PNG, or one JSON object whose `problem` says why there is none.
"""

from __future__ import annotations

import io
import json
import sys
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from storyboard.child_process import limit_resources
from storyboard.media import MAX_UPLOAD_BYTES

if TYPE_CHECKING:  # only this child imports it, and it may not be installed
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_CPU_S = 30
MAX_PNG_BYTES = MAX_UPLOAD_BYTES

# The formats that are downloaded. A playlist or a list of files would open what it names.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
_TOLERANCE_S = 1e-6  # times are given in microseconds
# The sum of swscale's flags for bicubic, accurate rounding, whole chroma and bit-exactness.
# Without them each conversion darkens the picture a little, which adds up in a chain.
_EXACT = 0x4 | 0x40000 | 0x2000 | 0x80000


class NoFrameFound(Exception):
    """No frame can be given; `document` says why, as it is printed."""

    def __init__(self, problem: str, **facts: float) -> None:
        super().__init__(problem)
        self.document = {"problem": problem, **facts}


def read_frame(file: BinaryIO, frame: str) -> bytes:
    """A frame as a PNG: "first", "last", or the one displayed at a time in seconds.

    "last" is the last frame that can be decoded, whatever the file states about its
    length. The same file gives the same bytes with the same builds of PyAV and Pillow.

    Raises:
        NoFrameFound: there is no such frame, or it is too large.
    """
    try:
        import av
        import PIL  # noqa: F401 (PyAV makes pictures with it)
    except ImportError:
        raise NoFrameFound("not installed") from None
    # What follows the last key frame may be damaged, and the times that a file states wrong.
    for is_sought in (frame != "first", False):
        file.seek(0)
        try:
            options = {"format_whitelist": _FORMATS}
            with av.open(file, "r", options=options, metadata_errors="replace") as container:
                found = _find(container, container.streams.video[0], frame, is_sought=is_sought)
                if found is not None:
                    return _as_png(found)
        except (av.FFmpegError, IndexError, ValueError, OverflowError):
            continue
    raise NoFrameFound("unreadable")


def _find(
    container: InputContainer, stream: VideoStream, frame: str, *, is_sought: bool
) -> VideoFrame | None:
    """The frame, None if none is decoded, or if the decoded ones begin after its time."""
    stream.codec_context.thread_count = 1  # more threads need a multiple of the memory
    unit_s = stream.time_base or 1
    time_s = None if frame in ("first", "last") else float(frame)
    if is_sought:
        at = (stream.duration or 0) if time_s is None else int(time_s / unit_s)
        container.seek((stream.start_time or 0) + at, stream=stream)
    frames = _decoded(container, stream)
    if time_s is not None:
        return _frame_at(time_s, frames, stream)
    return next(frames if frame == "first" else iter(deque(frames, maxlen=1)), None)


def _frame_at(
    time_s: float, frames: Iterator[VideoFrame], stream: VideoStream
) -> VideoFrame | None:
    """The frame displayed at a time, None if `frames` begin after it."""
    start_s, last = float((stream.start_time or 0) * (stream.time_base or 1)), None
    for frame in frames:
        if (frame.time or 0.0) - start_s > time_s + _TOLERANCE_S:
            return last
        last = frame
    if last is not None:
        length_s = (last.time or 0.0) - start_s + float(1 / (stream.average_rate or 1))
        if time_s > length_s - _TOLERANCE_S:
            raise NoFrameFound("beyond the end", length_s=length_s)
    return last


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The sound frames in the order of their times; damaged packets are passed over."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        try:
            frames = stream.codec_context.decode(packet)  # None gives the frames held back
            yield from (each for each in frames if not each.is_corrupt)
        except av.FFmpegError:
            pass
        if packet is None:
            return


def _as_png(frame: VideoFrame) -> bytes:
    from PIL import Image

    turns = {90: Image.Transpose.ROTATE_90, -90: Image.Transpose.ROTATE_270}
    turns |= dict.fromkeys((180, -180), Image.Transpose.ROTATE_180)
    picture: Image.Image = frame.to_image(interpolation=_EXACT)  # type: ignore[no-untyped-call] # PyAV has no types here
    if frame.rotation in turns:
        picture = picture.transpose(turns[frame.rotation])
    content = io.BytesIO()
    picture.save(content, "PNG")
    if content.tell() > MAX_PNG_BYTES:
        raise NoFrameFound("too large", size_bytes=content.tell())
    return content.getvalue()


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    try:
        answer = read_frame(sys.stdin.buffer, sys.argv[1])
    except NoFrameFound as error:
        answer = json.dumps(error.document).encode()
    sys.stdout.buffer.write(answer)
