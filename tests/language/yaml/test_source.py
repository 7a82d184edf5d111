"""The first stage: YAML as people expect it, each value with its place."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.text_files import read_text
from storyboard.language.yaml import source as source_module
from storyboard.language.yaml.source import Source, parse_source, read_source
from storyboard.records import Position, Severity
from storyboard.reporting.problems import format_problems
from tests.language.boards import compare

CASES = sorted((Path(__file__).parents[2] / "storyboards" / "source").glob("*.yaml"))

needs_c_parser = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")


@pytest.fixture(params=["c", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either of PyYAML's parsers; both must tell the same story."""
    if request.param == "pure":
        monkeypatch.setattr(source_module, "LOADER", yaml.BaseLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML without libyaml")
    return str(request.param)


def read(text: str) -> Any:
    """The data of a text that has no problems."""
    source = parse_source(text, "film.yaml")
    assert source.problems == ()
    assert source.root is not None
    return source.root.data


def complaints(source: Source) -> list[str]:
    return [problem.message for problem in source.problems]


def at(root: Node | None, *path: str | int) -> Node:
    for step in path:
        if isinstance(step, int):
            assert isinstance(root, SequenceNode)
            root = root.items[step]
        else:
            assert isinstance(root, MappingNode)
            root = root.get(step)
    assert root is not None
    return root


def scalar(text: str, *path: str | int) -> ScalarNode:
    node = at(parse_source(text, "film.yaml").root, *path)
    assert isinstance(node, ScalarNode)
    return node


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_mistakes_in_yaml_are_explained(case: Path, parser: str) -> None:
    source = read_source(case, case.name)
    text = format_problems(source.problems, {case.name: source.text}, style="text")
    compare(f"{text}\n", case.with_suffix(".expected"))


def test_what_was_read_before_a_mistake_in_yaml_is_no_storyboard(parser: str) -> None:
    source = parse_source("a\n: b\n", "f")
    assert complaints(source) == ["this does not belong to the value above it"]
    assert source.root is None


def test_the_first_of_several_documents_is_still_checked() -> None:
    source = parse_source("a: 1\n---\nb: 2\n", "f")
    assert source.root is not None
    assert source.root.data == {"a": 1}


def test_a_version_directive_is_read(parser: str) -> None:
    assert read("%YAML 1.2\n---\na: on\n") == {"a": "on"}


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="ab:-{}[]%#'\"&*!|> \n\t\\<?,.0~", max_size=30))
def test_any_text_gives_a_source_and_never_an_exception(text: str) -> None:
    for loader in {source_module.LOADER, yaml.BaseLoader}:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source_module, "LOADER", loader)
            source = parse_source(text, "f")
        format_problems(source.problems, {"f": text})
        is_sound = all(problem.severity is Severity.WARNING for problem in source.problems)
        assert source.root is not None or not is_sound


# What plain values mean


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("16:9", "16:9"),
        ("190:20:30", "190:20:30"),
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nil", "nil"),
        ("0010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".", "."),
        ("-", [None]),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!!float 5", 5.0),
        ("! 5", "5"),
        ("!!null ''", None),
        ("!!seq [1]", [1]),
        ("!!map {a: 1}", {"a": 1}),
    ],
)
def test_plain_values_follow_the_core_schema_of_yaml_1_2(
    spelling: str, value: object, parser: str
) -> None:
    found = read(f"x:\n {spelling}\n")["x"]
    assert found == value
    assert type(found) is type(value)


def test_a_number_of_too_many_digits_is_a_problem_and_no_traceback() -> None:
    source = parse_source(f"a: {'9' * 5000}\nb: 0x{'f' * 5000}\n", "film.yaml")
    assert complaints(source) == [
        f"a: {'9' * 37}... has 5,000 digits, more than 100",
        f"b: 0x{'f' * 35}... has 5,000 digits, more than 100",
    ]


