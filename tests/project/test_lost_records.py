"""A state file that is empty, old or gone while the videos are there: nothing is paid twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, Program

OUT = Path("renders/film")
STATE = OUT / "state.sqlite3"


def lose_state(*, is_emptied: bool = False, manifest: bool = True) -> None:
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    if is_emptied:
        STATE.touch()
    if manifest:
        (OUT / "manifest.json").unlink()


@pytest.mark.parametrize("is_emptied", [False, True])
@pytest.mark.parametrize("command", [("render", "--yes"), ("render", "--force", "-y"), ("plan",)])
def test_nothing_is_sent_beside_videos_that_no_record_knows(
    program: Program, film: Path, server: SandboxServer, is_emptied: bool, command: tuple[str, ...]
) -> None:
    assert program("render", film, "--yes").code == 0
    lose_state(is_emptied=is_emptied)
    for _ in range(2):  # nor is it the second time
        output = program(command[0], film, *command[1:])
        assert (output.code, output.out, output.err) == (
            4,
            "",
            "error: renders/film/videos holds videos of one, two.t1, two.t2, and neither "
            "state.sqlite3 nor manifest.json tells what was paid for them; nothing was sent.\n"
            "    next: put back renders/film/state.sqlite3 or renders/film/manifest.json from a "
            "copy or from git; --rerender pays for all of it again\n",
        )
    assert server.ledger.posts == 3


def test_rerender_pays_again_and_says_so_before(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    lose_state()
    assert "3 takes to submit" in program("plan", film, "--rerender").out
    assert program("render", film, "--yes", "--rerender").code == 0
    assert server.ledger.posts == 6
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 6


def test_a_manifest_that_knows_of_nothing_sent_is_no_record(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    shutil.move(OUT / "videos", "kept")
    lose_state()
    assert program("render", film, "--max-takes", "0").code == 3
    assert program("resolve", film, "one", "--abandon").code == 2
    shutil.rmtree(OUT / "videos")
    shutil.move("kept", OUT / "videos")
    assert program("render", film, "--yes").code == 4
    assert server.ledger.posts == 3


def test_a_state_file_of_before_a_take_was_rendered_does_not_pay_for_it_again(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes", "--only", "one").code == 0
    shutil.copy(STATE, "backup")
    assert program("render", film, "--yes").code == 0
    lose_state()
    shutil.copy("backup", STATE)
    output = program("render", film, "--yes")
    assert output.code == 4
    assert "holds videos of two.t1, two.t2, and neither" in output.err
    assert server.ledger.posts == 3


def test_a_new_take_and_an_edited_one_are_rendered_beside_what_is_known(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes").code == 0
    film.write_text(FILM.replace("a storm", "a calm") + "  - {id: new, prompt: A gull}\n", "utf-8")
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 5


@pytest.mark.parametrize("command", ["render", "plan", "status"])
def test_a_log_without_its_state_file_is_not_given_to_another(
    program: Program, film: Path, server: SandboxServer, command: str
) -> None:
    assert program("render", film, "--yes").code == 0
    lose_state()
    (OUT / "state.sqlite3-wal").write_bytes(b"the latest submissions")
    output = program(command, film)
    assert output.code == 2
    assert "state.sqlite3-wal lies there without state.sqlite3" in output.err
    assert server.ledger.posts == 3


def test_a_begun_download_tells_of_a_paid_take_as_well(
    program: Program, film: Path, server: SandboxServer
) -> None:
    begun = OUT / "videos" / ".1.part"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"half a video")
    STATE.touch()
    for _ in range(2):
        output = program("render", film, "--yes")
        assert output.code == 4
        assert "holds videos of takes that were being downloaded, and neither" in output.err
    assert begun.exists()
    assert program("render", film, "--yes", "--rerender").code == 0
    assert not begun.exists()
    assert server.ledger.posts == 3
