from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result

from storyboard.commands.explain import command
from storyboard.errors import ExitCode, UsageError
from storyboard.reporting.codes import codes


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


@pytest.mark.parametrize("word", ["SB301", "sb301", "unknown-key"])
def test_a_code_is_explained_by_number_and_by_name(word: str) -> None:
    result = run(word)
    assert result.return_value == ExitCode.OK
    assert result.stdout.startswith(
        "SB301 unknown-key (problem)\n\nA key is not one of those allowed here.\n\n"
    )
    assert result.stdout.endswith("  - {id: pier, prompt: A pier at night}\n```\n")


def test_several_are_explained_one_after_the_other() -> None:
    heads = [line for line in run("SB201", "SB301").stdout.split("\n") if line.startswith("SB")]
    assert heads == ["SB201 same-request (warning)", "SB301 unknown-key (problem)"]


def test_a_number_alone_is_a_code() -> None:
    assert run("301").stdout == run("SB301").stdout


def test_without_a_code_all_are_listed() -> None:
    lines = run().stdout.splitlines()
    assert len(lines) == len(codes())
    assert re.fullmatch(r"SB101 +unreadable-file +A file cannot be opened or read\.", lines[0])


def test_json_is_one_document() -> None:
    document = json.loads(run("SB201", "--json").stdout)
    assert document["schema_version"] == 1
    (code,) = document["codes"]
    assert code["explanation"] == codes()["same-request"].explanation
    assert {key: code[key] for key in ("code", "name", "severity")} == {
        "code": "SB201",
        "name": "same-request",
        "severity": "warning",
    }


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("unknown-keys", "; did you mean SB301 (unknown-key)?"),
        ("SB3001", "; did you mean SB301 (unknown-key)?"),
        ("SB3o1", ""),  # SB311 and others are as near as SB301
        ("x" * 10_000, ""),
    ],
)
def test_an_unknown_code_gets_a_suggestion_where_one_is_meant(word: str, hint: str) -> None:
    error = run(word).exception
    assert isinstance(error, UsageError)
    assert str(error) == f"there is no code {word!r}{hint}"
    assert error.next_step == "list them all with: storyboard explain"
