"""What shells are offered, by the protocol of each of them, and in bash itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from storyboard.cli import run
from storyboard.console import completers, powershell
from tests.commands.films import FILM, Program

HOSTILE = [
    *(
        "$(touch x)",
        "`touch x`",
        "a b",
        "a;b",
        "-rf",
        "--yes",
        "a*",
        "a,b",
        "a:b",
        "~",
        "a'b",
        "a/b",
    ),
    *("\\x1b[31m", "a\\u202eb", "a\\nb", "##[error]", "%B", "x" * 121),
]
SCENES = """\
version: 1
model: alibaba/wan2.7-t2v
scenes:
  - {id: pier, shots: [{id: one, prompt: A cat, tags: [sea, "été"]}]}
  - {id: town, shots: [{id: "two-{{ matrix.x }}", matrix: {x: [a, b]}, prompt: "{{ matrix.x }}"}]}
"""

Ask = Callable[..., list[str]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """What a shell gets for the words of a command line, the last of which is not complete."""

    def answer(*words: str, kind: str = "bash") -> list[str]:
        line = "\n".join(["storyboard", *words[:-1]])
        if kind == "powershell":
            number = words[-1]
        else:
            number = str(len(words)) if kind != "fish" else words[-1]
            line += f"\n{words[-1]}"
        monkeypatch.setenv("_STORYBOARD_COMPLETE", f"{kind}_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", number)
        with pytest.raises(SystemExit):
            run([])
        out, err = capfd.readouterr()
        assert err == ""
        return out.splitlines() if out.strip() else []

    return answer


@pytest.fixture
def only(film: Path) -> Path:
    """A storyboard with scenes, the only one of the folder."""
    film.unlink()
    path = Path("film.storyboard.yaml")
    path.write_text(SCENES, "utf-8")
    return path


def test_takes_shots_scenes_and_tags_are_offered(ask: Ask, only: Path) -> None:
    assert ask("plan", "--only", "") == ["plain,one", "plain,two-a", "plain,two-b"]
    assert ask("render", "--except", "tw") == ["plain,two-a", "plain,two-b"]
    assert ask("render", "--scene", "") == ["plain,pier", "plain,town"]
    assert ask("plan", str(only), "--tag", "") == ["plain,sea", "plain,été"]
    assert ask("show", "o") == ["plain,one"]
    assert ask("show", str(only), "two-a", "two-") == ["plain,two-a", "plain,two-b"]
    assert ask("resolve", "on") == ["plain,one"]


def test_a_shot_with_several_takes_is_offered_with_them(ask: Ask, film: Path) -> None:
    assert ask("plan", str(film), "--only", "two") == ["plain,two", "plain,two.t1", "plain,two.t2"]


def test_the_vars_of_the_command_line_count(ask: Ask, film: Path) -> None:
    film.write_text(FILM.replace("id: one", 'id: "{{ x }}"'), "utf-8")
    assert ask("plan", str(film), "--var", "x=harbor", "--only", "h") == ["plain,harbor"]


def test_options_choices_faults_and_schemas_are_offered(ask: Ask, film: Path) -> None:
    assert ask("validate", "--stri") == ["plain,--strict"]
    assert ask("validate", "--format", "s") == ["plain,sarif"]
    assert "plain,lost_reply=0.1" in ask("sandbox", "--fault", "")
    assert ask("render", str(film), "--fault", "html") == ["plain,html_instead=0.1"]
    assert ask("schema", "inc") == ["plain,include"]
    assert ask("models", "s") == ["plain,show"]
    assert ask("models", "show", "alibaba/wan2.7-t") == ["plain,alibaba/wan2.7-t2v"]
    assert ask("rend") == ["plain,render"]


def test_files_are_offered_where_no_take_fits(ask: Ask, film: Path) -> None:
    assert ask("show", "fi") == ["file,fi"]
    assert ask("validate", "fi") == ["file,fi"]


@pytest.mark.parametrize(
    ("shell", "offered"),
    [
        ("bash", ["plain,one"]),
        ("fish", ["plain,one"]),
        ("zsh", ["plain", "one", "_"]),
        ("powershell", ["plain\tone\tone"]),
    ],
)
def test_each_shell_is_answered_in_its_own_form(
    ask: Ask, film: Path, shell: str, offered: list[str]
) -> None:
    assert ask("plan", str(film), "--only", "o", kind=shell) == offered


def test_powershell_hands_over_windows_paths_as_they_are(ask: Ask, film: Path) -> None:
    name = r"C:\my films\film.yaml"
    Path(name).write_text(FILM, "utf-8")
    assert ask("plan", name, "--only", "o", kind="powershell") == ["plain\tone\tone"]
    assert ask("plan", "--stri", kind="powershell")[0].startswith("plain\t--strict\tTreat warnings")


def test_what_a_shell_would_act_on_is_not_offered(ask: Ask, film: Path) -> None:
    tags = ", ".join(f'"{tag}"' for tag in HOSTILE)
    film.write_text(FILM.replace("[sea]", f"[sea, {tags}]"), "utf-8")
    assert ask("plan", str(film), "--tag", "") == ["plain,sea"]


@pytest.mark.parametrize("text", ["", "shots: [", "version: 1\nshots: 5\n", "\x00", "a: &a [*a]"])
def test_a_storyboard_that_cannot_be_read_offers_nothing_and_says_nothing(
    ask: Ask, film: Path, text: str
) -> None:
    film.write_text(text, "utf-8")
    assert ask("plan", str(film), "--only", "") == []
    assert ask("plan", "no.yaml", "--only", "") == []
    assert ask("plan", "--only", "") == []  # and no file is named like a storyboard
    assert ask("plan", "-", "--only", "") == []


def test_a_storyboard_that_takes_long_offers_nothing(
    ask: Ask, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Event()
    monkeypatch.setattr(completers, "MAX_WAIT_S", 0.01)
    monkeypatch.setattr(completers, "_boards_of", lambda context: [end.wait()])
    assert ask("plan", str(film), "--only", "") == []
    end.set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_is_printed_with_what_to_do_with_it(program: Program, shell: str) -> None:
    output = program("completion", shell)
    assert output.code == 0
    assert f"_STORYBOARD_COMPLETE={shell}_complete" in output.out.replace(" = '", "=")
    assert output.out.splitlines()[-1].startswith("# To complete: ")
    assert f"storyboard completion {shell}" in output.out.splitlines()[-1]
    document = program("completion", shell, "--json").json
    assert output.out == f"{document['script'].rstrip()}\n# To complete: {document['how']}\n"


def test_the_variable_is_the_one_that_click_looks_for(ask: Ask) -> None:
    assert powershell.VARIABLE == "_STORYBOARD_COMPLETE"
    assert ask("completion", "") == ["plain,bash", "plain,zsh", "plain,fish", "plain,powershell"]


def faults_in(script: str) -> list[str]:
    """What a grammar of PowerShell does not understand in a script."""
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(script.encode())
    nodes, found = [tree.root_node], []
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            found.append(node.text.decode())
        nodes += node.children
    return found


def test_the_script_of_powershell_is_powershell_as_far_as_a_grammar_can_tell(
    program: Program,
) -> None:
    """No registry that the tests may use has PowerShell itself, so nothing here runs the script."""
    script = program("completion", "powershell").out
    assert faults_in(script) == []
    assert faults_in(script.replace("} finally", "finally"))
    assert faults_in(script.replace("param(", "param(("))


@pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="there is no bash here")
def test_bash_itself_completes(only: Path, tmp_path: Path, repo: Path) -> None:
    program = tmp_path / "bin" / "storyboard"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m storyboard "$@"\n', "utf-8")
    program.chmod(0o755)
    script = (
        'eval "$(storyboard completion bash)"; COMP_WORDS=(storyboard plan --only tw); '
        'COMP_CWORD=3; _storyboard_completion storyboard; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": path, "PYTHONPATH": str(repo)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "two-a\ntwo-b\n"


def test_variants_are_offered_and_takes_are_those_of_the_variant(ask: Ask, film: Path) -> None:
    film.write_text(FILM + "variants: {draft: {takes: 1}, dry: {}, 'a b': {}}\n", "utf-8")
    assert ask("plan", "film.yaml", "--variant", "d") == ["plain,draft", "plain,dry"]
    takes = ask("plan", "film.yaml", "--variant", "draft", "--only", "tw")
    assert takes == ["plain,two"]
