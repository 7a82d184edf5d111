"""One film under two spellings keeps its folder, and two films never share one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import FILM, Program

NFC = "caf\u00e9"
NFD = unicodedata.normalize("NFD", NFC)
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other file systems take these names for one"
)


def run_without_utf_8(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "storyboard", *arguments],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )


def folders() -> list[str]:
    return sorted(path.name for path in Path("renders").iterdir())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{NFC}.yaml", f"{NFD}.yaml"),
        (f"{NFD}.yaml", f"{NFC}.yaml"),
        ("Film.yaml", "film.yaml"),
        ("film.yaml", "film.yml"),
        ("\u00c9t\u00e9.yaml", "e\u0301te\u0301.YML"),
    ],
)
def test_a_storyboard_whose_name_is_spelt_anew_keeps_its_folder(
    program: Program, film: Path, server: SandboxServer, before: str, after: str
) -> None:
    film.rename(before)
    assert program("render", before, "--yes").code == 0
    before_it = folders()
    Path(before).rename(after)
    assert program("plan", after).out.startswith(f"{after}: 3 keep")
    assert program("status", after).out.startswith(f"{after}: 3 done")
    assert program("render", after).code == 0
    assert program("resolve", after, "one", "--abandon").code == 2
    assert folders() == before_it
    assert server.ledger.posts == 3


@pytest.mark.parametrize("keep_state", [False, True])
def test_a_folder_that_an_archive_or_git_spelt_anew_is_found(
    program: Program, film: Path, server: SandboxServer, keep_state: bool
) -> None:
    film.rename(f"{NFC}.yaml")
    assert program("render", f"{NFC}.yaml", "--yes").code == 0
    folder = Path("renders", NFC).rename(Path("renders", NFD))
    if not keep_state:
        for path in folder.glob("state.sqlite3*"):
            path.unlink()
    assert program("render", f"{NFC}.yaml").code == 0
    assert folders() == [NFD]
    assert server.ledger.posts == 3


def test_the_sandbox_finds_its_folder_too(program: Program, film: Path) -> None:
    film.rename(f"{NFC}.yaml")
    assert program("render", f"{NFC}.yaml", "--sandbox", "--only", "one").code == 0
    Path("renders", f"{NFC}.sandbox").rename(Path("renders", f"{NFD}.sandbox"))
    assert program("plan", f"{NFC}.yaml", "--sandbox", "--only", "one").out.startswith(
        f"{NFC}.yaml: 1 keep"
    )


@pytest.mark.parametrize("command", [("plan",), ("status",), ("render", "--yes"), ("reconcile",)])
def test_a_film_with_two_folders_is_refused(
    program: Program, film: Path, server: SandboxServer, command: tuple[str, ...]
) -> None:
    assert program("render", film, "--yes").code == 0
    shutil.copytree("renders/film", "renders/Film")
    output = program(command[0], film, *command[1:])
    assert output.code == 2
    assert "renders holds several folders of one storyboard: Film, film" in output.err
    assert server.ledger.posts == 3


@pytest.mark.parametrize("twin", ["film.yml", "Film.yaml", "FILM.YML"])
@pytest.mark.parametrize("both", [False, True])
def test_two_storyboards_that_would_share_a_folder_are_refused(
    program: Program, film: Path, server: SandboxServer, twin: str, both: bool
) -> None:
    Path(twin).write_text(FILM.replace("storm", "calm"), "utf-8")
    output = program("render", film, *([twin] if both else []), "--yes")
    assert output.code == 2
    assert f"film.yaml and {twin} would render into the same folder" in output.err
    assert server.ledger.posts == 0
    assert program("render", film, "--yes", "--output", "out").code == 0


def test_what_is_no_other_storyboard_is_no_twin(
    program: Program, film: Path, server: SandboxServer
) -> None:
    Path("film.yml").write_text("services: {web: {image: nginx}}\n", "utf-8")
    os.mkfifo("FILM.yaml")
    Path("Film.yaml").symlink_to(film)
    assert program("render", film, "--yes").code == 0


def test_rows_and_includes_are_found_in_any_spelling(
    program: Program, film: Path, server: SandboxServer
) -> None:
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\ndefaults: {duration: 2, resolution: 720P}\n"
        f"include: [Styles/{NFC}.yaml]\n"
        f"shots:\n  - id: 'a{{{{ row.n }}}}'\n    rows: {NFC}/Products.csv\n"
        f"    prompt: '{{{{ look }}}} {{{{ row.{NFC} }}}}'\n",
        "utf-8",
    )
    Path("styles").mkdir()
    Path("styles", f"{NFD}.yaml").write_text("vars: {look: grainy}\n", "utf-8")
    Path(NFD).mkdir()
    Path(NFD, "products.csv").write_text(f"n,{NFD}\n1,lake\n", "utf-8")
    output = program("show", film, "--format", "jsonl")
    assert output.code == 0, output.err
    assert '"prompt": "grainy lake"' in output.out


@pytest.mark.parametrize("name", ["rows: A.csv", "include: [A.csv]"])
def test_a_spelling_that_fits_two_files_is_not_guessed(
    program: Program, film: Path, name: str
) -> None:
    for one in ("a.csv", "A.CSV"):
        Path(one).write_text("n\n1\n", "utf-8")
    is_rows = name.startswith("rows")
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\n"
        + ("" if is_rows else f"{name}\n")
        + f"shots:\n  - {{id: a, prompt: A boat{', ' + name if is_rows else ''}}}\n",
        "utf-8",
    )
    output = program("validate", film)
    assert output.code == 2
    assert "there is no such file" in output.err + output.out


def test_a_locale_without_utf_8_leads_to_the_same_folder_and_files(
    program: Program, film: Path, server: SandboxServer
) -> None:
    film.write_text(FILM.replace("shots:", f"include: [{NFC}-look.yaml]\nshots:"), "utf-8")
    film.rename(f"{NFC}.yaml")
    Path(f"{NFC}-look.yaml").write_text("vars: {x: a}\n", "utf-8")
    assert program("render", f"{NFC}.yaml", "--yes").code == 0
    done = run_without_utf_8("render", f"{NFC}.yaml")
    assert done.returncode == 0, done.stderr
    assert folders() == [NFC]
    assert program("render", f"{NFC}.yaml").code == 0
    assert server.ledger.posts == 3


def test_what_the_command_line_names_is_found_in_any_spelling(
    program: Program, film: Path, server: SandboxServer
) -> None:
    film.rename(f"{NFD}.yaml")
    Path(f"{NFD}-vars.yaml").write_text("{}\n", "utf-8")
    named = (f"{NFC}.yaml", "--vars", f"{NFC}-vars.yaml")
    assert program("render", *named, "--yes", "--output", NFC, "--state", "State").code == 0
    Path(NFC).rename(NFD)
    Path("State").rename("state")
    output = program("render", *named, "--output", NFC, "--state", "State")
    assert output.code == 0, output.err
    assert server.ledger.posts == 3


def test_macros_are_found_by_a_name_that_a_mac_spelt(program: Program, film: Path) -> None:
    Path("templates").mkdir()
    Path("templates", f"{NFD}.j2").write_text("{% macro a() %}a boat{% endmacro %}", "utf-8")
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\n"
        f"shots:\n  - {{id: a, prompt: '{{{{ {NFC}.a() }}}}'}}\n",
        "utf-8",
    )
    assert '"prompt": "a boat"' in program("show", film, "--format", "jsonl").out


def test_words_of_the_command_line_are_utf_8_in_every_locale(film: Path) -> None:
    film.write_text(
        "version: 1\nmodel: alibaba/wan2.7-t2v\nvars: {place: a}\n"
        f"shots:\n  - {{id: a, prompt: 'At {{{{ place }}}}', tags: [{NFC}]}}\n"
        "  - {id: b, prompt: A boat}\n",
        "utf-8",
    )
    words = ["show", str(film), "--var", f"place={NFC} \U0001f600", "--format", "json"]
    done = run_without_utf_8(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["takes"][0]["payload"]["prompt"] == f"At {NFC} \U0001f600"
    done = run_without_utf_8("plan", str(film), "--sandbox", "--tag", NFD)
    assert done.stdout.startswith(b"film.yaml: 1 submit"), done.stderr
