"""Problems in order, each once, in every format."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from storyboard.records import Position, Problem, Repair, RowSource, Severity, Use
from storyboard.reporting.problems import format_problems, summarize, tidy

TEXT = "\n" * 13 + "    duration: 20\n" + "\n" * 7 + "        promt: A pier\n"


def problem(
    line: int = 1,
    column: int = 1,
    message: str = "wrong",
    *,
    path: str = "harbor.yaml",
    width: int = 1,
    code: str = "some-code",
    hint: str | None = None,
    rendered: str | None = None,
    row: int | None = None,
) -> Problem:
    position = Position(path, line, column, width)
    source = RowSource(Position("p.csv", row, 1), (("a", "b"),)) if row else None
    return Problem(position, code, message, hint, rendered, row=source)


def warning(
    line: int = 1, column: int = 1, message: str = "odd", *, code: str = "some-warning"
) -> Problem:
    position = Position("harbor.yaml", line, column)
    return Problem(position, code, message, "look again", severity=Severity.WARNING)


def messages(*problems: Problem) -> list[str]:
    return [found.message for found in tidy(problems)]


def text_of(found: Problem, source: str) -> list[str]:
    return format_problems([found], {"harbor.yaml": source}).split("\n")


# Order and repetition


def test_each_row_has_its_problem_at_one_template_once() -> None:
    assert messages(
        problem(1, 1, "a", row=2), problem(1, 1, "b", row=3), problem(1, 1, "c", row=2), warning()
    ) == ["a", "b"]


@pytest.mark.parametrize("style", ["text", "concise"])
def test_of_more_than_twenty_rows_at_one_template_the_rest_are_counted(style: str) -> None:
    found = [problem(1, 1, f"m{row}", row=row) for row in range(1, 24)]
    lines = format_problems([*found, problem(2, 1, "end")], {}, style=style).split("\n")
    count = "harbor.yaml:1:1: 3 more rows have a problem here; --format json names all of them"
    assert lines.index(count) == (20 if style == "concise" else 40)
    assert lines[-1] == "harbor.yaml:2:1: end"
    assert len(json.loads(format_problems(found, {}, style="json"))["problems"]) == 23
    assert format_problems(found, {}, style="github").count("\n") == 22


def test_a_row_is_told_with_its_cells_as_templates_write_them() -> None:
    cells = (("seconds", "five"), ("Shot Size", 3), ("x", None), ("y", ""))
    found = Problem(Position("f", 1, 1), "c", "m", row=RowSource(Position("p.csv", 3, 1), cells))
    words = "p.csv:3, row.seconds: 'five', row['Shot Size']: 3, row.x: null"
    assert format_problems([found], {}).split("\n") == ["f:1:1: m", f"    row: {words}"]
    assert format_problems([found], {}, style="concise") == f"f:1:1: m ({words})"
    assert format_problems([found], {}, style="github").endswith(f"::m%0Arow: {words}")
    (result,) = json.loads(format_problems([found], {}, style="sarif"))["runs"][0]["results"]
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 3
    assert related["message"]["text"] == words


def test_problems_are_sorted_by_place() -> None:
    assert messages(
        problem(2, 1, "c"), problem(1, 9, "b"), problem(1, 2, "a"), problem(1, 1, "0", path="a")
    ) == ["0", "a", "b", "c"]


def test_one_place_has_one_message_and_the_first_one_stays() -> None:
    assert messages(problem(1, 1, "a"), problem(1, 1, "b", width=5), problem(1, 1, "a")) == ["a"]


def test_a_problem_hides_warnings_at_its_place() -> None:
    assert messages(warning(1, 1), problem(1, 1, "a"), warning(1, 2, "b")) == ["a", "b"]


def test_a_warning_says_of_how_many_takes_it_speaks() -> None:
    takes = [warning(1, 1, f"take a{number}: odd") for number in range(3)]
    assert messages(*takes) == ["take a0: odd (and 2 more takes)"]
    assert messages(*tidy(takes)) == ["take a0: odd (and 2 more takes)"]
    assert messages(*takes[:2], warning(2, 1, "take b: odd")) == [
        "take a0: odd (and 1 more take)",
        "take b: odd",
    ]


def test_warnings_of_two_kinds_share_a_place() -> None:
    assert messages(warning(1, 1, "a"), warning(1, 1, "b"), warning(1, 1, "c", code="other")) == [
        "a",
        "c",
    ]


def test_missing_keys_share_the_place_of_their_neighbour() -> None:
    assert messages(
        problem(1, 1, "id is missing", code="missing-key"),
        problem(1, 1, "prompt is missing", code="missing-key"),
        problem(1, 1, "id is missing", code="missing-key"),
        problem(1, 1, "unknown key"),
    ) == ["id is missing", "prompt is missing", "unknown key"]


# Text for people


def test_problems_read_as_the_style_guide_has_them() -> None:
    text = format_problems(
        [
            problem(22, 9, "shots[3].promt: unknown key", width=5, hint="did you mean 'prompt'?"),
            problem(
                14,
                15,
                "shots[2].duration: 20 is more than 15, the most that alibaba/wan2.7-t2v allows",
                width=2,
                hint="split the shot in two",
            ),
        ],
        {"harbor.yaml": TEXT},
        style="text",
    )
    assert (
        text
        == """\
