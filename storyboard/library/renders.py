"""Renders for programs: an iterator of events, and a thread that carries out the plan.

The state file is opened, written and closed only in that thread. Closing the iterator
does what Ctrl-C does to the command: nothing more is submitted, open requests are waited
for, the outputs are written and the lock is released.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from storyboard.engine.job import Progress, RunResult
from storyboard.errors import ExitCode, Refused
from storyboard.language.project_cards import load_catalog_beside
from storyboard.library.checks import check_amounts, check_counts, check_lists, check_selection
from storyboard.library.films import FilePath, find_workspace, tell
from storyboard.library.notebook import Page
from storyboard.library.plans import AS_USUAL, EVERY_TAKE
from storyboard.library.statuses import page_path
from storyboard.models.catalog import Catalog
from storyboard.names import SANDBOX
from storyboard.planning.cost import Caps, check_caps
from storyboard.planning.plan import PlanOptions
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import Selection
from storyboard.project.film_caps import check_film_caps
from storyboard.project.outcome import carry_out, exit_code_of
from storyboard.project.rendering import Prepared, check_account, engine_settings, prepare
from storyboard.project.workspace import Workspace
from storyboard.records import Storyboard, TakeState
from storyboard.threads import start_thread

if TYPE_CHECKING:
    from storyboard.sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a render, whose outputs are written: the selected takes as they are now.

    `exit_code` is what the command would have ended with.
    """

    exit_code: ExitCode
    takes: tuple[TakeState, ...]
    folder: Path

    @property
    def page(self) -> Page:
        """The gallery that shows the takes."""
        return Page(page_path(self.folder))


Event: TypeAlias = Progress | Ended
"""One committed change of one take or, as the last event, the result of the render."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What to render, and how."""

    space: Workspace
    arguments: PlanArguments
    caps: Caps
    sandbox: SandboxSettings | None
    concurrency: int | None
    requests_per_minute: int | None
    timeout_s: float | None
    lock_timeout_s: float
    past: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Last:
    """How the thread ended: the result of the render, and why it ended early if it did."""

    ended: Ended | None
    error: BaseException | None


def render(
    film: Storyboard | FilePath,
    *,
    variant: str | None = None,
    select: Selection = EVERY_TAKE,
    options: PlanOptions = AS_USUAL,
    max_takes: int | None = None,
    max_seconds: float | None = None,
    max_cost: float | None = None,
    price_usd: float | None = None,
    yes: bool = False,
    sandbox: bool | SandboxSettings = False,
    output: FilePath | None = None,
    state: FilePath | None = None,
    base_url: str | None = None,
    fresh: bool = False,
    past: Sequence[str] = (),
    concurrency: int | None = None,
    requests_per_minute: int | None = None,
    timeout_s: float | None = None,
    lock_timeout_s: float = 0.0,
) -> Generator[Event, None, None]:
    """Renders a storyboard as the command does, and yields each change of a take as it happens.

    Nothing happens before the first event is asked for. Closing the generator, as
    leaving it does, ends the render as Ctrl-C does; a later one goes on where it was.
    In the sandbox nobody pays. Everywhere else a cap or `yes` has to be given: there
    is nobody to ask. `max_cost` and `price_usd`, for a second of video, are in US dollars;
    without `price_usd` the storyboard's prices hold.
    The videos of the paused takes and shots `past` are approved.
    `variant` is one of the storyboard's, with a folder of its own; a seed does not carry
    over to another resolution or model.

    Raises, here or at an event:
        InvalidStoryboard: the storyboard has problems.
        Refused: a cap would be exceeded, or neither a cap nor `yes` is given.
        Locked: another render holds the folder.
        StoryboardError: anything else that ends the command; raised after the event
            `Ended` if the render had started.
    """
    caps = Caps(max_takes, max_seconds, max_cost)
    check_amounts(
        max_takes=max_takes,
        max_seconds=max_seconds,
        max_cost=max_cost,
        price_usd=price_usd,
        timeout_s=timeout_s,
        lock_timeout_s=lock_timeout_s,
    )
    check_counts(concurrency=concurrency, requests_per_minute=requests_per_minute)
    check_selection(select)
    check_lists(past=past)
    if not sandbox:
        _check_consent(caps, is_sure=yes)
    space = find_workspace(
        film, variant=variant, sandbox=bool(sandbox), output=output, state=state, base_url=base_url
    )
    order = _Order(
        space=space,
        arguments=PlanArguments(select, options, is_fresh=fresh, price_usd=price_usd),
        caps=caps,
        sandbox=None if isinstance(sandbox, bool) else sandbox,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        timeout_s=timeout_s,
        lock_timeout_s=lock_timeout_s,
        past=tuple(past),
    )
    return _events(order)


