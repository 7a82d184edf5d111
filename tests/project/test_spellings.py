"""One film under two spellings keeps its folder, and two films never share one."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.films import FILM, Program
from tests.project.rendered import rendered

__all__ = ["rendered"]

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


def as_named(name: str, film: Path) -> str:
    """Renames the rendered film and its folder; the name of the file."""
    Path("renders/film.sandbox").rename(Path("renders", f"{name}.sandbox"))
    state = Path("renders", f"{name}.sandbox", "state.sqlite3")
    with closing(sqlite3.connect(state)) as db, db:
        db.execute("UPDATE folder SET storyboard = ?", (unicodedata.normalize("NFC", name),))
    manifest = Path("renders", f"{name}.sandbox", "manifest.json")
    text = manifest.read_text("utf-8").replace('"storyboard": "film"', f'"storyboard": "{name}"')
    manifest.write_text(text, "utf-8")
    return str(film.rename(f"{name}.yaml"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NFC, f"{NFD}.yaml"),
        (NFD, f"{NFC}.yaml"),
        ("Film", "film.yaml"),
        ("film", "film.yml"),
        ("\u00c9t\u00e9", "e\u0301te\u0301.YML"),
    ],
)
def test_a_storyboard_whose_name_is_spelt_anew_keeps_its_folder(
    program: Program, rendered: Path, before: str, after: str
) -> None:
    Path(as_named(before, rendered)).rename(after)
    assert program("plan", after, "--sandbox").out.startswith(f"{after}: 3 keep")
    assert program("status", after, "--sandbox").out.startswith(f"{after}: 3 rendered")
    assert program("render", after, "--sandbox").code == 0
    assert "nothing to resolve" in program("resolve", after, "one", "--abandon", "--sandbox").err
    assert folders() == [f"{before}.sandbox"]


@pytest.mark.parametrize("keep_state", [False, True])
def test_a_folder_that_an_archive_or_git_spelt_anew_is_found(
    program: Program, rendered: Path, keep_state: bool
) -> None:
    name = as_named(NFC, rendered)
    folder = Path("renders", f"{NFC}.sandbox").rename(Path("renders", f"{NFD}.sandbox"))
    if not keep_state:
        for path in folder.glob("state.sqlite3*"):
            path.unlink()
    assert program("plan", name, "--sandbox").out.startswith(f"{name}: 3 keep")
    assert program("render", name, "--sandbox").code == 0
    assert folders() == [f"{NFD}.sandbox"]


@pytest.mark.parametrize("command", [("plan",), ("status",), ("render", "--yes"), ("reconcile",)])
def test_a_film_with_two_folders_is_refused(
    program: Program, film: Path, command: tuple[str, ...]
) -> None:
    for name in ("film", "Film"):
        Path("renders", f"{name}.sandbox").mkdir(parents=True)
    output = program(command[0], film, "--sandbox", *command[1:])
    assert output.code == 2
    assert (
        "renders holds several folders of one storyboard: Film.sandbox, film.sandbox" in output.err
    )


@pytest.mark.parametrize("twin", ["film.yml", "Film.yaml", "FILM.YML"])
@pytest.mark.parametrize("both", [False, True])
def test_two_storyboards_that_would_share_a_folder_are_refused(
    program: Program, film: Path, twin: str, both: bool
) -> None:
    Path(twin).write_text(FILM.replace("storm", "calm"), "utf-8")
    output = program("render", film, *([twin] if both else []), "--sandbox")
    assert output.code == 2
    assert f"film.yaml and {twin} would render into the same folder" in output.err
    assert program("plan", film, "--sandbox", "--output", "out").code == 0


def test_what_is_no_other_storyboard_is_no_twin(program: Program, film: Path) -> None:
    Path("film.yml").write_text("services: {web: {image: nginx}}\n", "utf-8")
    os.mkfifo("FILM.yaml")
    Path("Film.yaml").symlink_to(film)
    assert program("plan", film, "--sandbox").code == 0


def test_rows_and_includes_are_found_in_any_spelling(program: Program, film: Path) -> None:
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
    program: Program, rendered: Path
) -> None:
    name = as_named(NFC, rendered)
    rendered = Path(name)
    rendered.write_text(FILM.replace("shots:", f"include: [{NFC}-look.yaml]\nshots:"), "utf-8")
    Path(f"{NFC}-look.yaml").write_text("vars: {x: a}\n", "utf-8")
    done = run_without_utf_8("render", name, "--sandbox", "--json")
    assert done.returncode == 0, done.stderr
    takes = json.loads(done.stdout)["storyboards"][0]["takes"]
    assert [take["status"] for take in takes] == ["done"] * 3
    assert folders() == [f"{NFC}.sandbox"]
    assert program("plan", name, "--sandbox").out.startswith(f"{name}: 3 keep")


def test_what_the_command_line_names_is_found_in_any_spelling(
    program: Program, rendered: Path
) -> None:
    rendered.rename("FILM.yaml")
    Path(f"{NFD}-vars.yaml").write_text("{}\n", "utf-8")
    out = Path("renders/film.sandbox").rename(NFD)
    Path("State").mkdir()
    (out / "state.sqlite3").rename("State/state.sqlite3")
    named = ("--vars", f"{NFC}-vars.yaml", "--output", NFC, "--state", "state")
    output = program("render", "film.yaml", "--sandbox", "--json", *named)
    assert output.code == 0, output.err
    assert output.json["storyboards"][0]["output"] == NFD
    assert output.json["storyboards"][0]["file"] == "FILM.yaml"
    assert not Path("state").exists()


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
