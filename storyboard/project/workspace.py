"""A storyboard with what is known about its output folder: read, checked, not changed."""

from __future__ import annotations

import operator
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from storyboard.api.credentials import find_base_url
from storyboard.errors import OwnedByAnother, UsageError
from storyboard.names import SANDBOX, as_argument, split_variant
from storyboard.outputs import MANIFEST
from storyboard.planning.graph import find_circle, has_frames
from storyboard.planning.states import HasFile, ManifestTasks, read_states, resolve_takes
from storyboard.project.default_folder import find_default_folder
from storyboard.project.manifests import change_stamp, read_manifests
from storyboard.records import Storyboard, Submission, Take, TakeState
from storyboard.state.files import FILE_NAME
from storyboard.state.queries import read_submissions
from storyboard.videos.files import is_lfs_pointer, snapshot_files


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the outputs go, according to the options."""

    sandbox: bool
    output: Path | None
    state: Path | None
    base_url: str | None


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """What is in the output folder at one moment.

    Each video's file is checked once, when it is first asked about. `is_pointer` says
    whether its place holds a Git LFS pointer instead.
    """

    has_file: HasFile
    is_pointer: HasFile
    manifest_tasks: ManifestTasks


@dataclass(frozen=True, slots=True)
class Workspace:
    """A storyboard with its output folder, its state folder and the origin it renders at.

    `folder` is the output folder as messages show it. `real_folder` is the same with the
    links above it resolved. It is used for writing, which is refused if the path has come
    to lead elsewhere. With `is_from_manifest`, the storyboard's takes are those of its manifest.
    """

    storyboard: Storyboard
    folder: Path
    real_folder: Path
    state: Path
    origin: str
    folders: Folders
    is_from_manifest: bool = False
    _resolved: list[tuple[Sequence[Submission], Sequence[Take]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def videos(self) -> Path:
        """The folder of the videos."""
        return self.folder / "videos"

    def check_links(self) -> None:
        """Raises UsageError if a folder that we would create is a symbolic link.

        The folders above them are the user's own and may be links.
        """
        above = (self.folder.parent,) if self.folders.output is None else ()
        for path in (*above, self.folder, self.state, self.videos):
            if path.is_symlink():
                raise UsageError(
                    f"{path} is a symbolic link, and storyboard neither reads nor writes through "
                    "links",
                    next_step="replace it with a folder, or name the folder itself with --output",
                )

    def command(self, verb: str, *words: str) -> str:
        """The command line for another command on the same takes and folder, quoted for a shell."""
        board = self.storyboard
        line = ["storyboard", verb, as_argument(board.path), *words, *board.options]
        for option, value in (
            ("--variant", board.variant),
            ("--output", self.folders.output),
            ("--state", self.folders.state),
            ("--base-url", self.folders.base_url),
        ):
            line += [option, str(value)] if value is not None else []
        return shlex.join([*line, "--sandbox"] if self.folders.sandbox else line)

    def snapshot(self) -> FolderSnapshot:
        """What is in the output folder now."""
        return FolderSnapshot(
            snapshot_files(self.folder),
            partial(is_lfs_pointer, self.folder),
            self._manifest_tasks(),
        )

    def version(self) -> object:
        """A value that changes with the state file, the manifest or the folder of videos."""
        names = (FILE_NAME, f"{FILE_NAME}-wal")
        return [
            change_stamp(path)
            for path in (*map(self.state.joinpath, names), self.folder / MANIFEST, self.videos)
        ]

    def own_submissions(self) -> list[Submission]:
        """The submissions of the state file, oldest first. Takes no lock and creates nothing.

        Raises StateError if it belongs to another origin or storyboard.
        """
        with self.explained_owner():
            return read_submissions(self.state, owner=(self.origin, self.storyboard.name))

    @contextmanager
    def explained_owner(self) -> Iterator[None]:
        """Adds to an OwnedByAnother the commands for a folder that was renamed with its film."""
        try:
            yield
        except OwnedByAnother as error:
            error.next_step = self._step_after_renaming(error) or error.next_step
            raise

    def _step_after_renaming(self, error: OwnedByAnother) -> str | None:
        """What to do if the folder was renamed along with its storyboard; None if it was not.

        The name comes from a state file or a manifest that anybody may have written.
        """
        film, variant = split_variant(error.storyboard)
        parts = (film, variant or "")
        is_name = all(part.isprintable() and not {"/", "\\"} & {*part} for part in parts)
        is_like_ours = is_name and (variant is None) == (self.storyboard.variant is None)
        if error.origin != self.origin or self.folders.output is not None or not is_like_ours:
            return None
        before = replace(self.storyboard, name=error.storyboard)
        folder = find_default_folder(before, self.origin)
        if os.path.lexists(folder):
            return None
        return (
            f"if {error.storyboard} was renamed, give the folder its old name and adopt from "
            f"it: {shlex.join(['mv', str(self.folder), str(folder)])}, then "
            f"{self.command('adopt', str(folder))}; if not, choose another folder with --output"
        )

    def read_states(
        self, submissions: Sequence[Submission], snapshot: FolderSnapshot
    ) -> tuple[TakeState, ...]:
        """Each take of the storyboard with its status."""
        return read_states(
            self.storyboard.takes,
            submissions,
            has_file=snapshot.has_file,
            manifest_tasks=snapshot.manifest_tasks,
        )

    def resolve_takes(self, submissions: Sequence[Submission]) -> Sequence[Take]:
        """The takes of the storyboard with what is known of the videos whose frames they show."""
        takes = self.storyboard.takes
        if not submissions or not has_frames(takes):
            return takes
        for known, resolved in self._resolved:
            # A command asks about the same ones again and again.
            if len(known) == len(submissions) and all(map(operator.is_, known, submissions)):
                return resolved
        found = resolve_takes(takes, submissions, manifest_tasks=self._manifest_tasks())
        self._resolved[:] = [(tuple(submissions), found)]
        return found

    def _manifest_tasks(self) -> ManifestTasks:
        """The tasks whose videos the manifest shows; read only if a take is locked."""
        is_asked = any(take.is_locked for take in self.storyboard.takes)
        manifests = read_manifests(self) if is_asked else ()
        blocks = (block for manifest in reversed(manifests) for block in manifest.takes)
        return {block.id: block.task_id for block in blocks if block.task_id and block.file}


def find_workspaces(
    boards: Sequence[Storyboard], folders: Folders, *, from_manifest: bool = False
) -> list[Workspace]:
    """Each storyboard with its folders and, with `from_manifest`, the takes of its manifest.

    Raises UsageError if several storyboards would share a folder, if a folder is a
    symbolic link, or if a required manifest is missing or its takes wait for one another.
    """
    for option, value in (("--output", folders.output), ("--state", folders.state)):
        if value is not None and len(boards) > 1:
            raise UsageError(
                f"{option} is one folder, and there are {len(boards)} storyboards",
                next_step="name one storyboard, or omit the option",
            )
    origin = SANDBOX
    if not folders.sandbox:
        origin = find_base_url(folders.base_url, environ=os.environ)
    spaces = []
    for board in boards:
        folder = folders.output or find_default_folder(board, origin)
        state = folders.state or folder
        real = folder.resolve()
        spaces.append(Workspace(board, folder, real, state, origin, folders))
    if len({space.real_folder for space in spaces}) < len(spaces):
        raise UsageError(
            "two of the storyboards have the same output folder",
            next_step="render them separately, each with its own --output",
        )
    for space in spaces:
        space.check_links()
    return [_checked(with_manifest_takes(space)) for space in spaces] if from_manifest else spaces


def _checked(space: Workspace) -> Workspace:
    """The workspace, unless the takes of its manifest wait for one another."""
    if circle := find_circle(space.storyboard.takes):
        raise UsageError(
            f"{space.folder / MANIFEST}: takes show frames of one another in a circle: "
            f"{' -> '.join([*circle, circle[0]])}",
            next_step="restore a copy from before it was edited",
        )
    return space


def with_manifest_takes(space: Workspace) -> Workspace:
    """The workspace with the takes of its manifest instead of its storyboard file's.

    They are paused and locked as in the file: that is part of no request, and in no manifest.
    """
    manifests = read_manifests(space)
    if len(manifests) != 1:
        path = space.folder / MANIFEST
        problem = f"{path} holds git conflict markers" if manifests else f"{path} does not exist"
        raise UsageError(problem, next_step="render once without --from-manifest")
    [manifest] = manifests
    from storyboard.outputs.manifest.takes import to_takes

    written = {take.id: take for take in space.storyboard.takes}
    takes = tuple(
        replace(take, is_paused=same.is_paused, is_locked=same.is_locked)
        if (same := written.get(take.id))
        else take
        for take in to_takes(manifest, space.folder / MANIFEST)
    )
    board = replace(space.storyboard, takes=takes, title=manifest.title)
    return replace(space, storyboard=board, is_from_manifest=True)