# Text keys


def test_a_plain_value_under_a_text_key_is_its_spelling() -> None:
    assert read(
        "id: 0010\ntitle: 2001\nprompt: true\nratio: 1.0\nduration: 0010\ntags: [1, 0x2, [3]]\n"
        "deep: [{id: 1e3, seed: 1e3}]\ninclude: [{city: 1}]\n"
    ) == {
        "id": "0010",
        "title": "2001",
        "prompt": "true",
        "ratio": "1.0",
        "duration": 10,
        "tags": ["1", "0x2", ["3"]],
        "deep": [{"id": "1e3", "seed": 1000.0}],
        "include": [{"city": 1}],
    }


def test_null_under_a_text_key_is_still_null() -> None:
    assert read("id:\nprompt: null\ntitle: ~\nnegative: [~]\nnotes: ''\n") == {
        "id": None,
        "prompt": None,
        "title": None,
        "negative": [None],
        "notes": "",
    }


def test_every_value_directly_inside_negatives_is_text() -> None:
    assert read("negatives: {base: 10, people: no, none: ~, more: {x: 1}}") == {
        "negatives": {"base": "10", "people": "no", "none": None, "more": {"x": 1}}
    }


def test_an_alias_means_what_its_spelling_means_where_it_stands() -> None:
    assert read(
        "vars: {code: &code 0010, codes: &codes [0010, 7], all: &all {a: 5}}\n"
        "id: *code\ntags: *codes\nnegatives: *all\nshots: [{title: &t 8, duration: *t}]\n"
        "more: {negatives: {<<: *all, b: 6}}\n*code : x\n"
    ) == {
        "vars": {"code": 10, "codes": [10, 7], "all": {"a": 5}},
        "id": "0010",
        "tags": ["0010", "7"],
        "negatives": {"a": "5"},
        "shots": [{"title": "8", "duration": 8}],
        "more": {"negatives": {"a": "5", "b": "6"}},
        "0010": "x",
    }


def test_keys_are_their_spelling() -> None:
    assert read("16:9: a\n0010: b\nyes: c\n~: d\n'': e\n") == {
        "16:9": "a",
        "0010": "b",
        "yes": "c",
        "~": "d",
        "": "e",
    }


# Places


def test_every_value_knows_where_it_stands(parser: str) -> None:
    text = "a: é日𝒳 # c\nb:\n  - 'x y'\n  - {k: [1, 22]}\nc:\nd: &n !!str  val\ne: *n\n"
    root = parse_source(text, "f.yaml").root

    def position(*path: str | int) -> Position:
        return at(root, *path).position

    assert position("a") == Position("f.yaml", 1, 4, 3)
    assert position("b") == Position("f.yaml", 3, 3, 7)
    assert position("b", 0) == Position("f.yaml", 3, 5, 5)
    assert position("b", 1) == Position("f.yaml", 4, 5, 12)
    assert position("b", 1, "k") == Position("f.yaml", 4, 9, 7)
    assert position("b", 1, "k", 1) == Position("f.yaml", 4, 13, 2)
    assert position("c") == Position("f.yaml", 5, 3, 1)
    assert position("d") == Position("f.yaml", 6, 14, 3)
    assert position("e") == Position("f.yaml", 6, 14, 3)
    assert isinstance(root, MappingNode)
    assert root.entries["e"].key_position == Position("f.yaml", 7, 1, 1)


def test_a_value_of_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    text = "a: one\n  two\nb: 'x\n  y'\nc: >-\n  folded\n  text\nd: [1,\n  2]\n"
    root = parse_source(text, "f").root
    widths = {
        key: (node.position.line, node.position.column, node.position.width) for key, node in root
    }
    assert widths == {"a": (1, 4, 3), "b": (3, 4, 2), "c": (5, 4, 2), "d": (8, 4, 3)}


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        ("a: |\n  x\n  y\n", 2, "x\ny\n"),
        ("a: >-  # comment\n\n  x\n", 2, "\nx"),
        ("a: &n\n  |\n  x\n", 3, "x\n"),
        ("a: 'x'\n", 1, "x"),
        ("a:\n\n  x\n  y\n", 3, "x y"),
    ],
)
def test_text_line_is_where_the_first_line_of_the_text_stands(
    text: str, line: int, value: str
) -> None:
    node = scalar(text, "a")
    assert (node.text_line, node.text) == (line, value)


