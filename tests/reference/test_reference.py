"""The reference says what the program says."""

from __future__ import annotations

import re
import shlex

import click
import pytest
import yaml

from storyboard.cli import COMMANDS, group
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.errors import find_errors
from storyboard.models.schema.storyboard import storyboard_schema
from storyboard.reporting.codes import codes
from tests.reference.pages import FOLDER, TOP, pages

PAGES = pages()
SKILL = "skills/storyboard/SKILL.md"
FLAGS = re.MULTILINE | re.DOTALL


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_would_be_made_anew(name: str) -> None:
    assert (TOP / name).read_text("utf-8") == PAGES[name], "run: python -m tests.reference"


def test_no_other_page_lies_beside_them() -> None:
    assert {path.relative_to(TOP).as_posix() for path in FOLDER.iterdir()} < set(PAGES)


def test_every_page_is_in_the_index_with_a_line_about_it() -> None:
    listed = dict(re.findall(r"^- \[.+\]\((.+)\): (.+)", PAGES["llms.txt"], re.MULTILINE))
    written = {path.relative_to(TOP).as_posix() for path in TOP.glob("docs/**/*.md")}
    assert written <= listed.keys()
    assert [name for name in listed if not (TOP / name).is_file()] == []


def test_the_skill_begins_with_its_name_and_what_it_is_for() -> None:
    """Agents read the front matter alone until they need the rest; the name is the folder's."""
    _, matter, text = PAGES[SKILL].split("---\n", 2)
    facts = yaml.safe_load(matter)
    assert facts.keys() == {"name", "description"}
    assert facts["name"] == (TOP / SKILL).parent.name
    assert 0 < len(facts["description"]) <= 1024
    assert len(text.splitlines()) < 500


def test_every_render_in_the_skill_is_in_the_sandbox_or_capped() -> None:
    renders = re.findall(r"^(?:\$ )?storyboard render.*", PAGES[SKILL], re.MULTILINE)
    assert renders
    for line in renders:
        assert "--sandbox" in line or ("--max-" in line and "--force" not in line)


def test_the_links_within_a_page_lead_to_its_headings() -> None:
    for name, text in PAGES.items():
        headings = {
            re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)
        }
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings, name


def test_each_example_of_the_format_is_sound() -> None:
    """Each stands in a storyboard at the level of its chapter; what it refers to is not there."""
    schema = storyboard_schema(load_catalog().cards())
    for title, chapter in re.findall(
        r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGES["docs/reference/format.md"], FLAGS
    ):
        for block in re.findall(r"^```yaml\n(.*?)^```", chapter, FLAGS):
            for example in map(yaml.safe_load, block.split("# or\n")):
                assert list(find_errors(around(title, example), schema)) == [], block


def around(chapter: str, example: dict[str, object]) -> dict[str, object]:
    """A storyboard with an example of one chapter in its place."""
    shot: dict[str, object] = {"id": "pier"}
    film: dict[str, object] = {"version": 1, "shots": [shot]}
    if chapter == "A scene":
        return {"version": 1, "scenes": [{"id": "one", "shots": [shot], **example}]}
    if chapter.startswith("A shot"):
        shot.update(example)
    elif "scenes" in example:
        del film["shots"]
    return film if chapter.startswith("A shot") else {**film, **example}


def test_every_command_has_an_example_that_its_options_allow() -> None:
    examples = [
        shlex.split(line.split(" > ")[0])[1:]
        for block in re.findall(
            r"^```sh\n(.*?)^```", PAGES["docs/reference/commands.md"], re.MULTILINE | re.DOTALL
        )
        for line in block.splitlines()
    ]
    assert {name for name, *_ in examples} == set(COMMANDS)
    for words in examples:
        command: click.Command | None = group
        while isinstance(command, click.Group) and words:
            command = command.get_command(click.Context(command), words.pop(0))
        assert command is not None
        command.make_context(command.name, words)


def test_every_code_has_a_section() -> None:
    text = PAGES["docs/reference/problems.md"]
    for code in codes().values():
        assert f"### {code.number} {code.name}\n\n{code.title}\n" in text


def test_the_exit_codes_in_a_help_text_fit_a_terminal() -> None:
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        lines = (command.epilog or "").split("\n")
        assert max(map(len, lines)) <= 76, lines  # click indents them by two
