from __future__ import annotations

from storyboard.language.expansion.ids import Claim, claim_id
from storyboard.records import Position, RowSource

HERE, THERE = Position("film.yaml", 3, 9), Position("film.yaml", 7, 9)


def test_an_id_is_taken_whatever_its_case() -> None:
    known: dict[str, Claim] = {}
    assert claim_id("Wide", "shots[0].id", HERE, known) is None
    problem = claim_id("wIDE", "shots[1].id", THERE, known)
    assert problem is not None
    assert (problem.position, problem.code) == (THERE, "repeated-id")
    assert problem.message == "shots[1].id: the id 'wIDE' is already used by film.yaml:3:9"
    assert problem.hint == "ids must differ by more than upper and lower case"


def test_equal_ids_are_not_told_to_differ_by_more_than_case() -> None:
    known: dict[str, Claim] = {}
    assert claim_id("wide", "shots[0].id", HERE, known) is None
    problem = claim_id("wide", "shots[1].id", THERE, known)
    assert problem is not None
    assert problem.hint == "give one of them another id"


def test_shots_of_one_entry_with_one_id_are_told_what_sets_shots_apart() -> None:
    known: dict[str, Claim] = {}
    same_entry = Position("film.yaml", 3, 9)
    assert claim_id("p", "shots[0].id", HERE, known) is None
    problem = claim_id("p", "shots[0].id", same_entry, known, rendered="p")
    assert problem is not None
    assert problem.message == "shots[0].id: several shots of this entry get the id 'p'"
    assert problem.hint == "add to the id what tells them apart, such as a matrix axis or a column"
    assert problem.rendered == "p"


def test_of_rows_with_one_id_both_are_named() -> None:
    known: dict[str, Claim] = {}
    first, second = (RowSource(Position("p.csv", line, 1)) for line in (2, 7))
    assert claim_id("A", "shots[0].id", HERE, known, rendered="A", row=first) is None
    problem = claim_id("a", "shots[0].id", HERE, known, rendered="a", row=second)
    assert problem is not None
    assert problem.message == "shots[0].id: the id 'a' is already used by the row at p.csv:2"
    assert problem.hint == (
        "change one of the two rows, or add another column to the id;"
        " upper and lower case count as equal"
    )


def test_combinations_of_one_row_with_one_id_are_told_what_sets_shots_apart() -> None:
    known: dict[str, Claim] = {}
    row = RowSource(Position("p.csv", 2, 1))
    assert claim_id("a", "shots[0].id", HERE, known, rendered="a", row=row) is None
    problem = claim_id("a", "shots[0].id", HERE, known, rendered="a", row=row)
    assert problem is not None
    assert problem.message == "shots[0].id: several shots of this entry get the id 'a'"


def test_an_id_that_is_none_is_not_noted_as_taken() -> None:
    known: dict[str, Claim] = {}
    problem = claim_id("a b", "shots[0].id", HERE, known)
    assert problem is not None
    assert problem.message.startswith("shots[0].id: 'a b' may contain only")
    assert known == {}
