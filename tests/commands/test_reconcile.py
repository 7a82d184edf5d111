"""`reconcile` as a user calls it: unknown outcomes looked up in the account's request log."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests

from storyboard.planning.contradictions import describe_contradiction
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from tests.commands.films import BROKEN, FILM, QUICK, Program

OUT = Path("renders/film")


def statuses() -> dict[str, str]:
    takes = json.loads((OUT / "manifest.json").read_text("utf-8"))["takes"]
    return {take["id"]: take["status"] for take in takes}


def lose(program: Program, film: Path, server: SandboxServer, *numbers: int) -> None:
    """A render whose POSTs of these numbers get no answer, though they are accepted."""
    server.faults = Faults(lost_reply=numbers)
    assert program("render", film, "--yes", "--no-download", "--concurrency", "1").code == 4
    server.faults = Faults()


def forget_user_ids() -> None:
    """As if the account's log could not be filtered: what was sent carries no id of its own."""
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET user_id = NULL")


def submit_as_a_colleague(server: SandboxServer) -> str:
    """The task of somebody else's request through the same account."""
    reply = requests.post(
        f"{server.base_url}/api/v1/alibaba/wan2.7-t2v",
        json={"prompt": "A colleague's film", "duration": 2},
        headers={
            "Authorization": f"Bearer {os.environ['MODELLIX_API_KEY']}",
            "X-Mdlx-User-Id": "colleague-1",
        },
        timeout=10,
    )
    return str(reply.json()["data"]["task_id"])


def test_the_lost_task_is_adopted_and_the_next_render_finishes_it(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1)
    task_id = server.ledger.submissions[0].id
    output = program("reconcile", film)
    assert (output.code, output.out) == (
        0,
        f"one: adopted task {task_id} (succeeded); the next render continues with it\n",
    )
    assert statuses()["one"] == "rendering"
    assert program("render", film, "--yes").code == 0
    assert statuses()["one"] == "rendered"
    assert server.ledger.posts == 3


def test_nothing_is_sent_but_reads(program: Program, film: Path, server: SandboxServer) -> None:
    lose(program, film, server, 1)
    before = len(server.ledger.requests)
    program("reconcile", film)
    sent = server.ledger.requests[before:]
    assert {request.method for request in sent} == {"GET"}
    assert [request.path for request in sent if "tasks" not in request.path] == [
        "/api/v1/apikey/validate",
        "/api/v1/logs",
        "/api/v1/logs",
    ]


def test_lost_tasks_near_each_other_are_told_apart_by_the_ids_they_were_sent_with(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1, 2)
    tasks = [task.id for task in server.ledger.submissions[:2]]
    output = program("reconcile", film)
    assert output.code == 0
    assert f"one: adopted task {tasks[0]} " in output.out
    assert f"two.t1: adopted task {tasks[1]} " in output.out


def test_two_lost_tasks_near_each_other_are_shown_and_not_guessed(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1, 2)
    forget_user_ids()
    output = program("reconcile", film)
    assert output.code == 4
    assert "one: sent at " in output.out
    assert "and still unknown: 2 rows of the request log fit" in output.out
    for task in server.ledger.submissions[:2]:
        rows = [line for line in output.out.splitlines() if f"    task {task.id}  " in line]
        assert [row.split("  ")[-1] for row in rows] == [f"{task.cost_usd:.4f} USD"] * 2
        assert task.cost_usd < 2
    assert (
        "    next: storyboard resolve film.yaml two.t1 --task-id ID (or --resubmit, or --abandon)"
        in output.out
    )
    assert statuses() == {"one": "unknown", "two.t1": "unknown", "two.t2": "rendered"}


def test_once_one_of_two_is_resolved_by_hand_the_other_is_beyond_doubt(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1, 2)
    first, second = (task.id for task in server.ledger.submissions[:2])
    program("resolve", film, "one", "--task-id", first)
    output = program("reconcile", film)
    assert (output.code, output.out.split(";")[0]) == (
        0,
        f"two.t1: adopted task {second} (succeeded)",
    )


