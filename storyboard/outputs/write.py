"""Writes the files beside the videos, and knows when there is nothing to write.

The input is the takes with what is known of them. The state file remembers what the
outputs were last made from, as two digests: one of everything that goes into them, and
one of each file. The existing manifest is read first, since another machine may have
written it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from pkgutil import resolve_name

from storyboard import __version__
from storyboard.atomic_files import check_real, digest_of, write_atomically
from storyboard.names import SANDBOX
from storyboard.outputs import MANIFEST, OUTPUTS
from storyboard.outputs.manifest.existing import keep_existing
from storyboard.outputs.manifest.file import (
    Manifest,
    manifest_bytes,
    parse_manifests,
    readable_bytes,
)
from storyboard.outputs.manifest.manifest import as_here, build_manifest, with_spent
from storyboard.planning.states import with_results
from storyboard.records import Storyboard, TakeState
from storyboard.state.queries import Written
from storyboard.state.store import Store
from storyboard.videos.files import has_file

_BATCH = 1000


def write_outputs(
    storyboard: Storyboard,
    origin: str,
    states: Sequence[TakeState],
    folder: Path,
    store: Store,
    *,
    now: datetime,
) -> None:
    """Writes the manifest and the files made from it, if they have to change.

    `states` are made from the rows that `store` has now. If they are what the outputs were
    last made from, and the files are still byte for byte what was written then, nothing is
    written. A manifest that differs only in its line endings, as a checkout may cause, is
    left as it is.

    `folder` has no link in its path. Raises StateError if it has one by now, or if an
    output cannot be written.
    """
    states = with_results(states, store.submissions(), has_file=partial(has_file, folder))
    elsewhere = store.spent_elsewhere()
    source = source_digest(storyboard, origin, states, elsewhere)
    if is_current(store.outputs(), source, folder):
        return
    existing = readable_bytes(folder / MANIFEST)
    spent = 0 if origin == SANDBOX else store.spent_micros() + elsewhere
    shared = with_spent(build_manifest(storyboard, origin, states), spent)
    if not _are_equal_lines(existing, manifest_bytes(shared)):
        shared = with_spent(keep_existing(shared, _manifests_in(existing), now=now), spent)
    here = as_here(shared, states)
    digests = {}
    for name in OUTPUTS:
        content = make_output(name, shared if name == MANIFEST else here)
        if name == MANIFEST and _are_equal_lines(existing, content):
            content = existing
        check_real(folder)
        write_atomically(folder / name, content)
        # Of what was written, not of what is there now: the manifest may have been replaced.
        digests[name] = hashlib.sha256(content).hexdigest()
    store.remember(digests, made_from=source)


def make_output(name: str, manifest: Manifest) -> bytes:
    """The content of one of the `OUTPUTS` for a manifest."""
    content: str | bytes = resolve_name(f"storyboard.outputs.{OUTPUTS[name]}")(manifest)
    return content.encode() if isinstance(content, str) else content


def _are_equal_lines(existing: bytes, content: bytes) -> bool:
    """Whether a file has this content, ignoring the line endings that a checkout gave it."""
    return existing.replace(b"\r\n", b"\n") == content


def _manifests_in(data: bytes) -> tuple[Manifest, ...]:
    """The manifests in a file, even one put there since the render began; empty if it has none."""
    try:
        return parse_manifests(data)
    except ValueError:
        return ()


def is_current(written: Mapping[str, Written], source: str, folder: Path) -> bool:
    """Whether every output was made from this source and is still as it was written."""
    return all(
        name in written
        and written[name].made_from == source
        and written[name].sha256 == digest_of(folder / name)
        for name in OUTPUTS
    )


def source_digest(
    storyboard: Storyboard, origin: str, states: Sequence[TakeState], spent_elsewhere: int
) -> str:
    """A digest that tells manifests apart as long as the state file's rows stay the same.

    It covers the program, the head, the scene titles and everything in each take's block; the
    outcome is represented by its status and its row number.
    """
    digest = hashlib.sha256(_program())
    encode = json.JSONEncoder(default=dict).encode
    head = [storyboard.name, storyboard.title, storyboard.scene_titles, origin, spent_elsewhere]
    digest.update(encode(head).encode())
    for start in range(0, len(states), _BATCH):
        facts = [
            (
                *(take.id, take.scene, take.shot, take.number),
                *(take.model, take.payload, take.fingerprint, take.inputs),
                *(state.status.value, state.submission.id if state.submission else None),
                *((one.id, one.state.value) for one in state.failed),
            )
            for state in states[start : start + _BATCH]
            for take in (state.take,)
        ]
        digest.update(encode(facts).encode())
    return digest.hexdigest()


@cache
def _program() -> bytes:
    """A digest of this package, with the versions of storyboard and Jinja."""
    digest = hashlib.sha256(f"{__version__} {metadata.version('jinja2')}".encode())
    package = Path(__file__).parent
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.read_bytes())
    return digest.digest()