def _check_consent(caps: Caps, *, is_sure: bool) -> None:
    if not is_sure and not caps.are_given:
        raise Refused(
            "this render would cost money, and nothing limits how much",
            next_step="give max_takes, max_seconds or max_cost, or yes=True for no cap",
        )


class _Stop:
    """A request to end the render soon, even if it is made before the engine runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_asked = False
        self._interrupt: Callable[[], None] | None = None

    def ask(self) -> None:
        """Interrupts what is running or about to run."""
        with self._lock:
            self._is_asked = True
            if self._interrupt:
                self._interrupt()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Calls `interrupt` if the end is requested within the context, or was requested before."""
        with self._lock:
            self._interrupt = interrupt
            if self._is_asked:
                interrupt()
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None


def _events(order: _Order) -> Generator[Event, None, None]:
    inbox: queue.SimpleQueue[Progress | _Last] = queue.SimpleQueue()
    stop = _Stop()

    def work() -> None:
        try:
            inbox.put(_carry_out(order, inbox.put, stop))
        except BaseException as error:
            inbox.put(_Last(None, error))

    def end() -> None:
        stop.ask()
        thread.join()

    # A daemon thread that is joined at the end: a program that ends without closing the
    # generator must not continue to submit.
    thread = threading.Thread(target=work, name="storyboard-render", daemon=True)
    start_thread(thread)
    atexit.register(end)
    try:
        while isinstance(item := _next(inbox), Progress):
            yield item
    finally:
        end()
        atexit.unregister(end)
        _raise_unseen(inbox)
    if item.ended:
        yield item.ended
    if item.error:
        raise item.error


def _next(inbox: queue.SimpleQueue[Progress | _Last]) -> Progress | _Last:
    while True:
        try:
            return inbox.get(timeout=1.0)  # on Windows, Ctrl-C interrupts no wait without a timeout
        except queue.Empty:
            continue


def _raise_unseen(inbox: queue.SimpleQueue[Progress | _Last]) -> None:
    """Raises what went wrong while the render was ending, unless the caller has seen the end."""
    while not inbox.empty():
        item = inbox.get()
        if isinstance(item, _Last) and item.error:
            raise item.error


def _carry_out(order: _Order, listener: Callable[[Progress], None], stop: _Stop) -> _Last:
    """The result of the render. Raises what keeps it from starting."""
    board = order.space.storyboard
    catalog = load_catalog_beside(board.path, board.allowed_paths)
    with prepare(
        order.space,
        order.arguments,
        catalog=catalog,
        lock_timeout_s=order.lock_timeout_s,
        past=order.past,
        tell=tell,
    ) as film:
        check_caps(film.bill, order.caps)
        check_film_caps(film)
        if order.space.origin != SANDBOX:
            check_account([film])
        run = partial(_run, catalog=catalog, order=order, listener=listener, stop=stop)
        [outcome], results = carry_out([[film]], run)
    code = exit_code_of([outcome], results, order.arguments.options)
    ended = Ended(code, tuple(outcome.selected), outcome.space.folder)
    return _Last(ended, next((error for result in results for error in result.errors), None))


def _run(
    group: Sequence[Prepared],
    *,
    catalog: Catalog,
    order: _Order,
    listener: Callable[[Progress], None],
    stop: _Stop,
) -> RunResult:
    if not any(film.work for film in group):
        return RunResult()
    # Imported here, because a render with nothing to do needs no network.
    from storyboard.project.connection import connect
    from storyboard.project.run import protocol_of, run_engine

    settings = engine_settings(
        catalog,
        download=order.arguments.options.download,
        timeout_s=order.timeout_s,
        concurrency=order.concurrency,
        requests_per_minute=order.requests_per_minute,
        max_cost_micros=None if order.space.origin == SANDBOX else order.caps.cost_micros,
    )
    protocol = protocol_of(group, catalog)
    with connect(order.space, catalog, protocol=protocol, sandbox=order.sandbox) as connection:
        return run_engine(group, connection, settings, listener, interrupting=stop.interrupting)
