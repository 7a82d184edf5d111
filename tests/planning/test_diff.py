"""Two lists of takes in, what differs out."""

from __future__ import annotations

from dataclasses import replace

from storyboard.planning.diff import ChangeKind, compare_takes, group_changes, new_requests
from storyboard.records import Position, Take
from tests.made import make_take

Kind = ChangeKind


def kinds(old: list[Take], new: list[Take]) -> list[tuple[str, str]]:
    return [(change.kind.value, change.take.id) for change in compare_takes(old, new)]


def paid(old: list[Take], new: list[Take]) -> list[str]:
    return [take.id for take in new_requests(compare_takes(old, new))]


def renamed(take: Take, name: str) -> Take:
    return replace(take, id=name, shot=name)


def test_takes_that_are_alike_do_not_differ() -> None:
    takes = [make_take("a"), make_take("b")]
    assert kinds(takes, list(reversed(takes))) == []


def test_takes_are_added_changed_and_removed_in_the_new_order() -> None:
    old = [make_take("gone"), make_take("a"), make_take("b")]
    new = [make_take("new"), make_take("b", duration=8), make_take("a")]
    assert kinds(old, new) == [("added", "new"), ("changed", "b"), ("removed", "gone")]
    assert paid(old, new) == ["new", "b"]


def test_the_fields_that_differ_are_named_with_both_values() -> None:
    old = make_take("a", duration=5, seed=1)
    new = replace(make_take("a", duration=8, ratio="9:16"), tags=("x",), scene="pier")
    (change,) = compare_takes([old], [new])
    assert [tuple(field) for field in change.fields] == [
        ("duration", 5, 8, True),
        ("ratio", None, "9:16", True),
        ("seed", 1, None, True),
        ("scene", None, "pier", False),
        ("tags", None, ["x"], False),
    ]


def test_a_new_id_for_the_same_request_costs_nothing() -> None:
    old, new = make_take("hero"), renamed(make_take("hero"), "heroine")
    (change,) = compare_takes([old], [new])
    assert (change.kind, change.old, change.is_new_request) == (Kind.RENAMED, old, False)
    assert paid([old], [new]) == []


def test_more_takes_of_a_shot_keep_the_one_that_is_there() -> None:
    old = [make_take("hero")]
    new = [
        replace(make_take("hero", repeat=number), id=f"hero.t{number + 1}") for number in range(2)
    ]
    assert kinds(old, new) == [("renamed", "hero.t1"), ("added", "hero.t2")]
    assert paid(old, new) == ["hero.t2"]


def test_what_only_describes_a_take_is_told_and_costs_nothing() -> None:
    old, new = make_take("a"), replace(make_take("a"), notes="pickup", meta={"reel": 3})
    (change,) = compare_takes([old], [new])
    assert not change.is_new_request
    assert not any(field.is_sent for field in change.fields)
    assert paid([old], [new]) == []


def test_prompts_that_were_swapped_are_not_paid_for_again() -> None:
    a, b = make_take("a"), make_take("b")
    assert kinds([a, b], [renamed(b, "a"), renamed(a, "b")]) == [("changed", "a"), ("changed", "b")]
    assert paid([a, b], [renamed(b, "a"), renamed(a, "b")]) == []


def test_a_request_that_two_takes_make_is_counted_once() -> None:
    assert len(paid([], [make_take("a"), renamed(make_take("a"), "b")])) == 1


def test_a_locked_take_keeps_its_video() -> None:
    old, new = make_take("a", is_locked=True), make_take("a", seed=1, is_locked=True)
    assert kinds([old], [new]) == [("changed", "a")]
    assert paid([old], [new]) == []
    assert paid([], [new]) == ["a"]


def test_which_of_equal_requests_a_take_makes_is_a_difference() -> None:
    old, new = make_take("a", repeat=1), make_take("a")
    (change,) = compare_takes([old], [new])
    assert [field.field for field in change.fields] == ["fingerprint"]


def test_true_and_one_differ() -> None:
    old, new = make_take("a", extend=1), make_take("a", extend=True)
    assert [field.new for field in compare_takes([old], [new])[0].fields] == [True]


def test_an_edit_that_many_takes_share_is_one_group() -> None:
    look, names = ", 35mm film, teal", ["pier", "alley", "roof"]
    old = [make_take(name, prompt=f"A {name}{look}", duration=5) for name in names]
    new = [
        make_take(name, prompt=f"A {name}{look.replace('35mm', '16mm')}", duration=8)
        for name in names
    ]
    groups = group_changes(compare_takes(old, new))
    assert [group.field and group.field.field for group in groups] == ["prompt", "duration"]
    assert [len(group.changes) for group in groups] == [3, 3]
    assert groups[0].edit is not None
    assert groups[0].edit.new == '"A pier, 16mm film, …"'


def test_takes_of_one_entry_are_added_together_and_others_are_not() -> None:
    entry, other = Position("film.yaml", 9, 9), Position("film.yaml", 20, 9)
    takes = [replace(make_take(f"city-{number}"), position=entry) for number in range(50)]
    groups = group_changes(compare_takes([], [*takes, replace(make_take("a"), position=other)]))
    assert [len(group.changes) for group in groups] == [50, 1]
