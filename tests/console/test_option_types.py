"""What is said about numbers, times and words on the command line that cannot be used."""

from __future__ import annotations

import pytest

from storyboard.cli import run

WHOLE = "a whole number, at least {}"
NUMBER = "a number, at least 0"
STYLES = "text, concise, json, github or sarif"


@pytest.mark.parametrize(
    ("command", "flag", "value", "allowed"),
    [
        ("render", "--concurrency", "0", WHOLE.format(1)),
        ("render", "--requests-per-minute", "many", WHOLE.format(1)),
        ("render", "--requests-per-minute", "9" * 16, WHOLE.format(1)),
        ("render", "--max-takes", "-1", WHOLE.format(0)),
        ("render", "--max-takes", "1.5", WHOLE.format(0)),
        ("render", "--max-takes", "\u0661", WHOLE.format(0)),
        ("render", "--max-seconds", "1_000", NUMBER),
        ("render", "--max-cost", "nan", NUMBER),
        ("render", "--max-cost", "inf", NUMBER),
        ("render", "--max-cost", "$5", NUMBER),
        ("plan", "--price", "-0.1", NUMBER),
        ("render", "--timeout", "soon", "a duration"),
        ("sandbox", "--port", "65536", "a whole number from 0 to 65535"),
        ("sandbox", "--seed", "x", "a whole number"),
    ],
)
def test_a_number_that_cannot_be_is_told_with_what_may_be(
    capsys: pytest.CaptureFixture[str], command: str, flag: str, value: str, allowed: str
) -> None:
    code = run([command, *([] if command == "sandbox" else ["film.yaml"]), f"{flag}={value}"])

    sentence, next_step = capsys.readouterr().err.splitlines()
    assert code == 2
    assert sentence == f"error: {flag} is {value!r}; it must be {allowed}."
    assert next_step.startswith(f"    next: write it like {flag} ")
    assert run([command, *next_step.split("like ")[1].split(",")[0].split(), "--help"]) == 0


def test_a_long_value_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "film.yaml", "--concurrency", "x" * 5000]) == 2
    assert len(capsys.readouterr().err) < 300


@pytest.mark.parametrize(
    ("words", "sentence", "next_step"),
    [
        (
            ["validate", "f.yaml", "--format", "jsn"],
            f"--format is 'jsn'; it must be {STYLES}",
            "write it like --format json",
        ),
        (
            ["validate", "f.yaml", "--format=Text"],
            f"--format is 'Text'; it must be {STYLES}",
            "write it like --format text",
        ),
        (
            ["show", "f.yaml", "--format", "\x1b[2J"],
            "--format is '\\x1b[2J'; it must be yaml, json or jsonl",
            "write it like --format yaml",
        ),
        (
            ["render", "f.yaml", "--sandbox", "--clip-size", "big"],
            "--clip-size is 'big'; it must be small, preview or full",
            "write it like --clip-size small",
        ),
        (
            ["completion", "csh"],
            "SHELL is 'csh'; it must be bash, zsh, fish or powershell",
            "write it like zsh",
        ),
    ],
)
def test_a_word_that_cannot_be_is_told_with_those_that_can(
    words: list[str], sentence: str, next_step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == f"error: {sentence}.\n    next: {next_step}\n"
