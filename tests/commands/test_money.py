"""Prices, bills and caps as a user meets them: plan, render, status, and a clone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import ExitCode
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, Program

NAME = "alibaba/wan2.7-t2v"
PRICES = f"prices: {{as_of: 2099-01-15, {NAME}: {{per_second: {{720P: 0.1, 1080P: 0.2}}}}}}\n"


def folder_of(film: Path) -> Path:
    return next(Path("renders").glob("film*"))


def manifest() -> Any:
    return json.loads((folder_of(Path()) / "manifest.json").read_text("utf-8"))


def add(film: Path, text: str) -> None:
    film.write_text(f"{FILM}{text}", "utf-8")


def test_a_plan_says_what_each_take_costs_and_of_when_the_prices_are(
    program: Program, film: Path
) -> None:
    add(film, PRICES)
    out = program("plan", film, "--sandbox").out
    assert "submit  one     0.20 USD" in out
    assert "3 takes to submit, 6 s of video, about 0.60 USD\nprices as of 2099-01-15\n" in out
    document = program("plan", film, "--sandbox", "--json").json
    assert document["cost_usd"] == 0.6
    assert document["storyboards"][0]["prices_as_of"] == {NAME: "2099-01-15"}
    dearer = program("plan", film, "--sandbox", "--price", "1", "--json").json  # one price wins
    assert dearer["cost_usd"] == 6
    assert dearer["storyboards"][0]["prices_as_of"] == {}


def test_a_file_of_prices_beats_the_storyboard_and_its_mistakes_have_places(
    program: Program, film: Path
) -> None:
    add(film, PRICES)
    Path("p.yaml").write_text(f"prices: {{{NAME}: {{as_of: 2099-01-01, per_clip: 3}}}}\n", "utf-8")
    assert program("plan", film, "--sandbox", "--prices", "p.yaml", "--json").json["cost_usd"] == 9
    Path("p.yaml").write_text(f"prices: {{{NAME}: {{per_clip: dear}}}}\n", "utf-8")
    refused = program("plan", film, "--sandbox", "--prices", "p.yaml")
    assert refused.code == ExitCode.USAGE
    assert "p.yaml:1:" in refused.err
    assert "dear" in refused.err


def test_an_unknown_cost_is_unknown_and_passes_no_cap(
    program: Program, film: Path, server: SandboxServer
) -> None:
    add(film, f"prices: {{as_of: 2099-01-15, {NAME}: {{per_second: {{1080P: 0.2}}}}}}\n")
    assert "6 s of video, cost unknown" in program("plan", film).out
    assert program("plan", film, "--json").json["cost_usd"] is None
    assert program("render", film, "--max-cost", "100").code == ExitCode.REFUSED
    add(film, "caps: {film: 100}\n")
    refused = program("render", film, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert f"of unknown cost is to be submitted with {NAME}; nothing was sent" in refused.err
    assert server.ledger.posts == 0


def test_a_cap_holds_over_runs_and_the_message_says_how_to_raise_it(
    program: Program, film: Path, server: SandboxServer
) -> None:
    add(film, f"{PRICES}caps: {{film: 0.4}}\n")
    for _ in range(2):
        output = program("render", film, "--yes")
        assert output.code == ExitCode.REFUSED
        assert (
            "error: caps.film (0.40 USD) of film.yaml is reached: 0.40 USD was spent on the film, "
            "and take two.t2 would cost 0.20 USD more; nothing more of it is submitted.\n"
            "    next: raise film under caps: in film.yaml\n"
        ) in output.err
        assert server.ledger.posts == 2
    add(film, f"{PRICES}caps: {{film: 0.6}}\n")
    assert program("render", film, "--yes").code == ExitCode.OK
    assert [take["billed_usd"] for take in manifest()["takes"]] == [0.2, 0.2, 0.2]
    assert [take["estimate_usd"] for take in manifest()["takes"]] == [0.2, 0.2, 0.2]


def test_earlier_submissions_without_an_estimate_get_one_or_the_cap_refuses(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--only", "one", "--yes").code == ExitCode.OK
    with closing(sqlite3.connect(folder_of(film) / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET billed_micros = NULL, model = 'gone/model'")
    add(film, f"{PRICES}caps: {{film: 0.4}}\n")
    refused = program("render", film, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "of unknown cost was submitted with gone/model" in refused.err
    assert "next: bring the card of gone/model back" in refused.err
    with closing(sqlite3.connect(folder_of(film) / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET model = ?", (NAME,))
    assert program("render", film, "--yes").code == ExitCode.REFUSED
    assert server.ledger.posts == 2  # the one before counts with today's price


def test_a_clone_knows_what_superseded_takes_have_cost(
    program: Program, film: Path, server: SandboxServer
) -> None:
    add(film, f"{PRICES}caps: {{film: 1}}\n")
    assert program("render", film, "--yes").code == ExitCode.OK
    film.write_text(film.read_text("utf-8").replace("a storm", "the sun"), "utf-8")
    assert program("render", film, "--yes").code == ExitCode.OK
    made = manifest()
    assert made["spent_usd"] == 0.2
    for path in folder_of(film).glob("state.sqlite3*"):
        path.unlink()
    add(film, f"{PRICES}caps: {{film: 0.9}}\n")
    film.write_text(film.read_text("utf-8").replace("a storm", "the rain"), "utf-8")
    refused = program("render", film, "--yes")
    assert "0.80 USD was spent on the film" in refused.err
    assert (refused.code, server.ledger.posts) == (ExitCode.REFUSED, 4)


def test_the_sandbox_counts_nothing(program: Program, film: Path) -> None:
    add(film, f"{PRICES}caps: {{day: 0, film: 0}}\n")
    quick = ("--sandbox", "--render-time", "0", "--clip-size", "small")
    assert program("render", film, *quick).code == ExitCode.OK
    assert manifest()["spent_usd"] == 0


def test_two_films_do_not_share_a_cap(program: Program, film: Path, server: SandboxServer) -> None:
    add(film, f"{PRICES}caps: {{film: 0.2}}\n")
    other = Path("other.yaml")
    other.write_text(film.read_text("utf-8").replace("a storm", "the sun"), "utf-8")
    output = program("render", film, other, "--yes")
    assert output.code == ExitCode.REFUSED
    assert "of film.yaml is reached" in output.err
    assert "of other.yaml is reached" in output.err
    assert server.ledger.posts == 2


def test_status_and_page_show_the_bill_beside_the_estimate(
    program: Program, film: Path, server: SandboxServer
) -> None:
    add(film, PRICES)
    assert program("render", film, "--yes").code == ExitCode.OK
    out = program("status", film).out
    assert "3 rendered; spent 0.60 USD: 0.60 USD billed\n" in out
    assert "billed 0.20 USD, 0.20 USD expected" in out
    document = program("status", film, "--json").json
    assert (document["spent_usd"], document["unknown_costs"]) == (0.6, 0)
    assert document["takes"][0]["billed_usd"] == 0.2
    page = (folder_of(film) / "index.html").read_text("utf-8")
    assert "expected cost" in page
    assert "0.20 USD" in page


def test_a_manifest_that_says_too_much_was_spent_leaves_the_folder_usable(
    program: Program, film: Path, server: SandboxServer
) -> None:
    add(film, PRICES)
    assert program("render", film, "--yes").code == ExitCode.OK
    told = manifest()
    takes = [{**take, "billed_usd": 10**9} for take in told["takes"]]
    text = json.dumps({**told, "spent_usd": 10**9, "takes": takes})
    (folder_of(film) / "manifest.json").write_text(text, "utf-8")
    film.write_text(film.read_text("utf-8").replace("a storm", "the sun"), "utf-8")
    for _ in range(2):
        output = program("render", film, "--yes")
        assert output.code == ExitCode.OK, output.err
    add(film, f"{PRICES}caps: {{film: 1000000000}}\n")
    film.write_text(film.read_text("utf-8").replace("a storm", "the rain"), "utf-8")
    assert program("render", film, "--yes").code == ExitCode.REFUSED


def test_max_cost_counts_what_all_films_of_a_render_have_spent(
    program: Program, film: Path, server: SandboxServer
) -> None:
    other = Path("other.yaml")
    other.write_text(film.read_text("utf-8").replace("a storm", "the sun"), "utf-8")
    caps = ("--price", "0.001", "--max-cost", "0.1", "--concurrency", "1", "--yes")
    output = program("render", film, other, "--only", "one", *caps)
    assert output.code == ExitCode.REFUSED
    assert "--max-cost 0.10 USD is reached: this render has spent 0.20 USD" in output.err
    assert server.ledger.posts == 1


@pytest.mark.parametrize(("own_cap", "posts"), [((), 2), (("--max-cost", "0.1"), 1)])
def test_the_cap_of_a_saved_plan_and_that_of_its_render_both_hold_while_it_runs(
    program: Program, film: Path, server: SandboxServer, own_cap: tuple[str, ...], posts: int
) -> None:
    cap = ("--price", "0.001", "--max-cost", "0.3")  # and 0.20 USD are billed for each take
    assert program("plan", film, *cap, "--out", "plan.json").code == ExitCode.OK
    output = program("render", "--plan", "plan.json", "--concurrency", "1", *own_cap)
    assert output.code == ExitCode.REFUSED
    assert server.ledger.posts == posts
