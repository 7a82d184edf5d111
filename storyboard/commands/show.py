"""`storyboard show`: the exact payloads that would be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import yaml

from storyboard.commands.options import FILE, json_option, variable_options
from storyboard.commands.printing import print_json, say_problems
from storyboard.commands.reading import may_go_on, read_storyboards
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.records import Take
from storyboard.spec.select import Selection, select_takes


@click.command()
@click.argument("file", type=FILE, metavar="FILE")
@click.argument("takes", nargs=-1, metavar="[TAKE...]")
@variable_options
@click.option(
    "--format",
    "style",
    type=click.Choice(["yaml", "json", "jsonl"]),
    default="yaml",
    show_default=True,
    help="How the payloads are printed.",
)
@json_option
def command(
    *,
    file: Path,
    takes: tuple[str, ...],
    assignments: tuple[str, ...],
    variable_files: tuple[Path, ...],
    style: str,
    as_json: bool,
) -> int:
    """Print the payloads of a storyboard's takes; sends nothing.

    A shot's id means all its takes; patterns such as 'city-*' work too.
    """
    boards = read_storyboards(
        [file], load_catalog(), assignments=assignments, variable_files=variable_files
    )
    board = boards[0]
    say_problems(board.problems, board.sources)
    if not may_go_on(boards, strict=False):
        return ExitCode.USAGE
    chosen = select_takes(board.takes, Selection(only=takes), only_option="TAKE")
    documents = [_document(take) for take in board.takes if take.id in chosen]
    if as_json or style == "json":
        print_json({"storyboard": board.name, "title": board.title, "takes": documents})
    elif style == "jsonl":
        for document in documents:
            click.echo(json.dumps(document, ensure_ascii=False))
    else:
        text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=10_000)
        click.echo(text.rstrip("\n"))
    return ExitCode.OK


def _document(take: Take) -> dict[str, Any]:
    return {
        "id": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "take": take.number,
        "tags": list(take.tags),
        "model": take.model,
        "fingerprint": take.fingerprint,
        "payload": dict(take.payload),
    }
