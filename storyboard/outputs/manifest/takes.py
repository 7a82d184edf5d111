"""A manifest's takes as a storyboard has them, for a render that takes them from there. Pure.

What is read here may have been edited by anybody: looking for a fingerprint's repeat is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from storyboard.fingerprint import find_repeat
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.outputs.manifest.inputs import inputs_like
from storyboard.planning.candidates import with_rest
from storyboard.planning.graph import parents_of
from storyboard.records import Position, Take

MAX_REPEATS_TRIED = 100_000
"""Fingerprints tried for one manifest besides the likeliest one of each take."""


def to_takes(manifest: Manifest, path: Path) -> tuple[Take, ...]:
    """The takes with their payloads exactly as recorded. `path` is where the manifest was read.

    The models of each are those that failed, followed by the current one.
    """
    tries = repeats_to_try()
    return tuple(
        with_rest([_recorded(one, block, path, tries) for one in (*block.failed_candidates, block)])
        for block in manifest.takes
    )


def repeats_to_try() -> Iterator[int]:
    """What limits how many repeats `repeat_of` may try for the blocks of one manifest."""
    return iter(range(MAX_REPEATS_TRIED))


def repeat_of(block: ManifestTake, tries: Iterator[int]) -> int | None:
    """The repeat in a block's fingerprint; None if the fingerprint is not the payload's.

    The last repeat that the take can have is tried first, then none, then those in between.
    """
    others = (repeat for repeat, _ in zip(range(block.take - 1), tries, strict=False))
    repeats = chain((block.take - 1,), others)
    return find_repeat(block.fingerprint, block.model, block.payload, repeats=repeats)


def _recorded(one: ManifestTake, block: ManifestTake, path: Path, tries: Iterator[int]) -> Take:
    """A candidate of the take that `block` is about."""
    take = Take(
        id=one.id,
        shot=one.shot,
        scene=one.scene,
        number=one.take,
        model=one.model,
        payload=one.payload,
        fingerprint=one.fingerprint,
        position=Position(str(path), 1, 1),
        inputs=one.inputs if one is block else inputs_like(one.payload, block.inputs),
    )
    # Only a take whose payload can change, as other videos become known, needs it.
    return replace(take, repeat=repeat_of(one, tries) or 0) if parents_of(take) else take
