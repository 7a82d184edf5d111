"""`storyboard models prices`: the prices of the account's model list, as a file of prices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timezone

import click

from storyboard.api.account import ListedModel
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import base_url_option, json_option
from storyboard.console.printing import print_json, print_lines
from storyboard.errors import AccountError, ExitCode, UsageError
from storyboard.language.project_cards import load_catalog_here
from storyboard.project.model_sources import service_api

_KEYS = {
    re.compile(r"(\$|usd)\s*/\s*(s|sec|second)s?", re.I): "per_second",
    re.compile(r"(\$|usd)\s*/\s*(clip|video|generation)s?", re.I): "per_clip",
}


@click.command(
    "prices",
    epilog=exit_codes(
        USAGE="wrong usage", ACCOUNT="the service cannot be reached, or refuses the key"
    ),
)
@click.option(
    "--from-service", is_flag=True, help="Read them from the account's model list, with its key."
)
@base_url_option
@json_option
def command(*, from_service: bool, base_url: str | None, as_json: bool) -> int:
    """Print the prices in the account's model list, as a file for --prices or include.

    If a model's price is a range, the highest is printed: no estimate is then too low. Write
    the others by resolution and sound yourself. A price for anything but a second or a
    clip is a comment. Sends one free request.

    \b
    Examples:
      storyboard models prices --from-service > prices.yaml
      storyboard models prices --from-service --json
    """
    if not from_service:
        raise UsageError(
            "no price is built in, so there is a source to name",
            next_step="storyboard models prices --from-service",
        )
    today = datetime.now(timezone.utc).date()
    models = _known_here(_read_list(base_url))
    if as_json:
        print_json({"as_of": f"{today}", "prices": {one.slug: _document(one) for one in models}})
    else:
        print_lines(price_lines(models, today))
    return ExitCode.OK


def _read_list(base_url: str | None) -> tuple[ListedModel, ...]:
    api, has_key = service_api(base_url)
    try:
        if not has_key:
            raise AccountError(
                "the model list is the account's, and there is no key",
                next_step="set MODELLIX_API_KEY",
            )
        return api.models()
    finally:
        api.close()


def _known_here(models: Iterable[ListedModel]) -> list[ListedModel]:
    """The listed models that a storyboard can name here."""
    names = set(load_catalog_here().names())
    return sorted((one for one in models if one.slug in names), key=lambda one: one.slug)


def price_lines(models: Iterable[ListedModel], today: date) -> Iterator[str]:
    """The lines of a file of prices; what is no price that it can hold is a comment."""
    yield "prices:"
    yield f"  as_of: {today}"
    for one in models:
        key, price = _key_of(one), one.price
        if price is None:
            yield f"  # {one.slug}: the list gives no price"
        elif key is None:
            span = f"{price.minimum:f} to {price.maximum:f}"
            yield f"  # {one.slug}: {span}, in {price.unit or 'no unit'}"
        else:
            is_range = price.minimum < price.maximum
            note = f"  # {price.minimum:f} to {price.maximum:f}" if is_range else ""
            yield f"  {one.slug}: {{{key}: {price.maximum:f}}}{note}"


def _key_of(one: ListedModel) -> str | None:
    unit = (one.price.unit or "").strip() if one.price else ""
    return next((key for pattern, key in _KEYS.items() if pattern.fullmatch(unit)), None)


def _document(one: ListedModel) -> dict[str, object]:
    price = one.price
    return {
        "for": _key_of(one),
        "least_usd": float(price.minimum) if price else None,
        "most_usd": float(price.maximum) if price else None,
        "unit": price.unit if price else None,
    }
