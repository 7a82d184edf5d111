"""Prompt sets of more than a thousand lines, with all that people's prompts hold."""

from __future__ import annotations

import json
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.language.boards import HEAD, load_text, told

LINES = 1_200

ODD = (
    "A \"quoted\" kite, and 'another'",
    "Ein Drachen über dem Meer, 夜の港, ночь 🎏",
    "100% of it; a, b | c\\d \\n # no comment",
    "word " * 280 + "end",
    "- a dash",
    "0010",
    "null",
    "key: value",
    "&anchor *alias !tag @x `y` = ? %",
    "{ and } and }} alone",
)
WITH_BRACES = "A sign that reads {x}"

PROMPTS = [
    *(f"{prompt} {number}" for number, prompt in enumerate(islice(cycle(ODD), LINES - 100))),
    *(f"{WITH_BRACES} {number}" for number in range(100)),
]


def as_text() -> str:
    """A prompt a line, between comments and lines that hold nothing."""
    parts = []
    for number, prompt in enumerate(PROMPTS):
        parts += ["# a comment", "", "  \t", "  # another"] if number % 50 == 0 else []
        parts.append(f"  {prompt} " if number % 7 == 0 else prompt)
    return "\ufeff" + "\r\n".join(parts)


def as_json_lines() -> str:
    return "".join(
        json.dumps({"prompt": prompt, "n": number}, ensure_ascii=number % 2 == 0)
        + ("\n\n" if number % 50 == 0 else "\n")
        for number, prompt in enumerate(PROMPTS)
    )


def as_nested_json() -> str:
    clips = [{"prompt": prompt, "camera": {"move": "pan"}} for prompt in PROMPTS]
    document = {"title": "T", "project": {"notes": ["x"], "clips": clips}}
    return json.dumps(document, indent=1, ensure_ascii=False)


@pytest.mark.parametrize(
    ("rows", "content"),
    [
        ("set.txt", as_text()),
        ("set.jsonl", as_json_lines()),
        ("{file: set.json, key: project.clips}", as_nested_json()),
    ],
    ids=["text", "json-lines", "nested-json"],
)
def test_every_prompt_of_a_large_set_is_a_take(tmp_path: Path, rows: str, content: str) -> None:
    shot = f"id: 'p{{{{ shot.number }}}}', rows: {rows}, prompt: '{{{{ row.prompt }}}}'"
    text = f"{HEAD}shots: [{{{shot}}}]\n"
    files = {name.replace(".", "_"): content for name in ("set.txt", "set.jsonl", "set.json")}
    board = load_text(tmp_path, text, **files)
    assert [take.payload["prompt"] for take in board.takes] == PROMPTS
    (warning,) = told(board)
    assert "the prompt contains {x}, which is sent as it is (and 99 more takes)" in warning
