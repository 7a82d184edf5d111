"""An output folder under its lock: how a render opens it, and what a render leaves in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from storyboard.atomic_files import is_temporary, write_atomically
from storyboard.errors import OwnedByAnother, StoryboardError, UsageError
from storyboard.outputs import MANIFEST
from storyboard.outputs.write import write_outputs
from storyboard.planning.contradictions import with_doubts
from storyboard.project.lost_records import check_not_emptied
from storyboard.project.manifests import (
    Tell,
    find_in_folder,
    find_in_git,
    has_other_manifest,
    read_manifests,
)
from storyboard.project.neighbour import folders_left_behind
from storyboard.project.sandbox_tasks import SANDBOX_FOLDER
from storyboard.project.spent import spent_elsewhere
from storyboard.project.workspace import Workspace
from storyboard.records import Submission, TakeState
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.files import has_state
from storyboard.state.lock import hold_lock
from storyboard.state.store import Store
from storyboard.videos.files import finish_moves, make_videos_folder, remove_partial_files

_GITIGNORE = f"""\
# Written once, when the folder was made: change it as you like, or delete it.
# {MANIFEST} is meant to be committed: with it a clone pays for nothing again.
/{STATE}*
/.state-*
/.lock*
/.storyboard-*
/{SANDBOX_FOLDER}/
/videos/
/index.html
"""

_LEFT_BEHIND = frozenset({".lock", ".lock.json", ".gitignore", SANDBOX_FOLDER, ".DS_Store"})
"""What may be in a folder that nothing was rendered into yet."""


@contextmanager
def open_folder(space: Workspace, *, tell: Tell, lock_timeout_s: float = 0.0) -> Iterator[Store]:
    """The folder's state file, including what its manifest knows, locked until the context ends.

    `tell` is given what the user should know about the manifest.

    If an exception ends the context before anything was sent, a state file that was
    created here is removed: a refused render does not claim the folder.

    Raises:
        Locked: another process is using it.
        StateError: the folder or its state file cannot be used.
        UsageError: its manifest cannot be used, or the folder is a link or not ours.
    """
    asked_at = datetime.now(timezone.utc)
    _check_folder(space)
    with _hold_locks(space, now=asked_at, timeout_s=lock_timeout_s):
        space.check_links()  # waiting for a lock can take long
        # First, because a state file claims the folder, and its manifest may say it is another's.
        is_foreign = has_other_manifest(space.folder, space.state)
        own = space.own_submissions() if is_foreign else []
        adoptable = find_in_folder(space, own, tell=tell) if is_foreign else []
        check_not_emptied(space, adoptable)
        is_new = not has_state(space.state / STATE)
        with space.explained_owner():
            store = Store(space.state, origin=space.origin, storyboard=space.storyboard.name)
        folder = space.real_folder
        try:
            make_videos_folder(folder)
            if is_new:
                _write_gitignore(folder)
            _restore_gitignores(space)
            _adopt(store, adoptable)
            _adopt(store, find_in_git(space, store.submissions(), tell=tell))
            with store.transaction():
                record_doubts(store)
                _record_spent(space, store, is_foreign=is_foreign)
            if submissions := store.submissions():  # else only files tell of any
                finish_moves(folder, submissions)
                remove_partial_files(folder, submissions, now=asked_at)
            yield store
        except BaseException:
            is_unused = is_new and not store.submissions()
            store.close()
            if is_unused:
                _remove_state(space)
            raise
        finally:
            store.close()


@contextmanager
def _hold_locks(space: Workspace, *, now: datetime, timeout_s: float) -> Iterator[None]:
    """Locks the output folder and, with --state, the folder of the state file.

    By their real paths: both may be one folder, and every render locks two in the same order.
    """
    folders = {one.resolve(): one for one in (space.state, space.folder)}
    with ExitStack() as locks:
        for real, folder in sorted(folders.items()):
            is_private = real != space.real_folder  # one that holds only the state
            lock = hold_lock(folder, now=now, timeout_s=timeout_s, is_private=is_private)
            locks.enter_context(lock)
        yield


def adopt_replaced(space: Workspace, store: Store) -> None:
    """Adopts what the manifest reports if it was replaced since the render began, as by a pull.

    Call it before the outputs are written. Raises StateError if the state file cannot be written.
    """
    if not has_other_manifest(space.folder, space.state):
        return
    with suppress(UsageError, OwnedByAnother):  # what is no manifest of ours is replaced
        news = find_in_folder(space, store.submissions(), tell=lambda line: None)
        _adopt(store, news)
        with store.transaction():
            record_doubts(store)
            _record_spent(space, store, is_foreign=True)


def write_outputs_of(space: Workspace, store: Store, states: Sequence[TakeState]) -> None:
    """Writes the outputs for `states`, which must be what `store` knows now.

    Raises StateError if one cannot be written.
    """
    now = datetime.now(timezone.utc)
    write_outputs(space.storyboard, space.origin, states, space.real_folder, store, now=now)


def record_doubts(store: Store) -> None:
    """Records which submissions contradict one another, within a transaction."""
    known = store.submissions()
    for row, after in zip(known, with_doubts(known), strict=True):
        if after is not row:
            store.update(after)


def _record_spent(space: Workspace, store: Store, *, is_foreign: bool) -> None:
    """Records what manifests say was spent in other clones."""
    recorded = store.spent_elsewhere()
    elsewhere = spent_elsewhere(space, store.submissions(), recorded, is_foreign=is_foreign)
    if elsewhere > recorded:
        store.remember_spent_elsewhere(elsewhere)


def _write_gitignore(folder: Path) -> None:
    """Keeps all but the manifest of a render's files out of git, unless the user says otherwise."""
    path = folder / ".gitignore"
    if not os.path.lexists(path):
        write_atomically(path, _GITIGNORE)


