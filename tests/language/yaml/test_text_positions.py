"""Where in the file a line of a block scalar stands; folding joins lines, so it has to be found."""

from __future__ import annotations

import pytest

from storyboard.language.nodes import ScalarNode
from storyboard.language.yaml.source import parse_source
from storyboard.language.yaml.text_positions import (
    position_of_line,
    position_of_name,
    position_of_template,
)
from storyboard.records import Position
from tests.language.boards import mapping


def spot(text: str, line: int) -> tuple[int, int, int]:
    node = mapping(text).get("p")
    assert isinstance(node, ScalarNode)
    position = position_of_line(node, line, text)
    return position.line, position.column, position.width


LITERAL = """p: |

    one
      two {{ x }}

    three
"""


@pytest.mark.parametrize(("line", "position"), [(2, (3, 5, 3)), (3, (4, 7, 11)), (5, (6, 5, 5))])
def test_lines_of_a_literal_block_are_those_of_the_file(
    line: int, position: tuple[int, int, int]
) -> None:
    assert spot(LITERAL, line) == position


FOLDED = """p: >-
  one
  two

  three
  four {{ x }}
  five {{ y }}
"""


def test_a_line_of_a_folded_block_is_the_first_of_its_lines_with_a_template() -> None:
    assert spot(FOLDED, 1) == (2, 3, 3)
    assert spot(FOLDED, 2) == (6, 3, 12)


def test_other_values_stand_where_they_begin() -> None:
    assert spot('p: "one\\n{{ two }}"', 2) == (1, 4, 16)
    assert spot("p: one\n  two\n\n  {{ three }}", 2) == (1, 4, 3)


def test_without_the_files_text_the_lines_are_counted() -> None:
    node = mapping(LITERAL).get("p")
    assert isinstance(node, ScalarNode)
    assert position_of_line(node, 3, "").line == 4


def test_windows_line_breaks_change_nothing() -> None:
    text = LITERAL.replace("\n", "\r\n")
    assert spot(text, 3) == (4, 7, 11)


def test_a_value_made_by_a_template_stands_at_the_templates_line() -> None:
    source = "p: |\n  some text\n  {{ x }}\n"
    node = parse_source(source, "film.yaml").root.get("p")  # type: ignore[union-attr]
    assert isinstance(node, ScalarNode)
    assert position_of_template(node, source).line == 3


@pytest.mark.parametrize(
    ("line", "name", "position"),
    [
        ("p: 'a {{ heroo }} walks'", "heroo", (1, 10, 5)),
        ("p: heroo {{ hero }} and {{ row.heroo }}", "heroo", (1, 32, 5)),
        ("p: '{{ heroooo }} {% if heroo %}x{% endif %}'", "heroo", (1, 25, 5)),
        ("p: '{{ a-heroo }}'", "heroo", (1, 10, 5)),
        ("p: 'heroo {{ hero }}'", "heroo", (1, 11, 10)),
        ("p: 'heroo {{ hero }} {{ hero }}'", "heroo", (1, 4, 29)),
        ("p: '{{ row[\"a(b\"] }}'", "a(b", (1, 13, 3)),
    ],
)
def test_a_name_is_found_in_a_template_alone(
    line: str, name: str, position: tuple[int, int, int]
) -> None:
    node = mapping(line).get("p")
    assert isinstance(node, ScalarNode)
    found = position_of_name(name, node.position, line)
    assert (found.line, found.column, found.width) == position


@pytest.mark.parametrize(
    ("name", "tag", "position"),
    [
        ("b", None, (1, 13, 1)),
        ("b", 1, (1, 24, 1)),
        ("x", 1, (1, 21, 7)),
        ("", 0, (1, 5, 14)),
        ("", 2, (1, 4, 25)),
        ("", None, (1, 4, 25)),
    ],
)
def test_of_several_templates_in_a_line_the_faulty_one_is_meant(
    name: str, tag: int | None, position: tuple[int, int, int]
) -> None:
    line = "p: '{{ a.c[ b ] }}, {{ b }}'"
    node = mapping(line).get("p")
    assert isinstance(node, ScalarNode)
    found = position_of_name(name, node.position, line, tag)
    assert (found.line, found.column, found.width) == position


def test_a_name_in_a_text_that_is_not_at_hand_stands_where_the_text_does() -> None:
    position = Position("--var hero", 1, 1)
    assert position_of_name("x", position, "") is position