@pytest.mark.parametrize("text", ["a: &x\nb: 1\n", "a: &x # c\nb: 1\n", "a: !!str\nb: 1\n"])
def test_an_anchor_with_nothing_behind_it_is_its_own_place(text: str) -> None:
    assert (scalar(text, "a").position.line, scalar(text, "a").position.column) == (1, 4)


def test_windows_line_ends_change_nothing() -> None:
    unix = "a: 1\nb: |\n  x\n  y\nc: [1,\n  2]\n"
    dos = parse_source(unix.replace("\n", "\r\n"), "f")
    assert dos.root == parse_source(unix, "f").root


def test_unicode_line_separators_are_text_and_no_line_ends(parser: str) -> None:
    text = "a: b\x85c\u2028d\u2029e\nf: \"\u2028\"\nk\u2028: '\ue000'\n"
    assert read(text) == {"a": "b\x85c\u2028d\u2029e", "f": "\u2028", "k\u2028": "\ue000"}
    assert scalar(text, "f").position.line == 2


# Merges, aliases, bounds


def test_own_keys_win_over_merged_ones_and_earlier_bases_over_later() -> None:
    found = read(
        "one: &one {a: 1, b: 1, c: 1}\ntwo: &two {c: 2, d: 2}\n"
        "x: {a: own, <<: [*one, *two], b: own, e: own}\n"
    )["x"]
    assert found == {"a": "own", "b": "own", "c": 1, "d": 2, "e": "own"}
    assert list(found) == ["a", "b", "c", "d", "e"]


def test_a_merged_value_keeps_the_place_where_it_is_written() -> None:
    root = parse_source("base: &b\n  duration: 5\nx:\n  <<: *b\n", "f").root
    assert at(root, "x", "duration").position == Position("f", 2, 13, 1)


def test_a_quoted_merge_sign_is_a_plain_key() -> None:
    assert read('"<<": 5\n') == {"<<": 5}


def test_a_key_repeated_beside_a_merge_is_still_a_problem() -> None:
    source = parse_source("b: &b {a: 1}\nx: {<<: *b, a: 2, a: 3}\n", "f")
    assert complaints(source) == ["x.a: repeated key; the first one is on line 2"]
    assert at(source.root, "x").data == {"a": 2}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "".join(" " * depth + "a:\n" for depth in range(3_000)),
        "- &a0 []\n" + "".join(f"- &a{n + 1} [*a{n}]\n" for n in range(1_000)),
    ],
    ids=["brackets", "braces", "dashes", "question-marks", "indentation", "alias-chain"],
)
def test_deep_nesting_is_one_problem(text: str, parser: str) -> None:
    source = parse_source(text, "f")
    assert complaints(source) == ["nested more than 64 levels deep"]
    assert source.root is None


def test_an_alias_bomb_is_one_problem() -> None:
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n"
        for below, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    source = parse_source(bomb, "f")
    assert complaints(source) == ["the aliases up to here expand to more than 1,000,000 values"]
    assert source.problems[0].position.line == 7
    assert source.root is None


def test_a_name_that_is_anchored_again_means_the_later_value() -> None:
    assert read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


