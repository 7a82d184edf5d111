"""How to repair an unusable manifest from git and its folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import UnusableManifest
from storyboard.outputs import MANIFEST
from storyboard.project.file_versions import find_versions, is_blob
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.files import has_state


@contextmanager
def explained(folder: Path, state: Path) -> Iterator[None]:
    """Adds to an UnusableManifest how to repair the manifest in `folder`.

    `state` is the folder of its state file.
    """
    try:
        yield
    except UnusableManifest as error:
        raise UnusableManifest(str(error), next_step=_repair(folder, state)) from error


def _repair(folder: Path, state: Path) -> str:
    from storyboard.outputs.manifest.file import readable_bytes

    git, path = f"git -C {shlex.quote(str(folder))}", folder / MANIFEST
    committed = next((one for one in find_versions(path) if one.commit == "HEAD"), None)
    if committed is None and has_state(state / STATE):
        return (
            f"restore a copy of it, or move it away: the next render writes it from {STATE}, "
            "without what other machines have rendered since"
        )
    if committed is None:
        return "restore a copy of it: nothing else records what was paid for here"
    if is_blob(readable_bytes(path), committed.blob):
        return (
            f"find the last good version with: {git} log -- {MANIFEST}, and restore it with: "
            f"{git} checkout COMMIT -- {MANIFEST}"
        )
    return (
        f"restore the committed version with: {git} checkout HEAD -- {MANIFEST} "
        "(in a merge, what the other side paid for is read from git)"
    )
