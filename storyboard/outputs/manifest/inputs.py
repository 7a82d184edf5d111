"""Where the files and frames in a block's payload come from, as the manifest says it. Pure.

The payload names contents alone. Beside it, each block with any lists their paths and takes:

    {"at": "first_frame", "path": "frames/pier.png"}
    {"at": "reference_images[0]", "take": "pier-1", "frame": "last"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from storyboard.fingerprint import canonical_json
from storyboard.media import At, FileInput, FrameInput, Input, find_contents
from storyboard.names import valid_unicode
from storyboard.outputs.manifest.shape import short
from storyboard.records import Json, Payload
from storyboard.reporting.value_paths import format_path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"(?![/\\]|[A-Za-z]:).{1,4096}", re.DOTALL)  # as in the schema


def to_inputs(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """A take's inputs as its block has them: without files on another drive of Windows."""
    written = (
        one._replace(path=valid_unicode(one.path)) if isinstance(one, FileInput) else one
        for one in inputs
    )
    return tuple(one for one in written if isinstance(one, FrameInput) or _PATH.fullmatch(one.path))


def input_documents(inputs: Iterable[Input]) -> list[Json]:
    """The inputs as JSON, without the contents that the payload has already."""
    return [
        {"at": format_path(one.at), "path": one.path}
        if isinstance(one, FileInput)
        else {"at": format_path(one.at), "take": one.take, "frame": one.frame}
        for one in inputs
    ]


def read_inputs(payload: Payload, documents: Sequence[Mapping[str, Any]]) -> tuple[Input, ...]:
    """The inputs that `documents`, which `inputs_problems` has checked, say of the payload."""
    contents = _contents_by_path(payload) if documents else {}
    return tuple(_input(*contents[one["at"]], one) for one in documents)


def inputs_problems(
    payload: Payload, documents: Sequence[Mapping[str, Any]], where: str
) -> Iterator[str]:
    """What is wrong with a block's inputs, whose shape is right; `where` is the block's path.

    Whether a take that they name exists does not matter to what was paid for.
    """
    contents = _contents_by_path(payload) if documents else {}
    seen: set[str] = set()
    for index, one in enumerate(documents):
        path = f"{where}.inputs[{index}]"
        at, content = contents.get(one["at"], ((), {}))
        if one["at"] in seen or not content:
            yield f"{path}.at: {short(one['at'])} is no further file or frame of the payload"
        elif not _is_of(content, one):
            yield f"{path}: the payload has another file or frame at {format_path(at)}"
        seen.add(one["at"])


def inputs_like(payload: Payload, known: Sequence[Input]) -> tuple[Input, ...]:
    """The inputs of another model's payload that has the same files and frames elsewhere.

    Leaves out those that none of the `known` inputs is.
    """
    if not known:
        return ()
    by_value = {canonical_json(one.value): one for one in known}
    found = ((at, by_value.get(canonical_json(value))) for at, value in find_contents(payload))
    return tuple(one._replace(at=at) for at, one in found if one is not None)


def _contents_by_path(payload: Payload) -> dict[str, tuple[At, Mapping[str, Any]]]:
    return {format_path(at): (at, value) for at, value in find_contents(payload)}


def _is_of(content: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether what the payload has is the kind of content, and the frame, that is listed."""
    if "path" in document:
        return _is_sha256(content.get("sha256"))
    frame = content.get("frame")
    is_frame = frame == document["frame"] and not isinstance(frame, bool)
    return is_frame and (
        _is_sha256(content["video"]) if "video" in content else content["take"] == document["take"]
    )


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _input(at: At, content: Mapping[str, Any], document: Mapping[str, Any]) -> Input:
    if "path" in document:
        return FileInput(at, content["sha256"], document["path"])
    return FrameInput(at, document["take"], content["frame"], content.get("video"))
