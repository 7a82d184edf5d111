"""`storyboard diff` against revisions of git and against files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.films import FILM, Program
from tests.hostile.repositories import git

LONG = """\
version: 1
model: alibaba/wan2.7-t2v
include: [house.yaml]
defaults: {duration: 2, prompt_extend: false}
shots:
  - id: "{{ row.sku }}"
    rows: table.csv
    prompt: "{{ row.name }}, {{ camera.move() }}, {{ look }}"
"""


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, "utf-8")


@pytest.fixture
def repo(film: Path) -> Path:
    """The film, and a longer one with all that it reads, committed."""
    write("long.yaml", LONG)
    write("house.yaml", "version: 1\nvars: {look: warm 35mm film}\n")
    write("table.csv", "sku,name\nlamp,a paper lantern\nboat,a brass boat\n")
    write("templates/camera.j2", "{% macro move() %}the camera glides{% endmacro %}")
    git(Path(), "init", "--quiet")
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "films")
    return film


def edit(name: str, old: str, new: str) -> None:
    text = Path(name).read_text("utf-8")
    assert old in text
    Path(name).write_text(text.replace(old, new), "utf-8")


def test_nothing_differs_from_the_commit_that_was_made_of_it(repo: Path, program: Program) -> None:
    result = program("diff", repo, "--check")
    assert result.code == 0
    assert result.out == (
        "film.yaml against HEAD: no take differs\nno new requests, so nothing to pay for\n"
    )


def test_takes_that_an_edit_adds_changes_renames_and_removes(repo: Path, program: Program) -> None:
    write("film.yaml", FILM.replace("id: one", "id: first").replace("duration: 2", "duration: 3"))
    edit("film.yaml", "takes: 2", "takes: 3")
    result = program("diff", repo, "--price", "0.1", "--check")
    assert result.code == 10
    assert result.out.splitlines() == [
        "film.yaml against HEAD: 2 added, 2 changed, 1 removed",
        "  added    first",
        "  added    two.t3",
        "  changed  duration: 2 to 3, in 2 takes, as in two.t1",
        "  removed  one",
        "4 new requests, 12 s of video, about 1.20 USD",
    ]
    write("film.yaml", FILM.replace("id: one", "id: first"))
    assert program("diff", repo).out.splitlines() == [
        "film.yaml against HEAD: 1 renamed",
        "  renamed  one to first: same request, costs nothing",
        "no new requests, so nothing to pay for",
    ]


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("house.yaml", ("35mm", "16mm"), 'prompt: "… glides, warm 35mm film" to "… gli'),
        ("table.csv", ("lantern", "lamp"), 'prompt: "a paper lantern, the …" to "a paper lamp'),
        ("templates/camera.j2", ("glides", "pans"), 'prompt: "… the camera glides, warm …" to "…'),
    ],
)
def test_included_files_tables_and_templates_are_those_of_the_revision(
    name: str, words: tuple[str, str], line: str, repo: Path, program: Program
) -> None:
    edit(name, *words)
    out = program("diff", "long.yaml").out
    assert f"  changed  {line}" in out
    assert ("in lamp" if name == "table.csv" else "in 2 takes, as in lamp") in out


def test_a_storyboard_that_was_not_there_is_all_new(repo: Path, program: Program) -> None:
    write("new.yaml", FILM)
    result = program("diff", "new.yaml", "--json").json
    assert [take["change"] for take in result["takes"]] == ["added"] * 3
    assert result["commit"] == git(Path(), "rev-parse", "HEAD")
    assert "new.yaml against HEAD, where it is not yet: 3 added" in program("diff", "new.yaml").out


def test_another_file_can_be_compared_with(repo: Path, program: Program) -> None:
    write("other.yaml", FILM.replace("at dawn", "at noon"))
    result = program("diff", repo, "--against", "other.yaml")
    assert '  changed  prompt: "… harbor at noon" to "… harbor at dawn", in 2 takes' in result.out


def test_json_holds_every_value_of_every_take(repo: Path, program: Program) -> None:
    edit("film.yaml", "seed: 7", "seed: 70")
    document = program("diff", repo, "--json", "--price", "1").json
    assert document["schema_version"] == 1
    assert document["takes"][0]["fields"] == [
        {"field": "seed", "old": 7, "new": 70, "is_sent": True}
    ]
    assert document["groups"][0] == {
        "change": "changed",
        "field": "seed",
        "old": "7",
        "new": "70",
        "takes": ["two.t1"],
    }
    assert document["new_requests"] == 2
    assert document["cost_usd"] == 4


def test_markdown_sets_what_comes_from_the_file_as_code(repo: Path, program: Program) -> None:
    edit("film.yaml", "A lighthouse in a storm", "<img src=x> `@all` | **bold**")
    edit("film.yaml", "tags: [sea]", "tags: [sky]")
    assert program("diff", repo, "--format", "markdown").out.splitlines() == [
        "### `film.yaml against HEAD`: 1 changed",
        "",
        '- **changed** `prompt`: `"A lighthouse in a storm"` to '
        '`` "<img src=x> `@all` | **bold**" ``, in `one`',
        '- **changed** `tags`: `["sea"]` to `["sky"]`, in `one`; not part of the request, '
        "costs nothing",
        "",
        "1 new request, 2 s of video.",
    ]


def test_what_is_no_revision_and_no_file_is_wrong_usage(repo: Path, program: Program) -> None:
    for name in ("-x", "nope"):
        result = program("diff", repo, f"--against={name}")
        assert result.code == 2
        assert result.err == (
            f"error: --against '{name}' is neither a git revision nor a file.\n"
            "    next: list the revisions with: git log --oneline\n"
        )


def test_a_revision_with_problems_names_them_with_the_revision(
    repo: Path, program: Program
) -> None:
    edit("film.yaml", "prompt: A harbor", "promt: A harbor")
    git(Path(), "commit", "--quiet", "--all", "--message", "broken")
    write("film.yaml", FILM)
    result = program("diff", repo)
    assert result.code == 2
    assert "HEAD:film.yaml:10:5: shots[1].promt: unknown key" in result.err
    assert "promt: A harbor at dawn" in result.err
    assert program("diff", repo, "--against", "HEAD~1").code == 0


def test_vars_of_the_command_line_hold_for_both_sides(repo: Path, program: Program) -> None:
    assert program("diff", "long.yaml", "--var", "look=noir", "--check").code == 0
