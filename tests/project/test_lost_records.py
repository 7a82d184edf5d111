"""A state file that is empty, old or gone while the videos are there: nothing is paid twice."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.films import FILM, Program
from tests.project.rendered import rendered

__all__ = ["rendered"]

OUT = Path("renders/film.sandbox")
STATE = OUT / "state.sqlite3"
NEW = "  - {id: new, prompt: A gull}\n"


def lose_state(*, is_emptied: bool = False) -> None:
    for path in (*OUT.glob("state.sqlite3*"), OUT / "manifest.json"):
        path.unlink()
    if is_emptied:
        STATE.touch()


@pytest.mark.parametrize("is_emptied", [False, True])
@pytest.mark.parametrize(
    "command", [("render", "--yes"), ("render", "--force", "-y"), ("plan",), ("status",)]
)
def test_nothing_is_sent_beside_videos_that_no_record_knows(
    program: Program, rendered: Path, is_emptied: bool, command: tuple[str, ...]
) -> None:
    lose_state(is_emptied=is_emptied)
    for _ in range(2):  # nor is it the second time
        output = program(command[0], rendered, "--sandbox", *command[1:])
        assert (output.code, output.out, output.err) == (
            4,
            "",
            f"error: {OUT}/videos contains videos of one, two.t1, two.t2, but neither "
            "state.sqlite3 nor manifest.json records what was paid for them; nothing was sent.\n"
            f"    next: restore {STATE} or {OUT}/manifest.json from a copy or from git; "
            "--rerender pays for all of it again\n",
        )


def test_rerender_pays_again_and_says_so_before(program: Program, rendered: Path) -> None:
    lose_state()
    options = ("--sandbox", "--only", "one")
    assert "1 take to submit" in program("plan", rendered, *options, "--rerender").out
    again = program("render", rendered, *options, "--rerender", "--timeout", "0.01s")
    assert again.code == 5, again.err


def test_a_manifest_that_knows_of_nothing_sent_is_no_record(
    program: Program, rendered: Path
) -> None:
    lose_state()
    (OUT / "videos").rename("kept")
    assert program("render", rendered, "--sandbox", "--max-takes", "0").code == 3
    assert program("resolve", rendered, "one", "--abandon", "--sandbox").code == 2
    shutil.rmtree(OUT / "videos")
    Path("kept").rename(OUT / "videos")
    assert program("render", rendered, "--sandbox").code == 4


def test_a_state_file_of_before_a_take_was_rendered_does_not_pay_for_it_again(
    program: Program, rendered: Path
) -> None:
    (OUT / "videos" / "new.v001.mp4").write_bytes(b"rendered after the copy was made")
    rendered.write_text(FILM + NEW, "utf-8")
    output = program("render", rendered, "--sandbox")
    assert output.code == 4
    assert "contains videos of new, but neither" in output.err


def test_a_new_take_and_an_edited_one_are_rendered_beside_what_is_known(
    program: Program, rendered: Path
) -> None:
    rendered.write_text(FILM.replace("a storm", "a calm") + NEW, "utf-8")
    assert "2 takes to submit" in program("plan", rendered, "--sandbox").out


@pytest.mark.parametrize("command", ["render", "plan", "status"])
def test_a_log_without_its_state_file_is_not_given_to_another(
    program: Program, rendered: Path, command: str
) -> None:
    lose_state()
    (OUT / "state.sqlite3-wal").write_bytes(b"the latest submissions")
    output = program(command, rendered, "--sandbox")
    assert output.code == 2
    assert "state.sqlite3-wal lies there without state.sqlite3" in output.err


@pytest.mark.parametrize("command", ["render", "plan", "status"])
def test_a_log_beside_an_emptied_state_file_is_neither_passed_over_nor_deleted(
    program: Program, rendered: Path, command: str
) -> None:
    log = Path(f"{STATE}-wal")
    with closing(sqlite3.connect(STATE)) as db:
        db.execute("UPDATE submissions SET reason = 'in the log'")
        db.commit()
        written = log.read_bytes()  # as a kill leaves it: closing the file deletes it
    shutil.rmtree(OUT / "videos")
    (OUT / "manifest.json").unlink()
    STATE.write_bytes(b"")
    log.write_bytes(written)
    output = program(command, rendered, "--sandbox")
    assert output.code == 2
    assert "state.sqlite3-wal lies there beside an empty state.sqlite3" in output.err
    assert log.read_bytes() == written


@pytest.mark.parametrize("has_manifest", [False, True])
@pytest.mark.parametrize(
    "command", [("render", "--yes"), ("plan",), ("render", "--rerender"), ("status",)]
)
def test_an_emptied_state_file_is_never_taken_for_a_new_one(
    program: Program, rendered: Path, has_manifest: bool, command: tuple[str, ...]
) -> None:
    shutil.rmtree(OUT / "videos")
    STATE.write_bytes(b"")
    if not has_manifest:
        (OUT / "manifest.json").unlink()
    for _ in range(2):
        output = program(command[0], rendered, "--sandbox", *command[1:])
        assert (output.code, output.out, output.err.partition("\n")[0]) == (
            4,
            "",
            f"error: {STATE} is empty, so it is unknown what was sent before; "
            "nothing was sent now.",
        )


def test_a_begun_download_tells_of_a_paid_take_as_well(program: Program, film: Path) -> None:
    begun = OUT / "videos" / ".1.part"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"half a video")
    STATE.touch()
    for _ in range(2):
        output = program("render", film, "--sandbox")
        assert output.code == 4
        assert "contains videos of takes that were being downloaded, but neither" in output.err
    assert begun.exists()
    options = ("--sandbox", "--rerender", "--timeout", "0.01s")
    assert program("render", film, *options).code == 5
    assert not begun.exists()
