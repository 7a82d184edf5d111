"""The one error boundary, and what starting costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from storyboard import cli
from storyboard.errors import AccountError, ExitCode, worst_of


def test_every_command_is_there_and_helps(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        assert cli.run([name, "--help"]) == 0
        assert f"Usage: storyboard {name}" in capsys.readouterr().out


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_the_program_also_has_the_packages_name(repo: Path) -> None:
    import tomllib

    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"][project["name"]] == project["scripts"]["storyboard"]


def test_a_misspelt_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["rendre"]) == ExitCode.USAGE
    assert "did you mean 'render'?" in capsys.readouterr().err
    assert cli.run(["models", "lst"]) == ExitCode.USAGE
    assert "No such command 'lst'; did you mean 'list'?" in capsys.readouterr().err


def test_an_error_is_one_sentence_and_the_next_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise AccountError("no key", next_step="set one")

    monkeypatch.setattr(cli.group, "main", fail)
    assert cli.run([]) == ExitCode.ACCOUNT
    assert capsys.readouterr().err == "error: no key.\n    next: set one\n"


@pytest.mark.parametrize(
    ("arguments", "message", "next_step"),
    [
        (["plan", "no-film.yaml", "--json", "--nope"], "No such option", "storyboard plan --help"),
        (["resolve", "--json", "film.yaml"], "Missing argument", "storyboard resolve --help"),
        (["reconcile", "no-film.yaml", "--json"], "no-film.yaml was never", "give the story"),
    ],
)
def test_a_refusal_is_one_document_where_json_is_asked_for(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, next_step: str
) -> None:
    assert cli.run(arguments) == ExitCode.USAGE
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["schema_version"] == 1
    assert set(document) == {"schema_version", "error"}
    error = document["error"]
    assert error["code"] == 2
    assert message in error["message"]
    assert error["next"].startswith(next_step)
    assert f"error: {error['message']}" in said.err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted."),
        (click.Abort(), 130, "interrupted."),
        (ZeroDivisionError("by zero"), 70, "this is a bug in storyboard (ZeroDivisionError)"),
    ],
)
def test_an_interrupt_and_a_bug_are_one_document_where_json_is_asked_for(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    error: BaseException,
    code: int,
    message: str,
) -> None:
    def end(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(cli.group, "main", end)
    assert cli.run(["plan", "film.yaml", "--json"]) == code
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["schema_version"] == 1
    assert document["error"]["code"] == code
    assert document["error"]["message"].startswith(message)
    assert document["error"]["next"]
    assert ("Traceback" in said.err) is (code == 70)


def test_a_bug_ends_with_70_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli.group, "main", fail)
    assert cli.run([]) == ExitCode.BUG
    assert "this is a bug in storyboard" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ((), ExitCode.OK),
        ((ExitCode.OK, ExitCode.INCOMPLETE), ExitCode.INCOMPLETE),
        ((ExitCode.INCOMPLETE, ExitCode.UNKNOWN), ExitCode.UNKNOWN),
        ((ExitCode.UNKNOWN, ExitCode.TIMEOUT), ExitCode.TIMEOUT),
        ((ExitCode.TIMEOUT, ExitCode.ACCOUNT, ExitCode.INTERRUPTED), ExitCode.INTERRUPTED),
    ],
)
def test_the_worst_of_several_exit_codes_stands(
    codes: tuple[ExitCode, ...], worst: ExitCode
) -> None:
    assert worst_of(*codes) is worst


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], {"requests", "jinja2", "jsonschema", "yaml", "sqlite3", "tqdm"}),
        (["--help"], {"requests", "jinja2", "jsonschema", "yaml", "sqlite3", "tqdm"}),
        (["validate", "--help"], {"requests", "sqlite3", "tqdm", "aiohttp", "av", "PIL"}),
    ],
)
def test_starting_imports_only_what_the_command_needs(
    arguments: list[str], unwanted: set[str]
) -> None:
    code = (
        "import sys; from storyboard.cli import run; run(sys.argv[1:]); "
        "print('|' + ' '.join(sys.modules))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("|")[-1].split())
    assert not loaded & unwanted


def test_the_module_can_be_run_as_a_program() -> None:
    command = [sys.executable, "-m", "storyboard", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "storyboard 0.1.0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the current folder")
@pytest.mark.parametrize("command", [["validate", "film.yaml"], ["plan", "film.yaml"]])
def test_a_current_folder_that_is_gone_is_no_bug(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert cli.run(command) == ExitCode.USAGE
    assert capsys.readouterr().err == (
        "error: the current folder is gone or cannot be read.\n    next: go to another folder\n"
    )
