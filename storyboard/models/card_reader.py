"""Reads a `ModelCard` from its file; `schemas/card.schema.json` describes the format.

A card may come from outside. It names a service, which alone decides where requests go. Every
mistake in a card becomes a `BrokenCard` that names the file, the line and the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from storyboard.errors import BrokenCard, CardError
from storyboard.models.card import SLOWEST_S, ModelCard, Parameter
from storyboard.models.card_folders import CardText, Owner
from storyboard.models.card_words import read_words, settings_of
from storyboard.models.folder import read_schema
from storyboard.models.media_limits import KEY, impossible_span, limits_of
from storyboard.models.references import expand_references
from storyboard.models.schema.card_check import request_problem, taken_name
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.messages import describe_error
from storyboard.models.schema.validator import DIALECT, compile_check
from storyboard.models.service import Service
from storyboard.models.service_reader import Services
from storyboard.models.words import PARAMETER_TYPES
from storyboard.models.yamltext import check_shape, line_at, parse_document
from storyboard.records import Json
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_path

_PATH = re.compile(r"""[$\w][\w$-]*(?:\.[$\w-]+|\[\d+\]|\["[^"]*"\])*""")
_STEP = re.compile(r"""\["([^"]*)"\]|\[(\d+)\]|([$\w-]+)""")
_LINE = re.compile(r"is not YAML: line (\d+)")

_NEXT_STEP = "correct the card; schemas/models/alibaba/wan2.7-t2v.yaml is one to go by"


def parse_card(file: CardText, name: str, services: Services) -> ModelCard:
    """Return the card of model `name` ("alibaba/wan2.7-t2v") from the text of its file.

    Also checks that the request is a usable schema within all limits. The program's own cards are
    checked when they are used instead, which saves checking the others. Raises BrokenCard.
    """
    try:
        if file.fault is not None:
            raise CardError(file.fault)
        document = parse_document(file.text)
        if problem := card_problem(document):
            raise CardError(problem)
        card = _card(document, name, services)
        if file.owner is not Owner.PROGRAM:
            _check(card)
    except CardError as error:
        reason = str(error)
        line = None if file.fault is not None else _find_line(file.text, reason)
        raise BrokenCard(
            file.path, line, reason, name=name, owner=file.owner, next_step=_NEXT_STEP
        ) from error
    return card


def card_problem(document: Mapping[str, Json]) -> str | None:
    """Return the path of the first mistake in the shape of a card, and what it is, or None."""
    schema = read_schema("card")
    if compile_check(schema)(document):
        return None
    return next(map(_shape_message, find_errors(document, schema)), None)


def _shape_message(error: SchemaError) -> str:
    where = format_path(error.path)
    if error.keyword == MISSING:
        return f"{where} is missing"
    if error.keyword == UNKNOWN:
        hint = did_you_mean(str(error.value), error.schema.get("properties", ()))
        return f"{where} is not a key of a model card" + (f"; {hint}" if hint else "")
    return f"{where}: {describe_error(error).words}"


def _find_line(text: str, reason: str) -> int | None:
    """Return the line (from 1) of the key whose path begins a message, or of the nearest above."""
    if found := _LINE.match(reason):
        return int(found[1])
    path = _PATH.match(reason)
    try:
        check_shape(text)  # composing one that is nested too deeply can crash the C parser
    except (CardError, yaml.YAMLError, ValueError):
        return None
    steps = _STEP.finditer(path[0] if path else "")
    return line_at(text, [int(step[2]) if step[2] else step[1] or step[3] for step in steps])


def _check(card: ModelCard) -> None:
    if problem := request_problem(card):
        raise CardError(problem)
    if name := taken_name(card):
        raise CardError(f"request.properties.{name}: is the name of a storyboard's own key")


def _card(document: Mapping[str, Any], name: str, services: Services) -> ModelCard:
    """Return the card in a document that has the right shape."""
    if document["name"] != name:
        raise CardError(f"name: {document['name']!r} is not {name}, as the file is called")
    request = expand_references(document["request"])
    parameters = {known.name: known for known in _parameters(request)}
    words = read_words(document, parameters)
    seconds = document.get("render_seconds", {})
    return ModelCard(
        name=name,
        title=document["title"],
        service=_service(document["service"], services),
        kind=document["kind"],
        request_schema={"$schema": DIALECT, **request},
        parameters=parameters,
        words=words,
        settings=settings_of(parameters, words),
        source=document["source"],
        read=document["read"],
        confidence=document["confidence"],
        retires=document.get("retires"),
        frame_rate=document.get("frame_rate"),
        usual_render_s=seconds.get("usual"),
        slowest_s=seconds.get("most", SLOWEST_S),
        sizes=_sizes(document.get("sizes", {})),
    )


def _service(name: str, services: Services) -> Service:
    service = services.get(name)
    if service is None:
        known = ", ".join(services.names())
        raise CardError(f"service: {name!r} is unknown; known: {known}")
    return service


def _parameters(request: Mapping[str, Any]) -> Iterator[Parameter]:
    required = request.get("required", [])
    for name, limits in request["properties"].items():
        type_ = limits.get("type")
        if type_ not in PARAMETER_TYPES:
            where = f"request.properties.{name}"
            raise CardError(
                f"{where} has type {type_!r}; it is one of {', '.join(PARAMETER_TYPES)}"
            )
        if key := impossible_span(limits_of(limits)):
            where = f"request.properties.{name}.{KEY}.{key}"
            raise CardError(f"{where}: the least is more than the most")
        yield Parameter(
            name=name,
            type=type_,
            limits=limits,
            is_required=name in required,
            default=limits.get("default"),
        )


def _sizes(by_resolution: Mapping[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (resolution, ratio): (width, height)
        for resolution, by_ratio in by_resolution.items()
        for ratio, (width, height) in by_ratio.items()
    }
