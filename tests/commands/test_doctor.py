"""`doctor` as a user calls it: what is wrong, what to do, and how bad it is."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import namedtuple
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from storyboard.commands.doctor import LIBRARIES
from storyboard.console import health
from storyboard.console.health import Level, judge_balance, judge_clock, judge_disk
from storyboard.errors import ExitCode
from storyboard.replies import RateHint
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Output, Program


def lines_of(output: Output) -> dict[str, tuple[str, str]]:
    """Level and finding by the name of the line, with its remedy."""
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in output.out.splitlines():
        if line.startswith("    next: "):
            level, text = found[name]
            found[name] = level, f"{text} -> {line.removeprefix('    next: ')}"
            continue
        level, name, text = re.split(r" {2,}", line, maxsplit=2)
        found[name] = level, text
    return found


def test_all_is_well_with_a_key_a_server_and_room(
    program: Program, server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = program("doctor")
    lines = lines_of(output)
    assert output.code == 0, output.out
    assert lines["key"] == ("ok", "from MODELLIX_API_KEY")
    assert lines["address"] == ("ok", server.base_url)
    assert lines["connection"] == ("ok", "the API answers")
    assert lines["key accepted"] == ("ok", "yes")
    assert lines["balance"] == ("ok", "1000000.00 USD")
    assert lines["clock"] == ("ok", "agrees with the API's")
    assert lines["disk"][1].endswith(f"GB free in {tmp_path}")
    assert f"requests {metadata.version('requests')}" in lines["libraries"][1]
    assert lines["sandbox"] == ("ok", "installed")


def test_the_key_itself_is_never_shown(program: Program, server: SandboxServer) -> None:
    output = program("doctor")
    assert os.environ["MODELLIX_API_KEY"] not in output.out + output.err


def test_only_free_reads_are_sent(program: Program, server: SandboxServer) -> None:
    program("doctor")
    assert [(request.method, request.path) for request in server.ledger.requests] == [
        ("GET", "/api/v1/apikey/validate"),
        ("GET", "/api/v1/team/balance"),
    ]


def test_without_a_key_the_rest_is_looked_at_all_the_same(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    output = program("doctor")
    lines = lines_of(output)
    assert output.code == 12
    assert lines["key"][0] == "problem"
    assert "MODELLIX_API_KEY is not set" in lines["key"][1]
    assert "-> set MODELLIX_API_KEY; create a key at https://" in lines["key"][1]
    assert lines["connection"] == ("ok", "the API answers")
    assert "balance" not in lines
    assert lines["disk"]


def test_a_key_from_a_profile_is_named_by_its_profile(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    folder = Path.home() / ".config" / "modellix"
    folder.mkdir(parents=True)
    config = {"currentProfile": "work", "profiles": {"work": {"apiKey": "mdlx-0123456789"}}}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    lines = lines_of(program("doctor"))
    assert lines["key"] == ("ok", "from profile 'work' of ~/.config/modellix/config.json")


@pytest.mark.usefixtures("server")
def test_a_refused_key_is_a_problem_of_the_account(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "another-key")
    output = program("doctor")
    lines = lines_of(output)
    assert output.code == 12
    assert lines["key accepted"][0] == "problem"
    assert "the API does not know the key from MODELLIX_API_KEY" in lines["key accepted"][1]
    assert "balance" not in lines


def test_an_api_out_of_reach_is_named_with_a_remedy(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.base_url
    server.close()
    output = program("doctor", "--base-url", address)
    lines = lines_of(output)
    assert output.code == 12
    assert lines["connection"] == (
        "problem",
        f"{address} could not be reached: the connection was refused -> "
        "check the network and the address (MODELLIX_BASE_URL, --base-url)",
    )
    assert "clock" not in lines


def test_an_address_that_is_none_is_a_line_like_any_other(program: Program) -> None:
    output = program("doctor", "--base-url", "http://example.com")
    assert output.code == 12
    assert "would send the key unencrypted" in lines_of(output)["address"][1]


def test_an_empty_account_is_a_problem(program: Program, server: SandboxServer) -> None:
    server.settings = replace(server.settings, balance_usd=0.0)
    output = program("doctor")
    assert output.code == 12
    assert lines_of(output)["balance"] == (
        "problem",
        "0.00 USD: nothing can be rendered -> top the account up",
    )


def test_a_full_disk_ends_with_1(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    output = program("doctor")
    assert output.code == 1
    assert lines_of(output)["disk"][0] == "problem"
    assert "-> free some space" in lines_of(output)["disk"][1]


def test_a_missing_sandbox_is_a_warning_with_the_command_that_installs_it(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.sandbox._NEEDED", {"no_such_module": "PyAV"})
    output = program("doctor")
    assert output.code == 0
    assert lines_of(output)["sandbox"] == (
        "warning",
        "the sandbox needs PyAV, not installed here -> pip install 'storyboard-render[sandbox]'",
    )


def test_a_missing_library_is_a_problem_and_no_traceback(
    program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.commands.doctor.LIBRARIES", ("requests", "no-such-thing"))
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    output = program("doctor")
    assert output.code == 1
    assert lines_of(output)["libraries"] == (
        "problem",
        "not installed here: no-such-thing -> pip install --upgrade storyboard-render",
    )


def test_json_holds_a_line_each(program: Program, server: SandboxServer) -> None:
    document = program("doctor", "--json").json
    assert document["schema_version"] == 1
    assert document["checks"][0] == {
        "name": "key",
        "level": "ok",
        "found": "from MODELLIX_API_KEY",
        "remedy": None,
    }


def test_the_libraries_are_those_of_the_package(repo: Path) -> None:
    text = (repo / "pyproject.toml").read_text("utf-8")
    needed = re.search(r"\ndependencies = \[\n(.*?)\n\]", text, re.DOTALL)
    assert needed
    # One may stand there twice, with a floor of its own for later Pythons.
    names = dict.fromkeys(re.findall(r'^ *"([a-z0-9-]+)', needed[1], re.MULTILINE))
    assert tuple(names) == LIBRARIES


@pytest.mark.parametrize(
    ("offset_s", "said"),
    [
        (None, "the API does not report its time"),
        (-29.0, "agrees with the API's"),
        (600.0, "600 s behind the API's"),
        (-3600.0, "3,600 s ahead of the API's"),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much(offset_s: float | None, said: str) -> None:
    assert judge_clock(offset_s).found == said


def test_limits_are_told_where_the_headers_do() -> None:
    told = health.describe_limits(RateHint(limit=200, remaining=7))
    assert told.found == "200 requests a minute, 7 of them left"
    assert "not given in the API's headers" in health.describe_limits(RateHint()).found


def test_a_balance_that_is_not_told_is_a_warning() -> None:
    assert judge_balance(None).level is Level.WARNING


def test_a_folder_that_cannot_be_written_is_a_problem() -> None:
    line = judge_disk(10**12, folder="/films", is_writable=False)
    assert (line.level, line.found) == (Level.PROBLEM, "/films cannot be written")
    assert judge_disk(10**9, folder="/films", is_writable=True).level is Level.WARNING


def test_the_account_s_trouble_outweighs_the_machine_s() -> None:
    lines = (judge_disk(0, folder="/", is_writable=True), judge_balance(0.0))
    assert health.exit_code_of(lines) is ExitCode.ACCOUNT
    assert health.exit_code_of(lines[:1]) is ExitCode.INCOMPLETE
    assert health.exit_code_of((judge_clock(999.0),)) is ExitCode.OK
