"""Caps on what is spent: nothing is sent that does not fit, however runs end and begin again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from storyboard.api.credentials import ApiKey
from storyboard.api.modellix import tasks
from storyboard.api.modellix.client import ModellixApi
from storyboard.api.protocols import Api
from storyboard.engine.events import LogChecked
from storyboard.engine.job import Step
from storyboard.engine.request_log import read_log
from storyboard.engine.tasks import Tasks
from storyboard.errors import ExitCode, StateError
from storyboard.money import FilmCaps, to_micros
from storyboard.records import SubmissionState, Take
from storyboard.sandbox.clips import clips
from storyboard.sandbox.server import SandboxServer
from storyboard.state.store import Store
from tests.commands.films import AT_ONCE
from tests.engine.rig import Rig, make_takes

PRICE = 200_000  # what the sandbox bills for two seconds


def cost(take: Take) -> int:
    return PRICE


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    monkeypatch.setattr(clips, "write_clip", lambda path, frames, **rest: path.write_bytes(b"x"))
    with SandboxServer(settings=AT_ONCE) as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path, server: SandboxServer) -> Rig:
    return Rig(tmp_path / "out", server.base_url, make_takes(5), cost_of=cost)


def sent(rig: Rig, server: SandboxServer) -> int:
    posts = server.ledger.posts
    assert posts == len(rig.submissions())
    return posts


def test_a_film_stops_at_its_cap_and_what_is_in_flight_is_finished(
    rig: Rig, server: SandboxServer
) -> None:
    rig.caps = FilmCaps(film=3 * PRICE)
    result = rig.render()
    [refusal] = result.errors
    assert refusal.exit_code is ExitCode.REFUSED
    assert str(refusal) == (
        "caps.film (0.60 USD) of film is reached: 0.60 USD was spent on the film, and take shot-4 "
        "would cost 0.20 USD more; nothing more of it is submitted"
    )
    assert refusal.next_step == "raise film under caps: in film"
    assert sent(rig, server) == 3
    assert {one.state for one in rig.submissions()} == {SubmissionState.SUCCEEDED}
    assert {one.billed_micros for one in rig.submissions()} == {PRICE}
    assert rig.render().errors
    assert sent(rig, server) == 3
    rig.caps = FilmCaps(film=5 * PRICE)
    assert not rig.render().errors
    assert sent(rig, server) == 5


def test_a_cap_holds_to_the_millionth(rig: Rig, server: SandboxServer) -> None:
    rig.caps = FilmCaps(film=3 * PRICE - 1)
    rig.render()
    assert sent(rig, server) == 2


def test_a_day_is_the_last_24_hours(rig: Rig, server: SandboxServer) -> None:
    rig.caps = FilmCaps(day=2 * PRICE)
    [refusal] = rig.render().errors
    assert "spent in the last 24 hours" in str(refusal)
    assert refusal.next_step == "raise day under caps: in film, or run again later"
    yesterday = datetime.now(timezone.utc) - timedelta(hours=24, seconds=1)
    with closing(Store(rig.folder, origin="sandbox", storyboard="film")) as store:
        store._db.execute("UPDATE submissions SET sent_at = ?", (yesterday.timestamp(),))
    rig.render()
    assert sent(rig, server) == 4


def test_a_run_counts_what_it_has_spent_and_not_what_was_spent_before(
    rig: Rig, server: SandboxServer
) -> None:
    rig.max_cost_micros = 2 * PRICE
    for total in (2, 4):
        [refusal] = rig.render().errors
        assert "--max-cost 0.40 USD is reached: this render has spent 0.40 USD" in str(refusal)
        assert sent(rig, server) == total


def test_a_bill_that_is_higher_than_its_estimate_counts(rig: Rig, server: SandboxServer) -> None:
    rig.cost_of = lambda take: 1  # and 200,000 are billed
    rig.caps = FilmCaps(film=PRICE)
    rig.concurrency = 1
    [refusal] = rig.render().errors
    assert "0.20 USD was spent" in str(refusal)
    assert sent(rig, server) == 1


def test_an_unknown_cost_fits_into_no_cap(rig: Rig, server: SandboxServer) -> None:
    rig.cost_of = lambda take: None
    rig.caps = FilmCaps(film=10**12)
    assert "the cost of take shot-1 is unknown" in str(rig.render().errors[0])
    assert sent(rig, server) == 0


def test_what_was_refused_does_not_count(rig: Rig, server: SandboxServer) -> None:
    wrong, *others = rig.takes
    rig.takes = [replace(wrong, payload={**wrong.payload, "duration": 99}), *others]
    rig.caps = FilmCaps(film=2 * PRICE)
    rig.concurrency = 1
    rig.render()
    states = [one.state for one in rig.submissions()]
    assert states == [SubmissionState.REJECTED, *[SubmissionState.SUCCEEDED] * 2]


class Died(Exception):
    """The process ends between the commit and the POST, or between the POST and its answer."""


class DyingApi:
    """An API whose POST never returns to a living process."""

    def __init__(self, api: Api, *, sends: bool) -> None:
        self._api = api
        self._sends = sends

    def __getattr__(self, name: str) -> object:
        return getattr(self._api, name)

    def submit(self, *arguments: object, **options: object) -> object:
        if self._sends:
            self._api.submit(*arguments, **options)  # type: ignore[arg-type]  # as given
        raise Died


@pytest.mark.parametrize("sends", [False, True])
def test_a_submission_counts_from_its_intention_on_also_where_the_process_dies(
    rig: Rig, server: SandboxServer, sends: bool
) -> None:
    rig.caps = FilmCaps(film=2 * PRICE)
    rig.concurrency = 1
    rig.wrap_api = lambda api: DyingApi(api, sends=sends)  # type: ignore[return-value]  # by getattr
    with pytest.raises(Died):
        rig.render()
    rig.wrap_api = lambda api: api
    [refusal] = rig.render().errors
    assert "0.40 USD was spent" in str(refusal)
    assert len(rig.submissions()) == 2  # the one that may have been charged, and one more


def test_a_transaction_that_fails_counts_nothing(
    rig: Rig, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.caps = FilmCaps(film=PRICE)
    begin = Store.begin

    def fail(store: Store, *arguments: object, **options: object) -> object:
        begin(store, *arguments, **options)  # type: ignore[arg-type]  # as given
        raise StateError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "begin", fail)
        with pytest.raises(StateError, match="full"):
            rig.render()
    assert sent(rig, server) == 0
    rig.render()
    assert sent(rig, server) == 1


def test_between_the_sum_and_the_intention_no_other_process_writes(
    rig: Rig, server: SandboxServer
) -> None:
    rig.folder.mkdir()
    with (
        closing(Store(rig.folder, origin="sandbox", storyboard="film")) as store,
        closing(Store(rig.folder, origin="sandbox", storyboard="film")) as other,
    ):
        other._db.execute("PRAGMA busy_timeout = 0")
        with store.transaction():
            store.spent_micros()
            with pytest.raises(StateError, match="locked"):
                other.begin(rig.takes[0], endpoint="/x", now=datetime.now(timezone.utc))


@pytest.mark.parametrize("factor", [1, 10_000])
def test_a_bill_that_is_not_what_the_request_log_says_is_reported(
    rig: Rig, server: SandboxServer, monkeypatch: pytest.MonkeyPatch, factor: int
) -> None:
    """As it is where one of the two counts another unit."""
    monkeypatch.setattr(tasks, "to_micros", lambda amount: to_micros(amount * factor))
    monkeypatch.setattr(
        Tasks,
        "_free_slot",
        lambda self, flight, now, free=Tasks._free_slot: (
            setattr(flight, "log_cost_micros", PRICE),
            free(self, flight, now),
        ),
    )
    rig.render()
    details = {one.detail for one in rig.progress if one.step is Step.ODD}
    expected = {
        "the task was billed 2,000.00 USD, and the request log says 0.20 USD; caps count the bill"
    }
    assert details == (set() if factor == 1 else expected)


def test_the_request_log_tells_costs_in_its_own_unit(rig: Rig, server: SandboxServer) -> None:
    rig.render()
    with closing(ModellixApi(server.base_url, ApiKey("sandbox"))) as api:
        now = datetime.now(timezone.utc)
        checked = read_log(api, now - timedelta(hours=1), now, 1)
    assert isinstance(checked, LogChecked)
    assert set(checked.costs.values()) == {PRICE}
