"""`models add`: from a document to a card, in the current folder or the user's own."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from storyboard.models.folder import data_folder
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program
from tests.models.imports.documents import MARKDOWN_PAGE, OPENAPI_30, SCHEMA_REPLY, document

VEO = Path("models/google/veo-3.1-t2v.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(text: str, name: str = "veo.yaml") -> Path:
    Path(name).write_text(text, "utf-8")
    return Path(name)


def test_what_was_understood_is_shown_and_the_card_written(program: Program) -> None:
    output = program("models", "add", saved(OPENAPI_30))
    assert output.code == 0, output.err
    lines = output.out.splitlines()
    assert lines[:5] == [
        "google/veo-3.1-t2v: Veo 3.1 text to video",
        "service     modellix",
        "kind        text (its name has t2v)",
        "source      veo.yaml",
        "confidence  medium",
    ]
    rows = [f"{line.split()[0]} | {line.split('  ')[-1].strip()}" for line in lines if line]
    assert "resolution | resolution (720P is 720p, 1080P is 1080p, 4K is 4k)" in rows
    assert "aspectRatio | ratio" in rows
    assert lines[-4:] == [
        "rule: where resolution is '1080p' or '4k', durationSeconds is '8'",
        "left out: request_id, since it is read-only",
        "not certain: sound: no field says it; where the model always or never has sound, "
        "add {always: true}",
        "ignored: header X-Webhook-URL, header Authorization, callbacks, responses 200, 429, "
        "examples",
    ]
    assert output.err == (f"{VEO}: written\n    next: storyboard models show google/veo-3.1-t2v\n")
    assert VEO.read_text("utf-8").startswith("name: google/veo-3.1-t2v\n")


def test_another_card_is_written_over_only_with_force_and_the_difference_is_shown(
    program: Program,
) -> None:
    program("models", "add", saved(OPENAPI_30))
    assert program("models", "add", saved(OPENAPI_30)).err.startswith(f"{VEO}: already says so")
    before = VEO.read_bytes()
    longer = saved(OPENAPI_30.replace("[4, 6, 8]", "[4, 6, 8, 12]"))
    output = program("models", "add", longer)
    assert (output.code, VEO.read_bytes()) == (3, before)
    assert "-    durationSeconds: {type: string, enum: ['4', '6', '8']}" in output.out
    assert output.err == (
        f"error: {VEO} already exists and says something else.\n    next: write it with --force\n"
    )
    assert program("models", "add", longer, "--force").code == 0
    assert "'12'" in VEO.read_text("utf-8")


def test_with_user_it_goes_to_the_users_own_cards(program: Program) -> None:
    assert program("models", "add", saved(OPENAPI_30), "--user").code == 0
    assert (data_folder() / VEO).is_file()
    assert not VEO.exists()
    assert "google/veo-3.1-t2v" in program("models", "list").out


def test_a_page_is_read_from_standard_input(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MARKDOWN_PAGE.encode())))
    output = program("models", "add", "-", "--json")
    found = output.json
    assert (output.code, found["schema_version"]) == (0, 1)
    assert found["path"] == str(Path("models/alibaba/wan2.6-t2v.yaml"))
    assert found["is_written"] is True
    assert found["card"]["source"] == "standard input"
    assert found["card"]["words"]["seed"] == "seed"
    assert list(found["uncertain"]) == ["sound"]


def test_the_service_itself_is_asked_at_its_own_origin_without_a_key(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    output = program("models", "add", "--from-service", "alibaba/wan2.7-t2v")
    assert output.code == 0, output.err
    card = Path("models/alibaba/wan2.7-t2v.yaml").read_text("utf-8")
    assert f"source: {server.base_url}/models/alibaba/wan2.7-t2v/api_schema\n" in card
    assert "confidence: high\n" in card
    assert [(one.method, one.path) for one in server.ledger.requests] == [
        ("GET", "/models/alibaba/wan2.7-t2v/api_schema")
    ]


def test_a_model_that_the_service_does_not_know_is_said(
    program: Program, server: SandboxServer
) -> None:
    output = program("models", "add", "--from-service", "no/such")
    assert output.code == 2
    assert output.err.startswith(f"error: {server.base_url} knows no model 'no/such'.\n")


def test_an_address_is_asked_without_the_key(program: Program, server: SandboxServer) -> None:
    address = f"{server.base_url}/models/alibaba/wan2.7-t2v/api_schema"
    assert program("models", "add", address).code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "one source is needed: a file, an https address, -, or --from-service NAME"),
        (["a", "--from-service", "b/c"], "one source is needed"),
        (["nowhere.yaml"], "nowhere.yaml cannot be read: No such file or directory"),
        (["http://example.com/a"], "a document is read over https alone"),
        (["https://localhost/a"], "localhost: it leads to this machine"),
    ],
)
def test_a_source_that_is_none_is_refused(
    program: Program, arguments: list[str], error: str
) -> None:
    output = program("models", "add", *arguments)
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith(f"error: {error}")


def test_a_refusal_names_the_place_and_writes_nothing(program: Program) -> None:
    path = saved(document({"prompt": {"type": "string"}, "it": {"type": "file"}}), "odd.json")
    output = program("models", "add", path)
    assert output.code == 2
    assert output.err.startswith('error: odd.json:1: paths["/made/up-t2v"].post.requestBody')
    assert "    next: leave an optional field out with --without NAME" in output.err
    assert not Path("models").exists()
    assert program("models", "add", path, "--without", "it").code == 0


def test_a_document_of_another_server_writes_nothing(program: Program) -> None:
    reply = json.dumps(SCHEMA_REPLY).replace("api.modellix.ai", "evil.example")
    output = program("models", "add", saved(reply, "reply.json"))
    assert output.code == 2
    assert "which is not the address of a known service" in output.err
    assert not Path("models").exists()


def test_nothing_is_written_through_a_link(program: Program, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Path("models").mkdir()
    Path("models/google").symlink_to(elsewhere)
    output = program("models", "add", saved(OPENAPI_30), "--force")
    assert output.code == 2
    assert "nothing is written through it" in output.err
    assert not any(elsewhere.iterdir())
