"""`storyboard adopt`: adopts the results of another folder or manifest; sends nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from storyboard.console.arguments import STDIN, named_file_argument
from storyboard.console.exit_codes import NO_RECORD, exit_codes
from storyboard.console.options import (
    FILE,
    FolderOptions,
    VariableOptions,
    json_option,
    with_options,
)
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.errors import ExitCode, StateError, UsageError
from storyboard.models.catalog import load_catalog
from storyboard.names import spelled_path
from storyboard.project.adoption_source import Source, lockable_folder, parse_source, read_source
from storyboard.project.output_folder import open_folder, write_outputs_of
from storyboard.project.workspace import Workspace, find_workspaces
from storyboard.records import Submission, SubmissionState
from storyboard.recovery.adoption import Adoption, adopt_from
from storyboard.reporting.amounts import count_text
from storyboard.state.lock import hold_lock

_WORDS = {
    SubmissionState.SUCCEEDED: "rendered",
    SubmissionState.ACCEPTED: "rendering",
    SubmissionState.UNKNOWN: "unknown",
}
_OTHERWISE = "failed"


@click.command(epilog=exit_codes(ExitCode.LOCKED, UNKNOWN=NO_RECORD))
@named_file_argument
@click.argument("source", type=FILE, metavar="FROM")
@with_options(variables=VariableOptions, where=FolderOptions)
@json_option
def command(
    *, file: Path, source: Path, variables: VariableOptions, where: FolderOptions, as_json: bool
) -> int:
    """Adopt what FROM has of the takes of FILE, so that nothing is paid for again.

    FROM is a manifest, an output folder of the same origin, such as that of a renamed
    storyboard or of another variant, or - to read a manifest from standard input. Takes match
    if their requests are equal. Videos are linked if the disk allows it, and copied otherwise;
    tasks that are still rendering and unknown outcomes are adopted as they are. FROM is left
    unchanged.

    \b
    Example:
      storyboard adopt film.yaml renders/old-name
    """
    boards = read_sound([file], load_catalog(), variables, as_json=as_json)
    [space] = find_workspaces(boards, where.folders)
    with ExitStack() as locks:
        found = _read(spelled_path(source), space, locks)
        store = locks.enter_context(open_folder(space, tell=say))
        adoption = adopt_from(found, space, store)
        write_outputs_of(space, store, space.read_states(store.submissions(), space.snapshot()))
    if as_json:
        print_json(_document(space, found, adoption))
    else:
        print_lines(_lines(space, found, adoption))
    return ExitCode.OK


def _read(path: Path, space: Workspace, locks: ExitStack) -> Source:
    """What FROM has; its folder, if it has one, stays locked."""
    if path == STDIN:
        from storyboard.outputs.manifest.file import MAX_BYTES

        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        return parse_source(data, "standard input", origin=space.origin)
    folder = lockable_folder(path)
    if folder is not None:
        if folder.resolve() == space.real_folder:
            raise UsageError(
                f"{path} is the output folder of {space.storyboard.display_name} itself",
                next_step="name the folder or the manifest to adopt from",
            )
        try:
            locks.enter_context(hold_lock(folder, now=datetime.now(timezone.utc)))
        except StateError as error:
            step = "make it writable, or copy it and name the copy"
            raise StateError(str(error), next_step=step) from error
    return read_source(path, origin=space.origin)


def _lines(space: Workspace, source: Source, adoption: Adoption) -> Iterator[str]:
    file = space.storyboard.display_name
    if not adoption.submissions:
        yield f"{file}: {source.name} has nothing that it lacks"
    else:
        words = Counter(_WORDS.get(one.state, _OTHERWISE) for one in adoption.submissions)
        counts = ", ".join(
            f"{words[word]} {word}" for word in (*_WORDS.values(), _OTHERWISE) if words[word]
        )
        placed = Counter(one.value for one in adoption.placed.values())
        files = ", ".join(f"{count_text(placed[how], 'video')} {how}" for how in sorted(placed))
        yield f"{file}: adopted {counts} from {source.name}" + (f"; {files}" if files else "")
    if adoption.left_open:
        names = ", ".join(sorted({one.take for one in adoption.left_open}))
        yield (
            f"no take of {file} makes these requests, which are still open there: {names}; "
            "render the storyboard that they belong to, which continues with them"
        )


def _document(space: Workspace, source: Source, adoption: Adoption) -> dict[str, Any]:
    return {
        "file": str(space.storyboard.path),
        "variant": space.storyboard.variant,
        "from": source.name,
        "output": str(space.folder),
        "origin": space.origin,
        "adopted": [_adopted(one, adoption) for one in adoption.submissions],
        "left_open": [{"take": one.take, "task_id": one.task_id} for one in adoption.left_open],
    }


def _adopted(submission: Submission, adoption: Adoption) -> dict[str, Any]:
    placed = adoption.placed.get(submission.id)
    return {
        "take": submission.take,
        "state": submission.state.value,
        "fingerprint": submission.fingerprint,
        "task_id": submission.task_id,
        "file": submission.video.path if submission.video else None,
        "placed": placed.value if placed else None,
    }
