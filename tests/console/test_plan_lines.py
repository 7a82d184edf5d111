"""A plan in words: what each scene costs, and what the plan does nothing about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.console.plan_lines import approval_lines, left_out_lines, plan_rows, scene_lines
from storyboard.models.catalog import load_catalog
from storyboard.planning.cost import Pricing, one_price
from storyboard.project.workspace import Folders, Workspace
from storyboard.records import Action, ActionKind, Plan, Storyboard, Take
from tests.made import make_take
from tests.planning.test_following import A, B, after, done
from tests.planning.test_plan import plan

CATALOG = load_catalog()
NO_PRICE, PRICE = Pricing(CATALOG), one_price(CATALOG, 0.1)


def take(name: str, scene: str | None = None) -> Take:
    return replace(make_take(name, duration=5), scene=scene)


def plan_of(*takes: Take, kind: ActionKind = ActionKind.SUBMIT) -> Plan:
    return Plan(tuple(Action(one, kind, "new") for one in takes))


def space_of(*takes: Take, skipped: tuple[str, ...] = ()) -> Workspace:
    path = Path("film.yaml")
    board = Storyboard(path, "film", None, takes, (), {}, skipped=skipped)
    out = Path("renders/film")
    return Workspace(board, out, out, out, "sandbox", Folders(True, None, None, None))


def test_each_take_to_submit_has_its_cost_where_a_price_is_given() -> None:
    assert plan_rows(plan_of(take("a")), PRICE) == [("submit", "a", "0.50 USD", "new")]
    assert plan_rows(plan_of(take("a")), NO_PRICE) == [("submit", "a", "new")]
    kept = plan_of(take("a"), kind=ActionKind.KEEP)
    assert plan_rows(kept, PRICE) == [("keep", "a", "new")]


def test_a_cost_that_is_unknown_is_said_and_is_not_0() -> None:
    assert PRICE.per_second
    other = Pricing(CATALOG, {"another/model": PRICE.per_second})
    plan = plan_of(take("a", "pier"), take("b"))
    assert [row[-1] for row in plan_rows(plan, other)] == ["new; its cost is unknown"] * 2
    assert scene_lines(plan, other)[0] == "  scene pier: 1 take, 5 s of video, cost unknown"


def test_the_cost_of_an_equal_request_is_counted_once() -> None:
    first = Action(take("a"), ActionKind.SUBMIT, "new")
    second = Action(take("a"), ActionKind.SUBMIT, "new", same_as="a")
    rows = plan_rows(Plan((first, second)), PRICE)
    assert [row[2] for row in rows] == ["0.50 USD", ""]


def test_scenes_have_their_costs() -> None:
    plan = plan_of(take("a", "pier"), take("b", "pier"), take("c"))
    assert scene_lines(plan, PRICE) == [
        "  scene pier: 2 takes, 10 s of video, about 1.00 USD",
        "  no scene: 1 take, 5 s of video, about 0.50 USD",
    ]
    assert scene_lines(plan, NO_PRICE) == []
    assert scene_lines(plan_of(take("a", "pier")), PRICE) == []


def test_of_many_scenes_the_last_share_a_line() -> None:
    plan = plan_of(*(take(f"t{number}", f"s{number}") for number in range(12)))
    lines = scene_lines(plan, PRICE)
    assert len(lines) == 10
    assert lines[-2:] == [
        "  scene s8: 1 take, 5 s of video, about 0.50 USD",
        "  3 more scenes: 3 takes, 15 s of video, about 1.50 USD",
    ]
    assert len(scene_lines(plan_of(*(take(f"t{n}", f"s{n}") for n in range(10))), PRICE)) == 10


def test_what_is_left_out_is_named() -> None:
    a, b = take("a"), take("b")
    space = space_of(a, b, skipped=("old", "city-{{ matrix.city }}"))
    assert left_out_lines(space, plan_of(a), ["x", "y"]) == [
        "  1 take is not selected",
        "  skipped: old, city-{{ matrix.city }}",
        "  no longer in the storyboard, but kept: x, y",
    ]
    assert left_out_lines(space_of(a, b), plan_of(a, b), []) == []


def test_many_names_are_cut() -> None:
    names = [f"take-{number}" for number in range(1, 8)]
    [line] = left_out_lines(space_of(), plan_of(), names)
    assert line.endswith(": take-1, take-2, take-3, take-4, take-5 and 2 more")
    [line] = left_out_lines(space_of(), plan_of(), names[:6])
    assert line.endswith("take-5, take-6")


# Takes that show frames of others


def chains(number: int) -> list[Take]:
    takes = []
    for n in range(number):
        first = make_take(f"s{n}-1", duration=5)
        second = after(f"s{n}-2", first.id, duration=5)
        takes += [first, second, after(f"s{n}-3", second.id, duration=5)]
    return takes


def test_what_waits_has_its_cost_and_says_for_whom() -> None:
    assert plan_rows(plan(chains(1), []), PRICE) == [
        ("submit", "s0-1", "0.50 USD", "new"),
        ("wait", "s0-2", "0.50 USD", "waits for s0-1"),
        ("wait", "s0-3", "0.50 USD", "waits for s0-2"),
    ]


def test_many_chains_are_a_line_for_each_word() -> None:
    assert plan_rows(plan(chains(100), []), NO_PRICE) == [
        ("submit", "100 takes", "new; for example s0-1"),
        ("wait", "200 takes", "for example s0-2: waits for s0-1"),
    ]
    held = plan(chains(100), [], selected={f"s{n}-2" for n in range(100)})
    why = "s0-1 has no video and is not selected; --with-parents takes it along"
    assert plan_rows(held, NO_PRICE) == [("hold", "100 takes", f"for example s0-2: {why}")]


def test_the_command_that_approves_is_told_with_the_options_that_it_needs() -> None:
    paused = [replace(make_take(name), is_paused=True) for name in "ab"]
    takes = [*paused, after("c", "a", "b")]
    rows = [done(paused[0], 1, A), done(paused[1], 2, B)]
    made = plan(takes, rows).actions
    assert approval_lines(space_of(*takes), made, ["--var", "x=a b"]) == [
        "  to go on after a, b, look at their videos in renders/film/videos",
        "    next: storyboard render film.yaml --past a --past b --var 'x=a b' --sandbox",
    ]
    seen = plan(takes, rows, passed={("a", A), ("b", B)}).actions
    assert approval_lines(space_of(*takes), seen, []) == []


def test_of_many_videos_to_approve_the_first_are_named() -> None:
    paused = [replace(make_take(f"p{n}"), is_paused=True) for n in range(40)]
    takes = [*paused, *(after(f"c{n}", f"p{n}") for n in range(40))]
    made = plan(takes, [done(one, n + 1, A) for n, one in enumerate(paused)]).actions
    first, command = approval_lines(space_of(*takes), made, [])
    assert first.startswith("  to go on after p0, p1, p2, p3, p4 and 35 more, look at their videos")
    assert command.count("--past") == 5
