"""A plan in words: what each scene costs, and what the plan does nothing about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.console.plan_lines import left_out_lines, plan_rows, scene_lines
from storyboard.models.catalog import load_catalog
from storyboard.planning.cost import Pricing, one_price
from storyboard.project.workspace import Folders, Workspace
from storyboard.records import Action, ActionKind, Plan, Storyboard, Take
from tests.made import make_take

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
