"""Comments that silence warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.ignores import silence
from storyboard.records import Position, Problem, Severity
from tests.language.boards import HEAD, load_text, told

VARS = "vars: {look: film}"
SHOTS = "shots: [{id: a, prompt: A boat}]\n"
UNUSED = "film.yaml:3:8: warning: vars.look: nothing uses this var"


def told_of(folder: Path, comment: str) -> list[str]:
    return told(load_text(folder, f"{HEAD}{VARS}{comment}\n{SHOTS}"))


@pytest.mark.parametrize(
    "comment",
    [
        "  # storyboard: ignore[SB207]",
        "  #storyboard:ignore[SB207]",
        "  # kept for later # storyboard: ignore[ SB207 ] as the next film needs it",
    ],
)
def test_a_comment_silences_the_warning_of_its_line(comment: str, tmp_path: Path) -> None:
    assert told_of(tmp_path, comment) == []


@pytest.mark.parametrize("comment", ["\n# storyboard: ignore[SB207]", "  # ignore[SB207]", ""])
def test_a_comment_elsewhere_or_of_another_kind_does_not(comment: str, tmp_path: Path) -> None:
    assert UNUSED in told_of(tmp_path, comment)


def test_a_comment_that_silences_nothing_is_a_warning_at_its_code(tmp_path: Path) -> None:
    assert told_of(tmp_path, "  # storyboard: ignore[SB207, SB201]") == [
        "film.yaml:3:49: warning: this comment silences a warning that does not occur"
    ]


def test_with_a_problem_it_may_have_been_needed(tmp_path: Path) -> None:
    text = f"{HEAD}{VARS}  # storyboard: ignore[SB201]\nshots: [{{id: a, prompt: A boat, x: 1}}]\n"
    assert told(load_text(tmp_path, text)) == [UNUSED, "film.yaml:4:33: shots[0].x: unknown key"]


@pytest.mark.parametrize(
    ("comment", "message", "hint"),
    [
        (
            "ignore",
            "this comment does not say which warning it silences",
            "write its code in brackets: # storyboard: ignore[SB201]",
        ),
        ("ignore[SB2007]", "there is no code 'SB2007'", "did you mean SB207 (unused-var)?"),
        ("ignore[unused-var]", "there is no code 'unused-var'", "write SB207"),
        (
            "ignore[unused-vars]",
            "there is no code 'unused-vars'",
            "did you mean SB207 (unused-var)?",
        ),
        ("ignore[sb207]", "there is no code 'sb207'", "write SB207"),
        ("ignore[x]", "there is no code 'x'", "storyboard explain lists all codes"),
        ("ignore[SB301]", "SB301 (unknown-key) is a problem; only warnings can be silenced", None),
    ],
)
def test_a_code_that_cannot_be_silenced_is_a_problem(
    comment: str, message: str, hint: str | None, tmp_path: Path
) -> None:
    board = load_text(tmp_path, f"{HEAD}{SHOTS.strip()}  # storyboard: {comment}\n")
    assert [(p.code, p.message, p.hint) for p in board.problems] == [("bad-ignore", message, hint)]


def test_what_looks_like_one_inside_a_text_is_sent(tmp_path: Path) -> None:
    text = f"""{HEAD}shots:
  - id: a
    prompt: |
      A boat # storyboard: ignore[SB203]
      and {{hero}}
  - id: b
    prompt: "A boat # storyboard: ignore[SB999]"
"""
    board = load_text(tmp_path, text)
    assert [problem.code for problem in board.problems] == ["placeholder-in-prompt"]
    assert "ignore[SB203]" in str(board.takes[0].payload["prompt"])


@pytest.mark.parametrize(
    "prompt",
    [
        "|  # storyboard: ignore[SB203]\n      A boat\n      and {hero} {{ title }}",
        '"A boat  # none\n      and {hero} {{ title }}"  # storyboard: ignore[SB203]',
        "A boat and {hero}  # storyboard: ignore[SB203]",
    ],
)
def test_a_text_on_several_lines_has_its_comment_at_its_first_or_last(
    prompt: str, tmp_path: Path
) -> None:
    text = f"{HEAD}title: Harbour\nshots:\n  - id: a\n    prompt: {prompt}\n"
    assert told(load_text(tmp_path, text)) == []


def test_a_comment_in_an_included_file_speaks_of_its_own_lines(tmp_path: Path) -> None:
    text = f"{HEAD}include: [style.yaml]\n{SHOTS}"
    comment = "defaults: {seed: 7}  # storyboard: ignore[SB202]\n"
    assert told(load_text(tmp_path, text, style_yaml=comment)) == []


def test_a_file_that_is_no_yaml_any_more_is_searched_as_far_as_it_is() -> None:
    warning = Problem(Position("f", 1, 1), "unused-var", "w", severity=Severity.WARNING)
    assert silence([warning], {"f": 'a: 1  # storyboard: ignore[SB207]\nb: "\n'}) == []


def test_wrong_codes_share_the_budget_of_suggestions(tmp_path: Path) -> None:
    codes = ",".join(f"unused-va{number}" for number in range(2_000))
    text = f"{HEAD}{SHOTS.strip()}  # storyboard: ignore[{codes}]\n"
    hints = [problem.hint for problem in load_text(tmp_path, text).problems]
    assert len(hints) == 2_000
    assert hints[0] == "did you mean SB207 (unused-var)?"
    assert hints[-1] == "storyboard explain lists all codes"
