"""`models check`: cards against the service, and films against the cards."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from storyboard.models.folder import data_folder, schemas_folder
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, Program

NAME = "alibaba/wan2.7-t2v"


def own_card(**changes: str) -> None:
    """The program's card as the user's own, with lines changed."""
    text = (schemas_folder() / "models" / f"{NAME}.yaml").read_text("utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    path = data_folder() / "models" / f"{NAME}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of_model(model: str, out: str) -> list[str]:
    """What the lines of a model say."""
    return [line.split("  ", 1)[1].strip() for line in out.splitlines() if line.startswith(model)]


def test_cards_that_say_what_the_service_says_are_fine(
    program: Program, server: SandboxServer
) -> None:
    output = program("models", "check")
    assert (output.code, output.out) == (0, ""), output.out
    assert "compared, " in output.err
    assert all(one.method == "GET" for one in server.ledger.requests)


def test_what_has_moved_is_said_field_by_field(program: Program, server: SandboxServer) -> None:
    own_card(**{"maxLength: 5000": "maxLength: 4000", "default: 1080P": "default: 720P"})
    output = program("models", "check")
    assert output.code == 10
    assert of_model(NAME, output.out) == [
        "prompt takes text of 1 to 5,000 characters; the card says text of 1 to 4,000 characters",
        "resolution has the default '1080P'; the card says '720P'",
    ]
    found = program("models", "check", "--json").json
    (moved,) = [one for one in found["models"] if one["model"] == NAME]
    assert moved["standing"] == "moved"
    assert [one["field"] for one in moved["moves"]] == ["prompt", "resolution"]


def test_a_model_that_the_service_no_longer_knows_is_said_with_the_films_that_use_it(
    program: Program, server: SandboxServer
) -> None:
    own_card()
    gone = data_folder() / "models" / "alibaba" / "gone-t2v.yaml"
    text = (data_folder() / "models" / f"{NAME}.yaml").read_text("utf-8")
    gone.write_text(text.replace(f"name: {NAME}", "name: alibaba/gone-t2v"), "utf-8")
    Path("film.storyboard.yaml").write_text(FILM.replace(NAME, "alibaba/gone-t2v"), "utf-8")
    output = program("models", "check")
    assert output.code == 10
    assert of_model("alibaba/gone-t2v", output.out) == ["is gone: the service no longer lists it"]
    assert (
        "film.storyboard.yaml: the service no longer knows alibaba/gone-t2v; 3 takes use it"
        in output.out.splitlines()
    )


def test_a_film_whose_model_retires_soon_is_said(program: Program, server: SandboxServer) -> None:
    day = (datetime.now(timezone.utc) + timedelta(days=9)).date().isoformat()
    own_card(**{"confidence: high": f'confidence: high\nretires: "{day}"'})
    Path("film.yaml").write_text(FILM, "utf-8")
    assert program("models", "check").code == 0  # it is not called like a storyboard
    output = program("models", "check", "film.yaml")
    assert output.code == 10
    assert output.out == f"film.yaml: {NAME} retires on {day}, in 9 days; 3 takes use it\n"


def test_without_a_key_what_is_public_is_compared(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    output = program("models", "check")
    assert output.code == 0
    assert output.err.endswith(
        "there is no key, so the account's list of models was not asked for\n"
    )


def test_a_service_out_of_reach_is_no_finding(program: Program, server: SandboxServer) -> None:
    server.close()
    output = program("models", "check")
    assert (output.code, output.out) == (12, "")
