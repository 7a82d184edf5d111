from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.console.printing import align, print_json, print_lines

WORDS = st.text(max_size=5)


def test_a_document_is_spelled_as_json_dumps_spells_it(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "file": Path("film.yaml"),
        "takes": [{"id": "straße", "file": None}, {"id": "two", "file": Path("a.mp4")}],
        "orphans": [],
        "more": [{"takes": [{"id": "one", "duration": 5.0}]}],
    }
    print_json(document)
    expected = json.dumps(
        {"schema_version": 1, **document}, ensure_ascii=False, indent=2, default=str
    )
    assert capsys.readouterr().out == f"{expected}\n"


def test_half_a_character_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"file": "fil\udcff.yaml"})
    assert json.loads(capsys.readouterr().out)["file"] == "fil\udcff.yaml"


@pytest.mark.parametrize(
    ("name", "shown", "in_json"),
    [
        ("f\udcc3\udcaflm", "fïlm", "fïlm"),
        ("f\udcc3\udcaflm\udcff", "fïlm\\xff", "fïlm\udcff"),
        ("f\udcc2\udc9b31m\x1b", "f\\x9b31m\\x1b", "f\x9b31m\x1b"),
        ("f\udce2\udc80\udcaelm", "f\\u202elm", "f\u202elm"),
        ("f\ud83d\udcff", "f\\ud83d\\udcff", "f\ud83d\udcff"),
    ],
)
def test_the_bytes_of_a_file_name_are_read_as_utf_8_and_never_reach_the_terminal_raw(
    capsys: pytest.CaptureFixture[str], name: str, shown: str, in_json: str
) -> None:
    print_lines([name])
    assert capsys.readouterr().out == f"{shown}\n"
    print_json({"file": name})
    printed = capsys.readouterr().out
    assert json.loads(printed)["file"] == json.loads(json.dumps(in_json))
    assert printed.replace("\n", "").isprintable()


@given(st.lists(st.tuples(WORDS, WORDS, WORDS)))
def test_each_column_but_the_last_is_as_wide_as_its_widest_word(
    rows: list[tuple[str, str, str]],
) -> None:
    first, second = (max((len(row[at]) for row in rows), default=0) for at in (0, 1))
    assert align(rows) == [
        f"{row[0].ljust(first)}  {row[1].ljust(second)}  {row[2]}".rstrip() for row in rows
    ]


def test_one_column_is_left_as_it_is() -> None:
    assert align([["{braces}"], [" blank "]]) == ["{braces}", " blank"]


def test_no_lines_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines([])
    assert capsys.readouterr().out == ""
    print_lines(line for line in ("one", "", "two"))
    assert capsys.readouterr().out == "one\n\ntwo\n"
