"""`storyboard show`: the exact payloads that would be sent, and the bodies that were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from storyboard.console.arguments import FileAndTakes, file_and_takes_argument
from storyboard.console.options import (
    FolderOptions,
    TrialOptions,
    VariableOptions,
    format_option,
    json_option,
    with_options,
)
from storyboard.console.printing import print_json, print_lines, print_safe, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.yaml_lines import yaml_lines
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.planning.selection import Selection, narrow, select_takes
from storyboard.records import Payload, Storyboard, Submission, Take
from storyboard.reporting.quoting import json_text

Sent = Mapping[str, Submission]
"""The submission that decides about each request, by fingerprint."""


@click.command()
@file_and_takes_argument
@with_options(variables=VariableOptions, trial=TrialOptions, where=FolderOptions)
@click.option("--with-parents", is_flag=True, help="Also print the takes whose frames these use.")
@format_option("yaml", "json", "jsonl", help="How the payloads are printed.")
@json_option
def command(
    *,
    named: FileAndTakes,
    variables: VariableOptions,
    trial: TrialOptions,
    where: FolderOptions,
    with_parents: bool,
    style: str,
    as_json: bool,
) -> int:
    """Print the payloads of a storyboard's takes; sends nothing.

    The id of a shot selects all its takes; patterns such as 'city-*' work too. With --model, the
    payloads are those that another model would get.

    A payload names files and frames by their content. For such takes, the body is printed too:
    what was sent, with an address for each, if the output folder's state file knows it.

    \b
    Examples:
      storyboard show film.yaml
      storyboard show film.yaml pier 'city-*' --format json
    """
    as_json = as_json or style == "json"
    [board] = read_sound(
        [named.file], load_catalog(), variables, as_json=as_json, model=trial.model
    )
    selection = Selection(only=named.takes, with_parents=with_parents)
    chosen = select_takes(board.takes, selection, only_option="TAKE")
    chosen = narrow(chosen, selection, board.takes, ())
    takes, sent = _resolve(board, where)
    documents = [_document(take, sent) for take in takes if take.id in chosen]
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
        print_lines(yaml_lines(map(_for_people, documents)))
    return ExitCode.OK


def _resolve(board: Storyboard, where: FolderOptions) -> tuple[Sequence[Take], Sent]:
    """The takes with the videos that they show frames of, as far as known, and what was sent.

    Looks into the output folder only if a take has files or frames.
    """
    if not any(one.inputs for take in board.takes for one in take.candidates):
        return board.takes, {}
    from storyboard.planning.states import deciding_submissions
    from storyboard.project.manifests import known_submissions
    from storyboard.project.workspace import find_workspaces

    [space] = find_workspaces([board], where.folders)
    known = known_submissions(space, tell=say)
    return space.resolve_takes(known), deciding_submissions(known)


def _document(take: Take, sent: Sent) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "take": take.number,
        "tags": list(take.tags),
        "notes": take.notes,
        "meta": dict(take.meta),
        **_request(take, sent),
    }
    if take.fallbacks:
        document["fallbacks"] = [_request(one, sent) for one in take.fallbacks]
    return document


def _request(take: Take, sent: Sent) -> dict[str, Any]:
    document: dict[str, Any] = {
        "model": take.model,
        "fingerprint": take.fingerprint,
        "payload": dict(take.payload),
    }
    if take.inputs:
        from storyboard.outputs.manifest.inputs import input_documents

        submission = sent.get(take.fingerprint)
        body: Payload | None = submission.body if submission else None
        document["inputs"] = input_documents(take.inputs)
        document["body"] = None if body is None else dict(body)
    return document


def _for_people(document: dict[str, Any]) -> dict[str, Any]:
    """The document without a body if nothing was sent."""
    document = {key: each for key, each in document.items() if key != "body" or each is not None}
    if "fallbacks" in document:
        document["fallbacks"] = [_for_people(one) for one in document["fallbacks"]]
    return document
