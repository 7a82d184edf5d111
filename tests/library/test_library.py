"""storyboard from Python: the same plans, guards, locks and outputs as the commands have."""

from __future__ import annotations

import inspect
import json
import logging
import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import storyboard
from storyboard import SandboxSettings, Step
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import ClipSize
from tests.commands.films import AT_ONCE, BROKEN, CHAIN
from tests.language.pictures.made import png

OUT = Path("renders/film.sandbox")
FIRST = storyboard.Selection(only=["pier-1"])
SLOW = SandboxSettings(render_time_s=600, clip_size=ClipSize.SMALL, max_in_flight=50)


def test_a_loaded_storyboard_has_its_takes_and_its_problems(film: Path) -> None:
    board = storyboard.load(film)
    assert (board.is_sound, [take.id for take in board.takes]) == (
        True,
        ["one", "two.t1", "two.t2"],
    )
    Path("broken.yaml").write_text(BROKEN, "utf-8")
    broken = storyboard.load("broken.yaml")
    assert not broken.is_sound
    assert broken.problems[0].message.startswith("shots[0]")


def test_variables_beat_those_of_the_file_and_are_checked(film: Path) -> None:
    film.write_text(film.read_text("utf-8").replace("in a storm", "in {{ sky }}"), "utf-8")
    board = storyboard.load(film, variables={"sky": "fog"})
    assert board.takes[0].payload["prompt"] == "A lighthouse in fog"
    assert not storyboard.load(film, variables={"a b": "fog"}).is_sound


@pytest.mark.parametrize("use", [storyboard.plan, storyboard.status, storyboard.render])
def test_a_storyboard_with_problems_is_refused_with_the_first_of_them(
    use: Callable[..., object], film: Path
) -> None:
    film.write_text(BROKEN, "utf-8")
    with pytest.raises(storyboard.InvalidStoryboard, match=r"film.yaml:5:5: .*promt") as caught:
        use(film, sandbox=True)
    assert len(caught.value.problems) == 2
    assert not Path("renders").exists()


def test_a_plan_says_what_would_be_done_and_costs(film: Path) -> None:
    plan = storyboard.plan(film, sandbox=True, price_usd=0.1)
    assert [action.kind.value for action in plan.actions] == ["submit"] * 3
    assert (plan.bill.takes, plan.bill.cost_usd) == (3, pytest.approx(0.6))
    assert repr(plan) == "<FilmPlan of film.yaml: 3 takes to submit, 6 s of video, about 0.60 USD>"
    one = storyboard.plan(film, sandbox=True, select=storyboard.Selection(only=["one"]))
    assert [action.take.id for action in one.actions] == ["one"]
    assert not Path("renders").exists()


def test_a_render_gives_each_change_and_last_what_it_came_to(film: Path) -> None:
    *changes, ended = storyboard.render(film, sandbox=AT_ONCE)
    steps = [change.step for change in changes if change.take == "one"]
    assert steps == [Step.ACCEPTED, Step.RENDERED, Step.DOWNLOADED]
    assert (ended.exit_code, ended.folder) == (storyboard.ExitCode.OK, OUT)
    assert [state.status for state in ended.takes] == [storyboard.TakeStatus.DONE] * 3
    assert ended.page.path.is_file()
    before = (OUT / "manifest.json").read_bytes()
    [again] = storyboard.render(film, sandbox=AT_ONCE)
    assert again.exit_code == storyboard.ExitCode.OK
    assert (OUT / "manifest.json").read_bytes() == before
    assert repr(storyboard.status(film, sandbox=True)) == "<FilmStatus of film.yaml: 3 rendered>"


def test_what_fails_is_an_outcome_and_no_exception(film: Path) -> None:
    settings = replace(AT_ONCE, faults=Faults(task_fails=(1, 2, 3)))
    *_, ended = storyboard.render(film, sandbox=settings)
    assert ended.exit_code == storyboard.ExitCode.INCOMPLETE
    assert {state.status.value for state in ended.takes} == {"failed"}


@pytest.mark.parametrize("consent", [{"yes": True}, {"max_takes": 3}])
def test_with_consent_a_render_pays_once(
    film: Path, server: SandboxServer, consent: dict[str, int]
) -> None:
    *_, ended = storyboard.render(film, **consent)
    assert ended.exit_code == storyboard.ExitCode.OK
    list(storyboard.render(film, **consent))
    assert len(server.ledger.submissions) == 3


def test_without_a_cap_or_yes_a_render_that_pays_is_refused_at_once(
    film: Path, server: SandboxServer
) -> None:
    with pytest.raises(storyboard.Refused, match="nothing limits how much"):
        storyboard.render(film)
    with pytest.raises(storyboard.Refused, match="--max-cost needs to know"):
        list(storyboard.render(film, max_cost=5))
    assert not server.ledger.submissions


