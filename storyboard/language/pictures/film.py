"""Checks the pictures of a whole storyboard once all of its takes are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec

from storyboard.language.expansion.contents import Content, FrameContent, UsedFile
from storyboard.language.pictures.limits import fault_of, has_ratio
from storyboard.language.pictures.measure import Measured, Picture, measure_all
from storyboard.models.media_limits import ratio_words
from storyboard.models.words import FIRST_FRAME, LAST_FRAME, RATIO
from storyboard.records import Problem, Severity
from storyboard.reporting.value_paths import format_value

_RATIO = re.compile(r"([1-9]\d?):([1-9]\d?)")

INSTALL = "pip install 'storyboard-render[media]'"


def check_pictures(
    files: Sequence[UsedFile],
    frames: Sequence[FrameContent],
    content_of: Callable[[str], bytes | None],
) -> Iterator[Problem]:
    """Yield the problems and warnings about the pictures in the takes' requests.

    `content_of` returns the content of a file by its sha256. Child processes decode the files. If
    what is needed for that, or for taking frames later, is not installed, that is the only problem.
    """
    if missing := _missing(files, frames):
        yield missing
        return
    measured = measure_all((used.content.sha256 for used in files), content_of)
    fault = cache(
        lambda sha256, card, at: fault_of(measured[sha256], card.media_limits(at), card.name)
    )
    for used in files:
        content = used.content
        if words := fault(content.sha256, used.card, used.at):
            message = f"{content.where}: {format_value(content.written)} {words}"
            yield content.origin.problem("unsuitable-picture", message)
        else:
            yield from _warnings(used, measured[content.sha256])


def _missing(files: Sequence[UsedFile], frames: Sequence[FrameContent]) -> Problem | None:
    """Return the problem with a library that is needed and not installed."""
    has_pillow = find_spec("PIL") is not None
    if files and not has_pillow:
        content: Content = files[0].content
        words = "checking a picture needs Pillow, which is not installed"
    elif frames and not (has_pillow and find_spec("av")):
        content = frames[0]
        words = "taking a frame from a video needs PyAV and Pillow, which are not both installed"
    else:
        return None
    return content.origin.problem("missing-extra", f"{content.where}: {words}", INSTALL)


def _warnings(used: UsedFile, picture: Measured) -> Iterator[Problem]:
    if not isinstance(picture, Picture):
        return
    if picture.frames > 1:
        words = f"has {picture.frames:,} pictures in it, and models are made for one"
        hint = "save the one that you mean as a file of its own"
        yield _warning(used, "animated-picture", words, hint)
    ratio = _ratio_of_video(used)
    if picture.is_turned:
        words = "is stored rotated or mirrored, and a model may show it that way"
        yield _warning(used, "turned-picture", words, "open it in an editor and save it upright")
    elif ratio and not has_ratio(picture, ratio[0] / ratio[1]):
        own = ratio_words(picture.width / picture.height)
        video = f"{ratio[0]}:{ratio[1]}"
        words = f"is {own} ({picture.width:,} x {picture.height:,}), and the video {video}"
        hint = f"crop it to {video}, or the model decides what to cut off, stretch or fill up"
        yield _warning(used, "other-ratio", words, hint)


def _ratio_of_video(used: UsedFile) -> tuple[int, int] | None:
    """Return the ratio of the video that begins or ends with this picture, if it is known."""
    words = used.card.words
    fields = [words[name].field for name in (FIRST_FRAME, LAST_FRAME) if name in words]
    if RATIO not in words or used.at[0] not in fields:
        return None
    ratio = _RATIO.fullmatch(str(used.card.words_of(used.take.payload).get(RATIO)))
    return (int(ratio[1]), int(ratio[2])) if ratio else None


def _warning(used: UsedFile, code: str, words: str, hint: str) -> Problem:
    message = f"take {used.take.id}: {format_value(used.content.written)} {words}"
    return used.content.origin.problem(code, message, hint, Severity.WARNING)
