from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storyboard.commands.schema import command
from storyboard.errors import ExitCode, UsageError
from storyboard.models.folder import schemas_folder
from tests.models.cards import card_document, two_models, write_card


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A schemas folder with two model cards, and everything that is generated from them."""
    two_models(tmp_path / "models")
    assert run("--write", "--folder", str(tmp_path)).return_value == ExitCode.OK
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ([], "storyboard.schema.json"),
        (["storyboard"], "storyboard.schema.json"),
        (["include"], "include.schema.json"),
        (["alibaba/wan2.7-t2v"], "requests/alibaba/wan2.7-t2v.schema.json"),
    ],
)
def test_a_schema_is_printed_as_it_is_committed(arguments: list[str], file: str) -> None:
    result = run(*arguments)
    assert result.stdout == (schemas_folder() / file).read_text("utf-8")
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["manifest", "events", "card"])
def test_a_schema_that_is_not_generated_is_printed_too(name: str) -> None:
    committed = json.loads((schemas_folder() / f"{name}.schema.json").read_text("utf-8"))
    assert json.loads(run(name).stdout) == committed


def test_json_wraps_the_schema_in_a_document() -> None:
    document = json.loads(run("include", "--json").stdout)
    assert document["schema_version"] == 1
    assert document["name"] == "include"
    assert document["schema"]["title"] == "Included file of a storyboard, version 1"


def test_an_unknown_name_gets_a_suggestion() -> None:
    error = run("storybord").exception
    assert isinstance(error, UsageError)
    assert str(error) == "there is no schema 'storybord'; did you mean 'storyboard'?"
    assert error.next_step == "storyboard schema --list names them all"


def test_a_name_and_a_mode_do_not_go_together() -> None:
    error = run("include", "--check").exception
    assert isinstance(error, UsageError)
    assert str(error) == "--check applies to all schemas, but 'include' is one of them"


def test_the_list_names_each_schema_and_its_file(folder: Path) -> None:
    result = run("--list", "--folder", str(folder))
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == [
        "storyboard",
        "include",
        "alibaba/wan2.7-t2v",
        "kling/v1",
        "manifest",
        "events",
        "card",
    ]
    document = json.loads(run("--list", "--json", "--folder", str(folder)).stdout)
    assert document["schemas"][3] == {
        "name": "kling/v1",
        "path": str(folder / "requests/kling/v1.schema.json"),
    }


def test_the_committed_schemas_pass_the_check() -> None:
    result = run("--check")
    assert result.return_value == ExitCode.OK
    assert (result.stdout, result.stderr) == ("", "all schemas are current\n")


def test_the_check_names_each_file_that_differs_and_what_to_run(folder: Path) -> None:
    (folder / "include.schema.json").write_text("{}", encoding="utf-8")
    (folder / "storyboard.schema.json").unlink()
    result = run("--check", "--folder", str(folder))
    assert result.return_value == ExitCode.INCOMPLETE
    assert result.stderr == (
        f"{folder / 'storyboard.schema.json'}: is missing\n"
        f"{folder / 'include.schema.json'}: differs from the model cards\n"
        "    next: storyboard schema --write\n"
    )


def test_the_check_as_json(folder: Path) -> None:
    path = folder / "include.schema.json"
    path.unlink()
    result = run("--check", "--json", "--folder", str(folder))
    assert result.return_value == ExitCode.INCOMPLETE
    assert json.loads(result.stdout) == {
        "schema_version": 1,
        "differing": [{"path": str(path), "reason": "is missing"}],
    }


def test_writing_mends_what_the_check_found_and_then_does_nothing(folder: Path) -> None:
    (folder / "models/kling/v1.yaml").unlink()
    left_over = folder / "requests/kling/v1.schema.json"
    first = run("--write", "--folder", str(folder))
    assert f"{folder / 'storyboard.schema.json'}: written\n" in first.stderr
    assert f"{left_over}: removed, because its model card is gone\n" in first.stderr
    assert not left_over.exists()
    assert run("--check", "--folder", str(folder)).return_value == ExitCode.OK
    assert run("--write", "--folder", str(folder)).stderr == "all schemas are current\n"


def test_a_broken_card_leaves_every_file_as_it_was(folder: Path) -> None:
    before = (folder / "storyboard.schema.json").read_bytes()
    limits: dict[str, Any] = {"prompt": {"type": "string", "multipleOf": "long"}}
    write_card(folder / "models", "kling/v1", card_document("kling/v1", limits))
    error = run("--write", "--folder", str(folder)).exception
    assert isinstance(error, UsageError)
    assert "request.properties.prompt.multipleOf: 'long' is not of type 'number'" in str(error)
    assert (folder / "storyboard.schema.json").read_bytes() == before
