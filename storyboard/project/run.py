"""Assembles the engine that carries out the plans of a render. Imports all of HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from storyboard.engine.clock import SystemClock
from storyboard.engine.job import EngineSettings, Job, Progress, Provenance, RunResult, RunStatus
from storyboard.engine.loop import Engine
from storyboard.errors import StateError, UsageError
from storyboard.language.read_scope import find_scope
from storyboard.media import FileInput
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.money import NO_CAPS
from storyboard.names import SANDBOX, spelled_path, to_file_name
from storyboard.planning.cost import fallbacks_to_submit
from storyboard.project.connection import Connection, service_of
from storyboard.project.git import possible_ids, read_commit
from storyboard.project.outcome import stopped_by_storage
from storyboard.project.pictures import file_reader
from storyboard.project.rendering import Prepared
from storyboard.records import TO_SEND, Action, Storyboard


def protocol_of(group: Sequence[Prepared], catalog: Catalog) -> str:
    """The wire protocol of plans that have something to do; one origin speaks one protocol."""
    work = [action for item in group for action in item.work]
    sent = {(action.take.model, _endpoint_of(action)) for action in work}
    sent |= {(one.model, None) for item in group for one in fallbacks_to_submit(item.plan)}
    protocols = {service_of(catalog, *one).protocol for one in sent}
    if len(protocols) > 1:
        names = ", ".join(sorted(protocols))
        raise UsageError(
            f"these takes use several protocols ({names}), but one render can use only one",
            next_step="render the models separately, with --only",
        )
    return protocols.pop()


def _endpoint_of(action: Action) -> str | None:
    """Where an action's submission was sent; None if a new one will be sent."""
    is_sent = action.kind not in TO_SEND and action.submission is not None
    return action.submission.endpoint if is_sent and action.submission else None


def run_engine(
    group: Sequence[Prepared],
    connection: Connection,
    settings: EngineSettings,
    listener: Callable[[Progress], None],
    *,
    interrupting: Callable[[Callable[[], None]], AbstractContextManager[None]],
    on_turn: Callable[[RunStatus], None] | None = None,
) -> RunResult:
    """Carries out the plans of a group, within the context that can interrupt it.

    Reports each change to `listener`, and before that the state of the run to `on_turn`.
    """
    engine = Engine(
        [_job(item, connection) for item in group],
        connection.api,
        connection.fetch,
        settings=replace(
            settings,
            account_of=connection.account_of,
            uploads_per_minute=connection.uploads_per_minute,
        ),
        clock=SystemClock(),
        listener=listener,
        on_turn=on_turn,
    )
    try:
        with interrupting(engine.interrupt):
            return engine.run()
    except StateError as error:
        return stopped_by_storage(error)


def ids_of_pictures(
    board: Storyboard, read_file: Callable[[str], bytes]
) -> dict[Path, frozenset[str]]:
    """The ids that git can have for each picture; none for one that has changed since."""
    takes = [one for take in board.takes for one in take.candidates]
    files = (one for take in takes for one in take.inputs if isinstance(one, FileInput))
    found: dict[Path, frozenset[str]] = {}
    for path, sha256 in {(one.path, one.sha256) for one in files}:
        try:
            content = read_file(path)
        except OSError:
            content = b""
        is_same = hashlib.sha256(content).hexdigest() == sha256
        real = board.path.parent / to_file_name(path)
        found[real] = possible_ids(content) if is_same else frozenset()
    return found


def texts_of_cards(board: Storyboard, catalog: Catalog) -> dict[Path, str]:
    """The text of each project card that the storyboard's takes use, by the card's path."""
    own = catalog.of(board.path)
    models = {one.model for take in board.takes for one in take.candidates}
    cards = (card for model in models if (card := own.text_of(model)))
    return {Path(card.path): card.text for card in cards if card.owner is Owner.PROJECT}


def _job(item: Prepared, connection: Connection) -> Job:
    board = item.space.storyboard
    contents: dict[str, str | bytes] = {
        name: text for name, text in board.sources.items() if name not in board.workbooks
    }
    contents |= dict(board.workbooks.values())
    sources: dict[Path, str | bytes | frozenset[str]] = {
        spelled_path(Path(name)): content for name, content in contents.items()
    }
    read_file = file_reader(board.path.parent, find_scope(board.path, allowed=board.allowed_paths))
    sources |= texts_of_cards(board, item.pricing.catalog)
    sources |= ids_of_pictures(board, read_file)
    commit, is_dirty = read_commit(board.path.parent, sources)
    return Job(
        name=str(board.path),
        plan=item.plan,
        store=item.store,
        folder=item.space.real_folder,
        provenance=Provenance(commit, is_dirty, connection.profile, connection.user_id),
        cost_of=item.pricing.cost,
        caps=NO_CAPS if item.space.origin == SANDBOX else board.caps,
        options=item.options,
        passed=item.store.passed(),
        read_file=read_file,
        command=item.space.command,
    )