def _restore_gitignores(space: Workspace) -> None:
    """Writes the `.gitignore` again after git removed it together with the manifest.

    Git does that when it pulls a rename of the folder: the state file and the videos, which
    it does not track, stay under the old name and would show up as files to commit.
    """
    for folder in (space.real_folder, *folders_left_behind(space)):
        if (folder / STATE).is_file() and not os.path.lexists(folder / MANIFEST):
            with suppress(OSError, StoryboardError):  # the render does not need it
                _write_gitignore(folder)


def _adopt(store: Store, submissions: Sequence[Submission]) -> None:
    with store.transaction():
        for submission in submissions:
            store.adopt(submission)


def _remove_state(space: Workspace) -> None:
    """Removes an empty state file, its companion files first; a reader may keep them."""
    path = space.state / STATE
    with suppress(OSError):
        for name in (f"{STATE}-wal", f"{STATE}-shm", STATE):
            path.with_name(name).unlink(missing_ok=True)


def _check_folder(space: Workspace) -> None:
    """Refuses a folder that is not an output folder, before anything is written.

    Raises UsageError if a folder is a symbolic link, `videos` is not a folder,
    or `--output` names a folder that holds other files and nothing of ours.
    """
    folder, videos = space.folder, space.videos
    space.check_links()
    if videos.exists() and not videos.is_dir():
        raise UsageError(
            f"{videos} is a file, and videos go into a folder of that name",
            next_step="move it away, or choose another folder with --output",
        )
    is_named = space.folders.output is not None
    if is_named and not _is_ours(space) and (found := _foreign_name(space)):
        raise UsageError(
            f"{folder} holds {found} and nothing that was rendered, so nothing is written there",
            next_step="choose a new or empty folder with --output",
        )


def _is_ours(space: Workspace) -> bool:
    if (space.state / STATE).is_file():
        return True
    # Other programs use this file name too; reading such a file raises UsageError there.
    return (space.folder / MANIFEST).is_file() and bool(read_manifests(space))


def _foreign_name(space: Workspace) -> str | None:
    """The first entry of the folder that a render would not leave there before its state file."""
    if not space.folder.is_dir():
        return None
    names = {path.name for path in space.folder.iterdir()} - _LEFT_BEHIND
    names = {name for name in names if not is_temporary(name)}
    if space.videos.is_dir() and not any(space.videos.iterdir()):
        names.remove(space.videos.name)
    return min(names, default=None)
