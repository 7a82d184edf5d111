"""A model card's text as plain data, bounded before YAML's own parser is in danger. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from storyboard.records import Json

MAX_CHARACTERS = 1_000_000
MAX_LEVELS = 50  # the C parser builds values by recursion and crashes near 30,000
_TOO_DEEP = f"is nested more than {MAX_LEVELS} levels deep"

# The C parser reads a card in 3 ms, the one in Python in 40; every start pays for it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CardText(Exception):
    """`str(error)` says why the text is no model card."""


def is_too_deep(error: Exception) -> bool:
    """Whether a parser gave up because of the depth: newer C parsers have a bound of their own.

    They look ahead within a line, so the complaint can come before the events of the levels.
    Source: libyaml, pull requests 287 and 329, "Enforce nesting limit in scanner".
    """
    problem = getattr(error, "problem", None)
    return isinstance(problem, str) and "maximum nesting depth" in problem


def parse_card(text: str) -> dict[str, Json]:
    """The document as JSON could hold it. Raises CardText."""
    if len(text) > MAX_CHARACTERS:
        raise CardText(f"is longer than {MAX_CHARACTERS:,} characters")
    try:
        _check_shape(text)
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506  the safe loader, by another name
    except yaml.MarkedYAMLError as error:
        if is_too_deep(error):
            raise CardText(_TOO_DEEP) from error
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise CardText(f"is not YAML: {line}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise CardText(f"is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise CardText("is not an OpenAPI document, which is a mapping")
    _check_json(document, "")
    return document


def _check_shape(text: str) -> None:
    levels = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            levels += 1
            if levels > MAX_LEVELS:
                raise CardText(_TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            levels -= 1
        elif isinstance(event, yaml.AliasEvent):
            # A few lines of them can stand for billions of values.
            raise CardText(f"uses the alias *{event.anchor}; a card refers by $ref")


def _check_json(value: Any, where: str) -> None:
    """YAML has dates and keys of every kind; JSON has neither."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise CardText(f"{where or 'the document'} has the key {key!r}; put it in quotes")
            _check_json(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check_json(item, f"{where}[{number}]")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise CardText(f"{where} is read as a {type(value).__name__}; put it in quotes")
    elif isinstance(value, float) and value - value != 0:
        raise CardText(f"{where} is {value}, which JSON cannot hold")
