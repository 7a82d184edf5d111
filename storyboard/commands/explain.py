"""`storyboard explain`: what a problem or a warning means, with a wrong and a right example."""

from __future__ import annotations

from typing import Any

import click

from storyboard.console.options import json_option
from storyboard.console.printing import align, print_json, print_lines
from storyboard.errors import ExitCode, UsageError
from storyboard.reporting.codes import Code, codes, find_code, near_code


@click.command()
@click.argument("words", nargs=-1, metavar="[CODE...]")
@json_option
def command(*, words: tuple[str, ...], as_json: bool) -> int:
    """Explain problems and warnings by code, such as SB301, or by name, such as unknown-key.

    Without a code, list all of them.

    \b
    Example:
      storyboard explain SB301
    """
    found = [_find(word) for word in words] or list(codes().values())
    if as_json:
        print_json({"codes": list(map(_document, found))})
    elif words:
        for number, code in enumerate(found):
            print_lines([*([""] if number else []), *_lines(code)])
    else:
        print_lines(align((code.number, code.name, code.title) for code in found))
    return ExitCode.OK


def _find(word: str) -> Code:
    if code := find_code(word) or find_code(f"SB{word}"):
        return code
    near = near_code(word)
    raise UsageError(
        f"there is no code {word!r}"
        + (f"; did you mean {near.number} ({near.name})?" if near else ""),
        next_step="list them all with: storyboard explain",
    )


def _lines(code: Code) -> list[str]:
    text = (
        f"{code.number} {code.name} ({code.severity.value})\n\n{code.title}\n\n{code.explanation}"
    )
    return text.rstrip().split("\n")


def _document(code: Code) -> dict[str, Any]:
    return {
        "code": code.number,
        "name": code.name,
        "severity": code.severity.value,
        "title": code.title,
        "explanation": code.explanation,
    }
