"""Draft and final side by side: each variant with a folder, a lock and a manifest of its own."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from storyboard.state.queries import read_owner
from tests.commands.films import FILM, QUICK, Program
from tests.hostile.repositories import git
from tests.language.test_load import two_models

VARIANTS = """\
variants:
  draft: {resolution: 1080P, takes: 1, seed: 5}
  final: {resolution: 1080P, duration: 4}
"""
DRAFT = ("--variant", "draft")
FINAL = ("--variant", "final")
ONE = ("--only", "one")


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film with two variants, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text(FILM + VARIANTS, "utf-8")
    return path


def contents(folder: str) -> dict[str, bytes]:
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in paths if ".lock" not in path.name}


# Folders


def test_draft_and_film_are_rendered_side_by_side_and_neither_changes_the_other(
    program: Program, film: Path
) -> None:
    assert program("render", film, *QUICK, *ONE).code == 0
    before = contents("renders/film.sandbox")
    draft = program("render", film, *DRAFT, *QUICK, *ONE)
    assert draft.code == 0, draft.err
    assert "film.yaml (draft): 1 rendered" in draft.err
    assert "renders/film.draft.sandbox/manifest.json" in draft.out
    assert contents("renders/film.sandbox") == before
    manifest = json.loads(Path("renders/film.draft.sandbox/manifest.json").read_text("utf-8"))
    assert (manifest["storyboard"], manifest["title"]) == ("film/draft", "A test")
    assert [take["payload"]["resolution"] for take in manifest["takes"]] == ["1080P"] * 2
    page = Path("renders/film.draft.sandbox/index.html").read_text("utf-8")
    assert "<title>A test (draft)</title>" in page
    assert program("plan", film, *DRAFT, "--sandbox", "--check", *ONE).code == 0
    again = program("render", film, *DRAFT, *QUICK, *ONE)
    assert "nothing to do: 1 kept" in again.err


def test_each_api_has_a_folder_for_each_variant(
    program: Program, film: Path, server: SandboxServer
) -> None:
    for options in ((), DRAFT, FINAL):
        assert program("render", film, *options, "--yes", "--no-download").code == 0
    assert server.ledger.posts == 3 + 2 + 3
    owners = {name: read_owner(Path("renders") / name) for name in ("film.draft", "film.final")}
    assert {name: owner and owner[1] for name, owner in owners.items()} == {
        "film.draft": "film/draft",
        "film.final": "film/final",
    }


@pytest.mark.parametrize("options", [(), FINAL])
def test_the_folder_of_another_variant_is_refused(
    program: Program, film: Path, options: tuple[str, ...]
) -> None:
    assert program("render", film, *DRAFT, *QUICK, *ONE).code == 0
    before = contents("renders")
    folder = "renders/film.draft.sandbox"
    refused = program("render", film, *options, *QUICK, "--output", folder)
    name = "film/final" if options else "film"
    assert refused.code == 2
    assert f"{folder} belongs to film/draft rendered at sandbox, not to {name}" in refused.err
    Path(folder, "state.sqlite3").unlink()  # as in a clone
    refused = program("render", film, *options, *QUICK, "--output", folder)
    assert f"belongs to the storyboard film/draft, not to {name}" in refused.err
    assert contents("renders").keys() >= before.keys() - {f"{folder}/state.sqlite3"}


def test_two_variants_have_two_locks(program: Program, film: Path) -> None:
    folder = Path("renders/film.draft.sandbox")
    with hold_lock(folder, now=datetime.now(timezone.utc)):
        assert program("render", film, *DRAFT, *QUICK, *ONE).code == 11
        assert program("render", film, *FINAL, *QUICK, *ONE).code == 0


# What is paid for already


def test_a_variant_takes_over_what_the_film_or_another_variant_has(
    program: Program, film: Path, server: SandboxServer
) -> None:
    text = FILM + VARIANTS.replace("resolution: 1080P, takes: 1, seed: 5", "takes: 1")
    film.write_text(text, "utf-8")
    assert program("render", film, "--yes").code == 0
    plan = program("plan", film, *DRAFT)
    command = "storyboard adopt film.yaml renders/film --variant draft"
    assert "renders/film has 2 of the 2 new requests" in plan.out
    assert command in plan.out
    refused = program("render", film, *DRAFT, "--yes")
    assert (refused.code, command in refused.err) == (3, True)
    adopted = program("adopt", film, "renders/film", *DRAFT)
    assert "film.yaml (draft): adopted 2 rendered from renders/film" in adopted.out
    assert program("render", film, *DRAFT, "--yes").code == 0
    assert server.ledger.posts == 3


def test_a_single_request_that_another_variant_has_is_not_paid_in_both(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, *FINAL, "--yes", *ONE).code == 0
    assert program("render", film, "--yes").code == 0
    text = film.read_text("utf-8")
    film.write_text(text.replace("A harbor", "A port").replace("n: 2", "n: 4"), "utf-8")
    assert "adopt" not in program("plan", film).out
    film.write_text(film.read_text("utf-8").replace("720P", "1080P"), "utf-8")
    posts = server.ledger.posts
    refused = program("render", film, "--yes")
    assert refused.code == 3
    assert (
        "renders/film.final has 1 of the 3 requests of film.yaml that are new in renders/film; "
        "nothing was sent.\n    next: storyboard adopt film.yaml renders/film.final (or --fresh"
    ) in refused.err
    assert program("adopt", film, "renders/film.final").code == 0
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == posts + 2


def test_a_pulled_rename_is_not_seen_in_the_folder_of_a_variant(
    program: Program, film: Path
) -> None:
    """The folder of a variant that was taken out of the file is nobody's that was renamed."""
    assert program("render", film, *FINAL, *QUICK, *ONE).code == 0
    film.write_text(FILM, "utf-8")
    assert program("render", film, *QUICK, *ONE).code == 0
    film.write_text(FILM.replace("720P", "1080P").replace("n: 2", "n: 4"), "utf-8")
    assert "adopt" not in program("plan", film, "--sandbox").out


