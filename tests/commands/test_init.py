"""`storyboard init`: a project that renders at once, beside what is there already."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from storyboard.models.folder import schemas_folder
from storyboard.project.new_project.project_files import SCHEMA, STORYBOARD, WORKFLOW
from tests.commands.films import FILM, Program
from tests.language.rows.xlsx.workbooks import Cell, workbook

MADE = [STORYBOARD, SCHEMA, "templates/camera.j2", ".gitignore", ".gitattributes"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    path = tmp_path / "here"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def payloads(program: Program) -> list[dict[str, Any]]:
    return [take["payload"] for take in program("show", "--json").json["takes"]]


def test_a_new_project_is_sound_and_renders_at_once(program: Program) -> None:
    output = program("init")
    assert output.code == 0
    assert output.out.splitlines() == MADE
    assert output.err == "    next: storyboard render --sandbox\n"
    output = program("validate", "--strict")
    assert (output.code, output.out) == (0, "")
    assert "5 takes" in output.err
    render = program("render", "--sandbox", "--clip-size", "small", "--only", "establishing")
    assert render.code == 0
    assert "1 rendered" in render.err + render.out


def test_the_folder_is_made_and_named_in_the_next_step(program: Program) -> None:
    output = program("init", "films/the harbor")
    assert output.out.splitlines() == [f"films/the harbor/{name}" for name in MADE]
    assert output.err == "    next: cd 'films/the harbor' && storyboard render --sandbox\n"


def test_a_folder_that_begins_with_a_dash_is_no_option_in_the_next_step(program: Program) -> None:
    output = program("init", "--", "-film")
    assert output.err == "    next: cd ./-film && storyboard render --sandbox\n"


def test_the_schema_line_leads_to_a_copy_of_the_schema(program: Program) -> None:
    program("init")
    first, *_ = Path(STORYBOARD).read_text("utf-8").splitlines()
    assert first == f"# yaml-language-server: $schema={SCHEMA}"
    own = (schemas_folder() / "storyboard.schema.json").read_text("utf-8")
    assert Path(SCHEMA).read_text("utf-8") == own


def test_nothing_that_is_there_is_overwritten(program: Program) -> None:
    write(".gitignore", "secret\nrenders/*.sandbox/\n")
    write("templates/camera.j2", "{% macro mine() %}x{% endmacro %}")
    output = program("init")
    assert output.out.splitlines() == [STORYBOARD, SCHEMA, ".gitattributes"]
    assert Path(".gitignore").read_text("utf-8") == "secret\nrenders/*.sandbox/\n"
    assert (
        ".gitignore: already exists, left unchanged; it lacks: renders/*/state.sqlite3*, "
        "renders/*/.lock*, renders/*/.storyboard-*.tmp, renders/*/videos/\n"
    ) in output.err
    assert "templates/camera.j2: already exists, left unchanged\n" in output.err
    # The storyboard asks for macros that the file has not.
    assert output.code == 2
    assert "next: storyboard validate" in output.err


@pytest.mark.parametrize("name", [STORYBOARD, "other.storyboard.yml", "film.yaml"])
def test_a_storyboard_that_is_there_is_a_refusal(program: Program, name: str) -> None:
    write(name, FILM)
    output = program("init", "--json")
    assert output.code == 2
    message = f"{name} is already a storyboard, and a new project starts without one."
    assert output.json["error"]["message"] == message
    assert list(Path().iterdir()) == [Path(name)]


def test_json_names_the_files(program: Program) -> None:
    write(".gitattributes", "* -text\n")
    document = program("init", "new", "--json").json
    assert document["kept"] == []
    assert document["made"] == [f"new/{name}" for name in MADE]
    assert program("init", "--json").json["kept"] == [".gitattributes"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("name", ["templates", "schemas", ".github", ".github/workflows"])
def test_nothing_is_written_through_a_link(program: Program, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).symlink_to(elsewhere)
    output = program("init", "--github")
    assert output.code == 2
    assert f"{name} is a symbolic link, but a folder of that name is needed" in output.err
    assert not list(elsewhere.iterdir())
    assert not Path(STORYBOARD).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_in_the_place_of_a_file_stays(program: Program, tmp_path: Path) -> None:
    Path(".gitignore").symlink_to(tmp_path / "nowhere")
    assert program("init").code == 0
    assert Path(".gitignore").is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_a_file_in_the_place_of_a_folder_is_a_refusal(program: Program) -> None:
    write("film", "")
    assert "film is not a folder" in program("init", "film").err
    write("templates", "")
    assert "templates is a file, but a folder of that name is needed" in program("init").err
    assert {path.name for path in Path().iterdir()} == {"film", "templates"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(program: Program, folder: Path) -> None:
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    output = program("init")
    folder.chmod(stat.S_IRWXU)
    assert output.code == 2
    assert "next: make the folder writable, or name another one" in output.err


def test_the_workflow_stands_at_the_top_of_the_repository(program: Program, folder: Path) -> None:
    (folder / ".git").mkdir()
    output = program("init", "films/harbor", "--github")
    assert output.code == 0
    assert output.out.splitlines()[-1] == str(folder / WORKFLOW)
    assert (folder / WORKFLOW).is_file()
    assert program("init", "--github").out.splitlines() == MADE  # and there it stays


def test_a_table_becomes_shots(program: Program) -> None:
    write(
        "shots.csv",
        "Shot Nr,Visual Description,Duration (s),Aspect Ratio,Quality,Tags,Camera Move\n"
        '1A,A harbor at dawn,5s,16:9,1080p,"sea, dawn",Dolly\n'
        "1B,A lighthouse,0:04,9x16,720p,night,\n"
        "2,Waves,,,,,\n",
    )
    assert program("init", "--from", "shots.csv").code == 0
    text = Path(STORYBOARD).read_text("utf-8")
    assert "#   Visual Description  prompt\n" in text
    assert "#   Camera Move: row['Camera Move']\n" in text
    takes = program("show", "--json").json["takes"]
    assert [take["id"] for take in takes] == ["1A", "1B", "2"]
    assert takes[0]["tags"] == ["sea", "dawn"]
    assert [
        [take["payload"][key] for key in ("prompt", "duration", "ratio", "resolution")]
        for take in takes
    ] == [
        ["A harbor at dawn", 5, "16:9", "1080P"],
        ["A lighthouse", 4, "9:16", "720P"],
        ["Waves", 5, "16:9", "720P"],
    ]


def test_a_text_becomes_a_shot_a_line(program: Program) -> None:
    write("ideas/prompts.txt", "# ideas\nA cat\n\nA dog\n")
    assert program("init", "--from", "ideas/prompts.txt").code == 0
    assert [payload["prompt"] for payload in payloads(program)] == ["A cat", "A dog"]
    assert program("validate", "--strict").code == 0


def test_a_list_inside_of_a_json_file_is_found(program: Program) -> None:
    clips = [
        {"name": "One", "text": "A cat", "seconds": 3, "tags": ["a", "b"], "prompt_extend": True},
        {"name": "Two", "text": "A dog", "seconds": None},
    ]
    write("board.json", json.dumps({"project": {"title": "x", "clips": clips}}))
    assert program("init", "--from", "board.json").code == 0
    assert [list(payload.values()) for payload in payloads(program)] == [
        ["A cat", "720P", "16:9", 3, True],
        ["A dog", "720P", "16:9", 5, False],
    ]


def test_of_several_lists_one_is_asked_for(program: Program) -> None:
    clips = [{"prompt": "A cat"}]
    write("board.json", json.dumps({"clips": clips, "cast": [{"name": "Ann"}]}))
    output = program("init", "--from", "board.json")
    assert output.code == 2
    assert "board.json holds 2 lists: clips, cast.\n    next: name one with --key KEY" in output.err
    assert program("init", "--from", "board.json", "--key", "clips").code == 0
    assert program("init", "new", "--key", "clips").code == 2
    assert program("init", "new", "--sheet", "Shots").code == 2


def test_a_sheet_of_a_workbook_becomes_shots(program: Program) -> None:
    sheets: dict[str, list[list[Cell]]] = {
        "Cast": [["Name"], ["Ann"]],
        "Shots": [["Prompt", "Sec"], ["A cat", 3]],
    }
    Path("shots.xlsx").write_bytes(workbook(sheets))
    assert "it has 2 sheets: 'Cast', 'Shots'" in program("init", "--from", "shots.xlsx").err
    assert program("init", "--from", "shots.xlsx", "--sheet", "Shots").code == 0
    assert [list(payload.values())[:4] for payload in payloads(program)] == [
        ["A cat", "720P", "16:9", 3]
    ]


def test_without_a_prompt_the_storyboard_says_so(program: Program) -> None:
    write("shots.csv", "Place,Mood\nPier,calm\n")
    output = program("init", "--from", "shots.csv")
    assert output.code == 2
    assert "shots[0].prompt: row has no 'prompt'" in output.err
    assert output.err.endswith("    next: storyboard validate\n")
    text = Path(STORYBOARD).read_text("utf-8")
    assert "# No column is named like a prompt: write here which one it is" in text
    Path(STORYBOARD).write_text(text.replace("{{ row.prompt }}", "{{ row.Place }}"), "utf-8")
    assert program("validate", "--strict").code == 0


def test_a_column_whose_cells_do_not_fit_its_name_fills_nothing(program: Program) -> None:
    write("shots.csv", "prompt,size,duration\nA cat,large,long\nA dog,small,short\n")
    assert program("init", "--from", "shots.csv").code == 0
    text = Path(STORYBOARD).read_text("utf-8")
    assert "# size fills nothing: 'large' is no resolution.\n" in text
    assert "# duration fills nothing: 'long' is no duration.\n" in text


def test_a_cell_that_does_not_fit_is_a_problem_and_not_left_out(program: Program) -> None:
    write("shots.csv", "prompt,duration\nA cat,5\nA dog,50\n")
    output = program("init", "--from", "shots.csv")
    assert output.code == 2
    assert "50 is more than 15" in output.err
    assert "row: shots.csv:3, row.duration: '50'" in output.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("no.csv", None, "there is no such file"),
        ("shots.csv", "", "the file is empty"),
        ("shots.csv", "prompt\n", "no rows in this file"),
        ("shots.xlsx", "", "save it as .xlsx, or as CSV"),
        ("shots.csv", "prompt,prompt\na,b\n", "prompt"),
        ("board.json", "{", "expected here"),
        ("board.json", "5", "rows must be a list of mappings, not a number"),
    ],
)
def test_a_list_that_cannot_be_read_makes_nothing(
    program: Program, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        write(name, text)
    output = program("init", "new", "--from", name)
    assert (output.code, output.out) == (2, "")
    assert message in output.err
    assert not Path("new").exists()


def test_a_list_outside_of_the_project_is_copied(program: Program) -> None:
    write("lists/shots.csv", "prompt\nA cat\n")
    output = program("init", "film", "--from", "lists/shots.csv")
    assert "lists/shots.csv is outside the new project, so film/shots.csv is a copy" in output.err
    assert Path("film/shots.csv").read_text("utf-8") == "prompt\nA cat\n"
    write("other/shots.csv", "prompt\nA boat\n")
    output = program("init", "other", "--from", "lists/shots.csv")
    assert output.code == 2
    assert "and other/shots.csv is a different file" in output.err
    assert not Path("other", STORYBOARD).exists()


def test_a_list_elsewhere_in_the_repository_is_read_where_it_is(program: Program) -> None:
    Path(".git").mkdir()
    write("lists/shots.csv", "prompt\nA cat\n")
    assert program("init", "films/harbor", "--from", "lists/shots.csv").code == 0
    assert 'rows: "../../lists/shots.csv"' in Path("films/harbor", STORYBOARD).read_text("utf-8")


def test_a_list_with_the_key_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "mdlx-marked-key-0123456789"
    monkeypatch.setenv("MODELLIX_API_KEY", key)
    write("shots.csv", f"prompt\n{key}\n")
    output = program("init", "new", "--from", "shots.csv")
    assert output.code == 2
    assert "contains the API key" in output.err
    assert not Path("new").exists()


def test_the_vendors_own_folder_is_no_list(program: Program, tmp_path: Path) -> None:
    private = write(str(Path.home() / ".config/modellix/profiles.json"), '["x"]')
    output = program("init", "new", "--from", private)
    assert "is in a place where API keys are kept, and is never read" in output.err
    assert not Path("new").exists()
