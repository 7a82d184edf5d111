"""What `resolve` and `reconcile` share: finding the folder, checking a task, rewriting outputs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from storyboard.api.protocols import Api
from storyboard.api.request_log import Sleep
from storyboard.console.options import FolderOptions, VariableOptions
from storyboard.console.printing import say
from storyboard.console.read_storyboards import read_storyboards
from storyboard.errors import AccountError, Unreachable, UsageError
from storyboard.models.catalog import Catalog
from storyboard.outputs import MANIFEST
from storyboard.project.connection import Connection, connect, service_of
from storyboard.project.manifests import read_manifests
from storyboard.project.output_folder import write_outputs_of
from storyboard.project.workspace import Workspace, find_workspaces, with_manifest_takes
from storyboard.records import Submission
from storyboard.replies import TaskReply, TaskStatus
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.store import Store

_NO_ANSWER = (TaskStatus.UNREADABLE, TaskStatus.MISMATCHED)
_WAITS_S = (2.0, 4.0, 8.0)
_MAX_WAIT_S = 90.0


def find_rendered(
    file: Path, catalog: Catalog, where: FolderOptions, variables: VariableOptions
) -> Workspace:
    """The workspace of a storyboard that was rendered before, even if the file has problems now.

    Raises UsageError if, as far as is known here, nothing of it was ever sent.
    """
    boards = read_storyboards([file], catalog, variables)
    space = find_workspaces(boards, where.folders)[0]
    # Opening the folder would create it, even for a misspelt name.
    if not (space.state / STATE).is_file() and not (space.folder / MANIFEST).is_file():
        raise UsageError(
            f"{file} was never rendered into {space.folder}",
            next_step="give the storyboard, --variant, --output, --state and --sandbox that the "
            "render had",
        )
    return space


def connect_for(
    submission: Submission, space: Workspace, catalog: Catalog
) -> AbstractContextManager[Connection]:
    """The connection to the API that `submission` was sent to.

    Raises UsageError if its model is no longer known.
    """
    service = service_of(catalog, submission.model, submission.endpoint)
    return connect(space, catalog, protocol=service.protocol)


def poll_task(api: Api, task_id: str, *, sleep: Sleep | None = None) -> TaskReply:
    """What a poll says about a task: its status, or that it is missing.

    Polls once. With `sleep`, it waits and polls again if no usable answer came.

    Raises:
        Unreachable: no reply came.
        AccountError: the key was refused, or the answer makes no sense.
    """
    reply = api.poll(task_id)
    for wait_s in _WAITS_S if sleep is not None else ():
        if sleep is None or reply.status not in _NO_ANSWER:
            break
        said_s = reply.rate.retry_after_s or reply.rate.reset_in_s
        sleep(wait_s if said_s is None else min(said_s, _MAX_WAIT_S))
        reply = api.poll(task_id)
    said = (reply.reason or "no reason given").rstrip(".")
    if reply.status is TaskStatus.REFUSED:
        raise AccountError(
            f"the API refused to give the status of task {task_id}: {said}",
            next_step="check the key with: storyboard doctor",
        )
    if reply.status in _NO_ANSWER:
        kind = Unreachable if reply.http_status is None else AccountError
        raise kind(
            f"the API gave no usable reply about task {task_id}: {said}",
            next_step="try again in a while; nothing was changed",
        )
    return reply


def rewrite_outputs(space: Workspace, store: Store) -> None:
    """Writes the manifest and the gallery with the new information.

    They keep the takes of the last render: the storyboard may have been edited since,
    or read with other vars. If there was no last render, they get the takes of the
    storyboard, provided that it has no problems.
    """
    manifests = read_manifests(space)
    if len(manifests) > 1:
        say(f"{space.folder / MANIFEST} holds git conflict markers, and is left to the next render")
        return
    if manifests:
        space = with_manifest_takes(space)
    elif not space.storyboard.is_sound:
        say(
            f"{space.storyboard.path} has problems, so the manifest is left to the next render; "
            "see them with: storyboard validate"
        )
        return
    write_outputs_of(space, store, space.read_states(store.submissions(), space.snapshot()))