def test_a_variant_whose_film_was_renamed_gives_its_folder_back(
    program: Program, film: Path
) -> None:
    assert program("render", film, *DRAFT, *QUICK, *ONE).code == 0
    film.rename("movie.yaml")
    Path("renders/film.draft.sandbox").rename("renders/movie.draft.sandbox")
    refused = program("render", "movie.yaml", *DRAFT, *QUICK)
    assert refused.code == 2
    assert "mv renders/movie.draft.sandbox renders/film.draft.sandbox" in refused.err
    assert (
        "storyboard adopt movie.yaml renders/film.draft.sandbox --variant draft --sandbox"
        in refused.err
    )


# Other commands


def test_every_command_that_reads_a_storyboard_reads_a_variant(
    program: Program, film: Path
) -> None:
    assert program("render", film, *DRAFT, *QUICK, *ONE).code == 0
    status = program("status", film, *DRAFT, "--sandbox", "--json").json
    assert status["output"] == "renders/film.draft.sandbox"
    assert (status["variant"], len(status["takes"])) == ("draft", 2)
    assert program("status", film, *DRAFT, "--sandbox").out.startswith("film.yaml (draft): ")
    assert program("list", film, *DRAFT, "--json").json["variant"] == "draft"
    shown = program("show", film, *DRAFT, "one", "--json").json
    assert (shown["storyboard"], shown["variant"]) == ("film/draft", "draft")
    assert shown["takes"][0]["payload"]["resolution"] == "1080P"
    assert program("reconcile", film, *DRAFT, "--sandbox").out == (
        "film.yaml (draft): no outcome is unknown\n"
    )
    assert (
        program("validate", film, *DRAFT).err
        == "film.yaml (draft): 2 shots, 2 takes, 4 s of video\n"
    )
    valid = program("validate", film)
    assert valid.err == "film.yaml: 2 shots, 3 takes, 6 s of video; variants: draft, final\n"


def test_a_misspelt_variant_is_refused_by_every_command_that_goes_on(
    program: Program, film: Path
) -> None:
    for command in ("validate", "show", "plan", "list", "status", "render", "diff"):
        refused = program(command, film, "--variant", "darft")
        assert refused.code == 2, command
        assert "there is no variant 'darft'; known: draft, final" in refused.out + refused.err
    refused = program("resolve", film, "one", "--abandon", "--variant", "darft")
    assert "film.yaml was never rendered into renders/film.darft" in refused.err