# Work in proportion to the text: in square time, each of these would take minutes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"a: {{{{ x }}}}{' ' * 200_000}y\n", "unquoted-template"),
        (f"a: x{' ' * 200_000}y: z\n", "yaml-syntax"),
        (f"a: 'x'{' y' * 100_000}\n", "yaml-syntax"),
        (f"a: [{'!x y, ' * 30_000}]\n", "unknown-tag"),
    ],
    ids=["template", "colon", "quote", "tags"],
)
def test_a_long_line_takes_no_square_time(text: str, code: str) -> None:
    assert {problem.code for problem in parse_source(text, "f").problems} == {code}


# Templates without quotes


def test_a_template_without_quotes_is_read_as_it_was_meant() -> None:
    source = parse_source(
        "shots:\n  - prompt: {{ hero }} walks\n      along\n\n      the pier # slowly\n"
        "    id: a\n  - prompt: {{ 'unclosed }}\n    duration: {{ x }} # c\n",
        "f",
    )
    assert [problem.code for problem in source.problems] == ["unquoted-template"] * 3
    assert source.root is not None
    assert source.root.data == {
        "shots": [
            {"prompt": "{{ hero }} walks along\nthe pier", "id": "a"},
            {"prompt": "{{ 'unclosed }}", "duration": "{{ x }}"},
        ]
    }


def test_many_templates_without_quotes_are_bounded() -> None:
    source = parse_source("".join(f"k{n}: {{{{ x }}}}\n" for n in range(1_000)), "f")
    assert len(source.problems) == 20
    assert source.root is None


# Warnings


def test_a_prompt_cut_short_by_a_comment_is_a_warning() -> None:
    source = parse_source("prompt: Scene  #1 at night\n", "f")
    (warning,) = source.problems
    assert (warning.severity, warning.code) == (Severity.WARNING, "cut-short-comment")
    assert warning.message == "prompt: everything from ' #' on is a comment"
    assert warning.hint == "quote the value to keep it"
    assert warning.position == Position("f", 1, 16, 11)
    assert at(source.root, "prompt").data == "Scene"


def test_ordinary_comments_are_no_warnings() -> None:
    read(
        "seed: 5 # c\nratio: 16:9 # c\nid: a # c\nprompt: 'x' # c\ntags: [a, b] # c\n"
        "prompt_suffix: x#1\nnegative_prompt: # c\nvars: {a: b} # c\n"
    )


# Files


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        "a: é\n".encode(),
        "\ufeffa: é\n".encode(),
        "\ufeffa: é\n".encode("utf-16-le"),
        "\ufeffa: é\n".encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8-mark", "utf-16-le", "utf-16-be"],
)
def test_utf_8_and_marked_utf_16_are_read(tmp_path: Path, data: bytes) -> None:
    source = read_source(write(tmp_path / "f.yaml", data), "f.yaml")
    assert source.problems == ()
    assert source.text == "a: é\n"
    assert at(source.root, "a").position == Position("f.yaml", 1, 4, 1)


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        (b"", "the file is empty", 1, 1),
        (b" \n\n", "the file is empty", 1, 1),
        (b"# only\n", "the file contains no values", 1, 1),
        (b"~\n", "the file contains no values", 1, 1),
        (b"a: 1\nb: caf\xe9\n", "byte 12 of the file (0xE9) is not UTF-8", 2, 7),
        (b"\xef\xbb\xbfa: \xff", "byte 7 of the file (0xFF) is not UTF-8", 1, 4),
        (b"\xff\xfea\x00\x00\xd8b\x00", "byte 5 of the file (0x00) is not UTF-16", 1, 2),
        ("\ufeffa: 1".encode("utf-32"), "is written in UTF-32", 1, 1),
        (b"\x89PNG\r\n\x00\x00", "is not a text file: it contains NUL bytes", 1, 1),
        (
            b"a: b\nc: \x00d",
            "contains a NUL character: it is not text, or is UTF-16 without a byte order mark",
            2,
            4,
        ),
        (b"a: \x1b[0m", "contains the character U+001B, which is not allowed in text files", 1, 4),
        (
            "a: \x9b".encode(),
            "contains the character U+009B, which is not allowed in text files",
            1,
            4,
        ),
    ],
)
def test_a_file_that_is_no_text_is_one_problem(
    tmp_path: Path, data: bytes, message: str, line: int, column: int
) -> None:
    source = read_source(write(tmp_path / "f.yaml", data), "f.yaml")
    assert complaints(source) == [message]
    assert (source.problems[0].position.line, source.problems[0].position.column) == (line, column)
    assert source.root is None


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    source = read_source(tmp_path / "no.yaml", "no.yaml")
    assert complaints(source) == ["there is no such file"]
    assert source.problems[0].position == Position("no.yaml", 1, 1)


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    assert complaints(read_source(tmp_path, "x")) == ["is a folder, not a file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_a_problem_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert complaints(read_source(tmp_path / "pipe", "x")) == ["is a pipe, not a file"]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_a_problem_and_does_not_end_never() -> None:
    assert complaints(read_source(Path("/dev/zero"), "x")) == ["is a device, not a file"]


def test_a_file_that_may_not_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "f.yaml", b"a: 1")
    monkeypatch.setattr(os, "open", refuse)
    assert complaints(read_source(path, "x")) == ["cannot be read: permission denied"]