@pytest.mark.parametrize("caps", [{"max_takes": 2}, {"max_cost": 0.5, "price_usd": 0.1}])
def test_a_render_over_its_cap_sends_nothing(
    film: Path, server: SandboxServer, caps: dict[str, float]
) -> None:
    with pytest.raises(storyboard.Refused, match="nothing was sent"):
        list(storyboard.render(film, **caps))
    assert not server.ledger.submissions


@pytest.mark.parametrize(
    "amounts",
    [
        {"max_takes": math.nan},
        {"max_seconds": math.nan},
        {"max_cost": math.nan, "price_usd": 0.1},
        {"max_cost": 0.5, "price_usd": math.nan},
        {"max_cost": 0.5, "price_usd": -0.1},
    ],
)
def test_an_amount_that_would_pass_every_cap_is_refused_at_once(
    film: Path, server: SandboxServer, amounts: dict[str, float]
) -> None:
    with pytest.raises(storyboard.UsageError, match="it must be a number, at least 0"):
        list(storyboard.render(film, **amounts))
    assert not server.ledger.submissions


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"concurrency": -3}, "concurrency is -3; it must be a whole number, at least 1"),
        ({"concurrency": 1.5}, "concurrency is 1.5; it must be a whole number, at least 1"),
        ({"requests_per_minute": 0}, "requests_per_minute is 0; it must be a whole number"),
        ({"timeout_s": math.nan}, "timeout_s is nan; it must be a number, at least 0"),
        ({"lock_timeout_s": -1}, "lock_timeout_s is -1; it must be a number, at least 0"),
        ({"select": storyboard.Selection(limit=-1)}, "limit is -1; it must be a whole number"),
        ({"select": storyboard.Selection(only="one")}, "only is 'one'; it must be a list"),
        ({"past": "one"}, "past is 'one'; it must be a list"),
    ],
)
def test_what_the_command_would_refuse_is_refused_before_anything_is_created(
    film: Path, given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(storyboard.UsageError, match=f"^{re.escape(problem)}"):
        list(storyboard.render(film, sandbox=True, **given))
    assert not Path("renders").exists()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"price_usd": -0.1}, "price_usd is -0.1; it must be a number, at least 0"),
        ({"select": storyboard.Selection(tags="a")}, "tags is 'a'; it must be a list"),
    ],
)
def test_a_plan_refuses_the_same(film: Path, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(storyboard.UsageError, match=f"^{re.escape(problem)}"):
        storyboard.plan(film, sandbox=True, **given)


def test_one_allowed_folder_is_not_taken_letter_by_letter_which_would_allow_the_root(
    film: Path,
) -> None:
    problem = "allowed_paths is '/data'; it must be a list"
    with pytest.raises(storyboard.UsageError, match=f"^{re.escape(problem)}"):
        storyboard.load(film, allowed_paths="/data")


def test_without_a_key_nothing_begins(film: Path) -> None:
    with pytest.raises(storyboard.AccountError):
        list(storyboard.render(film, yes=True))
    assert not list(Path("renders").rglob("manifest.json"))


def test_a_render_that_is_closed_stops_and_a_later_one_goes_on(film: Path) -> None:
    events = storyboard.render(film, sandbox=SLOW)
    first = next(events)
    assert isinstance(first, storyboard.Progress)
    with pytest.raises(storyboard.Locked):
        list(storyboard.render(film, sandbox=SLOW))
    events.close()
    assert not [one for one in threading.enumerate() if one.name == "storyboard-render"]
    manifest = json.loads((OUT / "manifest.json").read_text("utf-8"))
    assert "rendering" in [take["status"] for take in manifest["takes"]]
    task = first.submission.task_id
    actions = storyboard.plan(film, sandbox=True).actions
    going_on = [one for one in actions if one.kind is storyboard.ActionKind.RESUME]
    assert task in {one.submission.task_id for one in going_on if one.submission}


def test_a_program_that_ends_in_a_render_stops_it(film: Path) -> None:
    code = (
        "import storyboard\n"
        "slow = storyboard.SandboxSettings(render_time_s=600)\n"
        "events = storyboard.render('film.yaml', sandbox=slow)\n"
        "print(next(events).step.value)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("accepted\n", "")
    assert (OUT / "manifest.json").is_file()


def test_what_the_user_should_know_is_logged(film: Path, caplog: pytest.LogCaptureFixture) -> None:
    list(storyboard.render(film, sandbox=AT_ONCE))
    manifest = OUT / "manifest.json"
    text = manifest.read_text("utf-8")
    manifest.write_text(f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n", "utf-8")
    with caplog.at_level(logging.WARNING, "storyboard"):
        storyboard.status(film, sandbox=True)
    assert "git conflict markers" in caplog.text


def test_a_notebook_shows_text_as_text(film: Path) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    path = Path(f"a&b {len(hostile)}.yaml")
    path.write_text(film.read_text("utf-8").replace("id: one", "id: uno"), "utf-8")
    plan = storyboard.plan(path, sandbox=True)
    assert "a&amp;b" in plan._repr_html_()
    assert plan._repr_html_().count("<tr>") == 4
    status = storyboard.status(path, sandbox=True)
    assert "3 not sent yet" in status._repr_html_()
    for shown in (
        storyboard.library.notebook.table_html(hostile, [hostile], [[hostile]], count=1),
        storyboard.Page(Path(hostile) / "index.html")._repr_html_(),
    ):
        assert "<script" not in shown
        assert "\u202e" not in shown


def test_a_long_table_says_how_much_more_there_is() -> None:
    rows = [[str(number)] for number in range(1_000)]
    html = storyboard.library.notebook.table_html("x", ["n"], rows, count=len(rows))
    assert html.count("<tr>") == 202
    assert "and 800 more" in html


def test_the_page_is_framed_from_where_the_notebook_is(film: Path) -> None:
    page = storyboard.Page(Path.cwd() / "renders" / "film & co" / "index.html")
    assert 'src="renders/film%20%26%20co/index.html"' in page._repr_html_()


def test_every_name_is_there_and_has_a_text() -> None:
    names = {name for names in storyboard._MODULES.values() for name in names}
    assert names == set(storyboard.__all__) <= set(dir(storyboard))
    assert all(inspect.getdoc(getattr(storyboard, name)) for name in names)
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        storyboard.rendr  # noqa: B018


def test_importing_storyboard_imports_nothing_else_of_it() -> None:
    code = "import sys, storyboard; print([name for name in sys.modules if 'storyboard.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_variant_is_loaded_planned_rendered_and_asked_about_by_its_name(film: Path) -> None:
    film.write_text(film.read_text("utf-8") + "variants: {draft: {takes: 1}}\n", "utf-8")
    draft = storyboard.load(film, variant="draft")
    assert (draft.variant, [take.id for take in draft.takes]) == ("draft", ["one", "two"])
    ended = [*storyboard.render(film, variant="draft", sandbox=AT_ONCE)][-1]
    folder = Path("renders/film.draft.sandbox")
    assert isinstance(ended, storyboard.Ended)
    assert ended.folder == folder
    plan = storyboard.plan(draft, variant="draft", sandbox=True)
    assert {action.kind for action in plan.actions} == {storyboard.ActionKind.KEEP}
    assert storyboard.status(film, variant="draft", sandbox=True).folder == folder
    assert storyboard.status(film, sandbox=True).sentence == "3 not sent yet"
    with pytest.raises(storyboard.InvalidStoryboard, match="there is no variant 'final'"):
        storyboard.plan(film, variant="final")
    with pytest.raises(storyboard.UsageError, match="was not loaded as its variant 'draft'"):
        storyboard.plan(storyboard.load(film), variant="draft")


def test_a_chain_waits_and_says_so_until_its_seam_is_approved(film: Path) -> None:
    film.write_text(CHAIN, "utf-8")
    plan = storyboard.plan(film, sandbox=True, price_usd=0.1)
    assert [one.kind.value for one in plan.actions] == ["submit", "wait", "submit"]
    assert [take.id for take in plan.actions[1].waits_for] == ["pier-1"]
    assert (plan.bill.takes, plan.bill.cost_usd) == (3, 1.5)
    with pytest.raises(storyboard.UsageError, match="gull is not paused"):
        list(storyboard.render(film, sandbox=AT_ONCE, past=["gull"]))
    *_, ended = storyboard.render(film, sandbox=AT_ONCE, select=FIRST)
    assert isinstance(ended, storyboard.Ended)
    why = "waits until you have seen pier-1; then render with --past pier-1"
    found = storyboard.status(film, sandbox=True)
    assert found.waiting == {"pier-2": why}
    assert why in found._repr_html_()
    *_, ended = storyboard.render(film, sandbox=AT_ONCE, select=FIRST, past=["pier-1"])
    assert storyboard.status(film, sandbox=True).waiting == {}


def test_a_picture_in_an_allowed_folder_is_sent(film: Path, tmp_path: Path) -> None:
    shared = tmp_path.parent / f"{tmp_path.name}-shared"
    shared.mkdir()
    (shared / "pier.png").write_bytes(png(1280, 720))
    shot = f"{{id: pier, prompt: She turns, duration: 2, first_frame: {shared}/pier.png}}"
    film.write_text(f"version: 1\nmodel: alibaba/wan2.7-i2v\nshots:\n  - {shot}\n", "utf-8")
    board = storyboard.load(film, allowed_paths=[shared])
    assert board.is_sound, board.problems
    *_, ended = storyboard.render(board, sandbox=AT_ONCE)
    assert isinstance(ended, storyboard.Ended)
    assert ended.exit_code == 0, ended
