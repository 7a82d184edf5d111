from __future__ import annotations

import pytest

from storyboard.language.expansion.ids import check_id, claim_id, take_id
from storyboard.records import Position

HERE, THERE = Position("film.yaml", 3, 9), Position("film.yaml", 7, 9)


@pytest.mark.parametrize(
    "text", ["a", "0010", "A.b_c-d", "a.t", "a.t1x", "at1", "console", "lpt", "com10", "x" * 100]
)
def test_these_are_ids(text: str) -> None:
    assert check_id(text) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "is empty"),
        ("x" * 101, "is 101 characters long, more than 100"),
        ("a b", "may hold only letters, digits, '.', '_' and '-', and begins with a letter or"),
        ("a\n", "may hold only letters"),
        (".a", "may hold only letters"),
        ("-a", "may hold only letters"),
        ("ä", "may hold only letters"),
        ("٣", "may hold only letters"),
        ("a/b", "may hold only letters"),
        ("CON", "is the name of a device on Windows"),
        ("nul.tar.gz", "is the name of a device on Windows"),
        ("Lpt9", "is the name of a device on Windows"),
        ("a.t1", "ends like the id of a take (.t1)"),
        ("a.T23", "ends like the id of a take (.t1)"),
        ("a.", "ends with a dot, which Windows drops from file names"),
    ],
)
def test_these_are_none_and_the_message_says_why(text: str, wrong: str) -> None:
    assert (check_id(text) or "").startswith(wrong)


def test_an_id_is_taken_whatever_its_case() -> None:
    known: dict[str, Position] = {}
    assert claim_id("Wide", "shots[0].id", HERE, known) is None
    problem = claim_id("wIDE", "shots[1].id", THERE, known)
    assert problem is not None
    assert (problem.position, problem.code) == (THERE, "repeated-id")
    assert problem.message == "shots[1].id: the id 'wIDE' is taken, by film.yaml:3:9"
    assert problem.hint == "ids must differ by more than upper and lower case"


def test_shots_of_one_entry_with_one_id_are_told_what_sets_shots_apart() -> None:
    known: dict[str, Position] = {}
    same_entry = Position("film.yaml", 3, 9)
    assert claim_id("p", "shots[0].id", HERE, known) is None
    problem = claim_id("p", "shots[0].id", same_entry, known, rendered="p")
    assert problem is not None
    assert problem.message == "shots[0].id: several shots of this entry get the id 'p'"
    assert problem.hint == "let the id name what sets them apart, such as a matrix axis or a column"
    assert problem.rendered == "p"


def test_an_id_that_is_none_is_not_noted_as_taken() -> None:
    known: dict[str, Position] = {}
    problem = claim_id("a b", "shots[0].id", HERE, known)
    assert problem is not None
    assert problem.message.startswith("shots[0].id: 'a b' may hold only")
    assert known == {}


def test_one_take_has_the_id_of_its_shot_and_several_are_numbered() -> None:
    assert take_id("walk", 1, 1) == "walk"
    assert [take_id("walk", number, 2) for number in (1, 2)] == ["walk.t1", "walk.t2"]
