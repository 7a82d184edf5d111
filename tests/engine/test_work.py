"""How much a run does for each take, counted and not timed: real HTTP, real SQLite."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from storyboard.api.http import response as answers
from storyboard.api.http.connections import WatchedAdapter
from storyboard.planning.plan import PlanOptions
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from storyboard.state.store import Store
from tests.engine.rig import Rig, make_takes

TAKES = 20
SERVER = SandboxSettings(render_time_s=0, max_in_flight=100, requests_per_minute=1_000_000)


class Work:
    """Counts what runs do, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: Counter[str] = Counter()
        self.statements: list[str] = []
        start, send = threading.Thread.start, WatchedAdapter.send

        def counted_start(thread: threading.Thread) -> None:
            self.done[f"thread {thread.name.partition('-')[0]}"] += 1
            start(thread)

        def counted_send(*args: Any, **kwargs: Any) -> Any:
            self.done["request"] += 1
            return send(*args, **kwargs)

        def counted_loads(*args: Any, **kwargs: Any) -> Any:
            self.done["parsing"] += 1
            return json.loads(*args, **kwargs)

        monkeypatch.setattr(threading.Thread, "start", counted_start)
        monkeypatch.setattr(WatchedAdapter, "send", counted_send)
        monkeypatch.setattr(answers, "json", SimpleNamespace(loads=counted_loads, dumps=json.dumps))

    def watch(self, store: Store) -> Store:
        change = store._change

        def noted(line: str) -> None:
            # SQLite traces a statement again for each trigger; `_change` sees it once.
            if line.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                self.statements.append(line)

        def counted_change(statement: str, values: tuple[object, ...]) -> Any:
            done = change(statement, values)
            self.statements.append(statement)
            return done

        store._db.set_trace_callback(noted)
        store._change = counted_change  # type: ignore[method-assign]
        return store

    @property
    def transactions(self) -> list[list[str]]:
        """The verbs of each transaction, those of the opening of the file left out."""
        verbs = [line.split()[0] for line in self.statements]
        text = " ".join(verbs)
        return [part.split() for part in text.split("BEGIN")[1:]]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Work:
    with SandboxServer(settings=SERVER) as server:
        work = Work(monkeypatch)
        rig = Rig(
            tmp_path / "out",
            server.base_url,
            make_takes(TAKES),
            plan_options=PlanOptions(download=False),
            requests_per_minute=60_000_000,
            wrap_store=work.watch,
        )
        rig.render()
        assert rig.statuses() == ["rendered"] * TAKES
    return work


def test_a_take_costs_one_post_and_one_poll_each_parsed_once(work: Work) -> None:
    assert work.done["request"] == 2 * TAKES
    assert work.done["parsing"] == 2 * TAKES


def test_no_request_starts_a_thread(work: Work) -> None:
    threads = {name: n for name, n in work.done.items() if name.startswith("thread")}

    assert threads.pop("thread watchdog", 1) == 1
    assert threads == {"thread api": 6, "thread download": 4}


def test_every_transaction_changes_something_and_none_is_for_less_than_an_answer(
    work: Work,
) -> None:
    transactions = work.transactions

    assert all(part[-1] == "COMMIT" and len(part) > 1 for part in transactions)
    changes = Counter(verb for part in transactions for verb in part[:-1])
    assert changes == {"SELECT": TAKES, "INSERT": TAKES, "UPDATE": 2 * TAKES}
    assert len(transactions) <= 2 * TAKES + 1


def test_all_the_intentions_that_may_go_out_at_once_share_a_commit(work: Work) -> None:
    assert work.transactions[0] == ["SELECT", "INSERT"] * 4 + ["COMMIT"]