def test_a_name_that_no_file_can_have_is_a_problem() -> None:
    (problem,) = read_source(Path("a\0b"), "x").problems
    assert problem.message.startswith("cannot be read: ")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_circle_of_links_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "a")
    (problem,) = read_source(tmp_path / "a", "x").problems
    assert problem.message.startswith("cannot be read: ")


def test_a_file_that_is_too_large_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert complaints(read_source(path, "x")) == ["is larger than 64 MiB, the maximum size"]
    small = write(tmp_path / "g.yaml", b"a: 12345")
    problem = read_text(small, "x", max_bytes=7).problem
    assert problem
    assert problem.message == "is larger than 7 bytes, the maximum size"


def test_text_from_elsewhere_is_checked_too() -> None:
    assert complaints(parse_source("a: \ud800", "f")) == [
        "contains the character U+D800, which is not allowed in text files"
    ]
    assert read("\ufeffa: 1") == {"a": 1}


@needs_c_parser
def test_a_tab_behind_a_key_is_a_blank() -> None:
    assert read("a:\t\tb\n") == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83e\udd80\uD83E\uDD80!"', "\U0001f980\U0001f980!"),
        (r'"\\\ud83e\udd80"', "\\\U0001f980"),
        (r'"\\ud83e\\udd80 \ud83e\udd80"', "\\ud83e\\udd80 \U0001f980"),
        (r"'\ud83e\udd80'", r"\ud83e\udd80"),
        (r"x \ud83e\udd80", r"x \ud83e\udd80"),
        ("|\n  \\ud83e\\udd80", r"\ud83e\udd80"),
    ],
)
def test_an_escape_in_two_halves_is_one_character_in_double_quotes_and_text_elsewhere(
    text: str, value: str, parser: str
) -> None:
    assert read(f"a: {text}") == {"a": value}


def test_an_escape_in_two_halves_moves_no_position(parser: str) -> None:
    source = parse_source('{"\\ud83e\\udd80": "\\ud83e\\udd80", "a": 1}', "f")
    assert isinstance(source.root, MappingNode)
    assert source.root.entries["a"].key_position.column == 34
    assert list(source.root.entries) == ["\U0001f980", "a"]


# Against another reader


def test_json_is_read_as_json_reads_it() -> None:
    value = {"a": [1, -2.5, True, None, "x: y", {"b": {}}], "c": 'é\n\t"\\', "d": []}
    assert read(json.dumps(value, ensure_ascii=False)) == value
    assert read(json.dumps({**value, "d": "\U0001f980\U0010ffff"})) == {
        **value,
        "d": "\U0001f980\U0010ffff",
    }