def test_a_task_that_the_api_gave_to_two_takes_is_not_adopted_for_both(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1, 2)
    tasks = [task.id for task in server.ledger.submissions[:2]]
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET task_id = ? WHERE state = 'unknown'", tasks[:1])
    forget_user_ids()
    output = program("reconcile", film)
    assert output.code == 4
    for task_id in tasks:
        assert output.out.count(f"    task {task_id}  ") == 2

    assert program("resolve", film, "one", "--task-id", tasks[0]).code == 0
    output = program("resolve", film, "two.t1", "--task-id", tasks[0])
    assert output.code == 2
    assert "belongs to take one" in output.err
    output = program("reconcile", film)
    assert (output.code, output.out.split(";")[0]) == (
        0,
        f"two.t1: adopted task {tasks[1]} (succeeded)",
    )


def give_the_task_away(folder: Path, task_id: str, to: str) -> None:
    """Take `one` as a render leaves it that learns that another take got its task as well."""
    with closing(sqlite3.connect(folder / "state.sqlite3")) as db, db:
        db.execute(
            "UPDATE submissions SET task_id = ?, reason = ? WHERE take = 'one'",
            (task_id, describe_contradiction(task_id, [to])),
        )


@pytest.mark.parametrize("has_user_ids", [True, False])
@pytest.mark.parametrize("folder", [Path("renders/other"), Path("far/away")])
def test_a_task_that_the_api_gave_to_takes_of_two_films_is_adopted_for_neither(
    program: Program, film: Path, server: SandboxServer, folder: Path, has_user_ids: bool
) -> None:
    other = Path("other.yaml")
    other.write_text(FILM.replace("a storm", "the fog"), "utf-8")
    server.faults = Faults(lost_reply=(1,))
    program("render", film, "--yes", "--only", "one")
    server.faults = Faults(reset_before=(1,))
    program("render", other, "--yes", "--only", "one", "--output", folder)
    server.faults = Faults()
    task_id = server.ledger.submissions[0].id
    give_the_task_away(OUT, task_id, "take one of other.yaml")
    give_the_task_away(folder, task_id, "take one of film.yaml")
    if not has_user_ids:
        forget_user_ids()

    for path, out in ((film, OUT), (other, folder)):
        output = program("reconcile", path, "--output", out)
        assert output.code == 4
        assert "one: sent at " in output.out
        assert "adopted" not in output.out
    assert program("resolve", film, "one", "--task-id", task_id).code == 0


