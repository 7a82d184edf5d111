"""The pictures of a submission: uploads to this sandbox, and `data:` addresses.

They are read when the task is accepted, because an upload may be deleted before its clip is
drawn. No other address is opened.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from storyboard.atomic_files import read_plain
from storyboard.media import MAX_UPLOAD_BYTES, At, with_values
from storyboard.models.card import ModelCard
from storyboard.models.words import FIRST_FRAME, REFERENCES
from storyboard.records import Payload
from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.clips.pictures import (
    MAX_REFERENCES,
    ROLES,
    Source,
    Unreadable,
    decode_pictures,
)
from storyboard.sandbox.replies import Refusal
from storyboard.sandbox.tasks import Fate, Task
from storyboard.sandbox.uploads import Uploads

_FOLLOWING = ("", "adaptive")
"""The ratios with which a clip has that of its first frame; "" if the model has no setting."""


def addresses_in(payload: Payload, uploads_url: str) -> dict[At, str]:
    """The addresses that the sandbox opens, by position: those of uploads, and `data:`."""
    return {at: text for at, text in _texts(payload, ()) if text.startswith((uploads_url, "data:"))}


def _texts(value: Any, at: At) -> Iterator[tuple[At, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*at, index))


def load_inputs(
    task: Task, card: ModelCard, addresses: Mapping[At, str], uploads: Uploads, clips: Clips
) -> Task:
    """The task with the contents of its pictures, which are stored for its clip.

    A task whose pictures cannot be read will fail. It is not refused: the service answers a
    submission before a model fetches its pictures.

    Raises:
        StateError: the pictures cannot be stored.
    """
    # A request may have the same address very often, and each file may be large.
    read = {address: _read(address, uploads) for address in set(addresses.values())}
    digests = {address: {"sha256": sha256(found).hexdigest()} for address, found in read.items()}
    named = {at: digests[address] for at, address in addresses.items() if read[address]}
    task = replace(task, content=with_values(task.payload, named))
    roles = {at: role for at, role in _roles(task.payload, card) if at in addresses}
    sources = [Source(role, read[addresses[at]]) for at, role in roles.items()]
    follows = task.ratio in _FOLLOWING and FIRST_FRAME in roles.values()
    try:
        size_px, pictures = decode_pictures(
            sources, (task.width_px, task.height_px), follows=follows
        )
    except Unreadable as error:
        return replace(task, fate=Fate.FAILS, error=_message(list(roles), error.number))
    task = replace(task, width_px=size_px[0], height_px=size_px[1])
    if task.fate is Fate.SUCCEEDS:
        clips.store_pictures(task, pictures)
    return task


def _roles(payload: Payload, card: ModelCard) -> Iterator[tuple[At, str]]:
    """The position of each picture that a clip shows, and its common word."""
    for role in ROLES:
        word = card.words.get(role)
        if word is None or word.field is None:
            continue
        value = payload.get(word.field)
        if isinstance(value, str):
            yield (word.field,), role
        elif isinstance(value, list):
            count = MAX_REFERENCES if role == REFERENCES else 1
            yield from (((word.field, index), role) for index in range(len(value[:count])))


def _read(address: str, uploads: Uploads) -> bytes:
    """The content at one of our addresses; empty if it cannot be read."""
    if address.startswith("data:"):
        head, _, text = address.partition(",")
        try:
            return base64.b64decode(text, validate=True) if head.endswith(";base64") else b""
        except ValueError:
            return b""
    try:
        path, _ = uploads.path_of(address.rpartition("/")[2])
        return read_plain(path, MAX_UPLOAD_BYTES)
    except (Refusal, OSError):  # none, or it is being deleted now
        return b""


def _message(positions: list[At], number: int | None) -> str:
    if number is None:
        return "Generation failed: the pictures take too much memory or time to read"
    name = ".".join(map(str, positions[number]))
    return f"Generation failed: parameter '{name}' is not a picture that can be read"
