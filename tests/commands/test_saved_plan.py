"""`plan --out` and `render --plan`: exactly that, once, or nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import CHAIN, FILM, Output, Program

PLAN = Path("plan.json")
QUICK = ("--no-download",)


@pytest.fixture
def saved(film: Path, server: SandboxServer, program: Program) -> Path:
    """A plan of the film in a file."""
    output = program("plan", film, *QUICK, "--price", "0.1", "--max-cost", "5", "--out", PLAN)
    assert output.code == 0, output.err
    assert output.err == "saved; to carry it out: storyboard render film.yaml --plan plan.json\n"
    return PLAN


def edit(change: Any) -> None:
    document = json.loads(PLAN.read_text("utf-8"))
    change(document)
    PLAN.write_text(json.dumps(document), "utf-8")


def refused(output: Output, server: SandboxServer, words: str, *, posts: int = 0) -> None:
    assert output.code == 3, output.err
    assert words in output.err
    assert server.ledger.posts == posts


def test_a_saved_plan_is_carried_out_once_without_a_question(
    saved: Path, server: SandboxServer, program: Program
) -> None:
    output = program("render", "--plan", saved)
    assert output.code == 0, output.err
    assert "plan.json: 3 takes to submit, 6 s of video, about 0.60 USD" in output.err
    assert server.ledger.posts == 3
    refused(program("render", "--plan", saved), server, "this plan was started at", posts=3)


def test_a_plan_that_would_pay_for_new_versions_pays_once(
    film: Path, saved: Path, server: SandboxServer, program: Program
) -> None:
    program("render", "--plan", saved)
    program("plan", film, *QUICK, "--force", "--only", "one", "--out", saved)
    assert program("render", "--plan", saved).code == 0
    assert server.ledger.posts == 4
    refused(program("render", "--plan", saved), server, "a plan is carried out only once", posts=4)
    # Not even under another id: what it would do is not what it was.
    edit(lambda plan: plan.update(id="f" * 32))
    refused(program("render", "--plan", saved), server, "what was rendered of film.yaml", posts=4)


def test_a_plan_is_refused_where_the_storyboard_has_changed(
    film: Path, saved: Path, server: SandboxServer, program: Program
) -> None:
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    refused(program("render", "--plan", saved), server, "film.yaml, or a var given to it, has")
    film.write_text(f"# A comment changes nothing.\n{FILM}", "utf-8")
    assert program("render", "--plan", saved).code == 0


def test_a_plan_is_refused_where_something_was_rendered_since(
    film: Path, saved: Path, server: SandboxServer, program: Program
) -> None:
    program("render", film, *QUICK, "--yes", "--only", "one")
    refused(program("render", "--plan", saved), server, "what was rendered of film.yaml", posts=1)


def test_a_plan_is_refused_where_prices_have_changed(
    saved: Path, server: SandboxServer, program: Program
) -> None:
    output = program("render", "--plan", saved, "--price", "0.2")
    refused(output, server, "made at a price of 0.1 USD a second, not at 0.2; nothing was sent")
    edit(lambda plan: plan["bill"].update(seconds=3))
    refused(program("render", "--plan", saved), server, "was made for 3 takes to submit, 3 s")
    edit(lambda plan: plan["bill"].update(seconds=6.0))
    edit(lambda plan: plan["caps"].update(cost_usd=0.1))
    refused(program("render", "--plan", saved), server, "more than --max-cost 0.1 allows")


def test_a_plan_is_refused_for_another_folder_and_another_origin(
    saved: Path, server: SandboxServer, program: Program
) -> None:
    refused(
        program("render", "--plan", saved, "--output", "o"), server, "an output folder other than"
    )
    refused(program("render", "--plan", saved, "--sandbox"), server, "this render goes to sandbox")
    assert not Path("o/state.sqlite3").exists()


def test_a_plan_over_its_cap_is_not_saved(film: Path, program: Program) -> None:
    output = program("plan", film, "--max-takes", "2", "--out", PLAN)
    assert output.code == 3
    assert "3 takes, which is more than --max-takes 2 allows" in output.err
    assert not PLAN.exists()


def test_no_other_file_is_overwritten(film: Path, program: Program) -> None:
    output = program("plan", film, "--out", film)
    assert output.code == 2
    assert "film.yaml exists and is not a saved plan, so it is not overwritten" in output.err
    assert film.read_text("utf-8") == FILM


def test_the_options_that_a_plan_holds_are_not_given_again(
    saved: Path, server: SandboxServer, program: Program
) -> None:
    output = program("render", "--plan", saved, "--only", "one", "--force")
    assert output.code == 2
    assert "--only and --force cannot be used with --plan" in output.err


def test_vars_are_given_again_and_the_command_says_so(
    film: Path, server: SandboxServer, program: Program
) -> None:
    film.write_text(f"{FILM}vars: {{sky: clear}}\n".replace("storm", "{{ sky }} storm"), "utf-8")
    output = program("plan", film, *QUICK, "--var", "sky=dark red", "--out", PLAN)
    assert "storyboard render film.yaml --plan plan.json --var 'sky=dark red'" in output.err
    refused(program("render", "--plan", PLAN), server, "or a var given to it, has changed since")
    assert program("render", film, "--plan", PLAN, "--var", "sky=dark red").code == 0


def test_the_command_after_a_pause_selects_what_the_plan_did_and_from_where_it_did(
    film: Path, program: Program
) -> None:
    film.write_text(CHAIN, "utf-8")
    program("plan", film, "--sandbox", "--except", "gull", "--out", PLAN)
    output = program("render", "--plan", PLAN, "--sandbox")
    command = "next: storyboard render film.yaml --past pier-1"
    assert f"{command} --except gull --sandbox\n" in output.err

    output = program("render", film, "--from-manifest", "--except", "gull", "--sandbox")
    assert f"{command} --except gull --from-manifest --sandbox\n" in output.err
    output = program("plan", film, "--from-manifest", "--except", "gull", "--sandbox")
    assert f"{command} --except gull --from-manifest --sandbox\n" in output.out


def test_a_second_storyboard_whose_name_begins_with_a_dash_is_no_option(
    film: Path, program: Program
) -> None:
    Path("-b.yaml").write_text(FILM, "utf-8")
    output = program("plan", film, "./-b.yaml", "--sandbox", "--out", PLAN)
    assert "storyboard render film.yaml ./-b.yaml --plan plan.json" in output.err


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_storyboard_whose_name_is_no_text_is_saved_and_named_again(
    film: Path, server: SandboxServer, program: Program
) -> None:
    odd = film.rename(os.fsdecode(b"film-\xff.yaml"))
    assert program("plan", odd, *QUICK, "--output", "out", "--out", PLAN).code == 0
    assert "is not in the same folder" in program("render", "--plan", PLAN).err
    assert program("render", odd, "--output", "out", "--plan", PLAN).code == 0


# A plan that somebody else has made


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, " " * (1 << 20) + "{}"])
def test_what_is_no_plan_is_wrong_usage(
    text: str, film: Path, server: SandboxServer, program: Program
) -> None:
    PLAN.write_text(text, "utf-8")
    output = program("render", "--plan", PLAN)
    assert output.code == 2
    assert output.err.startswith("error: plan.json cannot be used as a plan: it is ")


def test_a_plan_names_no_storyboard_outside_its_folder(
    saved: Path, server: SandboxServer, program: Program, tmp_path: Path
) -> None:
    Path("sub").mkdir()
    saved.rename("sub/plan.json")
    output = program("render", "--plan", "sub/plan.json")
    assert output.code == 2
    assert "film.yaml" in output.err
    if os.name != "nt":
        Path("sub/film.yaml").symlink_to("../film.yaml")
        output = program("render", "--plan", "sub/plan.json")
        assert output.code == 2
        assert "the plan sub/plan.json is for film, which is not in the same folder" in output.err
    assert server.ledger.posts == 0
    # The user may name it.
    assert program("render", "film.yaml", "--plan", "sub/plan.json").code == 0
    assert server.ledger.posts == 3


def test_a_plan_is_of_the_storyboards_that_it_names(
    saved: Path, server: SandboxServer, program: Program
) -> None:
    Path("other.yaml").write_text(FILM, "utf-8")
    output = program("render", "other.yaml", "--plan", saved)
    refused(output, server, "the plan is for film, not for other")
    assert not Path("renders/other/state.sqlite3").exists()
