"""Text from outside that wants to act on the terminal or on the CI service that reads the log."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from storyboard.api.account import LogEntry
from storyboard.console import printing
from storyboard.console.yaml_lines import yaml_lines
from storyboard.recovery import lookup
from storyboard.reporting import quoting
from storyboard.reporting.quoting import json_text, visible
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, KEY, Output, Program

ATTACKS = {
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "title": "\x1b]0;root\x1b\\",
    "c1 sequence": "\x9b2J",
    "workflow command": "x\n::stop-commands::never\n",
    "workflow command after spaces": "x\n \u3000::add-mask::e\n",
    "old workflow command": "x ##[add-path]/tmp y",
    "pipeline command": "##vso[task.setvariable variable=PATH]/tmp",
    "carriage return": "failed\rdone",
    "override": "\u202egpj.exe\u2066",
    "line separators": "a\u2028::error::b\u2029c\x85d",
    "invisible": "a\u200b\u2060\ufeff\U000e0041\u00ad",
}
OUT = Path("renders/film")
ALL = "x".join(ATTACKS.values())
NAME = "\x1b]0;t\x07\x9b2J\n::error::x\r##[a]##vso[b]\u202e\u2028\u200b\U000e0041"
STYLES = ("text", "concise", "json", "github", "sarif")
ATTACK = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
TEXTS = st.text(
    st.sampled_from(["#", "[", ":", " ", "\n", "\t", "é", *"".join(ATTACKS.values())])
) | st.sampled_from(list(ATTACKS.values()))


def acting(text: str) -> list[str]:
    """The lines on which a terminal or a CI service would act."""
    return [
        line
        for line in text.split("\n")
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in line)
        or line.lstrip().startswith("::")
        or "##[" in line
        or "##vso[" in line
    ]


def check(output: Output, *, seen: str | None = None) -> None:
    """Nothing acts; with `seen`, the text was there to be printed at all."""
    assert not acting(output.out)
    assert not acting(output.err)
    assert output.code != 70, output.err
    if seen is not None:
        assert seen in output.out + output.err


def lose_one(program: Program, film: Path, server: SandboxServer) -> None:
    """Take `one` is of unknown outcome, the others are rendered."""
    server.faults = Faults(lost_reply=(1,))
    done = program("render", film, "--yes", "--no-download", "--concurrency", "1")
    assert done.code == 4, done.err
    server.faults = Faults()


def change_row(column: str, value: str) -> None:
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute(f"UPDATE submissions SET {column} = ?", (value,))  # noqa: S608


@ATTACK
@pytest.mark.parametrize("style", STYLES)
def test_a_storyboard_cannot_act_through_its_problems(
    program: Program, film: Path, attack: str, style: str
) -> None:
    text = json.dumps(attack)
    film.write_text(
        f"version: 1\nmodel: {text}\n{text}: 1\nshots:\n  - {{id: {text}, prompt: {text}}}\n"
        f"  - {{id: two, prompt: '{{{{ {text} | nothing }}}}', tags: [{text}]}}\n",
        "utf-8",
    )
    output = program("validate", film, "--format", style)
    own = ("::error file=", "::warning file=") if style == "github" else ()
    lines = [line for line in output.out.split("\n") if not (own and line.startswith(own))]
    check(Output(output.code, "\n".join(lines), output.err))
    assert output.code == 2
    if style in ("json", "sarif"):
        json.loads(output.out)


@pytest.mark.skipif(os.name == "nt", reason="its files have no such names")
@pytest.mark.parametrize("style", STYLES)
def test_the_name_of_a_file_beside_a_missing_one_does_not_act(
    program: Program, film: Path, style: str
) -> None:
    (film.parent / "shot-list-one\x9b\u202e.csv").touch()
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\nshots:\n"
        "  - {id: one, prompt: A boat, rows: shot-list-one.csv}\n",
        "utf-8",
    )
    output = program("validate", film, "--format", style)
    own = ("::error file=",) if style == "github" else ()
    lines = [line for line in output.out.split("\n") if not (own and line.startswith(own))]
    check(Output(output.code, "\n".join(lines), output.err))
    if style in ("text", "json"):
        assert "did you mean" in output.out


@ATTACK
@pytest.mark.parametrize("style", STYLES)
def test_a_raw_line_of_a_storyboard_is_quoted_without_acting(
    program: Program, film: Path, attack: str, style: str
) -> None:
    film.write_bytes(f"version: 1\nshots: [ {attack}\n".encode("utf-8", "surrogatepass"))
    output = program("validate", film, "--format", style)
    lines = [line for line in output.out.split("\n") if not line.startswith("::error file=film")]
    check(Output(output.code, "\n".join(lines), output.err))


@ATTACK
@pytest.mark.parametrize("style", ["yaml", "json", "jsonl"])
def test_payloads_are_shown_whole_and_do_not_act(
    program: Program, film: Path, attack: str, style: str
) -> None:
    film.write_text(FILM.replace("A lighthouse in a storm", json.dumps(attack)), "utf-8")
    output = program("show", film, "one", "--format", style)
    check(output)
    if output.code == 0:
        text = output.out
        document = yaml.safe_load(text) if style == "yaml" else json.loads(text)
        take = document["takes"][0] if style == "json" else document
        assert take["payload"]["prompt"].strip() == attack.strip()


def test_a_file_name_does_not_act(program: Program, film: Path, server: SandboxServer) -> None:
    name = f"::error::{NAME}".replace("/", "") + ".yaml"
    film = film.rename(name)
    for command in ("validate", "plan", "show", "status", "reconcile"):
        check(program(command, "--", name))
    check(program("resolve", "--abandon", "--", name, "one"))
    for style in STYLES:
        output = program("validate", "--format", style, "--strict", "--", name)
        check(output)
    Path(name).write_text("version: 1\nshots: {}\n", "utf-8")
    for style in STYLES:
        output = program("validate", "--format", style, "--", name)
        lines = [line for line in output.out.split("\n") if not line.startswith("::error file=")]
        check(Output(output.code, "\n".join(lines), output.err))


def test_a_folder_name_does_not_act(program: Program, film: Path, server: SandboxServer) -> None:
    folder = f"##[group]{NAME}".replace("/", "")
    for options in ((), ("--json",)):
        check(program("plan", film, "--output", folder, *options))
        check(program("render", film, "--yes", "--output", folder, *options), seen="group")
        check(program("status", film, "--output", folder, *options))


def test_a_reason_in_the_state_file_does_not_act(
    program: Program, film: Path, server: SandboxServer
) -> None:
    lose_one(program, film, server)
    change_row("reason", f"odd-{ALL}")
    for options in ((), ("--json",)):
        for command in ("status", "plan"):
            check(program(command, film, *options))
        check(program("render", film, "--yes", "--no-download", *options))
    check(program("status", film), seen="odd-")
    check(program("reconcile", film, "--json"))
    check(program("resolve", film, "two", "--abandon"))


@pytest.mark.parametrize("column", ["take", "shot", "task_id", "model", "user_id"])
def test_no_other_text_in_the_state_file_acts(
    program: Program, film: Path, server: SandboxServer, column: str
) -> None:
    lose_one(program, film, server)
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("DELETE FROM submissions WHERE id > 1")
    change_row(column, f"odd-{ALL}")
    film.write_text(FILM.replace("id: one", "id: other"), "utf-8")
    for command in ("status", "plan", "reconcile"):
        check(program(command, film))
    check(program("resolve", film, "nobody", "--abandon"))


@pytest.mark.parametrize("at", ["title", "id", "shot", "reason", "task_id", "model", "unknown"])
def test_a_manifest_does_not_act(
    program: Program, film: Path, server: SandboxServer, at: str
) -> None:
    lose_one(program, film, server)
    path = OUT / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    where = manifest if at == "title" else manifest["takes"][0]
    where[f"odd-{ALL}" if at == "unknown" else at] = f"odd-{ALL}"
    path.write_text(json.dumps(manifest), "utf-8")
    (OUT / "state.sqlite3").unlink()
    for options in ((), ("--json",)):
        for command in ("status", "plan"):
            check(program(command, film, *options))
    check(program("plan", film, "--from-manifest"))
    check(program("render", film, "--yes", "--from-manifest", "--no-download"))
    check(program("resolve", film, "one", "--abandon"))


@pytest.fixture
def talking_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An API that refuses everything with the message in the list."""
    words = ["no"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"code": 400, "message": f"odd-{words[0]}", "data": None}).encode()
            self.send_response(400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(
            "storyboard.project.default_folder.DEFAULT_BASE_URL",
            f"http://127.0.0.1:{server.server_port}",
        )
        monkeypatch.setenv("MODELLIX_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("MODELLIX_API_KEY", KEY)
        yield words
        server.shutdown()
        thread.join()


def test_a_message_of_the_api_does_not_act(
    program: Program, film: Path, talking_server: list[str]
) -> None:
    talking_server[0] = ALL
    check(program("render", film, "--yes"), seen="odd-")
    check(program("status", film), seen="odd-")
    change_row("state", "unknown")
    check(program("resolve", film, "one", "--task-id", "task-1"), seen="odd-")
    check(program("reconcile", film))
    check(program("doctor"))


def test_a_row_of_the_request_log_does_not_act(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_one(program, film, server)
    with closing(sqlite3.connect(OUT / "state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET user_id = NULL")
    read = lookup.read_whole_log

    def reworded(*arguments: object, **options: object) -> tuple[LogEntry, ...]:
        rows = tuple(read(*arguments, **options))  # type: ignore[arg-type] # passed on as they came
        return (*rows, *(replace(row, task_id=f"odd-{ALL}", status=ALL) for row in rows))

    monkeypatch.setattr(lookup, "read_whole_log", reworded)
    check(program("reconcile", film), seen="odd-")
    check(program("reconcile", film, "--json"), seen="odd-")


@ATTACK
def test_a_bug_does_not_act(
    program: Program, film: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError(attack)

    monkeypatch.setattr("storyboard.commands.validate.read_storyboards", fail)
    output = program("validate", film)
    assert output.code == 70
    check(Output(0, output.out, output.err), seen="this is a bug in storyboard")


@ATTACK
def test_what_the_user_mistypes_does_not_act(program: Program, attack: str) -> None:
    check(program(attack))
    check(program("plan", "film.yaml", f"--{attack}"))
    check(program("validate", "film.yaml", "--format", attack))


@given(TEXTS)
def test_a_visible_line_stays_as_it_is_and_never_acts(text: str) -> None:
    line = visible(text)
    assert not acting(line)
    assert "\n" not in line
    assert visible(line) == line


@given(TEXTS, TEXTS)
def test_json_reads_as_the_same_text_and_never_acts(key: str, text: str) -> None:
    written = json_text({key: [text]})
    assert not acting(written)
    assert json.loads(written) == {key: [text]}


@given(TEXTS, TEXTS)
def test_yaml_reads_as_the_same_text_and_never_acts(key: str, text: str) -> None:
    documents = [{"id": text, "meta": {key: [text, {text: 1}]}}, {"id": "two"}]
    lines = [visible(line) for line in yaml_lines(documents)]
    assert not acting("\n".join(lines))
    assert list(yaml.safe_load_all("\n".join(lines))) == documents


def test_every_character_that_is_escaped_alone_is_escaped_in_a_text() -> None:
    escaped = [chr(code) for code in range(0x110000) if quoting._ACTIVE.match(chr(code))]
    assert not [letter for letter in escaped if visible(f"a{letter}") == f"a{letter}"]


def test_ordinary_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["straße, 灯台, حسن", "a # b ## c [d] a::b", "", "  two: 1"]
    printing.print_lines(lines)
    assert capsys.readouterr().out.split("\n")[:-1] == lines
