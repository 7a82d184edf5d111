"""`model: [a, b]` as a user sees it: the plan, a render, the manifest, status and the page."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storyboard.models.folder import schemas_folder
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import QUICK, Program
from tests.language.test_load import two_models

FILM = """\
version: 1
model: [maker/other, alibaba/wan2.7-t2v]
defaults: {duration: 2, resolution: 720P, prompt_extend: false}
shots:
  - {id: one, prompt: A lighthouse in a storm}
"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of one shot and two models, in the current folder."""
    two_models(tmp_path / "schemas")
    shutil.copytree(schemas_folder() / "services", tmp_path / "schemas" / "services")
    monkeypatch.setattr("storyboard.models.catalog.schemas_folder", lambda: tmp_path / "schemas")
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text(FILM, "utf-8")
    return path


def test_the_plan_tells_of_the_dearest_case_before_anything_is_sent(
    program: Program, film: Path
) -> None:
    plan = program("plan", film, "--sandbox", "--price", "0.1")
    assert "new; if it fails: alibaba/wan2.7-t2v" in plan.out
    assert "at most 4 s of video, about 0.40 USD, if 1 fallback must be submitted" in plan.out
    refused = program("plan", film, "--sandbox", "--price", "0.1", "--max-cost", "0.3")
    assert refused.code == 3
    document = program("plan", film, "--sandbox", "--json").json
    [action] = document["storyboards"][0]["actions"]
    assert (action["model"], action["fallbacks"]) == ("maker/other", ["alibaba/wan2.7-t2v"])
    assert (document["submissions"], document["fallbacks"], document["video_s"]) == (1, 1, 4)


def test_a_render_goes_on_with_the_next_model_and_says_so_everywhere(
    program: Program, film: Path
) -> None:
    events = Path("events.jsonl")
    render = program("render", film, *QUICK, "--fault", "task_fails=@1", "--events", events)
    assert render.code == 0, render.err
    assert "one: maker/other failed" in render.err
    assert "alibaba/wan2.7-t2v follows" in render.err
    names = [json.loads(line)["event"] for line in events.read_text("utf-8").splitlines()]
    assert names[1:-1] == ["accepted", "fallback", "accepted", "rendered", "downloaded"]
    folder = Path("renders/film.sandbox")
    [take] = json.loads((folder / "manifest.json").read_text("utf-8"))["takes"]
    assert (take["model"], take["status"]) == ("alibaba/wan2.7-t2v", "rendered")
    assert [one["model"] for one in take["failed_candidates"]] == ["maker/other"]
    status = program("status", film, "--sandbox")
    assert "by alibaba/wan2.7-t2v, since maker/other failed" in status.out
    assert "maker/other" in (folder / "index.html").read_text("utf-8")
    again = program("plan", film, "--sandbox")
    assert "unchanged; by alibaba/wan2.7-t2v, since maker/other failed" in again.out
    assert program("plan", film, "--sandbox", "--check").code == 0
    (folder / "state.sqlite3").unlink()
    manifest = (folder / "manifest.json").read_bytes()
    assert program("render", film, *QUICK).code == 0
    assert (folder / "manifest.json").read_bytes() == manifest
    assert program("render", film, *QUICK, "--from-manifest").code == 0
    assert (folder / "manifest.json").read_bytes() == manifest


def test_where_every_model_fails_the_take_is_held_and_both_are_tried_again_when_asked(
    program: Program, film: Path
) -> None:
    assert program("render", film, *QUICK, "--fault", "task_fails=@1,2").code == 1
    plan = program("plan", film, "--sandbox")
    assert "--retry-failed sends it again, from maker/other on" in plan.out
    assert program("render", film, *QUICK).code == 1
    assert program("render", film, *QUICK, "--retry-failed").code == 0
    [take] = json.loads(Path("renders/film.sandbox/manifest.json").read_text("utf-8"))["takes"]
    assert take["model"] == "maker/other"


def test_a_saved_plan_is_of_the_fallbacks_as_well(program: Program, film: Path) -> None:
    assert program("plan", film, "--sandbox", "--out", "plan.json").code == 0
    film.write_text(FILM.replace("[maker/other, alibaba/wan2.7-t2v]", "maker/other"), "utf-8")
    refused = program("render", film, "--plan", "plan.json", *QUICK)
    assert refused.code == 3
    assert "has changed since" in refused.err
    film.write_text(FILM, "utf-8")
    assert program("render", film, "--plan", "plan.json", *QUICK).code == 0


def test_a_price_of_the_first_model_alone_leaves_the_dearest_case_unknown(
    program: Program, film: Path
) -> None:
    prices = "prices: {maker/other: {per_second: 0.1, as_of: 2026-11-20}}\n"
    film.write_text(FILM + prices, "utf-8")
    plan = program("plan", film)
    assert "the unknown cost of 1 take" in plan.out, plan.err


def test_a_cap_asks_for_the_cost_of_what_may_follow_a_task_that_is_resumed(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes", "--no-download").code == 0
    [state] = Path("renders").glob("film*/state.sqlite3")
    with closing(sqlite3.connect(state)) as db, db:
        db.execute("UPDATE submissions SET state = 'accepted', billed_micros = NULL")
    prices = "prices: {maker/other: {per_second: 0.1, as_of: 2099-01-15}}\ncaps: {film: 1}\n"
    film.write_text(FILM + prices, "utf-8")
    refused = program("render", film, "--yes")
    assert refused.code == 3
    assert "is to be submitted with alibaba/wan2.7-t2v; nothing was sent" in refused.err
    film.write_text(f"{FILM}caps: {{film: 0.6}}\n", "utf-8")
    assert program("render", film, "--yes", "--price", "0.1").code == 0
    with closing(sqlite3.connect(state)) as db:  # so that it counts
        assert db.execute("SELECT estimate_micros FROM submissions").fetchall() == [(200_000,)]


def test_a_model_that_follows_is_not_paid_for_where_a_variant_has_its_video(
    program: Program, film: Path
) -> None:
    first = FILM.replace("[maker/other, alibaba/wan2.7-t2v]", "maker/other")
    variants = "variants: {draft: {model: alibaba/wan2.7-t2v}}\n"
    film.write_text(first + variants, "utf-8")
    assert program("render", film, *QUICK, "--fault", "task_fails=@1").code == 1
    assert program("render", film, *QUICK, "--variant", "draft").code == 0
    film.write_text(FILM + variants, "utf-8")
    refused = program("render", film, *QUICK)
    assert refused.code == 3, refused.err
    assert "film.draft.sandbox has 1 of the 1 requests" in refused.err
    assert program("adopt", film, "renders/film.draft.sandbox", "--sandbox").code == 0
    assert "unchanged; by alibaba/wan2.7-t2v" in program("plan", film, "--sandbox").out
