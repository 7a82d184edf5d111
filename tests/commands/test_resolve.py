"""`resolve` as a user calls it: an unknown outcome decided by hand."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from storyboard.planning.contradictions import describe_contradiction
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from tests.commands.films import BROKEN, FILM, Program

OUT = Path("renders/film")


def statuses() -> dict[str, str]:
    takes = json.loads((OUT / "manifest.json").read_text("utf-8"))["takes"]
    return {take["id"]: take["status"] for take in takes}


@pytest.fixture
def lost(program: Program, film: Path, server: SandboxServer) -> str:
    """The task of take `one`, whose reply was lost; the others are rendered, not downloaded."""
    server.faults = Faults(lost_reply=(1,))
    assert program("render", film, "--yes", "--no-download", "--concurrency", "1").code == 4
    assert statuses()["one"] == "unknown"
    return server.ledger.submissions[0].id


@pytest.fixture
def lost_shot(program: Program, film: Path, server: SandboxServer) -> None:
    """Both takes of shot `two` are unknown."""
    server.faults = Faults(lost_reply=(1, 2))
    assert program("render", film, "--yes", "--concurrency", "1", "--only", "two").code == 4


def test_a_task_id_is_adopted_and_the_next_render_finishes_it(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    output = program("resolve", film, "one", "--task-id", lost)
    assert (output.code, output.out) == (
        0,
        f"one: task {lost} is its task (succeeded); the next render continues with it\n",
    )
    assert statuses()["one"] == "rendering"
    assert program("render", film, "--yes").code == 0
    assert statuses()["one"] == "rendered"
    assert server.ledger.posts == 3


def test_a_released_take_is_submitted_by_the_next_render_and_the_price_is_told(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    output = program("resolve", film, "one", "--resubmit")
    assert output.out == "one: released; the next render submits it again\n"
    assert "accepted after all, it is paid for twice" in output.err
    assert server.ledger.posts == 3
    assert statuses()["one"] == "pending"
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 4


def test_an_abandoned_take_is_held_until_it_is_asked_for(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    output = program("resolve", film, "one", "--abandon")
    assert output.out == "one: abandoned; it is held until a render with --retry-failed\n"
    assert statuses()["one"] == "failed"
    assert program("render", film, "--yes").code == 1
    assert server.ledger.posts == 3
    assert program("render", film, "--yes", "--retry-failed").code == 0
    assert server.ledger.posts == 4


def test_the_gallery_is_written_again_too(program: Program, film: Path, lost: str) -> None:
    before = (OUT / "index.html").read_text("utf-8")
    program("resolve", film, "one", "--abandon")
    assert "given up by hand" in (OUT / "index.html").read_text("utf-8")
    assert "given up by hand" not in before


@pytest.mark.parametrize(
    "decision", [[], ["--resubmit", "--abandon"], ["--task-id", "x", "--abandon"]]
)
def test_exactly_one_decision_is_needed(
    program: Program, film: Path, lost: str, decision: list[str]
) -> None:
    output = program("resolve", film, "one", *decision)
    assert output.code == 2
    assert "exactly one of --task-id ID, --resubmit and --abandon" in output.err
    assert statuses()["one"] == "unknown"


def test_a_task_that_the_api_does_not_know_is_refused(
    program: Program, film: Path, lost: str
) -> None:
    output = program("resolve", film, "one", "--task-id", "task-404")
    assert output.code == 2
    assert "the API does not know task task-404 (HTTP 404: Not found" in output.err
    assert "mistyped, has expired, or belongs to another account" in output.err
    assert statuses()["one"] == "unknown"


def test_a_task_that_another_take_has_is_refused_unasked(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    other, polls = server.ledger.submissions[1].id, server.ledger.polls
    output = program("resolve", film, "one", "--task-id", other)
    assert output.code == 2
    assert f"task {other} belongs to take two.t1, sent at " in output.err
    assert server.ledger.polls == polls


@pytest.mark.parametrize("is_marked", [True, False])
@pytest.mark.parametrize("decision", ["--resubmit", "--abandon"])
def test_once_one_of_two_takes_with_a_task_is_given_up_the_task_may_be_the_other_s(
    program: Program,
    film: Path,
    server: SandboxServer,
    lost_shot: None,
    *,
    decision: str,
    is_marked: bool,
) -> None:
    task_id = server.ledger.submissions[0].id
    why = describe_contradiction(task_id, ["another"]) if is_marked else None
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET task_id = ?, reason = ?", (task_id, why))
    assert program("resolve", film, "two.t1", decision).code == 0
    output = program("resolve", film, "two.t2", "--task-id", task_id)
    assert output.code == 0, output.err


def test_a_task_that_was_given_to_one_of_two_takes_stays_its_own(
    program: Program, film: Path, server: SandboxServer, lost_shot: None
) -> None:
    task_id = server.ledger.submissions[0].id
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET task_id = ?", (task_id,))
    assert program("resolve", film, "two.t1", "--task-id", task_id).code == 0
    assert program("render", film, "--yes", "--only", "two", "--no-download").code == 4
    assert statuses() == {"one": "pending", "two.t1": "rendered", "two.t2": "unknown"}
    assert f"the API gave its task, {task_id}, to take two.t1 too" in program("status", film).out


def test_what_cannot_be_a_task_id_is_refused(program: Program, film: Path, lost: str) -> None:
    output = program("resolve", film, "one", "--task-id", "no id")
    assert output.code == 2
    assert "'no id' cannot be a task id" in output.err


def test_an_unreadable_answer_leaves_the_take_unknown(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    server.faults = Faults(poll_error=(1,))
    output = program("resolve", film, "one", "--task-id", lost)
    assert output.code == 12
    assert f"the API gave no usable reply about task {lost}: HTTP 500" in output.err
    assert statuses()["one"] == "unknown"


def test_without_a_key_an_id_cannot_be_checked_and_the_rest_works(
    program: Program, film: Path, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    assert program("resolve", film, "one", "--task-id", lost).code == 12
    assert program("resolve", film, "one", "--abandon").code == 0


def test_a_shot_s_id_decides_all_its_unknown_takes(
    program: Program, film: Path, lost_shot: None
) -> None:
    output = program("resolve", film, "two", "--abandon")
    assert [line.split(":")[0] for line in output.out.splitlines()] == ["two.t1", "two.t2"]
    assert statuses() == {"one": "pending", "two.t1": "failed", "two.t2": "failed"}


def test_a_task_belongs_to_one_take_and_not_to_a_shot(
    program: Program, film: Path, server: SandboxServer, lost_shot: None
) -> None:
    task_id = server.ledger.submissions[0].id
    output = program("resolve", film, "two", "--task-id", task_id)
    assert output.code == 2
    assert "two is a shot with several takes, and a task belongs to one take" in output.err
    assert "name one take: two.t1, two.t2" in output.err


def test_a_take_that_is_not_unknown_is_told_for_what_it_is(
    program: Program, film: Path, lost: str
) -> None:
    output = program("resolve", film, "two", "--abandon")
    assert output.code == 2
    assert "nothing to resolve: two.t1 is rendered, two.t2 is rendered" in output.err
    program("resolve", film, "one", "--task-id", lost)
    output = program("resolve", film, "one", "--resubmit")
    assert f"nothing to resolve: one is rendering: its task is {lost}" in output.err


def test_a_take_that_was_never_sent_is_told_so(
    program: Program, film: Path, lost_shot: None
) -> None:
    output = program("resolve", film, "one", "--resubmit")
    assert "nothing to resolve: one is pending: it was never sent" in output.err


def test_a_misspelt_take_gets_a_suggestion(program: Program, film: Path, lost: str) -> None:
    output = program("resolve", film, "onne", "--abandon")
    assert output.code == 2
    assert "there is no take or shot 'onne' in film.yaml" in output.err
    assert "did you mean 'one'?" in output.err


def test_a_take_that_left_the_storyboard_is_resolved_by_its_old_name(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    film.write_text(FILM.replace("id: one", "id: first").replace("a storm", "a calm"), "utf-8")
    output = program("resolve", film, "one", "--resubmit")
    assert output.code == 0
    assert "No take of film.yaml makes the request of one any more." in output.err


def test_it_works_while_the_storyboard_has_problems(
    program: Program, film: Path, lost: str
) -> None:
    film.write_text(BROKEN, "utf-8")
    output = program("resolve", film, "one", "--task-id", lost)
    assert output.code == 0, output.err
    assert statuses() == {"one": "rendering", "two.t1": "rendered", "two.t2": "rendered"}


def test_without_a_manifest_and_with_problems_the_manifest_is_left_to_the_next_render(
    program: Program, film: Path, lost: str
) -> None:
    (OUT / "manifest.json").unlink()
    film.write_text(BROKEN, "utf-8")
    output = program("resolve", film, "one", "--abandon")
    assert output.code == 0
    assert "the manifest is left to the next render" in output.err
    assert not (OUT / "manifest.json").exists()


def test_the_manifest_keeps_the_takes_of_the_last_render(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    film.write_text(FILM.replace("at dawn", "at dusk"), "utf-8")
    program("resolve", film, "one", "--task-id", lost)
    assert statuses() == {"one": "rendering", "two.t1": "rendered", "two.t2": "rendered"}


def test_two_requests_of_one_take_are_told_apart_by_number(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    server.faults = Faults(lost_reply=(1,))
    program("render", film, "--yes", "--only", "one")
    output = program("resolve", film, "one", "--abandon")
    assert output.code == 2
    assert "one was sent more than once with an unknown outcome: 1 (one, sent at" in output.err
    assert program("resolve", film, "one", "--abandon", "--submission", "7").code == 2
    output = program("resolve", film, "one", "--abandon", "--submission", "1", "--json")
    assert output.code == 0
    assert [one["submission"] for one in output.json["resolved"]] == [1]
    assert program("resolve", film, "one", "--abandon").code == 0


def test_a_clone_decides_what_its_manifest_tells_as_unknown(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    assert program("resolve", film, "one", "--task-id", lost).code == 0
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 3


def test_a_held_lock_ends_with_11_and_changes_nothing(
    program: Program, film: Path, lost: str
) -> None:
    with hold_lock(OUT, now=datetime.now(timezone.utc)):
        output = program("resolve", film, "one", "--abandon")
    assert output.code == 11
    assert "another storyboard process is using renders/film" in output.err
    assert statuses()["one"] == "unknown"


def test_a_misspelt_file_makes_no_folder(program: Program, film: Path, lost: str) -> None:
    output = program("resolve", "flim.yaml", "one", "--abandon")
    assert output.code == 2
    assert "flim.yaml was never rendered into renders/flim" in output.err
    assert not Path("renders/flim").exists()


def test_the_folders_can_lie_elsewhere(
    program: Program, film: Path, server: SandboxServer, lost: str
) -> None:
    shutil.move(OUT, "elsewhere")
    assert program("resolve", film, "one", "--abandon", "--output", "elsewhere").code == 0


def test_a_submission_whose_process_died_while_sending_is_decided_too(
    program: Program, film: Path, lost: str
) -> None:
    with sqlite3.connect(OUT / "state.sqlite3") as db:
        db.execute("UPDATE submissions SET state = 'sending', reason = NULL WHERE take = 'one'")
    db.close()
    assert program("resolve", film, "one", "--task-id", lost).code == 0


def test_json_tells_what_was_decided(program: Program, film: Path, lost: str) -> None:
    document = program("resolve", film, "one", "--task-id", lost, "--json").json
    assert document["resolved"] == [
        {"take": "one", "submission": 1, "state": "accepted", "task_id": lost}
    ]
    assert document["schema_version"] == 1
