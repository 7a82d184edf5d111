"""Writes what a render leaves beside the videos, and knows when there is nothing to write.

Takes with what is known of them come in. What the outputs were made from when
they were last written is remembered in the state file, as two digests: one of
all that goes into them, and one of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from storyboard import __version__
from storyboard.atomic_files import check_real, digest_of, write_atomically
from storyboard.outputs import OUTPUTS
from storyboard.outputs.manifest.manifest import Named, build_manifest
from storyboard.records import TakeState
from storyboard.state.queries import Written
from storyboard.state.store import Store

_BATCH = 1000


def write_outputs(
    storyboard: Named, origin: str, states: Sequence[TakeState], folder: Path, store: Store
) -> None:
    """Writes the manifest and what is made of it, where they have to change.

    `states` are made of the rows that `store` has now. Where they make what
    they made the last time, and the files are still those that were written
    then, to the byte, none is made again.

    `folder` has no link in its path. Raises StateError where it has one by now,
    and where an output cannot be written.
    """
    source = source_digest(storyboard, origin, states)
    if is_current(store.outputs(), source, folder):
        return
    manifest = build_manifest(storyboard, origin, states)
    digests = {}
    for name, make in OUTPUTS.items():
        made = make(manifest)
        content = made.encode() if isinstance(made, str) else made
        check_real(folder)
        write_atomically(folder / name, content)
        # Of what was written, not of what is there now: another manifest may have been put there.
        digests[name] = hashlib.sha256(content).hexdigest()
    store.remember(digests, made_from=source)


def is_current(written: Mapping[str, Written], source: str, folder: Path) -> bool:
    """Whether every output was made from this source and is still as it was written."""
    return all(
        name in written
        and written[name].made_from == source
        and written[name].sha256 == digest_of(folder / name)
        for name in OUTPUTS
    )


def source_digest(storyboard: Named, origin: str, states: Sequence[TakeState]) -> str:
    """What tells one manifest from another while the rows of the state file stay as they are.

    That is the program, the head, and of each take all that stands in its
    block; the outcome is represented by its status and the number of its row.
    """
    digest = hashlib.sha256(_program())
    encode = json.JSONEncoder(default=dict).encode
    digest.update(encode([storyboard.name, storyboard.title, origin]).encode())
    for start in range(0, len(states), _BATCH):
        facts = [
            (
                *(take.id, take.scene, take.shot, take.number),
                *(take.model, take.payload, take.fingerprint),
                *(state.status.value, state.submission.id if state.submission else None),
            )
            for state in states[start : start + _BATCH]
            for take in (state.take,)
        ]
        digest.update(encode(facts).encode())
    return digest.hexdigest()


def _program() -> bytes:
    """The digest of this package, and of what makes the outputs with it."""
    digest = hashlib.sha256(f"{__version__} {metadata.version('jinja2')}".encode())
    package = Path(__file__).parent
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.read_bytes())
    return digest.digest()
