"""`storyboard fix`: what it shows, when it writes, what it exits with."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from storyboard.commands import fix
from storyboard.errors import ExitCode
from tests.commands.films import Program
from tests.language.repairs.fixing import HEAD

WRONG = f"{HEAD}shots:\n  - id: pier  # by night\n    promt: {{{{ shot.id }}}} at night\n"
RIGHT = f'{HEAD}shots:\n  - id: pier  # by night\n    prompt: "{{{{ shot.id }}}} at night"\n'
DIFF = """\
--- film.yaml
+++ film.yaml
@@ -2,4 +2,4 @@
 model: alibaba/wan2.7-t2v
 shots:
   - id: pier  # by night
-    promt: {{ shot.id }} at night
+    prompt: "{{ shot.id }} at night"
"""


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text(WRONG, "utf-8")
    return path


def test_where_nobody_can_be_asked_the_repairs_are_only_shown(
    program: Program, wrong: Path
) -> None:
    output = program("fix", wrong)
    assert output.code == ExitCode.INCOMPLETE
    assert output.out == DIFF
    assert output.err == (
        "2 problems can be repaired, none left; nothing is written.\n"
        "    next: storyboard fix film.yaml --yes\n"
    )
    assert wrong.read_text("utf-8") == WRONG


def test_yes_writes_them(program: Program, wrong: Path) -> None:
    output = program("fix", wrong, "--yes")
    assert (output.code, output.out) == (ExitCode.OK, DIFF)
    assert output.err == "2 problems repaired in film.yaml, none left.\n"
    assert wrong.read_text("utf-8") == RIGHT
    again = program("fix", wrong, "--yes")
    assert (again.code, again.out, again.err) == (ExitCode.OK, "", "no problems.\n")


@pytest.mark.parametrize(("answer", "text"), [("y\n", RIGHT), ("n\n", WRONG), ("\n", WRONG)])
def test_a_person_at_the_terminal_is_asked(
    answer: str, text: str, program: Program, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []

    def says(question: str) -> bool:
        questions.append(question)
        return answer == "y\n"

    monkeypatch.setattr(fix, "ask", says)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    code = program("fix", wrong).code
    assert questions == ["Write this to film.yaml?"]
    assert wrong.read_text("utf-8") == text
    assert code == (ExitCode.OK if text == RIGHT else ExitCode.INCOMPLETE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_left_is_named_with_its_place(program: Program, wrong: Path) -> None:
    wrong.write_text(f"{WRONG}    duration: 20\n", "utf-8")
    output = program("fix", wrong, "--yes")
    assert output.code == ExitCode.INCOMPLETE
    assert "film.yaml:6:15: shots[0].duration: 20 is more than 15" in output.err
    assert output.err.endswith("2 problems repaired in film.yaml, 1 left.\n")
    again = program("fix", wrong, "--yes")
    assert (again.code, again.out) == (ExitCode.INCOMPLETE, "")
    assert again.err.endswith("1 problem, none of which can be repaired.\n")


def test_json_prints_the_edits_and_writes_nothing_without_yes(
    program: Program, wrong: Path
) -> None:
    document = program("fix", wrong, "--json").json
    assert document["schema_version"] == 1
    assert document["problems_left"] == 0
    assert [one["code"] for one in document["repaired"]] == ["SB301", "SB112"]
    edit = {"line": 5, "column": 9, "end_column": 34, "text": 'pt: "{{ shot.id }} at night"'}
    file = {"path": "film.yaml", "is_written": False, "edits": [edit]}
    assert document["files"] == [file]
    assert wrong.read_text("utf-8") == WRONG
    assert program("fix", wrong, "--json", "--yes").json["files"] == [{**file, "is_written": True}]
    assert wrong.read_text("utf-8") == RIGHT


def test_a_text_that_a_terminal_or_ci_would_obey_is_shown_as_an_escape(
    program: Program, wrong: Path
) -> None:
    wrong.write_text(f"{WRONG}    notes: '##[error]x\u202e'\n::error::x: y\n", "utf-8")
    output = program("fix", wrong)
    assert "\u202e" not in output.out
    assert "##[" not in output.out
    assert "\n::" not in output.out


def test_several_files_are_written_together(program: Program, wrong: Path) -> None:
    Path("other.yaml").write_text(f"{HEAD}shots:\n  - {{id: a, promt: x}}\n", "utf-8")
    output = program("fix", wrong, "other.yaml", "--yes")
    assert output.err == "3 problems repaired in film.yaml, other.yaml, none left.\n"
    assert "prompt: x" in Path("other.yaml").read_text("utf-8")


def test_validate_says_how_many_may_be_repaired_and_how(program: Program, wrong: Path) -> None:
    wrong.write_text(f"{WRONG}    duration: 20\n", "utf-8")
    output = program("validate", wrong, "--allow-path", "a b")
    assert output.err == (
        "3 problems, nothing submitted.\n"
        "storyboard fix film.yaml --allow-path 'a b' may be able to repair 2 of them.\n"
    )
    program("fix", wrong, "--yes")
    assert program("validate", wrong).err == "1 problem, nothing submitted.\n"


def test_programs_get_with_each_problem_the_repairs_that_fix_would_make(
    program: Program, wrong: Path
) -> None:
    wrong.write_text(f"{HEAD}shots:\n  - {{id: a, promt: x, ratio: wide}}\n", "utf-8")
    other = Path("other.yaml")  # in which the key would be there twice
    other.write_text(f"{HEAD}shots:\n  - {{id: a, prompt: y, promt: x}}\n", "utf-8")
    repairs = [{"path": "film.yaml", "line": 4, "column": 13, "end_column": 18, "text": "prompt"}]
    problems = program("validate", wrong, other, "--format", "json").json["problems"]
    assert [problem["repairs"] for problem in problems] == [repairs, [], []]
    assert program("plan", wrong, other, "--json").json["problems"] == problems
    (run,) = program("validate", wrong, other, "--format", "sarif").json["runs"]
    assert ["fixes" in result for result in run["results"]] == [True, False, False]


def test_repairs_for_programs_can_all_be_made_together(program: Program, wrong: Path) -> None:
    lines = wrong.read_text("utf-8").splitlines(keepends=True)
    problems = program("validate", wrong, "--json").json["problems"]
    for repair in sorted(
        (one for problem in problems for one in problem["repairs"]),
        key=lambda one: (one["line"], -one["column"]),
    ):
        line, start, end = repair["line"] - 1, repair["column"] - 1, repair["end_column"] - 1
        lines[line] = lines[line][:start] + repair["text"] + lines[line][end:]
    assert "".join(lines) == RIGHT


def test_standard_input_beside_a_file_is_read_once(
    program: Program, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    problems = program("validate", "-", wrong, "--json").json["problems"]
    assert [problem["path"] for problem in problems] == ["<stdin>"] * 2 + ["film.yaml"] * 2
    assert not any(problem["repairs"] for problem in problems)


def test_what_stands_in_no_file_is_not_offered_to_be_repaired(
    program: Program, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert program("validate", "-").err == "2 problems, nothing submitted.\n"
