"""`validate`, `show`, `plan` and `status`: what can be known without sending anything."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storyboard.cli import run
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import BROKEN, QUICK, Program


def test_validate_describes_a_sound_storyboard(program: Program, film: Path) -> None:
    output = program("validate", film)
    assert (output.code, output.out) == (0, "")
    assert output.err == "film.yaml: 2 shots, 3 takes, 6 s of video\n"


def test_validate_counts_one_as_one(program: Program, film: Path) -> None:
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\nshots: [{id: a, prompt: A cat}]\n", "utf-8"
    )
    assert program("validate", film).err == "film.yaml: 1 shot, 1 take, 5 s of video\n"


def test_show_names_a_take_that_is_not_there_as_it_was_asked_for(
    program: Program, film: Path
) -> None:
    output = program("show", film, "onne")
    assert (output.code, output.out) == (2, "")
    assert output.err == ("error: TAKE 'onne' matches no take.\n    next: did you mean 'one'?\n")


def test_validate_prints_all_problems_with_their_places(program: Program, film: Path) -> None:
    film.write_text(BROKEN, "utf-8")
    output = program("validate", film)
    assert output.code == 2
    assert "film.yaml:5:5: shots[0].promt: unknown key" in output.out
    assert "did you mean 'prompt'?" in output.out
    assert (
        "film.yaml:6:15: shots[0].duration: 20 is more than 15, "
        "the most that alibaba/wan2.7-t2v allows" in output.out
    )


@pytest.mark.parametrize("style", ["json", "sarif"])
def test_validate_speaks_to_machines(program: Program, film: Path, style: str) -> None:
    film.write_text(BROKEN, "utf-8")
    assert isinstance(program("validate", film, "--format", style).json, dict)


def test_validate_names_a_file_that_is_not_there(program: Program, film: Path) -> None:
    output = program("validate", "flim.yaml")
    assert output.code == 2
    assert "flim.yaml:1:1: there is no such file" in output.out


def test_strict_lets_a_warning_stop(program: Program, film: Path) -> None:
    film.write_text(film.read_text("utf-8") + "vars: {unused: x}\n", "utf-8")
    assert program("validate", film).code == 0
    assert program("validate", film, "--strict").code == 2


def test_show_prints_the_exact_payloads(program: Program, film: Path) -> None:
    lines = program("show", film, "two", "--format", "jsonl").out.splitlines()
    documents = [json.loads(line) for line in lines]
    assert [document["id"] for document in documents] == ["two.t1", "two.t2"]
    assert [document["payload"]["seed"] for document in documents] == [7, 8]


def test_show_as_yaml_can_be_read_back(program: Program, film: Path) -> None:
    output = program("show", film, "one")
    assert "prompt: A lighthouse in a storm\n" in output.out
    assert output.code == 0


def test_a_var_of_the_command_line_beats_the_file(program: Program, film: Path) -> None:
    text = film.read_text("utf-8").replace("a storm", "{{ weather }}")
    film.write_text(text + "vars: {weather: fog}\n", "utf-8")
    output = program("show", film, "one", "--var", "weather=hail", "--format", "jsonl")
    assert json.loads(output.out)["payload"]["prompt"] == "A lighthouse in hail"


def test_plan_counts_and_gives_reasons_and_check_tells_by_its_code(
    program: Program, film: Path, server: SandboxServer
) -> None:
    output = program("plan", film, "--price", "0.1")
    assert output.code == 0
    assert output.out.splitlines() == [
        "film.yaml: 3 submit",
        "  submit  one     0.20 USD  new",
        "  submit  two.t1  0.20 USD  new",
        "  submit  two.t2  0.20 USD  new",
        "3 takes to submit, 6 s of video, about 0.60 USD",
    ]
    assert program("plan", film, "--check").code == 10
    assert server.ledger.posts == 0
    assert not Path("renders").exists()


def test_plan_and_render_agree(program: Program, film: Path, server: SandboxServer) -> None:
    planned = program("plan", film, "--json").json
    assert planned["submissions"] == 3
    program("render", film, "--yes")
    assert server.ledger.posts == 3
    assert program("plan", film, "--check").code == 0
    again = program("plan", film, "--json").json["storyboards"][0]["actions"]
    assert {action["action"] for action in again} == {"keep"}


def test_plan_of_a_clone_shows_what_the_manifest_knows(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    for path in Path("renders/film").glob("state.sqlite3*"):
        path.unlink()
    assert program("plan", film, "--check").code == 0


def test_status_of_a_folder_that_is_not_there_is_pending(program: Program, film: Path) -> None:
    output = program("status", film)
    assert output.code == 0
    assert output.out.splitlines()[0] == "film.yaml: 3 not sent yet"


def test_status_shows_tasks_of_takes_that_are_gone(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes", "--no-download")
    film.write_text(film.read_text("utf-8").replace("a storm", "a calm"), "utf-8")
    output = program("status", film)
    assert "(not in the storyboard)" in output.out


def test_output_for_two_storyboards_is_refused(program: Program, film: Path) -> None:
    other = Path("other.yaml")
    other.write_text(film.read_text("utf-8"), "utf-8")
    output = program("plan", film, other, "--output", "out")
    assert output.code == 2
    assert "--output is one folder, and there are 2 storyboards" in output.err


def test_plan_and_status_tell_of_links_that_expire_and_what_has_gone_costs(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes", "--no-download", "--only", "one")
    assert "its link expires in 23 h 59 min" in program("status", film).out
    assert "its link expires in 23 h 59 min" in program("plan", film, "--only", "one").out
    with closing(sqlite3.connect("renders/film/state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET url_expires_at = 1")
    assert (
        "expired by this machine's clock; --rerender pays for it again"
        in program("status", film).out
    )
    plan = program("plan", film, "--only", "one", "--price", "0.1")
    assert "with --rerender: 1 take to submit, 2 s of video, about 0.20 USD again" in plan.out


@pytest.mark.parametrize("command", ["show", "plan", "status"])
def test_with_json_the_problems_are_the_one_document(
    program: Program, film: Path, command: str
) -> None:
    film.write_text(BROKEN, "utf-8")
    output = program(command, film, "--json")
    assert output.code == 2
    assert {problem["name"] for problem in output.json["problems"]} >= {"unknown-key"}


def test_show_tells_notes_and_meta(program: Program, film: Path) -> None:
    text = film.read_text("utf-8").replace("tags: [sea]", "notes: a pickup\n    meta: {reel: 3}")
    film.write_text(text, "utf-8")
    document = json.loads(program("show", film, "one", "--format", "jsonl").out)
    assert (document["notes"], document["meta"]) == ("a pickup", {"reel": 3})


def test_plan_and_render_narrow_down_by_what_was_sent(
    film: Path, server: SandboxServer, program: Program
) -> None:
    assert program("render", film, "--yes", "--no-download", "--limit", "2").code == 0
    assert program("plan", film, "--changed", "--json").json["storyboards"][0]["actions"] == []
    film.write_text(film.read_text("utf-8").replace("A lighthouse", "A beacon"), "utf-8")
    result = program("plan", film, "--changed", "--limit", "1", "--json")
    assert [action["take"] for action in result.json["storyboards"][0]["actions"]] == ["one"]
    assert program("plan", film, "--failed", "--json").json["submissions"] == 0


def test_watching_follows_what_another_process_does(
    program: Program, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []

    def pause(pause_s: float) -> None:
        rounds.append(pause_s)
        if len(rounds) == 2:
            raise KeyboardInterrupt
        run(["render", str(film), *QUICK, "--only", "one", "--quiet", "--no-progress"])

    monkeypatch.setattr("storyboard.console.watch.sleep", pause)
    output = program("status", film, "--sandbox", "--watch")
    assert (output.code, output.err) == (0, "")
    assert output.out == (
        "film.yaml: 3 not sent yet\n"
        "  not sent yet  one\n"
        "  not sent yet  two.t1\n"
        "  not sent yet  two.t2\n"
        "one: rendered, videos/one.v001.mp4; billed 0.20 USD\n"
        "film.yaml: 1 rendered, 2 not sent yet\n"
    )


def test_a_watch_is_no_json_document(program: Program, film: Path) -> None:
    output = program("status", film, "--watch", "--json")
    assert output.code == 2
    assert "--watch never ends" in output.json["error"]["message"]


def test_plan_names_what_was_skipped_and_deleted_and_what_it_costs(
    program: Program, film: Path
) -> None:
    assert program("render", film, *QUICK, "--only", "one", "--quiet").code == 0
    text = film.read_text("utf-8").replace("id: one", "id: uno").replace("in a storm", "at noon")
    film.write_text(text + "  - {id: three, prompt: A pier, skip: true}\n", "utf-8")
    output = program("plan", film, "--sandbox", "--price", "0.1", "--except", "two.t2")
    assert output.out == (
        "film.yaml: 2 submit\n"
        "  submit  uno     0.20 USD  new\n"
        "  submit  two.t1  0.20 USD  new\n"
        "  1 take is not selected\n"
        "  skipped: three\n"
        "  no longer in the storyboard, but kept: one\n"
        "2 takes to submit, 4 s of video, about 0.40 USD\n"
    )
    [found] = program("plan", film, "--sandbox", "--price", "0.1", "--json").json["storyboards"]
    assert (found["skipped"], found["not_in_storyboard"]) == (["three"], ["one"])
    assert [action["cost_usd"] for action in found["actions"]] == [0.2, 0.2, 0.2]


def test_a_take_that_was_renamed_is_not_deleted(program: Program, film: Path) -> None:
    assert program("render", film, *QUICK, "--only", "one", "--quiet").code == 0
    film.write_text(film.read_text("utf-8").replace("id: one", "id: uno"), "utf-8")
    assert "no longer" not in program("plan", film, "--sandbox").out
