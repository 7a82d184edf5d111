"""`storyboard models add`: makes a model card out of what others publish."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any, get_args

import click

from storyboard.api.credentials import find_base_url
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import base_url_option, json_option
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.understood_lines import understood_document, understood_lines
from storyboard.errors import ExitCode, UsageError
from storyboard.models.card import Kind
from storyboard.models.card_folders import CardText, Owner
from storyboard.models.card_reader import parse_card
from storyboard.models.catalog import load_services
from storyboard.models.imports.card_file import card_document, card_text
from storyboard.models.imports.understand import Understood, understand
from storyboard.project.card_files import card_path, difference, write_card
from storyboard.project.model_sources import (
    DocumentText,
    confidence_in,
    find_service,
    read_document,
    read_from_service,
    service_api,
)


@click.command(
    "add",
    epilog=exit_codes(
        USAGE="the document cannot be understood; nothing was written",
        REFUSED="a different card exists (without --force)",
        ACCOUNT="the service or the page cannot be reached",
    ),
)
@click.argument("source", required=False)
@click.option("--from-service", metavar="NAME", help="Ask the service itself for this model.")
@click.option("--name", metavar="NAME", help="Which model, if the document describes several.")
@click.option(
    "--kind",
    type=click.Choice(get_args(Kind)),
    help="What the videos are made from, if the document does not say.",
)
@click.option(
    "--without", multiple=True, metavar="FIELD", help="Leave this optional field of the model out."
)
@click.option("--user", is_flag=True, help="Write the card for all of your projects.")
@click.option("--force", is_flag=True, help="Overwrite an existing card.")
@base_url_option
@json_option
def command(
    *,
    source: str | None,
    from_service: str | None,
    name: str | None,
    kind: Kind | None,
    without: tuple[str, ...],
    user: bool,
    force: bool,
    base_url: str | None,
    as_json: bool,
) -> int:
    """Make a model card from a document, show what was understood, and write it.

    SOURCE is a file, an https address, or - for standard input: an OpenAPI document, the
    service's `api_schema` reply, or a page of documentation with an OpenAPI block. The card
    goes to models/PROVIDER/NAME.yaml in this folder. What cannot be understood is refused with
    its place; which common words the fields mean is guessed, and what is not certain left out.

    \b
    Examples:
      storyboard models add wan-openapi.yaml
      storyboard models add https://docs.modellix.ai/alibaba/wan-2-7-t2v.md
      storyboard models add --from-service alibaba/wan2.7-t2v --user
    """
    api_origin = find_base_url(base_url, environ=os.environ)
    services = load_services()
    found = _read(source, from_service, api_origin)
    model = understand(
        found.name,
        found.text,
        lambda address: find_service(services, address, api_origin),
        name=name or from_service,
        kind=kind,
        without=frozenset(without),
    )
    document = card_document(
        model,
        source=found.origin,
        read=datetime.now(timezone.utc).date().isoformat(),
        confidence=confidence_in(found.origin, model.service, api_origin),
    )
    path, text = card_path(model.name, is_user=user), card_text(document)
    file = CardText(str(path), text, Owner.USER if user else Owner.PROJECT)
    card = parse_card(file, model.name, services)
    changes = difference(path, text) if path.exists() else []
    if not as_json:
        print_lines(
            [*understood_lines(model, card, found.origin), *([""] if changes else []), *changes]
        )
    is_written = write_card(path, text, force=force)
    if as_json:
        _print_document(model, document, str(path), changes, is_written=is_written)
    else:
        say(f"{path}: {'written' if is_written else 'already says so'}")
        say(f"    next: storyboard models show {model.name}")
    return ExitCode.OK


def _read(source: str | None, from_service: str | None, api_origin: str) -> DocumentText:
    if (source is None) == (from_service is None):
        raise UsageError(
            "one source is needed: a file, an https address, -, or --from-service NAME",
            next_step="storyboard models add --help",
        )
    if source is not None:
        return read_document(source, api_origin)
    api, _ = service_api(api_origin)
    try:
        return read_from_service(api, from_service or "")
    finally:
        api.close()


def _print_document(
    model: Understood, card: dict[str, Any], path: str, changes: list[str], *, is_written: bool
) -> None:
    facts = {"path": path, "is_written": is_written, "difference": changes}
    print_json({**understood_document(model, card), **facts})
