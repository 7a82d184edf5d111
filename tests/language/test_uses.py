"""Problems with values that came from elsewhere name both places."""

from __future__ import annotations

from pathlib import Path

from tests.language.boards import HEAD, load_text


def uses(folder: Path, text: str, **files: str) -> list[tuple[str, list[str]]]:
    """The word at each problem's place, and the places where it is used."""
    board = load_text(folder, HEAD + text, **files)
    found = []
    for problem in board.problems:
        path, line, column, width = problem.position
        word = board.sources[path].split("\n")[line - 1][column - 1 :][:width]
        places = [f"{use.position.line}:{use.position.column} {use.by}" for use in problem.uses]
        found.append((word, places))
    return found


def test_a_value_that_aliases_repeat(tmp_path: Path) -> None:
    text = """shots:
  - {id: a, prompt: A boat, duration: &slow 20}
  - {id: b, prompt: A pier, duration: *slow}
  - {id: c, prompt: A ship, duration: *slow}
"""
    assert uses(tmp_path, text) == [("20", ["5:39 *slow", "6:39 *slow"])]


def test_a_key_and_a_value_that_a_merge_brought(tmp_path: Path) -> None:
    text = """shots:
  - &base {id: a, prompt: A boat, colour: red, ratio: "2:1"}
  - {<<: *base, id: b}
"""
    assert uses(tmp_path, text) == [("colour", ["5:10 *base"]), ('"2:1"', ["5:10 *base"])]


def test_what_is_written_out_has_no_other_place(tmp_path: Path) -> None:
    text = """shots:
  - &base {id: a, prompt: A boat}
  - {<<: *base, id: b, duration: 20}
"""
    assert uses(tmp_path, text)[0] == ("20", [])


def test_a_name_in_a_text_on_several_lines(tmp_path: Path) -> None:
    text = """shots:
  - id: a
    prompt: &long |
      A boat
      and {{ nobody }}
  - {id: b, prompt: *long}
"""
    assert uses(tmp_path, text) == [("nobody", ["8:21 *long"])]


def test_a_comment_behind_such_a_value_is_not_repeated(tmp_path: Path) -> None:
    text = """shots:
  - id: a
    prompt: A boat
    duration: &slow 5  # storyboard: ignore[SB299]
  - {id: b, prompt: A pier, duration: *slow}
"""
    assert uses(tmp_path, text) == [("SB299", [])]


def test_a_value_of_an_included_file(tmp_path: Path) -> None:
    text = "include: [style.yaml]\nshots: [{id: a, prompt: A boat}]\n"
    style = "include: [deep.yaml]\ndefaults: {duration: &slow 20}\nvars: {n: *slow}\n"
    assert uses(tmp_path, text, style_yaml=style, deep_yaml="foo: 1\n") == [
        ("foo", ["1:11 include"]),
        ("20", ["3:11 *slow", "3:11 include"]),
    ]


def test_a_file_that_is_not_read_to_its_end_has_no_aliases(tmp_path: Path) -> None:
    assert uses(tmp_path, "vars: {a: &a 1, b: *a}\nx: @\n") == [("@", [])]