def test_a_submission_given_up_by_hand_may_still_have_made_the_row(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.faults = Faults(lost_reply=(1,), reset_before=(2,))
    program("render", film, "--yes", "--concurrency", "1")
    server.faults = Faults()
    program("resolve", film, "one", "--resubmit")
    output = program("reconcile", film)
    assert output.code == 4
    assert "two.t1: sent at " in output.out
    assert "the only row that fits may also belong to one\n" in output.out


def test_a_colleague_s_task_is_never_taken_for_a_submission_that_was_not_accepted(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.faults = Faults(reset_before=(1,))
    program("render", film, "--yes", "--concurrency", "1", "--only", "one")
    server.faults = Faults()
    task_id = submit_as_a_colleague(server)
    output = program("reconcile", film)
    assert output.code == 4
    assert "the log does not list it under this render's user id" in output.out
    assert f"    task {task_id}  " in output.out


def test_a_colleague_s_task_does_not_hide_ours(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1)
    submit_as_a_colleague(server)
    output = program("reconcile", film)
    assert output.code == 0, output.out
    assert f"adopted task {server.ledger.submissions[0].id} " in output.out


def test_the_task_of_another_film_in_the_same_folder_of_renders_is_not_taken(
    program: Program, film: Path, server: SandboxServer
) -> None:
    other = Path("other.yaml")
    other.write_text(FILM.replace("dawn", "dusk"), "utf-8")
    program("render", other, "--yes")
    server.faults = Faults(reset_before=(1,))
    program("render", film, "--yes", "--only", "one")
    forget_user_ids()
    output = program("reconcile", film)
    assert output.code == 4
    assert "and still unknown: no row of the request log fits" in output.out


def test_what_was_never_accepted_stays_unknown_and_is_not_called_free(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.faults = Faults(reset_before=(1,))
    program("render", film, "--yes", "--only", "one")
    output = program("reconcile", film)
    assert output.code == 4
    assert "and still unknown: no row of the request log fits" in output.out


def test_with_nothing_unknown_nothing_is_asked_and_no_key_is_needed(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("render", film, "--yes")
    monkeypatch.delenv("MODELLIX_API_KEY")
    before = len(server.ledger.requests)
    output = program("reconcile", film)
    assert (output.code, output.out) == (0, "film.yaml: no outcome is unknown\n")
    assert len(server.ledger.requests) == before


def test_a_task_that_an_error_reply_named_is_not_taken_for_that(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1)
    own, others = server.ledger.submissions[0].id, submit_as_a_colleague(server)
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:  # as earlier versions kept it
        db.execute("UPDATE submissions SET task_id = ? WHERE take = 'one'", (others,))
    output = program("reconcile", film)
    assert (output.code, output.out.split(" (")[0]) == (0, f"one: adopted task {own}")


def test_a_task_that_was_lost_sight_of_is_asked_for_by_its_id(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1)
    task_id = server.ledger.submissions[0].id
    with sqlite3.connect(OUT / "state.sqlite3") as db:
        facts = "task_id = ?, submitted_at = sent_at"
        db.execute(f"UPDATE submissions SET {facts} WHERE take = 'one'", (task_id,))  # noqa: S608 (no user text)
    db.close()
    server.faults = Faults(poll_missing=(1,))
    output = program("reconcile", film)
    assert output.code == 4
    assert f"the API does not find its task {task_id} (HTTP 404" in output.out
    assert program("reconcile", film).code == 0


def test_it_works_while_the_storyboard_has_problems(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1)
    film.write_text(BROKEN, "utf-8")
    assert program("reconcile", film).code == 0
    assert statuses()["one"] == "rendering"


def test_a_refused_key_ends_with_12(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(program, film, server, 1)
    monkeypatch.setenv("MODELLIX_API_KEY", "another-key")
    output = program("reconcile", film)
    assert output.code == 12
    assert "does not accept the key" in output.err
    assert statuses()["one"] == "unknown"


def test_a_held_lock_ends_with_11(program: Program, film: Path, server: SandboxServer) -> None:
    lose(program, film, server, 1)
    with hold_lock(OUT, now=datetime.now(timezone.utc)):
        output = program("reconcile", film)
    assert output.code == 11


def test_json_tells_candidates_and_commands(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose(program, film, server, 1, 2)
    forget_user_ids()
    document = program("reconcile", film, "--json").json
    assert document["schema_version"] == 1
    first, second = document["submissions"]
    assert (first["take"], first["state"], first["task_id"]) == ("one", "unknown", None)
    assert first["doubt"] == "2 rows of the request log fit"
    assert {row["task_id"] for row in first["candidates"]} == {
        task.id for task in server.ledger.submissions[:2]
    }
    assert second["next"].startswith("storyboard resolve film.yaml two.t1 --task-id ID")


def test_in_the_sandbox_the_command_to_type_says_so(program: Program, film: Path) -> None:
    assert program("render", film, *QUICK, "--only", "one").code == 0
    with sqlite3.connect("renders/film.sandbox/state.sqlite3") as db:
        db.execute("UPDATE submissions SET state = 'unknown', task_id = 'sandbox-gone'")
    db.close()
    output = program("reconcile", film, "--sandbox")
    assert output.code == 4
    assert "next: storyboard resolve film.yaml one --sandbox --task-id ID" in output.out
