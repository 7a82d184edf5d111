"""`storyboard show`: the exact payloads that would be sent."""

from __future__ import annotations

from typing import Any

import click

from storyboard.console.arguments import FileAndTakes, file_and_takes_argument
from storyboard.console.choices import Choice
from storyboard.console.options import TrialOptions, VariableOptions, json_option, with_options
from storyboard.console.printing import print_json, print_lines, print_safe
from storyboard.console.read_storyboards import read_sound
from storyboard.console.yaml_lines import yaml_lines
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.planning.selection import Selection, select_takes
from storyboard.records import Take
from storyboard.reporting.quoting import json_text


@click.command()
@file_and_takes_argument
@with_options(variables=VariableOptions, trial=TrialOptions)
@click.option(
    "--format",
    "style",
    type=Choice(["yaml", "json", "jsonl"]),
    default="yaml",
    show_default=True,
    help="How the payloads are printed.",
)
@json_option
def command(
    *,
    named: FileAndTakes,
    variables: VariableOptions,
    trial: TrialOptions,
    style: str,
    as_json: bool,
) -> int:
    """Print the payloads of a storyboard's takes; sends nothing.

    A shot's id means all its takes; patterns such as 'city-*' work too. With --model, the
    payloads are those that another model would get.

    \b
    Examples:
      storyboard show film.yaml
      storyboard show film.yaml pier 'city-*' --format json
    """
    as_json = as_json or style == "json"
    boards = read_sound([named.file], load_catalog(), variables, as_json=as_json, model=trial.model)
    if not boards:
        return ExitCode.USAGE
    board = boards[0]
    chosen = select_takes(board.takes, Selection(only=named.takes), only_option="TAKE")
    documents = [_document(take) for take in board.takes if take.id in chosen]
    if as_json:
        print_json(
            {
                "storyboard": board.name,
                "variant": board.variant,
                "title": board.title,
                "takes": documents,
            }
        )
    elif style == "jsonl":
        for document in documents:
            print_safe(json_text(document, indent=None))
    elif documents:
        print_lines(yaml_lines(documents))
    return ExitCode.OK


def _document(take: Take) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "take": take.number,
        "tags": list(take.tags),
        "notes": take.notes,
        "meta": dict(take.meta),
        "model": take.model,
        "fingerprint": take.fingerprint,
        "payload": dict(take.payload),
    }
    if take.fallbacks:
        document["fallbacks"] = [
            {"model": one.model, "fingerprint": one.fingerprint, "payload": dict(one.payload)}
            for one in take.fallbacks
        ]
    return document