harbor.yaml:14:15: shots[2].duration: 20 is more than 15, the most that alibaba/wan2.7-t2v allows
   14 |     duration: 20
      |               ^^
    hint: split the shot in two
harbor.yaml:22:9: shots[3].promt: unknown key
   22 |         promt: A pier
      |         ^^^^^
    hint: did you mean 'prompt'?"""
    )


def test_a_warning_says_so_after_its_place() -> None:
    assert text_of(warning(1, 1), "abc") == [
        "harbor.yaml:1:1: warning: odd",
        "    1 | abc",
        "      | ^",
        "    hint: look again",
    ]


def test_rendered_text_is_shown_and_bounded() -> None:
    found = problem(hint="shorten it", rendered="line\n" + "x" * 200)
    assert text_of(found, "")[1:] == [
        '    rendered: "line\\n' + "x" * 112 + '..."',
        "    hint: shorten it",
    ]


def test_a_place_outside_of_the_text_is_not_quoted() -> None:
    assert text_of(problem(9, 1), "abc") == ["harbor.yaml:9:1: wrong"]
    assert format_problems([problem()], {}) == "harbor.yaml:1:1: wrong"
    assert text_of(problem(0, 0), "abc") == ["harbor.yaml:0:0: wrong"]


def test_a_place_behind_the_end_of_a_line_still_has_its_caret() -> None:
    assert text_of(problem(1, 8), "prompt:")[1:] == ["    1 | prompt:", "      |        ^"]


def test_escape_sequences_from_outside_are_shown_and_not_obeyed() -> None:
    found = problem(
        1, 2, "bad \x1b[31m\x9b\u202e\ud800", hint="a\r\nb", rendered="\x07", path="a\x1b.yaml"
    )
    text = format_problems([found], {"a\x1b.yaml": "x\x1b[2Jy"}, style="text")
    assert text.split("\n") == [
        "a\\x1b.yaml:1:2: bad \\x1b[31m\\x9b\\u202e\\ud800",
        "    1 | x\\x1b[2Jy",
        "      |  ^^^^",
        '    rendered: "\\x07"',
        "    hint: a\\r\\nb",
    ]


def test_carets_stand_under_wide_characters_and_behind_tabs() -> None:
    assert text_of(problem(1, 4, width=2), "日本e\u0301語 x")[1:] == [
        "    1 | 日本e\u0301語 x",
        "      |      ^^",
    ]
    assert text_of(problem(1, 2), "\tx")[1:] == ["    1 |     x", "      |     ^"]
    assert text_of(problem(1, 1, width=2), "\tx")[1:] == ["    1 |     x", "      | ^^^^^"]


@pytest.mark.parametrize(("column", "width"), [(1, 3), (5_000, 3), (9_998, 3), (2_000, 5_000)])
def test_a_very_long_line_is_cut_around_the_caret(column: int, width: int) -> None:
    source = "".join(str(n % 10) for n in range(1, 10_001))
    _, shown, carets = text_of(problem(1, column, width=width), source)
    assert len(shown) < 120
    assert len(carets) < 120
    marked = shown[carets.index("^") : carets.index("^") + min(width, 20)]
    assert marked == source[column - 1 : column - 1 + min(width, 20)]
    assert carets.count("^") == (width if width < 50 else carets.count("^"))


def test_windows_lines_are_quoted_without_their_ends() -> None:
    assert text_of(problem(2, 1), "a\r\nb\r\n")[1] == "    2 | b"


def test_many_warnings_of_one_kind_are_one_line_with_a_count() -> None:
    few = [warning(line, 1) for line in range(1, 4)]
    assert format_problems(few, {}).count("odd") == 3
    many = [warning(line, 1) for line in range(1, 43)]
    assert format_problems([*many, problem(50, 1)], {"harbor.yaml": "x\n" * 50}).split("\n") == [
        "harbor.yaml:1:1: warning: odd (and 41 more like it)",
        "    hint: look again",
        "harbor.yaml:50:1: wrong",
        "   50 | x",
        "      | ^",
    ]


def test_many_problems_of_one_kind_are_all_shown() -> None:
    assert format_problems([problem(n, 1) for n in range(1, 43)], {}).count("wrong") == 42


def test_colour_changes_nothing_but_colour() -> None:
    found = [problem(1, 1, hint="h"), warning(2, 1)]
    sources = {"harbor.yaml": "a\nb"}
    colored = format_problems(found, sources, color=True)
    assert "\x1b[31m^\x1b[0m" in colored
    assert re.sub("\x1b\\[[0-9]+m", "", colored) == format_problems(found, sources)


# The other styles


def test_concise_is_one_line_each() -> None:
    found = [problem(1, 1, "a\nb", hint="h"), *(warning(line, 1) for line in range(2, 7))]
    lines = format_problems(found, {"harbor.yaml": "x"}, style="concise").split("\n")
    assert lines[:2] == ["harbor.yaml:1:1: a\\nb", "harbor.yaml:2:1: warning: odd"]
    assert len(lines) == 6


def test_json_is_one_document_with_everything() -> None:
    found = [problem(3, 5, "a\x1b", width=4, hint="h", rendered="s", row=3), warning(4, 1)]
    text = format_problems(found, {}, style="json")
    assert text.isascii()
    assert json.loads(text) == {
        "schema_version": 1,
        "problems": [
            {
                "path": "harbor.yaml",
                "line": 3,
                "column": 5,
                "end_column": 9,
                "severity": "problem",
                "code": "some-code",
                "name": "some-code",
                "message": "a\x1b",
                "hint": "h",
                "shown": "s",
                "row": {"path": "p.csv", "line": 3, "cells": {"a": "b"}},
                "uses": [],
                "repairs": [],
            },
            {
                "path": "harbor.yaml",
                "line": 4,
                "column": 1,
                "end_column": 2,
                "severity": "warning",
                "code": "some-warning",
                "name": "some-warning",
                "message": "odd",
                "hint": "look again",
                "shown": None,
                "row": None,
                "uses": [],
                "repairs": [],
            },
        ],
        "summary": {"problems": 1, "warnings": 1},
    }


def test_json_of_nothing_is_still_a_document() -> None:
    assert json.loads(format_problems([], {}, style="json"))["problems"] == []


def test_github_commands_are_escaped_as_github_wants() -> None:
    found = problem(3, 5, "50% of a: b,\nc::error::d", path="a,b:c%.yaml", width=2, hint="h")
    assert format_problems([found, warning(4, 2)], {}, style="github").split("\n") == [
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,endColumn=7,title=some-code::"
        "50%25 of a: b,\\nc::error::d%0Ahint: h",
        "::warning file=harbor.yaml,line=4,col=2,endColumn=3,title=some-warning::"
        "odd%0Ahint: look again",
    ]


def test_sarif_has_a_rule_for_each_code_and_relative_uris() -> None:
    found = [problem(3, 5, "a", path="films/my film.yaml", width=2, hint="h"), warning(4, 1)]
    log = json.loads(format_problems(found, {}, style="sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["tool"]["driver"]["name"] == "storyboard"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["some-code", "some-warning"]
    assert run["results"][0] == {
        "ruleId": "some-code",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "a (h)"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "films/my%20film.yaml"},
                    "region": {"startLine": 3, "startColumn": 5, "endColumn": 7},
                }
            }
        ],
    }
    assert run["results"][1]["level"] == "warning"
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_repairs_stand_in_json_as_edits_and_in_sarif_as_one_fix() -> None:
    repairs = (
        Repair(Position("a b.yaml", 3, 5, 4), '"x"'),
        Repair(Position("a b.yaml", 4, 1, 0), "  "),
        Repair(Position("c.yaml", 1, 2, 1), ""),
    )
    found = replace(problem(3, 5, path="a b.yaml", width=4, hint="quote it"), repairs=repairs)
    (written,) = json.loads(format_problems([found], {}, style="json"))["problems"]
    assert written["repairs"] == [
        {"path": "a b.yaml", "line": 3, "column": 5, "end_column": 9, "text": '"x"'},
        {"path": "a b.yaml", "line": 4, "column": 1, "end_column": 1, "text": "  "},
        {"path": "c.yaml", "line": 1, "column": 2, "end_column": 3, "text": ""},
    ]
    (result,) = json.loads(format_problems([found], {}, style="sarif"))["runs"][0]["results"]
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == "quote it"
    first, second = fix["artifactChanges"]
    assert [one["artifactLocation"]["uri"] for one in (first, second)] == ["a%20b.yaml", "c.yaml"]
    assert first["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 5, "endColumn": 9},
            "insertedContent": {"text": '"x"'},
        },
        {
            "deletedRegion": {"startLine": 4, "startColumn": 1, "endColumn": 1},
            "insertedContent": {"text": "  "},
        },
    ]


@pytest.mark.parametrize("style", ["text", "concise", "json", "github", "sarif"])
def test_no_style_lets_control_characters_through(style: str) -> None:
    nasty = "".join(map(chr, [*range(32), *range(0x7F, 0xA0), 0x2028, 0x202E, 0xD800]))
    found = Problem(Position(f"p{nasty}", 1, 1, 40), "code", nasty, nasty, nasty)
    text = format_problems(
        [found], {f"p{nasty}": nasty.replace("\n", "").replace("\r", "")}, style=style
    )
    assert not set(text) & (set(nasty) - {"\n"})


@pytest.mark.parametrize("style", ["text", "concise", "github"])
def test_nothing_wrong_prints_nothing(style: str) -> None:
    assert format_problems([], {}, style=style) == ""


# The summary


@pytest.mark.parametrize(
    ("problems", "warnings", "line"),
    [
        (2, 0, "2 problems, nothing submitted."),
        (1, 0, "1 problem, nothing submitted."),
        (2, 1, "2 problems, 1 warning, nothing submitted."),
        (0, 3, "3 warnings."),
        (0, 0, "no problems."),
        (1_234, 0, "1,234 problems, nothing submitted."),
    ],
)
def test_the_summary_counts(problems: int, warnings: int, line: str) -> None:
    found = [problem(n, 1) for n in range(1, problems + 1)]
    found += [warning(n, 5) for n in range(1, warnings + 1)]
    assert summarize(found) == line


def test_the_summary_ends_as_asked() -> None:
    assert summarize([warning()], outcome="rendering goes on") == "1 warning, rendering goes on."


def test_the_summary_counts_what_is_shown() -> None:
    assert summarize([problem(), problem()]) == "1 problem, nothing submitted."


# Codes


def test_every_style_has_the_code_of_a_problem() -> None:
    found = [problem(3, 5, "a: unknown key", code="unknown-key", hint="h"), warning(4, 1)]
    sources = {"harbor.yaml": TEXT}
    lines = {style: format_problems(found, sources, style=style) for style in ("text", "concise")}
    assert lines["text"].startswith("harbor.yaml:3:5: a: unknown key [SB301]\n    hint: h\n")
    assert lines["concise"].startswith("harbor.yaml:3:5: a: unknown key [SB301]\n")
    (first, _) = json.loads(format_problems(found, {}, style="json"))["problems"]
    assert (first["code"], first["name"]) == ("SB301", "unknown-key")
    assert "endColumn=6,title=SB301::a: unknown key" in format_problems(found, {}, style="github")
    (run,) = json.loads(format_problems(found, {}, style="sarif"))["runs"]
    rule, _ = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], run["results"][0]["ruleId"]) == (
        "SB301",
        "unknown-key",
        "SB301",
    )
    assert rule["shortDescription"]["text"].startswith("A key is not one of those")
    assert "Wrong:" in rule["help"]["markdown"]


def test_the_places_where_something_is_used_stand_beside_it() -> None:
    uses = tuple(Use(Position("film.yaml", line, 5), "*a\x1b") for line in range(2, 7))
    found = replace(problem(3, 5, "m", hint="h"), uses=uses)
    words = "film.yaml:2:5 (*a\\x1b), film.yaml:3:5 (*a\\x1b), film.yaml:4:5 (*a\\x1b) and 2 more"
    assert text_of(found, "") == ["harbor.yaml:3:5: m", f"    used: {words}", "    hint: h"]
    assert f"m%0Aused: {words}%0Ahint" in format_problems([found], {}, style="github")
    (document,) = json.loads(format_problems([found], {}, style="json"))["problems"]
    assert document["uses"][4] == {"path": "film.yaml", "line": 6, "column": 5, "by": "*a\x1b"}
    (result,) = json.loads(format_problems([found], {}, style="sarif"))["runs"][0]["results"]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["*a\\x1b"] * 5
