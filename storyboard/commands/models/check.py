"""`storyboard models check`: what has moved since the cards were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import click

from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import FILE, VariableOptions, base_url_option, json_option
from storyboard.console.printing import align, print_json, print_lines, say
from storyboard.console.read_storyboards import read_storyboards
from storyboard.errors import ExitCode, NotNow
from storyboard.language.project_cards import load_catalog_here
from storyboard.models.catalog import Catalog, load_services
from storyboard.models.service import Service
from storyboard.names import find_storyboards
from storyboard.project.model_check import (
    Checked,
    FilmWarning,
    Standing,
    cards_to_check,
    check_card,
    film_warnings,
    not_compared,
)
from storyboard.project.model_sources import find_service, service_api
from storyboard.reporting.amounts import count_text


@click.command(
    "check",
    epilog=exit_codes(
        ACCOUNT="the service cannot be reached, or refuses the key",
        CHANGED="a card differs from the service, or a film uses a model that is gone or retiring",
    ),
)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE...]")
@base_url_option
@json_option
def command(*, files: tuple[Path, ...], base_url: str | None, as_json: bool) -> int:
    """Report models that the service no longer lists, and limits that have changed.

    Each card is compared, field by field, with what the service says of the model today. Names
    the FILES, or else the storyboards in this folder, that use a model which is gone or retires
    within 60 days. Sends only free requests.

    \b
    Examples:
      storyboard models check
      storyboard models check film.yaml --json
    """
    today = datetime.now(timezone.utc).date()
    catalog = load_catalog_here()
    checked, is_listed = _check_cards(catalog, today, base_url)
    warnings = _warnings(files, catalog, checked, today)
    if as_json:
        print_json(_document(checked, warnings, is_listed=is_listed))
    else:
        _print(checked, warnings, is_listed=is_listed)
    return _exit_code(checked, warnings)


def _check_cards(catalog: Catalog, today: date, base_url: str | None) -> tuple[list[Checked], bool]:
    """The cards against the service, and whether the account's list could be asked for."""
    services = load_services()

    def find(address: str) -> Service | None:
        return find_service(services, address, api.origin)

    api, has_key = service_api(base_url)
    try:
        listed = frozenset(one.slug for one in api.models()) if has_key else None
        checked = []
        for card in cards_to_check(catalog, today):
            try:
                schema = api.model_schema(card.name)
            except NotNow as error:  # of one model; the others may be answered
                checked.append(not_compared(card, str(error)))
            else:
                checked.append(check_card(card, schema, listed, find))
        return checked, has_key
    finally:
        api.close()


def _warnings(
    files: Sequence[Path], catalog: Catalog, checked: Sequence[Checked], today: date
) -> list[FilmWarning]:
    named = list(files) or find_storyboards(Path())
    boards = read_storyboards(named, catalog, VariableOptions())
    for board in boards:
        if not board.is_sound:
            say(f"{board.path}: has problems, so not all of its takes are known")
    return list(film_warnings(boards, catalog, checked, today))


def _print(checked: Sequence[Checked], warnings: Sequence[FilmWarning], *, is_listed: bool) -> None:
    rows: list[Sequence[str]] = []
    for one in checked:
        if one.moves:
            rows += [(one.model, f"{move.field} {move.words}") for move in one.moves]
        elif one.standing is Standing.GONE:
            rows.append((one.model, "is gone: the service no longer lists it"))
        elif one.standing is Standing.NOT_LISTED:
            rows.append(
                (one.model, "is not in the account's list; its limits are as the card says")
            )
        elif one.standing is Standing.NOT_COMPARED:
            rows.append((one.model, f"cannot be compared: {one.reason}"))
    if rows:
        print_lines(align(rows))
    print_lines(map(str, warnings))
    same = sum(one.standing is Standing.CURRENT for one in checked)
    say(f"{count_text(len(checked), 'card')} compared, {same} as the service says")
    if not is_listed:
        say("there is no key, so the account's list of models was not asked for")


def _exit_code(checked: Sequence[Checked], warnings: Sequence[FilmWarning]) -> ExitCode:
    """10 where something moved or goes; what cannot be compared alone is no such thing."""
    moved = (Standing.MOVED, Standing.GONE, Standing.NOT_LISTED)
    is_moved = any(one.standing in moved for one in checked)
    return ExitCode.CHANGED if is_moved or warnings else ExitCode.OK


def _document(
    checked: Sequence[Checked], warnings: Sequence[FilmWarning], *, is_listed: bool
) -> dict[str, Any]:
    return {
        "is_list_read": is_listed,
        "models": [{**asdict(one), "standing": one.standing.value} for one in checked],
        "films": [asdict(one) for one in warnings],
    }
