"""The available manifests: in the output folder, which may hold both sides of a merge, and in git.

Finds what they report that a state file lacks, for a plan to take into account and a
render to adopt. Reads; changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.atomic_files import digest_of
from storyboard.names import SANDBOX, is_same_film
from storyboard.outputs import MANIFEST
from storyboard.planning.candidates import DECIDED_STATES, fingerprints_of
from storyboard.planning.contradictions import with_doubts
from storyboard.planning.graph import is_resolved
from storyboard.project.file_versions import FileVersion, find_versions, is_blob, read_version
from storyboard.project.manifest_repair import explained
from storyboard.records import Submission, TakeStatus
from storyboard.state.queries import read_outputs

if TYPE_CHECKING:
    from storyboard.outputs.manifest.file import Manifest
    from storyboard.project.workspace import Workspace

Tell = Callable[[str], None]
"""Is called with a sentence for the user."""

_PAID = frozenset({TakeStatus.UNKNOWN, TakeStatus.RENDERING, TakeStatus.RENDERED})
_FINGERPRINT = re.compile(rb'"([0-9a-f]{64})"')


def read_manifests(space: Workspace) -> tuple[Manifest, ...]:
    """The folder's manifest, both sides of it in a merge, or none if there is none yet.

    Raises UnusableManifest, which says how to repair it.
    """
    path = space.folder / MANIFEST
    with explained(space.folder, space.state):
        return _read_as_it_lies(path, change_stamp(path))


@lru_cache(maxsize=1)
def _read_as_it_lies(path: Path, stamp: tuple[int, ...]) -> tuple[Manifest, ...]:
    """The manifest in a file, parsed only once although takes and costs are read separately."""
    # Imported only when needed: a state file knows the manifest that was written from it.
    from storyboard.outputs.manifest.file import read_manifests as read

    return read(path)


def change_stamp(path: Path) -> tuple[int, ...]:
    """A value that changes when a file is written or replaced, or a folder gets other entries.

    Empty if there is none.
    """
    try:
        about = path.lstat()
    except OSError:
        return ()
    return about.st_ino, about.st_mtime_ns, about.st_ctime_ns, about.st_size


def known_submissions(space: Workspace, *, tell: Tell) -> list[Submission]:
    """All submissions, from the state file and the manifests, oldest first; takes no lock."""
    # Checked first: rows read later hold at least what they held then.
    has_news = has_other_manifest(space.folder, space.state)
    known = space.own_submissions()
    if has_news:
        known += find_in_folder(space, known, tell=tell)
    return with_doubts([*known, *find_in_git(space, known, tell=tell)])


def has_other_manifest(folder: Path, state: Path) -> bool:
    """Whether the manifest in `folder` differs from the one last written from the state file.

    Only then can it contain anything new: the manifest written from the state was made of
    rows of this very file, or of the file it was copied from, and rows are only ever
    completed, never deleted.
    """
    written = read_outputs(state).get(MANIFEST)
    return written is None or written.sha256 != digest_of(folder / MANIFEST)


def find_in_folder(
    space: Workspace, known: Sequence[Submission], *, tell: Tell
) -> list[Submission]:
    """What the folder's manifest reports that the state file, `known`, lacks; for `Store.adopt`.

    Raises OwnedByAnother if it belongs to another origin or storyboard, and UnusableManifest.
    """
    manifests = read_manifests(space)
    if len(manifests) > 1:
        tell(
            f"{space.folder / MANIFEST} contains git conflict markers; both sides were read, "
            "and a render writes a clean file"
        )
    with explained(space.folder, space.state), space.explained_owner():
        return _adoptable(space, manifests, known)


def find_in_git(space: Workspace, known: Sequence[Submission], *, tell: Tell) -> list[Submission]:
    """What the manifests in git report that neither the state file nor the folder's manifest does.

    If one side of a merge or a rebase was chosen, what the other side paid for is recorded
    only there. They are read only if the storyboard has a take that nothing in `known` has
    paid for.
    """
    found: list[Submission] = []
    searched: set[str] = set()
    tell = cache(tell)  # each sentence is passed on once
    read_versions = cache(lambda: list(_versions_in_git(space)))
    # A video that is found resolves the takes that show its frames, which are then lacking too.
    while lacking := _find_lacking(space, [*known, *found]) - searched:
        reported = {one.fingerprint for one in (*known, *found)}
        manifests = list(_read_from_git(space, read_versions(), lacking, reported, tell=tell))
        news = _adoptable(space, manifests, [*known, *found])
        found += news
        searched |= lacking
        if not news:
            break
    return found


def _find_lacking(space: Workspace, known: Sequence[Submission]) -> set[str]:
    """The fingerprints of takes that nothing in `known` has paid for, as far as they are known."""
    decided = {one.fingerprint for one in known if one.state in DECIDED_STATES}
    undecided = (
        take for take in space.resolve_takes(known) if decided.isdisjoint(fingerprints_of([take]))
    )
    return {one.fingerprint for take in undecided for one in take.candidates if is_resolved(one)}


def _adoptable(
    space: Workspace, manifests: Sequence[Manifest], known: Sequence[Submission]
) -> list[Submission]:
    if not manifests:
        return []
    from storyboard.outputs.manifest.adopt import adoptable

    name = space.storyboard.name
    found = adoptable(
        [replace(one, storyboard=name) if _is_of(space, one) else one for one in manifests],
        known,
        space.folder,
        origin=space.origin,
        storyboard=name,
    )
    if space.origin != SANDBOX:
        return found
    from storyboard.project.sandbox_tasks import without_foreign_tasks

    return without_foreign_tasks(found, space.folder, space.state)


def _is_of(space: Workspace, manifest: Manifest) -> bool:
    """Whether a manifest in the folder is the storyboard's, by its name or by most of its takes.

    A folder that was renamed along with its storyboard, as by `git mv`, has a manifest with
    the old name. The user may name any folder with --output; for those only the name counts.
    """
    if is_same_film(manifest.storyboard, space.storyboard.name):
        return True
    from storyboard.outputs.manifest.manifest import to_submission

    sent = [one for one in map(to_submission, manifest.blocks) if one is not None]
    wanted = fingerprints_of(space.resolve_takes(sent))
    found = sum(take.fingerprint in wanted for take in manifest.takes)
    return space.folders.output is None and 2 * found > len(manifest.takes)


def _read_from_git(
    space: Workspace,
    versions: Iterable[tuple[FileVersion, bytes]],
    lacking: AbstractSet[str],
    reported: set[str],
    *,
    tell: Tell,
) -> Iterator[Manifest]:
    """The manifests in `versions` of this origin and storyboard, reduced to `lacking` takes.

    Only what was paid for, or may have been, is used: once a newer manifest reports a request,
    as recorded in `reported`, an older one may be wrong about whether it is open. A manifest that
    names none of the takes is not parsed; an unusable one is reported to the user.
    """
    from storyboard.outputs.manifest.adopt import fingerprint_problem
    from storyboard.outputs.manifest.file import parse_manifests

    for version, data in versions:
        if lacking.isdisjoint(match.decode("ascii") for match in _FINGERPRINT.findall(data)):
            continue
        try:
            manifests = parse_manifests(data)
            problem = next(filter(None, map(fingerprint_problem, manifests)), None)
        except ValueError as error:
            manifests, problem = (), str(error)
        if problem is not None:
            tell(f"the manifest in {version.commit} was left out: {problem}")
            continue
        for manifest in manifests:
            if manifest.origin == space.origin and _is_of(space, manifest):
                sent = [take for take in manifest.takes if take.status is not TakeStatus.PENDING]
                may_be_open = lacking if version.is_side else lacking - reported
                takes = tuple(
                    replace(take, failed_candidates=())
                    for take in sent
                    if take.status in _PAID and take.fingerprint in lacking
                    if take.status is TakeStatus.RENDERED or take.fingerprint in may_be_open
                )
                # The few that are left would not show that a renamed film's manifest is its own.
                yield replace(manifest, storyboard=space.storyboard.name, takes=takes)
                reported |= {take.fingerprint for take in sent}


def _versions_in_git(space: Workspace) -> Iterator[tuple[FileVersion, bytes]]:
    """The manifest in other commits, if it differs from the one in the folder."""
    from storyboard.outputs.manifest.file import MAX_BYTES, readable_bytes

    versions = find_versions(space.folder / MANIFEST)
    here = readable_bytes(space.folder / MANIFEST) if versions else b""
    left = MAX_BYTES  # for versions that are not a side of a merge
    for version in versions:
        left -= 0 if version.is_side else version.size_bytes
        if version.size_bytes > MAX_BYTES or left < 0 or is_blob(here, version.blob):
            continue
        data = read_version(version)
        if data is not None:
            yield version, data
