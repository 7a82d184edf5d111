"""A saved plan as text and back, and what makes a text none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from storyboard.planning.cost import Bill, Caps
from storyboard.planning.plan import PlanOptions
from storyboard.planning.saved_plan import (
    PlanArguments,
    SavedPlan,
    SavedStoryboard,
    digest_of_actions,
    digest_of_takes,
    parse_plan,
    plan_text,
)
from storyboard.planning.selection import Selection
from storyboard.records import Action, ActionKind, Plan, SubmissionState
from tests.made import NOW, make_done, make_submission, make_take

PLAN = SavedPlan(
    id="0123456789abcdef" * 2,
    made_at=NOW,
    arguments=PlanArguments(
        selection=Selection(("pier-*",), tags=("ü",), changed=True, limit=3, with_parents=True),
        options=PlanOptions(retry_failed=True),
        from_manifest=False,
        is_fresh=True,
        price_usd=0.08,
    ),
    caps=Caps(cost_usd=20.0),
    bill=Bill(3, 15.0, 1_200_000, 0, is_priced=True),
    storyboards=(
        SavedStoryboard("film", "films/film.yaml", "sandbox", ("out", "out"), "a" * 64, "b" * 64),
        SavedStoryboard("other", None, "sandbox", ("../x", "../x"), "a" * 64, "b" * 64),
    ),
)


def test_a_plan_comes_back_as_it_was_saved() -> None:
    assert parse_plan(plan_text(PLAN).encode()) == PLAN


def set_file(name: str, plan: dict[str, Any]) -> None:
    plan["storyboards"][0]["file"] = name


def edited(edit: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(plan_text(PLAN))
    edit(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "other"}',
        b'{"kind": "storyboard-plan", "schema_version": 1e999}',
        edited(lambda plan: plan.update(schema_version=1)),
        edited(lambda plan: plan.update(id="x")),
        edited(lambda plan: plan.update(id=PLAN.id + "\n")),
        edited(lambda plan: plan.update(more=1)),
        edited(lambda plan: plan.pop("caps")),
        edited(lambda plan: plan.update(made_at="yesterday")),
        edited(lambda plan: plan.update(made_at="2026-99-99T00:00:00+00:00")),
        edited(lambda plan: plan.update(made_at="0001-01-01T00:00:00+23:59")),
        edited(lambda plan: plan.update(storyboards=[])),
        edited(lambda plan: plan["arguments"]["options"].update(force="yes")),
        edited(lambda plan: plan["arguments"]["options"].update(base_url="https://evil.example")),
        edited(lambda plan: plan["arguments"]["selection"].update(only="x")),
        edited(lambda plan: plan["arguments"]["selection"].update(only=["x"] * 100_000)),
        edited(lambda plan: plan["arguments"]["selection"].update(limit=10**30)),
        edited(lambda plan: plan["caps"].update(cost_usd=-1)),
        edited(lambda plan: plan["bill"].update(takes=True)),
        *(
            edited(partial(set_file, name))
            for name in ("/etc/passwd", "../a.yaml", "a/../../b", "c:x", "a\\b", "", "nul", "./x")
        ),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(it|another|a value|the path) "):
        parse_plan(data)


def test_a_limit_with_a_point_is_the_whole_number() -> None:
    plan = parse_plan(edited(lambda plan: plan["arguments"]["selection"].update(limit=3.0)))
    assert plan == PLAN
    assert isinstance(plan.arguments.selection.limit, int)


def plan_of(*actions: Action, orphans: tuple[Action, ...] = ()) -> str:
    return digest_of_actions(Plan(actions, orphans))


def test_the_digest_of_actions_changes_with_whatever_is_done() -> None:
    take, sent = make_take("a"), make_submission(make_take("a"), SubmissionState.ACCEPTED)
    submit = Action(take, ActionKind.SUBMIT, "new")
    digests = {
        plan_of(),
        plan_of(submit),
        plan_of(replace(submit, kind=ActionKind.HOLD)),
        plan_of(replace(submit, take=make_take("b"))),
        plan_of(replace(submit, take=make_take("a", seed=1))),
        plan_of(replace(submit, same_as="c")),
        plan_of(replace(submit, submission=sent)),
        plan_of(replace(submit, submission=make_done(take, id=2))),
        plan_of(orphans=(submit,)),
        plan_of(submit, submit),
    }
    assert len(digests) == 10


def test_a_reason_in_other_words_is_the_same_action() -> None:
    action = Action(make_take(), ActionKind.DOWNLOAD, "its link expires in 5 h")
    assert plan_of(action) == plan_of(replace(action, reason="its link expires in 4 h"))


def test_the_digest_of_takes_changes_with_their_requests_and_ids() -> None:
    a, b = make_take("a"), make_take("b")
    variants = (
        [a],
        [b],
        [a, b],
        [b, a],
        [make_take("a", seed=1)],
        [make_take("a", is_locked=True)],
    )
    assert len({digest_of_takes(takes) for takes in variants}) == len(variants)
