"""An output folder under its lock: opened as a render opens it, written as a render leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone

from storyboard.outputs import write
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import TakeState
from storyboard.state.lock import hold_lock
from storyboard.state.store import Store
from storyboard.videos.files import finish_moves, sweep_parts


@contextmanager
def open_folder(space: Workspace, *, lock_timeout_s: float = 0.0) -> Iterator[Store]:
    """The folder's state file, with what its manifest knows, under the lock until the end.

    Raises:
        Locked: another process is at work in it.
        StateError: the folder or its state file cannot be used.
        UsageError: its manifest cannot.
    """
    asked_at = datetime.now(timezone.utc)
    with ExitStack() as locks:
        # With --state the outputs lie elsewhere, and they too are one render's at a time.
        for folder in sorted({space.state, space.folder}):
            locks.enter_context(hold_lock(folder, now=asked_at, timeout_s=lock_timeout_s))
        # First, for a state file makes the folder ours, and by its manifest it may be another's.
        adoptable = space.adoptable(space.own_submissions()) if space.has_other_manifest() else []
        store = Store(space.state, origin=space.origin, storyboard=space.storyboard.name)
        try:
            (space.folder / "videos").mkdir(parents=True, exist_ok=True)
            with store.transaction():
                for submission in adoptable:
                    store.adopt(submission)
            finish_moves(space.folder, store.submissions())
            sweep_parts(space.folder)
            yield store
        finally:
            store.close()


def write_outputs(
    space: Workspace, store: Store, snapshot: FolderSnapshot
) -> tuple[TakeState, ...]:
    """Writes the manifest and what is made of it, where they have to change; the takes in it."""
    states = space.read_states(store.submissions(), snapshot)
    write.write_outputs(space.storyboard, space.origin, states, space.folder, store)
    return states
