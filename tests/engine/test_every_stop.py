"""A film with files, references and a chain, stopped at every point in turn and started again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from storyboard.api.http.response import Answer
from storyboard.fingerprint import fingerprint
from storyboard.media import FileInput, FrameInput, Input, with_inputs
from storyboard.planning.states import read_states
from storyboard.records import SubmissionState, Take, TakeStatus
from storyboard.state.store import Store
from storyboard.videos.files import has_file, move_into_place
from tests.engine.rig import make_take
from tests.engine.simulation import Call, Killed, Simulation, frame_of, png

TRANSACTION = Store.transaction
KINDS = ("POST", "poll", "upload", "list", "download", "frame", "move", "commit")
PARTS = 6  # which run side by side
P = ParamSpec("P")
T = TypeVar("T")

HERO, SAILOR, PIER = (png(name) for name in (b"hero", b"sailor", b"pier"))
FILES = {"cast/hero.png": HERO, "cast/sailor.png": SAILOR, "places/pier.png": PIER}


def shot(number: int, **inputs: Input) -> Take:
    """A take with these inputs; a name that ends in a digit is an entry of a list."""
    take = make_take(number)
    placed = tuple(
        one._replace(at=("references", int(name[-1])) if name[-1].isdigit() else (name,))
        for name, one in inputs.items()
    )
    blank = {one.at[0]: [None] * 2 if len(one.at) == 2 else None for one in placed}
    payload = with_inputs({**take.payload, **blank}, placed)
    request = fingerprint(take.model, payload)
    return replace(take, payload=payload, inputs=placed, fingerprint=request)


def file(path: str) -> FileInput:
    return FileInput((), hashlib.sha256(FILES[path]).hexdigest(), path)


def last_of(number: int) -> FrameInput:
    return FrameInput((), f"shot-{number}", "last")


def make_film() -> list[Take]:
    """Two characters, a place, and six shots: three of them are a chain."""
    hero, sailor, pier = map(file, FILES)
    return [
        shot(1, first_frame=pier),
        shot(2, first_frame=last_of(1)),
        shot(3, first_frame=last_of(2), last_frame=pier),
        shot(4, reference0=hero, reference1=sailor),
        shot(5, reference0=sailor, reference1=hero),
        make_take(6),
    ]


class Stops:
    """Counts the points at which a run could be killed, and kills it at one of them."""

    def __init__(self, *, dies_at: int | None = None) -> None:
        self.names: list[str] = []
        self.dies_at = dies_at
        self.tasks: dict[str, str] = {}  # that the API has accepted, by prompt

    def point(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.dies_at:
            raise Killed

    def around(self, name: str, call: Callable[P, T], *, is_read: bool = False) -> Callable[P, T]:
        """The call, with a point after it, and one before what it changes."""

        def stopping(*args: P.args, **kwargs: P.kwargs) -> T:
            if not is_read:
                self.point(f"before {name}")
            result = call(*args, **kwargs)
            self.point(f"after {name}")
            return result

        return stopping

    def around_commits(
        self, transaction: Callable[[Store], AbstractContextManager[None]]
    ) -> Callable[[Store], AbstractContextManager[None]]:
        """The transaction, with a point before and one after a commit that changes anything."""

        @contextmanager
        def stopping(store: Store) -> Iterator[None]:
            before = store._db.total_changes
            with transaction(store):
                yield
                is_change = store._db.total_changes != before
                if is_change:
                    self.point("before a commit")
            if is_change:
                self.point("after a commit")

        return stopping


def film_with(stops: Stops, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    """The film in a folder of its own, at an API that starts anew."""
    sim = Simulation(folder, make_film(), monkeypatch, concurrency=3, pictures=dict(FILES))
    sim.render_s = 2.0
    accept = sim.on_post

    def on_post(call: Call) -> Answer:
        answer = accept(call)
        stops.tasks[str(call.payload["prompt"])] = list(sim.accepted_s)[-1]
        return answer

    sim.on_post = stops.around("a POST", on_post)
    sim.on_poll = stops.around("a poll", sim.on_poll, is_read=True)
    sim.on_upload = stops.around("an upload", sim.on_upload)
    sim.on_list = stops.around("a list", sim.on_list, is_read=True)
    sim.fetch = stops.around("a download", sim.fetch)
    frame = stops.around("a frame", frame_of, is_read=True)
    sim.settings = {"extract_frame": frame, "uploads_per_minute": 6000}
    move = stops.around("a move", move_into_place)
    monkeypatch.setattr("storyboard.engine.downloads.video_files.move_into_place", move)
    monkeypatch.setattr(Store, "transaction", stops.around_commits(TRANSACTION))
    return sim


def decide(sim: Simulation, tasks: Mapping[str, str]) -> None:
    """What a person does about POSTs whose outcome nobody knows: look them up at the API."""
    with closing(sim._open()) as store:
        for row in store.submissions():
            task = tasks.get(str(row.payload["prompt"]))
            if row.state is SubmissionState.SENDING:
                state = SubmissionState.ACCEPTED if task else SubmissionState.RELEASED
                store.update(replace(row, state=state, task_id=task))


@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_a_run_is_stopped_nothing_is_paid_for_or_uploaded_twice(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Stops()
    film_with(whole, tmp_path / "whole", monkeypatch).render()
    assert {name.split()[-1] for name in whole.names} == set(KINDS)
    for number, name in [*enumerate(whole.names, 1)][part::PARTS]:
        stops = Stops(dies_at=number)
        sim = film_with(stops, tmp_path / str(number), monkeypatch)
        with pytest.raises(Killed):
            sim.render()
        assert stops.names == whole.names[:number]
        sim.render()
        if SubmissionState.SENDING.value in sim.states():
            decide(sim, stops.tasks)
            sim.render()
        check_done_once(sim, f"killed {name}, point {number}")


def check_done_once(sim: Simulation, where: str) -> None:
    states = read_states(sim.takes, sim.submissions(), has_file=partial(has_file, sim.folder))
    assert {state.status for state in states} == {TakeStatus.DONE}, where
    succeeded = [row for row in sim.submissions() if row.state is SubmissionState.SUCCEEDED]
    assert len(succeeded) == len({row.fingerprint for row in succeeded}) == 6, where
    assert len(sim.accepted_s) == 6, f"{where}: paid twice"
    assert Counter(sim.stored).most_common(1)[0][1] == 1, f"{where}: uploaded twice"
    assert len(sim.stored) == 5, where
    by_prompt = {str(call.payload["prompt"]): call.payload for call in sim.api.posts}
    kept = zip(sim.stored, sim.kept.values(), strict=True)
    addresses = {content: one.url for content, one in kept}
    assert by_prompt["shot 4"]["references"] == [addresses[HERO], addresses[SAILOR]], where
    assert by_prompt["shot 3"]["last_frame"] == addresses[PIER], where
    for number in (1, 2):
        video = sim.folder / f"videos/shot-{number}.v001.mp4"
        first_frame = by_prompt[f"shot {number + 1}"]["first_frame"]
        assert first_frame == addresses[frame_of(video, "last")], where
