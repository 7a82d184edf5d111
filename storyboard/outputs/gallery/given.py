"""The files and frames that a take was given, as its card names them. Pure.

They are named, not shown: the page may stand anywhere, and loads nothing but the videos beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from storyboard.media import FileInput, Input
from storyboard.outputs.manifest.file import ManifestTake
from storyboard.planning.picture_changes import frame_words
from storyboard.reporting.value_paths import format_path


class Given(NamedTuple):
    """One file or frame: its place in the request, and what it is.

    `take` is the take whose frame it is, at the end of the words; `is_linked` says whether the
    page shows it.
    """

    name: str
    words: str
    take: str | None = None
    is_linked: bool = False


def given_to(take: ManifestTake, ids: Collection[str]) -> Iterator[Given]:
    """What a take was given; `ids` are the takes of the page."""
    return (_given(one, ids) for one in take.inputs)


def _given(one: Input, ids: Collection[str]) -> Given:
    name = format_path(one.at)
    if isinstance(one, FileInput):
        return Given(name, one.path)
    return Given(name, f"{frame_words(one.frame)} of ", one.take, one.take in ids)
