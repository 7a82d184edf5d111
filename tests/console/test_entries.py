"""Takes as lines: what is alike is one, and there are never too many."""

from __future__ import annotations

from storyboard.console.entries import MAX_LINES, Entry, entry_lines, entry_rows


def entries(word: str, number: int, text: str, likeness: str | None = None) -> list[Entry]:
    return [
        Entry(word, f"{word}-{n}", text.format(n), (likeness or text).format(n))
        for n in range(1, number + 1)
    ]


def test_a_few_takes_are_named_each() -> None:
    assert entry_lines(entries("submit", 3, "new")) == [
        "  submit  submit-1  new",
        "  submit  submit-2  new",
        "  submit  submit-3  new",
    ]


def test_many_that_are_alike_are_one_line_with_a_count_and_an_example() -> None:
    found = [*entries("submit", 2_000, "new"), *entries("ask", 1, "no reply came")]
    assert entry_lines(found) == [
        "  submit  2,000 takes  new; for example submit-1",
        "  ask     ask-1        no reply came",
    ]


def test_what_nobody_has_to_look_at_is_one_line_from_the_second_on() -> None:
    kept = [one._replace(is_routine=True) for one in entries("keep", 2, "unchanged")]
    assert entry_lines(kept) == ["  keep  2 takes  unchanged; for example keep-1"]
    assert entry_lines(kept[:1]) == ["  keep  keep-1  unchanged"]


def test_a_change_that_reads_otherwise_in_each_take_is_one_entry_all_the_same() -> None:
    found = entries("submit", 9, "storm to calm in {0}", likeness="storm to calm")
    assert entry_lines(found) == ["  submit  9 takes  storm to calm in 1; for example submit-1"]


def test_lines_are_bounded_for_every_word_and_the_rest_is_counted() -> None:
    words = ["submit", "resume", "download", "keep", "hold", "ask"]
    lines = entry_lines(one for word in words for one in entries(word, 500, "reason {0}"))
    assert len(lines) <= MAX_LINES
    assert lines[0].split() == ["submit", "submit-1", "reason", "1"]
    assert lines[-1] == "  ask       498 more    --json names them all"
    lines = entry_lines(entries("submit", 500, "reason {0}"))
    assert len(lines) == MAX_LINES
    assert lines[-1] == "  submit  481 more   --json names them all"


def test_no_takes_are_no_lines() -> None:
    assert entry_lines([]) == []


def test_costs_stand_in_a_column_and_are_added_up_where_takes_are() -> None:
    found = [one._replace(cost_micros=450_000) for one in entries("submit", 30, "new")]
    found += [one._replace(cost_micros=900_000) for one in entries("again", 1, "submitted again")]
    found += entries("keep", 1, "unchanged")
    assert entry_rows(found) == [
        ("submit", "30 takes", "13.50 USD", "new; for example submit-1"),
        ("again", "again-1", " 0.90 USD", "submitted again"),
        ("keep", "keep-1", "", "unchanged"),
    ]


def test_a_sum_of_which_one_part_is_not_known_is_not_known() -> None:
    found = [one._replace(cost_micros=450_000) for one in entries("submit", 9, "new")]
    found[3] = found[3]._replace(cost_micros=None)
    assert entry_rows(found) == [("submit", "9 takes", "new; for example submit-1")]


def test_what_is_not_named_is_added_up_too() -> None:
    found = [one._replace(cost_micros=500_000) for one in entries("submit", 100, "reason {0}")]
    assert entry_rows(found)[-1] == ("submit", "81 more", "40.50 USD", "--json names them all")


def test_of_several_that_name_others_the_one_that_is_quoted_is_named_first() -> None:
    found = [
        one._replace(names_others=True) for one in entries("wait", 9, "waits for {0}", likeness="…")
    ]
    assert entry_lines(found) == ["  wait  9 takes  for example wait-1: waits for 1"]
    same = [one._replace(text="waits for a") for one in found]
    assert entry_lines(same) == ["  wait  9 takes  waits for a; for example wait-1"]
