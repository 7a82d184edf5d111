"""`plan --graph` and what else the plan of a chain says, through the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.films import CHAIN, QUICK, Program


@pytest.fixture
def chain(film: Path) -> Path:
    film.write_text(CHAIN, "utf-8")
    return film


def test_a_graph_takes_the_place_of_the_takes(program: Program, chain: Path) -> None:
    told = program("plan", chain, "--graph")
    assert told.out.splitlines() == [
        "film.yaml: 2 submit, 1 wait",
        "  submit  pier-1",
        "  wait      pier-2  last frame of pier-1 as first_frame",
        "  1 take in no chain",
        "3 takes to submit, 15 s of video",
    ]
    assert program("plan", "--graph", chain).out == told.out
    assert program("plan", chain, "--graph=text").out == told.out


@pytest.mark.parametrize(("form", "start"), [("mermaid", "flowchart LR"), ("dot", "digraph ")])
def test_a_graph_for_another_program_is_all_that_is_printed(
    program: Program, chain: Path, form: str, start: str
) -> None:
    told = program("plan", "--graph", form, chain)
    assert told.out.startswith(start)
    assert "to submit" not in told.out
    assert (told.code, told.err) == (0, "")


def test_another_form_is_refused_and_json_keeps_its_document(program: Program, chain: Path) -> None:
    told = program("plan", chain, "--graph", "mermiad")
    assert told.err.startswith("error: --graph is 'mermiad'; it must be text, mermaid or dot.")
    document = program("plan", chain, "--graph", "--json").json["storyboards"][0]
    assert [one["waits_for"] for one in document["actions"]] == [[], ["pier-1"], []]


def test_parents_come_along_where_it_is_asked_for(program: Program, chain: Path) -> None:
    held = program("plan", chain, "--only", "pier-2").out
    why = "pier-1 has no video and is not selected; --with-parents takes it along"
    assert f"  hold  pier-2  {why}" in held
    along = program("plan", chain, "--only", "pier-2", "--with-parents").out
    assert along.startswith("film.yaml: 1 submit, 1 wait\n")
    listed = program("list", chain, "--only", "pier-2", "--with-parents").out
    assert [line.split()[0] for line in listed.splitlines()] == ["pier-1", "pier-2"]
    shown = program("show", chain, "pier-2", "--with-parents", "--json").json["takes"]
    assert [one["id"] for one in shown] == ["pier-1", "pier-2"]


def test_status_says_for_whom_a_take_waits(program: Program, chain: Path) -> None:
    told = program("status", chain)
    why = "waits for pier-1, and then until you have seen pier-1"
    assert f"  not sent yet  pier-2  {why}" in told.out.splitlines()
    takes = program("status", chain, "--json").json["takes"]
    assert [one["reason"] for one in takes] == [None, why, None]
    assert [one["waits_for"] for one in takes] == [[], ["pier-1"], []]


def test_an_approval_is_no_part_of_a_saved_plan(program: Program, chain: Path) -> None:
    saved = program("plan", chain, "--sandbox", "--with-parents", "--only", "pier-2", "--out", "p")
    assert saved.code == 0
    told = program("render", "--plan", "p", "--past", "pier-1", "--sandbox")
    assert told.err.startswith("error: --past cannot be used with --plan, which decides what")
    assert not Path("renders").exists()


def test_a_cap_counts_what_waits(program: Program, chain: Path) -> None:
    told = program("render", chain, "--sandbox", "--max-takes", "2")
    assert told.code == 3
    assert "would submit 3 takes, which is more than --max-takes 2 allows" in told.err


def test_what_cannot_be_approved_creates_no_folder(program: Program, chain: Path) -> None:
    for name, why in (("gull", "gull is not paused"), ("gul", "matches no take")):
        told = program("render", chain, "--sandbox", "--past", name)
        assert (told.code, why in told.err) == (2, True)
    assert not Path("renders").exists()
    told = program("render", chain, "--sandbox", "--past", "pier-1")
    assert "pier-1 has no finished video in renders/film.sandbox/videos" in told.err
    assert "next: render it first: storyboard render film.yaml --only pier-1 --sandbox" in told.err
    assert not Path("renders/film.sandbox/state.sqlite3").exists()


def test_the_command_that_approves_selects_the_same_takes(program: Program, chain: Path) -> None:
    program("render", chain, *QUICK, "--only", "pier-1", "--quiet")
    which = ("--only", "pier-[2]", "--limit", "3", "--with-parents")
    told = program("plan", chain, "--sandbox", *which, "--var", "x=a b")
    command = (
        "    next: storyboard render film.yaml --past pier-1 --only 'pier-[2]' --limit 3 "
        "--with-parents --var 'x=a b' --sandbox"
    )
    assert command in told.out.splitlines()
    said = program("render", chain, *QUICK, *which, "--var", "x=a b").err
    assert command in said.splitlines()
    told = program("status", chain, "--sandbox", "--var", "x=a b")
    command = "    next: storyboard render film.yaml --past pier-1 --var 'x=a b' --sandbox"
    assert command in told.out.splitlines()


def test_a_seam_is_looked_at_and_then_the_film_goes_on(program: Program, chain: Path) -> None:
    first = program("render", chain, *QUICK)
    assert first.code == 1
    command = "storyboard render film.yaml --past pier-1 --sandbox"
    assert f"pier-1: paused: look at videos/pier-1.v001.mp4, then: {command} (" in first.err
    assert first.err.splitlines()[-1].startswith("2 new, 1 waiting; ")
    went_on = program("render", chain, *QUICK, "--past", "pier-1")
    assert went_on.code == 0, went_on.err
    assert "approved: the video of pier-1" in went_on.err.splitlines()
    assert went_on.err.splitlines()[-1].startswith("1 new, 2 kept; ")
    assert program("render", chain, *QUICK).err.endswith("nothing to do: 3 kept\n")


def test_a_take_whose_parent_failed_is_held_in_the_last_line(program: Program, chain: Path) -> None:
    said = program("render", chain, *QUICK, "--only", "pier-*", "--fault", "task_fails=@1").err
    assert said.splitlines()[-1].startswith("1 failed, 1 held; ")
