"""Finds models that retire or have retired, and what to use instead. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.reporting.suggest import closest

NOTICE = timedelta(days=60)
"""How long before a model's retirement its users are warned."""


def gone_models(cards: Iterable[ModelCard], today: date) -> frozenset[str]:
    """Return the names of the models that have retired."""
    return frozenset(
        card.name for card in cards if (day := _day_of(card)) is not None and day <= today
    )


def retirement_words(card: ModelCard, today: date) -> str | None:
    """Say when a model retires or retired, as a clause; None if that is not known, or far away."""
    day = _day_of(card)
    if day is None or day - today > NOTICE:
        return None
    if day <= today:
        return f"{card.name} has been retired since {day}"
    days = (day - today).days
    return f"{card.name} retires on {day}, {'tomorrow' if days == 1 else f'in {days} days'}"


def find_sibling(card: ModelCard, catalog: Catalog, today: date) -> str | None:
    """Return the remaining model of the same provider and kind with the closest name, or None."""
    provider = f"{card.name.split('/')[0]}/"
    names = (name for name in catalog.names() if name.startswith(provider) and name != card.name)
    known = (catalog.get_usable(name) for name in names)
    staying = [
        one.name
        for one in known
        if one and one.kind == card.kind and not retirement_words(one, today)
    ]
    return closest(card.name, staying) or next(iter(reversed(staying)), None)


def _day_of(card: ModelCard) -> date | None:
    """Return the day on which a model retires; None also if no such day exists."""
    try:
        return None if card.retires is None else date.fromisoformat(card.retires)
    except ValueError:
        return None
