"""What is said about a word on the command line that is none of those that may be."""

from __future__ import annotations

import pytest

from storyboard.cli import run

STYLES = "text, concise, json, github or sarif"


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
