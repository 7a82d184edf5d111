"""Downloads that fail, and links that are renewed: in simulated time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from storyboard.api.http.response import Answer
from storyboard.records import Submission
from storyboard.videos.result import FetchFailed, FetchResult
from tests.engine.rig import make_takes
from tests.engine.simulation import Call, Simulation, json_answer, refused


def test_slow_downloads_hold_up_no_submission(sim: Simulation) -> None:
    sim.takes = make_takes(60)
    sim.concurrency = 10
    sim.fetch_s = 600
    sim.render()
    assert sim.api.posts[-1].at_s < 10 * 60
    assert Counter(sim.states()) == {"succeeded": 60}
    assert sim.clock.time_s > 60 / 4 * 600


def test_a_link_refused_for_a_while_is_not_given_up_for_good(sim: Simulation) -> None:
    """A proxy that blocks the host answers 403 too, and the video lies there for days."""
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["files.example: refused (HTTP 403)"]
    sim.fetch = fetch
    sim.render()
    [submission] = sim.submissions()
    assert submission.video is not None
    assert len(sim.api.posts) == 1


def refuse(submission: Submission, part: Path) -> FetchResult:
    return FetchFailed("files.example: refused (HTTP 403)", is_gone=True)


def test_a_link_that_cannot_be_renewed_because_of_the_key_is_not_given_up_for_good(
    sim: Simulation,
) -> None:
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    poll, has_succeeded = sim.on_poll, [False]

    def refuse_the_key_later(call: Call) -> Answer:
        if has_succeeded[0]:
            return refused(401)
        has_succeeded[0] = sim.clock.time_s > sim.render_s
        return poll(call)

    sim.on_poll = refuse_the_key_later
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["its link is gone, and the API refuses the key"]
    sim.fetch = fetch
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]


@pytest.mark.parametrize(
    "answer", [refused(404), refused(500), json_answer({"code": 0, "data": {}})]
)
def test_one_odd_answer_while_a_link_is_renewed_does_not_cost_the_video(
    sim: Simulation, answer: Answer
) -> None:
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    poll, late_polls = sim.on_poll, [0]

    def be_odd_once(call: Call) -> Answer:
        late_polls[0] += sim.clock.time_s > sim.render_s
        return answer if late_polls[0] == 2 else poll(call)

    sim.on_poll = be_odd_once
    sim.render()
    assert late_polls[0] >= 2
    sim.fetch = fetch
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]
    assert len(sim.api.posts) == 1