def test_validate_tells_the_problems_of_all_variants(program: Program, film: Path) -> None:
    film.write_text(film.read_text("utf-8").replace("duration: 4", "duration: '{{ 40 }}'"), "utf-8")
    output = program("validate", film)
    assert output.code == 2
    assert "film.yaml:15:40: variant final: take one: duration: 40 is more than 15" in output.out
    assert program("plan", film, *DRAFT).code == 0
    fixed = program("fix", film)
    assert (fixed.code, "variant final: " in fixed.err) == (1, True)


def test_a_plan_of_a_variant_says_what_becomes_of_a_seed(program: Program, film: Path) -> None:
    sentence = "a seed does not carry over to another resolution or model\n"
    assert sentence in program("plan", film, *DRAFT).out
    assert sentence not in program("plan", film).out
    assert sentence not in program("plan", film, *FINAL, *ONE).out


def test_a_saved_plan_is_of_one_variant(
    program: Program, film: Path, server: SandboxServer
) -> None:
    saved = program("plan", film, *DRAFT, "--out", "plan.json")
    command = "storyboard render film.yaml --plan plan.json --variant draft"
    assert saved.err == f"saved; to carry it out: {command}\n"
    refused = program("render", "--plan", "plan.json")
    assert refused.code == 3
    assert "the plan is for film/draft, not for film." in refused.err
    assert "give --variant draft, as when the plan was made" in refused.err
    assert program("render", "--plan", "plan.json", *FINAL).code == 3
    assert server.ledger.posts == 0
    assert program("render", *command.split()[2:]).code == 0
    assert server.ledger.posts == 2


def test_a_diff_of_a_variant_that_is_new_adds_its_takes(program: Program, film: Path) -> None:
    git(Path(), "init", "--quiet")
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "film")
    text = film.read_text("utf-8")
    film.write_text(f"{text}  last: {{duration: 3}}\n".replace("seed: 5", "seed: 6"), "utf-8")
    draft = program("diff", film, *DRAFT, "--json").json
    assert {take["change"] for take in draft["takes"]} == {"changed"}
    last = program("diff", film, "--variant", "last")
    assert last.out.startswith("film.yaml (last) against HEAD, where it is not yet: 3 added\n")
    assert program("diff", film).out.startswith("film.yaml against HEAD")
    assert "no take" in program("diff", film).out


# Another model


def test_a_model_is_tried_and_nothing_is_changed_or_saved(program: Program, film: Path) -> None:
    assert program("render", film, *QUICK, *ONE).code == 0
    before = contents("renders")
    model = ("--model", "alibaba/wan2.7-t2v", "--sandbox")
    plan = program("plan", film, *model, "--price", "0.1")
    assert plan.code == 0, plan.err
    assert "2 takes to submit, 4 s of video, about 0.40 USD\n" in plan.out
    assert plan.out.endswith(
        "tried on alibaba/wan2.7-t2v; to render it, write this model in the storyboard, or in a "
        "variant\n"
    )
    assert program("plan", film, *model, "--json").json["tried_model"] == "alibaba/wan2.7-t2v"
    refused = program("plan", film, *model, "--out", "plan.json")
    assert (refused.code, Path("plan.json").exists()) == (2, False)
    assert "a plan that tries a model cannot be saved" in refused.err
    assert program("plan", film, *model, "--from-manifest").code == 2
    assert contents("renders") == before


def test_of_what_was_rendered_with_another_model_nothing_counts(
    program: Program, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program("render", film, *QUICK).code == 0
    catalog = two_models(tmp_path / "cards")
    monkeypatch.setattr("storyboard.commands.plan.load_catalog", lambda: catalog)
    plan = program("plan", film, "--model", "maker/other", "--sandbox", "--json").json
    [board] = plan["storyboards"]
    assert [action["action"] for action in board["actions"]] == ["submit"] * 3
    assert {action["reason"] for action in board["actions"]} == {"new"}
    assert (board["orphans"], board["not_in_storyboard"]) == ([], [])


def test_a_misspelt_model_is_refused_with_a_suggestion(program: Program, film: Path) -> None:
    for command in ("validate", "show", "plan"):
        refused = program(command, film, "--model", "alibaba/wan2.7")
        assert refused.code == 2
        assert "there is no model 'alibaba/wan2.7'; did you mean 'alibaba/wan2.7-t2v'?" in (
            refused.err
        )
