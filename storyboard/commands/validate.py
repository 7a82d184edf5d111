"""`storyboard validate`: problems and warnings, with their places; sends nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from storyboard.console.arguments import files_argument_or_stdin
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import (
    TrialOptions,
    VariableOptions,
    format_option,
    json_option,
    strict_option,
    with_options,
)
from storyboard.console.own_cards import replacement_lines
from storyboard.console.printing import print_safe, say, wants_color
from storyboard.console.read_storyboards import keep_proven_repairs, may_go_on, read_storyboards
from storyboard.console.repair_lines import repair_note
from storyboard.errors import ExitCode
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.planning.cost import length_s
from storyboard.records import Storyboard
from storyboard.reporting.amounts import count_text, span_text
from storyboard.reporting.problems import format_problems, summarize, tidy


@click.command(
    epilog=exit_codes(
        OK="there are no problems",
        USAGE="there are problems, or with --strict warnings; or wrong usage",
    )
)
@files_argument_or_stdin
@with_options(variables=VariableOptions, trial=TrialOptions)
@format_option("text", "concise", "json", "github", "sarif", help="How problems are printed.")
@click.option("--quiet", "-q", is_flag=True, help="Print only problems and warnings.")
@json_option
@strict_option
def command(
    *,
    files: tuple[Path, ...],
    variables: VariableOptions,
    trial: TrialOptions,
    style: str,
    as_json: bool,
    strict: bool,
    quiet: bool,
) -> int:
    """Check storyboards completely: their structure, and every payload with templates filled in.

    Without --variant, all variants are checked too. With --model, every shot is
    checked as if it had that model.

    \b
    Examples:
      storyboard validate film.yaml
      storyboard validate film.yaml --model alibaba/wan2.7-t2v
      storyboard validate *.yaml --strict --format github
    """
    catalog = load_catalog()
    boards = read_storyboards(files, catalog, variables, model=trial.model, checks_variants=True)
    style = "json" if as_json else style
    if style in ("json", "sarif"):
        boards = keep_proven_repairs(boards, files, catalog, variables, checks_variants=True)
    problems = tidy([problem for board in boards for problem in board.problems])
    sources = {name: text for board in boards for name, text in board.sources.items()}
    color = style == "text" and wants_color(sys.stdout.isatty())
    print_safe(format_problems(problems, sources, style=style, color=color))
    if problems:
        say(summarize(problems), *repair_note(boards, variables))
    for board in boards:
        if board.is_sound and not quiet:
            own = catalog.of(board.path)
            say(describe(board, own), *replacement_lines(board, catalog))
    return ExitCode.OK if may_go_on(boards, strict=strict) else ExitCode.USAGE


def describe(board: Storyboard, catalog: Catalog) -> str:
    """One line about a storyboard without problems: its takes and their total duration."""
    shots = len({take.shot for take in board.takes})
    seconds = length_s(board.takes, catalog)
    length = f", {span_text(seconds)} of video" if seconds else ""
    counts = f"{count_text(shots, 'shot')}, {count_text(len(board.takes), 'take')}"
    names = board.variants if board.variant is None else ()
    variants = f"; variants: {', '.join(names)}" if names else ""
    return f"{board.display_name}: {counts}{length}{variants}"
