"""Reads prices and caps from a storyboard's files, and finds what is wrong with them. Pure.

Runs after the shape check, and skips malformed values, which are already reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from storyboard.language.expansion.values import Report
from storyboard.language.nodes import MappingNode, Node, ScalarNode
from storyboard.money import FilmCaps, Kind, Per, Price, Sound, to_micros
from storyboard.records import Position, Problem, Severity
from storyboard.reporting.value_paths import format_path

MAX_AGE = timedelta(days=60)

_PER = {"per_second": Per.SECOND, "per_clip": Per.CLIP, "per_thousand_tokens": Per.TOKENS}
_TOKENS = "tokens_per_second"
_SOUNDS = {sound.value: sound for sound in Sound}


class WrittenPrice(NamedTuple):
    """A model's price, with its path and its position."""

    price: Price
    where: str
    position: Position


def read_prices(files: Sequence[MappingNode], report: Report) -> dict[str, WrittenPrice]:
    """Return the price of each model; if several files give one, the last wins."""
    found: dict[str, WrittenPrice] = {}
    for file in files:
        prices = file.get("prices")
        if isinstance(prices, MappingNode):
            found.update(_prices_in(prices, report))
    return found


def old_prices(
    written: Mapping[str, WrittenPrice], used: frozenset[str], *, today: date
) -> Iterator[Problem]:
    """Warn about each outdated price of a model in use."""
    for model, (price, where, position) in written.items():
        if model in used and today - price.as_of > MAX_AGE:
            words = f"{where}: the price is of {price.as_of}, more than {MAX_AGE.days} days ago"
            hint = "look it up, and change as_of to the day on which you did"
            yield Problem(position, "old-price", words, hint, severity=Severity.WARNING)


def read_caps(root: MappingNode) -> FilmCaps:
    """Return the storyboard's caps on the film's cost."""
    node = root.get("caps")
    values = {name: _number(one) for name, one in node} if isinstance(node, MappingNode) else {}
    day, film = (
        None if amount is None else to_micros(amount)
        for amount in (values.get("day"), values.get("film"))
    )
    return FilmCaps(day, film)


def _prices_in(prices: MappingNode, report: Report) -> Iterator[tuple[str, WrittenPrice]]:
    shared = prices.get("as_of")
    for model, node in prices:
        if model == "as_of" or not isinstance(node, MappingNode):
            continue
        where, position = format_path(["prices", model]), prices.entries[model].key_position
        as_of = _day(node.get("as_of") or shared, report)
        price = _price(node, where, position, report)
        if as_of is None and node.get("as_of") is None and shared is None:
            hint = "add the day on which you read it, as as_of: 2026-11-20"
            words = f"{where}: missing key 'as_of': a price changes, so it has a date"
            report(Problem(position, "missing-key", words, hint))
        if price is not None and as_of is not None:
            per, rates, tokens = price
            yield model, WrittenPrice(Price(per, rates, as_of, tokens), where, position)


def _day(node: Node | None, report: Report) -> date | None:
    text = node.text if isinstance(node, ScalarNode) else ""
    if len(text) != len("2026-11-20"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        if node is not None and text[4:5] == text[7:8] == "-" and text[5:7] <= "12":
            words = f"prices: there is no day {text}"
            report(Problem(node.position, "wrong-form", words, "correct as_of"))
        return None


_Rates = dict[Kind, Decimal]


def _price(
    node: MappingNode, where: str, position: Position, report: Report
) -> tuple[Per, _Rates, _Rates] | None:
    """Return the unit of the price, its rates, and the tokens per second."""
    given = [name for name in _PER if name in node.entries]
    if len(given) != 1:
        words = f"{where}: needs one of per_second, per_clip and per_thousand_tokens"
        found = f", and has {len(given)}" if given else ""
        report(Problem(position, "wrong-form", words + found, "a price is for one of them"))
        return None
    [name] = given
    per = _PER[name]
    if (per is Per.TOKENS) != (_TOKENS in node.entries):
        is_missing = per is Per.TOKENS
        words = (
            f"{where}: missing key '{_TOKENS}': without it a price of tokens says nothing of a clip"
            if is_missing
            else f"{where}: {_TOKENS} belongs to a price per_thousand_tokens"
        )
        report(Problem(position, "missing-key" if is_missing else "wrong-form", words))
        return None
    rates = _rates(node.entries[name].value, f"{where}.{name}", report)
    tokens = _rates(node.get(_TOKENS), f"{where}.{_TOKENS}", report)
    return (per, rates, tokens) if rates else None


def _rates(node: Node | None, where: str, report: Report) -> _Rates:
    """Return rates by resolution and sound, from a number or up to two levels of them."""
    if isinstance(node, ScalarNode):
        number = _number(node)
        return {} if number is None else {(None, None): number}
    found: _Rates = {}
    for outer, value in node if isinstance(node, MappingNode) else ():
        pairs: list[tuple[tuple[str, ...], Node]]
        if isinstance(value, MappingNode):
            pairs = [((outer, inner), one) for inner, one in value]
        else:
            pairs = [((outer,), value)]
        for names, one in pairs:
            number, kind = _number(one), _kind(names)
            if kind is None:
                words = f"{where}: {' and '.join(names)} together name no kind of clip"
                hint = "name a resolution, then sound or silent, or the other way round"
                report(Problem(one.position, "wrong-form", words, hint))
            elif number is not None:
                found[kind] = max(number, found.get(kind, number))
    return _one_axis(found, node, where, report)


def _one_axis(found: _Rates, node: Node | None, where: str, report: Report) -> _Rates:
    """Return the rates, unless two apply to one clip and neither is more specific."""
    resolutions = any(resolution and not sound for resolution, sound in found)
    sounds = any(sound and not resolution for resolution, sound in found)
    if node is not None and resolutions and sounds:
        words = f"{where}: resolutions stand beside sound and silent, so a clip has two prices"
        hint = "put sound and silent below each resolution"
        report(Problem(node.position, "wrong-form", words, hint))
        return {}
    return found


def _kind(names: tuple[str, ...]) -> Kind | None:
    """Return the kind of clip the names mean: at most one resolution and one sound among them."""
    sounds = [_SOUNDS[name.lower()] for name in names if name.lower() in _SOUNDS]
    others = [name.upper() for name in names if name.lower() not in _SOUNDS]
    if len(sounds) > 1 or len(others) > 1:
        return None
    return (others[0] if others else None, sounds[0] if sounds else None)


def _number(node: Node) -> Decimal | None:
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        return None
    return Decimal(str(value))
