"""`storyboard adopt`: a renamed film, a film beside another, and what is hostile in the other."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from storyboard.recovery import adoption
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from storyboard.state.queries import read_submissions
from tests.commands.films import FILM, QUICK, Program
from tests.project.rendered import rendered

__all__ = ["rendered"]

OLD, NEW = Path("renders/film"), Path("renders/movie")
FREE_OLD, FREE_NEW = Path("renders/film.sandbox"), Path("renders/movie.sandbox")
MOVIE = Path("movie.yaml")


@pytest.fixture
def renamed(rendered: Path) -> Path:
    """A film that the sandbox has rendered, and whose file has another name by now."""
    return rendered.rename(MOVIE)


def adopt(program: Program, source: Path | str = FREE_OLD, *more: str | Path) -> Any:
    return program("adopt", MOVIE, source, "--sandbox", *more)


def in_state(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite3")) as db, db:
        db.execute(statement, values)


# A rename


def test_the_plan_of_a_renamed_film_names_the_command_and_a_render_waits_for_it(
    program: Program, renamed: Path
) -> None:
    command = "storyboard adopt movie.yaml renders/film.sandbox --sandbox"
    plan = program("plan", renamed, "--sandbox").out
    assert plan.endswith(
        "renders/film.sandbox has 3 of the 3 new requests; a render stops until they are "
        f"adopted, or renders them again with --fresh\n    next: {command}\n"
    )
    document = program("plan", renamed, "--sandbox", "--json").json["storyboards"][0]
    assert document["held_beside"] == {"folder": str(FREE_OLD), "requests": 3, "next": command}
    render = program("render", renamed, "--sandbox", "--yes")
    assert (render.code, render.out, render.err) == (
        3,
        "",
        "error: renders/film.sandbox has 3 of the 3 requests of movie.yaml that are new in "
        "renders/movie.sandbox; nothing was sent.\n"
        f"    next: {command} (or --fresh, which renders them again)\n",
    )
    assert program(*command.split()[1:]).code == 0
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")
    assert program("render", renamed, "--sandbox").code == 0


VARS = ("--var", "sky=dark red", "--sandbox")
ADOPT_WITH_VARS = "storyboard adopt movie.yaml renders/film.sandbox --var 'sky=dark red' --sandbox"


@pytest.fixture
def renamed_with_vars(program: Program, film: Path) -> Path:
    """A film with a var, rendered by the sandbox with `VARS`, and then renamed."""
    film.write_text(f"{FILM}vars: {{sky: clear}}\n".replace("storm", "{{ sky }} storm"), "utf-8")
    program("render", film, *VARS)
    return film.rename(MOVIE)


def test_the_command_that_adopts_reads_the_film_with_the_same_vars(
    program: Program, renamed_with_vars: Path
) -> None:
    assert f"next: {ADOPT_WITH_VARS} (" in program("render", renamed_with_vars, *VARS).err
    assert program(*shlex.split(ADOPT_WITH_VARS)[1:]).code == 0
    assert program("plan", renamed_with_vars, *VARS).out.startswith("movie.yaml: 3 keep\n")


def test_the_command_for_a_folder_renamed_with_its_film_has_the_same_vars(
    program: Program, renamed_with_vars: Path
) -> None:
    FREE_OLD.rename(FREE_NEW)
    assert ADOPT_WITH_VARS in program("list", renamed_with_vars, "--failed", *VARS).err


def test_fresh_renders_anew_and_is_not_told_of_the_old_folder(
    program: Program, renamed: Path
) -> None:
    assert "new requests" not in program("plan", renamed, "--sandbox", "--fresh").out
    options = ("--sandbox", "--fresh", "--timeout", "0.01s")
    assert program("render", renamed, *options).code == 5


def test_a_folder_that_was_renamed_with_its_film_says_how_to_go_on(
    program: Program, renamed: Path
) -> None:
    FREE_OLD.rename(FREE_NEW)
    for command in (("plan",), ("render", "--yes"), ("status",)):
        output = program(command[0], renamed, "--sandbox", *command[1:])
        assert output.code == 2
        assert output.err == (
            "error: renders/movie.sandbox belongs to film rendered at sandbox, not to movie at "
            "sandbox.\n    next: if film was renamed, give the folder its old name and adopt "
            "from it: mv renders/movie.sandbox renders/film.sandbox, then storyboard adopt "
            "movie.yaml renders/film.sandbox --sandbox; if not, choose another folder with "
            "--output\n"
        )


@pytest.mark.parametrize("name", ["../../home", "a/b", "film"])
def test_a_folder_s_owner_sends_nobody_elsewhere(
    program: Program, renamed: Path, name: str
) -> None:
    shutil.copytree(FREE_OLD, FREE_NEW)
    in_state(FREE_NEW, "UPDATE folder SET storyboard = ?", name)
    output = program("plan", renamed, "--sandbox")
    assert output.err.endswith("    next: choose another folder with --output\n")


def test_one_request_in_the_folder_of_a_renamed_film_stops_a_render(
    program: Program, renamed: Path
) -> None:
    renamed.write_text(FILM.replace("seed: 7", "seed: 70"), "utf-8")
    refused = program("render", renamed, *QUICK)
    assert refused.code == 3
    assert "renders/film.sandbox has 1 of the 3 requests of movie.yaml that are new" in refused.err
    assert adopt(program).out.startswith("movie.yaml: adopted 1 rendered from")
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 2 submit, 1 keep\n")


def test_of_a_film_that_is_still_there_only_most_of_the_takes_stop_a_render(
    program: Program, renamed: Path
) -> None:
    Path("film.yaml").write_text(FILM, "utf-8")
    assert "has 3 of the 3 new requests" in program("plan", renamed, "--sandbox").out
    renamed.write_text(FILM.replace("seed: 7", "seed: 70"), "utf-8")
    assert "new requests" not in program("plan", renamed, "--sandbox").out
    assert adopt(program).out.startswith("movie.yaml: adopted 1 rendered from")


def test_a_folder_that_holds_something_is_asked_about_while_the_old_storyboard_is_gone(
    program: Program, renamed: Path
) -> None:
    options = ("--sandbox", "--only", "one")
    assert program("render", renamed, "--fresh", "--quiet", *options).code == 0
    assert "has 2 of the 2 new requests" in program("plan", renamed, "--sandbox").out
    Path("film.yaml").write_text(FILM, "utf-8")
    assert "new requests" not in program("plan", renamed, "--sandbox").out


@pytest.mark.parametrize("harm", ["link", "damage", "no videos", "another origin"])
def test_what_cannot_be_taken_over_stops_nothing(
    program: Program, renamed: Path, harm: str
) -> None:
    if harm == "link":
        FREE_OLD.rename("elsewhere")
        FREE_OLD.symlink_to(Path("elsewhere").resolve())
    elif harm == "damage":
        (FREE_OLD / "state.sqlite3").write_bytes(b"no database" * 100)
    elif harm == "no videos":
        shutil.rmtree(FREE_OLD / "videos")
    else:
        in_state(FREE_OLD, "UPDATE folder SET origin = 'http://127.0.0.1:9'")
    assert "new requests" not in program("plan", renamed, "--sandbox").out


# What is taken over


def test_videos_are_linked_and_the_source_stays_as_it_is(program: Program, renamed: Path) -> None:
    before = {path: path.read_bytes() for path in FREE_OLD.glob("*") if path.is_file()}
    output = adopt(program)
    assert (
        output.out == "movie.yaml: adopted 3 rendered from renders/film.sandbox; 3 videos linked\n"
    )
    for path in (FREE_OLD / "videos").glob("*.mp4"):
        assert path.samefile(FREE_NEW / "videos" / path.name)
    assert {path: path.read_bytes() for path in before} == before
    again = adopt(program)
    assert (again.code, again.out) == (
        0,
        "movie.yaml: renders/film.sandbox has nothing that it lacks\n",
    )
    manifest = json.loads((FREE_NEW / "manifest.json").read_text("utf-8"))
    assert manifest["storyboard"] == "movie"
    assert all(take["file"] for take in manifest["takes"])


def test_without_hard_links_videos_are_copied(
    program: Program, renamed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    document = adopt(program, FREE_OLD, "--json").json
    assert [take["placed"] for take in document["adopted"]] == ["copied"] * 3
    for take in document["adopted"]:
        copy = FREE_NEW / take["file"]
        assert copy.read_bytes() == (FREE_OLD / take["file"]).read_bytes()
        assert not copy.samefile(FREE_OLD / take["file"])


def test_a_manifest_is_a_source_as_well(program: Program, renamed: Path) -> None:
    output = adopt(program, FREE_OLD / "manifest.json")
    assert "adopted 3 rendered" in output.out
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")


def test_a_name_that_is_taken_here_by_another_video_is_left_alone(
    program: Program, renamed: Path
) -> None:
    (FREE_NEW / "videos").mkdir(parents=True)
    (FREE_NEW / "videos" / "one.v001.mp4").write_bytes(b"another")
    assert adopt(program).code == 0
    assert (FREE_NEW / "videos" / "one.v001.mp4").read_bytes() == b"another"
    assert (FREE_NEW / "videos" / "one.v002.mp4").is_file()
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")


def test_a_file_that_is_not_the_video_to_the_byte_is_not_taken(
    program: Program, renamed: Path
) -> None:
    path = FREE_OLD / "videos" / "one.v001.mp4"
    path.write_bytes(path.read_bytes()[::-1])
    assert "2 videos linked" in adopt(program).out
    assert not list((FREE_NEW / "videos").glob("one.*"))
    assert not list((FREE_NEW / "videos").glob(".*"))


def test_a_file_that_came_later_is_taken_by_the_same_command(
    program: Program, renamed: Path
) -> None:
    assert adopt(program).code == 0
    (FREE_NEW / "videos" / "one.v001.mp4").unlink()
    assert adopt(program).out.endswith("1 video linked\n")
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")


def test_a_command_that_was_ended_in_between_goes_on(
    program: Program, renamed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = adoption.move_into_place
    moves = []

    def stop_at_the_second(*arguments: Any) -> None:
        moves.append(arguments)
        if len(moves) == 2:
            raise KeyboardInterrupt
        move(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(adoption, "move_into_place", stop_at_the_second)
        assert adopt(program).code == 130
    # The file that lay there under a temporary name is put in place, the third one is brought.
    assert adopt(program).out.endswith("1 video linked\n")
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")


def test_a_locked_shot_brings_its_video_along(program: Program, renamed: Path) -> None:
    MOVIE.write_text(FILM.replace("in a storm", "in a calm\n    locked: true"), "utf-8")
    assert "adopted 3 rendered" in adopt(program).out
    assert program("plan", renamed, "--sandbox").out.startswith("movie.yaml: 3 keep\n")


# Against an API: what is paid there


def test_a_task_that_still_renders_is_awaited_in_both_and_paid_once(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes", "--quiet", "--no-download").code == 0
    in_state(OLD, "UPDATE submissions SET state = 'accepted', video_url = NULL")
    shutil.copy(film, MOVIE)
    output = program("adopt", MOVIE, OLD)
    assert output.out == "movie.yaml: adopted 3 rendering from renders/film\n"
    for board in (film, MOVIE):
        assert program("render", board, "--yes", "--quiet", "--no-download").code == 0
    assert server.ledger.posts == 3


def lose_one(program: Program, film: Path, server: SandboxServer) -> None:
    server.faults = Faults(lost_reply=(1,))
    options = ("--no-download", "--concurrency", "1", "--only", "one")
    assert program("render", film, "--yes", *options).code == 4
    server.faults = Faults()
    shutil.copy(film, MOVIE)


def test_an_unknown_outcome_says_where_it_came_from(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    assert "adopted 1 unknown" in program("adopt", MOVIE, OLD).out
    plan = program("plan", MOVIE, "--only", "one").out
    assert (
        "; adopted from renders/film, where it may be open too: decide in one of the two; "
        "it may have been charged" in plan
    )
    assert (
        program("adopt", MOVIE, OLD).out == "movie.yaml: renders/film has nothing that it lacks\n"
    )


def test_where_it_came_from_is_no_path_of_this_machine(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    assert program("adopt", MOVIE, OLD.resolve()).code == 0
    manifest = (NEW / "manifest.json").read_text("utf-8")
    assert "adopted from film, where" in manifest
    assert str(Path.cwd()) not in manifest


def test_what_was_decided_in_one_folder_is_taken_back_by_the_other_and_paid_once(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    assert program("adopt", MOVIE, OLD).code == 0
    [task] = server.ledger.submissions
    assert program("resolve", MOVIE, "one", "--task-id", task.id).code == 0
    assert "adopted 1 rendering" in program("adopt", film, NEW).out
    for board in (film, MOVIE):
        assert program("render", board, "--yes", "--only", "one", "--no-download").code == 0
    assert (
        program("render", film, "--yes", "--only", "one", "--force", "--max-takes", "0").code == 3
    )
    assert server.ledger.posts == 1


def test_a_task_that_the_old_manifest_saw_finished_is_taken_over_once(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes", "--quiet", "--only", "one").code == 0
    in_state(OLD, "DELETE FROM videos")
    in_state(OLD, "UPDATE submissions SET state = 'accepted', video_url = NULL")
    shutil.copy(film, MOVIE)
    assert program("adopt", MOVIE, OLD).out.startswith("movie.yaml: adopted 1 rendered from")
    assert program("plan", MOVIE, "--only", "one").out.startswith("movie.yaml: 1 keep\n")


@pytest.mark.parametrize("decision", ["--abandon", "--resubmit"])
def test_what_was_decided_about_here_does_not_come_back(
    program: Program, film: Path, server: SandboxServer, decision: str
) -> None:
    lose_one(program, film, server)
    assert program("adopt", MOVIE, OLD).code == 0
    assert program("resolve", MOVIE, "one", decision).code == 0
    assert program("adopt", MOVIE, OLD).out.endswith("has nothing that it lacks\n")
    assert "ask" not in program("plan", MOVIE, "--only", "one").out


def test_both_sides_of_a_merge_are_taken_over(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = []
    for take in ("one", "two.t1"):
        assert program("render", film, "--yes", "--quiet", "--only", take).code == 0
        sides.append((OLD / "manifest.json").read_text("utf-8"))
        shutil.rmtree(OLD)
    data = f"<<<<<<< HEAD\n{sides[0]}=======\n{sides[1]}>>>>>>> branch\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert "adopted 2 rendered" in program("adopt", film, "-").out
    assert program("plan", film).out.startswith("film.yaml: 1 submit, 2 download\n")


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_failure_that_was_found_out_in_one_folder_is_known_in_the_other(
    program: Program, film: Path, server: SandboxServer, state: str
) -> None:
    lose_one(program, film, server)
    assert program("adopt", MOVIE, OLD).code == 0
    [task] = server.ledger.submissions
    in_state(NEW, "UPDATE submissions SET state = ?, task_id = ?", state, task.id)
    assert "adopted 1 failed" in program("adopt", film, NEW).out
    assert program("plan", film, "--only", "one").out.startswith("film.yaml: 1 hold\n")


def test_another_post_of_the_same_second_decides_nothing(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    assert program("adopt", MOVIE, OLD).code == 0
    statement = "UPDATE submissions SET state = 'accepted', task_id = 't', sent_at = ?"
    in_state(OLD, "UPDATE submissions SET sent_at = 1700000000.25")
    in_state(NEW, statement, 1700000000.5)
    assert program("adopt", film, NEW).out.endswith("has nothing that it lacks\n")
    assert program("plan", film, "--only", "one").out.startswith("film.yaml: 1 ask\n")


def test_what_is_open_and_of_no_take_is_named(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    MOVIE.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    output = program("adopt", MOVIE, OLD)
    assert output.out == (
        "movie.yaml: renders/film has nothing that it lacks\n"
        "no take of movie.yaml makes these requests, which are still open there: one; "
        "render the storyboard that they belong to, which continues with them\n"
    )


def test_a_manifest_on_the_standard_input_brings_back_what_was_paid(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program("render", film, "--yes", "--quiet").code == 0
    data = (OLD / "manifest.json").read_bytes()
    shutil.rmtree(OLD)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    output = program("adopt", film, "-")
    assert output.out == "film.yaml: adopted 3 rendered from standard input\n"
    assert program("plan", film).out.startswith("film.yaml: 3 download\n")
    assert program("render", film, "--quiet").code == 0
    assert server.ledger.posts == 3


@pytest.mark.parametrize("was_rendered", [False, True])
def test_copying_the_videos_is_enough_for_a_clone(
    program: Program, film: Path, server: SandboxServer, was_rendered: bool
) -> None:
    assert program("render", film, "--yes", "--quiet").code == 0
    (OLD / "videos").rename("elsewhere")
    for path in OLD.glob("state.sqlite3*"):
        path.unlink()
    plan = program("plan", film).out
    assert plan.startswith("film.yaml: 3 download\n")
    assert "\na clone can still download 3 videos, the first for 23 h" in plan
    if was_rendered:
        assert program("render", film, "--no-download").code == 0
        (OLD / "videos").rmdir()
    Path("elsewhere").rename(OLD / "videos")
    assert program("plan", film).out.startswith("film.yaml: 3 keep\n")
    assert program("plan", film, "--json").json["storyboards"][0]["links"]["alive"] == 3


# What is refused


@pytest.mark.parametrize("holder", [FREE_OLD, FREE_NEW])
def test_both_folders_are_locked(program: Program, renamed: Path, holder: Path) -> None:
    with hold_lock(holder, now=datetime.now(timezone.utc)):
        output = adopt(program)
    assert output.code == 11
    assert f"another storyboard process is using {holder}" in output.err


def refuse(program: Program, source: Path | str, words: str) -> None:
    output = adopt(program, source)
    assert (output.code, output.out) == (2, ""), output.err
    assert words in output.err, output.err
    assert not (FREE_NEW / "state.sqlite3").exists()


def edit_manifest(change: Callable[[dict[str, Any]], None]) -> None:
    path = FREE_OLD / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def test_what_is_no_source_is_refused(program: Program, renamed: Path) -> None:
    Path("empty").mkdir()
    Path("link").symlink_to(FREE_OLD)
    refuse(program, "nothing", "nothing does not exist")
    refuse(program, "empty", "empty holds neither state.sqlite3 nor manifest.json")
    refuse(program, "link", "link is a symbolic link, and storyboard reads nothing through links")
    assert not list(Path("empty").iterdir())
    refuse(program, "movie.yaml", "movie.yaml cannot be used as a manifest")
    (FREE_OLD / "videos").rename("kept")
    (FREE_OLD / "videos").symlink_to(Path("kept").resolve())
    refuse(program, FREE_OLD, "renders/film.sandbox/videos is a symbolic link")


def test_a_folder_of_another_origin_is_refused(program: Program, renamed: Path) -> None:
    in_state(FREE_OLD, "UPDATE folder SET origin = 'http://127.0.0.1:9'")
    refuse(program, FREE_OLD, "describes videos made at http://127.0.0.1:9, not at sandbox")


def test_the_film_s_own_folder_is_no_source(program: Program, renamed: Path) -> None:
    assert adopt(program).code == 0
    output = adopt(program, FREE_NEW)
    assert output.code == 2
    assert "is the output folder of movie.yaml itself" in output.err


def test_a_payload_that_is_not_that_of_its_fingerprint_is_refused(
    program: Program, renamed: Path
) -> None:
    in_state(FREE_OLD, "UPDATE submissions SET payload = '{\"prompt\": \"x\"}' WHERE take = 'one'")
    refuse(program, FREE_OLD, "take one has a fingerprint that does not match its payload")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE submissions SET task_id = 'a' || char(10) || 'b'",
        "UPDATE videos SET path = '../../precious.mp4'",
        "UPDATE submissions SET fingerprint = 'x'",
    ],
)
def test_a_state_file_that_holds_what_none_can_is_refused(
    program: Program, renamed: Path, statement: str
) -> None:
    in_state(FREE_OLD, statement)
    refuse(program, FREE_OLD, "the state file renders/film.sandbox/state.sqlite3 is damaged")


def test_a_manifest_whose_videos_lead_elsewhere_brings_none(
    program: Program, renamed: Path
) -> None:
    precious = Path("precious.mp4")
    precious.write_bytes((FREE_OLD / "videos" / "one.v001.mp4").read_bytes())
    for path in FREE_OLD.glob("state.sqlite3*"):
        path.unlink()
    (FREE_OLD / "videos" / "one.v001.mp4").unlink()
    (FREE_OLD / "videos" / "one.v001.mp4").symlink_to(precious.resolve())
    assert "2 videos linked" in adopt(program).out
    assert not os.path.lexists(FREE_NEW / "videos" / "one.v001.mp4")


def test_rows_are_taken_over_with_what_was_frozen_when_they_were_sent(
    program: Program, renamed: Path
) -> None:
    before = {one.take: one for one in read_submissions(FREE_OLD)}
    assert adopt(program).code == 0
    for one in read_submissions(FREE_NEW):
        old = before[one.take]
        assert (one.task_id, one.sent_at, one.profile) == (old.task_id, old.sent_at, old.profile)
        assert dict(one.payload) == dict(old.payload)
