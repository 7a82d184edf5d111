"""Makes the JSON Schemas of storyboards and included files from the model cards. Pure.

They use draft-07, because the common YAML language server supports it everywhere. What is not a
model's limit (keys, names, shapes) is written here, once. `errorMessage` contains a rule in
words, which our messages and the editors' use. Editors look for values in `examples`, but not
behind `if`, and show the first description they find; so each key lists its values as examples,
and only keys have descriptions.
"""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.errors import UsageError
from storyboard.models.card import ModelCard
from storyboard.models.schema import keys, media_keys, money_keys
from storyboard.models.schema.card_check import check_card, taken_name
from storyboard.models.schema.keys import Schema, or_template, ref
from storyboard.models.schema.limits import model_limits, parameter_definitions, seed_limits
from storyboard.models.words import RESOLUTION, WORDS

DRAFT = "http://json-schema.org/draft-07/schema#"
_PARAMETER = "parameter."
COMMENT = "Generated from the model cards by: storyboard schema --write"


def storyboard_schema(
    cards: Sequence[ModelCard], names: Sequence[str] = (), lacked: Sequence[str] = ()
) -> Schema:
    """Return a storyboard's schema. Raises UsageError if a model's parameter has a taken name.

    `names` are the models that can be named, if `cards` has only some of them.
    """
    parameters = _parameters(cards, lacked)
    return {
        "$schema": DRAFT,
        "$comment": COMMENT,
        "title": "Storyboard, version 1",
        "description": "A film as text: its shots, and what each one requests from the API.",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": _top_keys(cards, parameters),
        # Exactly one of scenes and shots, written so that editors mark the wrong key.
        "if": {"required": ["scenes"]},
        "then": {"properties": {"shots": keys.NOT_BOTH}},
        "else": {"required": ["shots"], "errorMessage": keys.NEITHER},
        **_narrowing(cards),
        "definitions": {
            **_shared(cards, parameters, names),
            "scene": keys.SCENE,
            "shots": keys.SHOTS,
            "shot": {**_shot(parameters), **_narrowing_beside(cards)},
        },
    }


def include_schema(
    cards: Sequence[ModelCard], names: Sequence[str] = (), lacked: Sequence[str] = ()
) -> Schema:
    """Return the schema of a file that storyboards include: shared values, and no shots."""
    parameters = _parameters(cards, lacked)
    return {
        "$schema": DRAFT,
        "$comment": COMMENT,
        "title": "Included file of a storyboard, version 1",
        "description": "Vars, negatives, seeds, references, prices and defaults of several "
        "storyboards.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: schema
            for name, schema in _top_keys(cards, parameters).items()
            if name not in _NOT_INCLUDED
        },
        "definitions": _shared(cards, parameters, names),
    }


_NOT_INCLUDED = ("title", "model", "caps", "scenes", "shots")


def _top_keys(cards: Sequence[ModelCard], parameters: Schema) -> Schema:
    """Return the schemas of the keys at the top of a storyboard."""
    return {
        "$schema": keys.SCHEMA,
        "version": keys.VERSION,
        "title": keys.TITLE,
        "model": ref("model"),
        "include": keys.INCLUDE,
        "vars": ref("vars"),
        "negatives": keys.NEGATIVES,
        "seeds": keys.seeds(seed_limits(cards)),
        "references": media_keys.REFERENCES,
        "prices": money_keys.prices(card.name for card in cards),
        "caps": money_keys.CAPS,
        "defaults": ref("defaults"),
        "if_missing": _if_missing(parameters),
        "variants": keys.VARIANTS,
        "scenes": keys.SCENES,
        "shots": ref("shots"),
    }


def _parameters(cards: Sequence[ModelCard], lacked: Sequence[str]) -> Schema:
    if not cards:
        raise UsageError("no model card was found", next_step="put one into schemas/models/")
    for card in cards:
        check_card(card)
        if taken := taken_name(card):
            raise UsageError(
                f"model card {card.name}: the parameter {taken!r} has the name of a "
                "storyboard's own key",
                next_step="the model needs a protocol that renames it",
            )
    # Every file knows the common words: a take whose model lacks one is told so, by the model.
    known = parameter_definitions(cards)
    return known | {name: dict(_LACKED) for name in (*WORDS, *lacked) if name not in known}


_LACKED: Schema = {"description": "No model of this file has this.", "examples": [None]}


def _resolutions(cards: Sequence[ModelCard]) -> list[str]:
    """Return the resolutions that the cards list, each once."""
    known = (card.words.get(RESOLUTION) for card in cards)
    lists = (one.limits.get("enum") for one in known if one is not None)
    named = (value for values in lists if isinstance(values, list) for value in values)
    return list(dict.fromkeys(str(value).upper() for value in named))


def _shared(cards: Sequence[ModelCard], parameters: Schema, names: Sequence[str]) -> Schema:
    """Return the definitions that both kinds of file use."""
    return {
        "template": keys.TEMPLATE,
        "frame": media_keys.FRAME,
        "price": money_keys.price(_resolutions(cards)),
        "model": keys.model({"enum": list(names)} if names else _names_of(cards), _offered(cards)),
        "vars": keys.VARS,
        **{name: schema for name, schema in keys.SHARED.items() if name != "model"},
        **{_PARAMETER + name: schema for name, schema in parameters.items()},
        "defaults": _mapping(keys.DEFAULTS, parameters, cards),
        "variant": _mapping(keys.VARIANT, parameters, cards),
        **_own_limits(cards),
    }


def _names_of(cards: Sequence[ModelCard]) -> Schema:
    """Return the models' names; editors do not offer those retired when their cards were written.

    Today's date does not matter, because the schema is committed.
    """
    staying = _offered(cards)
    gone = [card.name for card in cards if card.name not in staying]
    if not gone or not staying:
        return {"enum": [*staying, *gone]}
    # Editors do not look for values behind `not`.
    return {"anyOf": [{"enum": staying}, {"not": {"not": {"enum": gone}}}]}


def _offered(cards: Sequence[ModelCard]) -> list[str]:
    return [card.name for card in cards if not (card.retires and card.retires <= card.read)]


def _mapping(description: str, parameters: Schema, cards: Sequence[ModelCard]) -> Schema:
    """Return the schema of a mapping of settings that is not a shot."""
    return {
        "type": "object",
        "description": description,
        "examples": [_usual_values(parameters)],
        "additionalProperties": False,
        "properties": _settings(parameters),
        **_narrowing_beside(cards),
    }


def _shot(parameters: Schema) -> Schema:
    return {
        "type": "object",
        "description": "One entry; with rows or a matrix it makes several shots.",
        "required": ["id"],
        "additionalProperties": False,
        "properties": {**keys.SHOT_ONLY, **_settings(parameters), "vars": ref("vars")},
    }


def _if_missing(parameters: Schema) -> Schema:
    """Return the schema of `if_missing`, which accepts any setting but the prompt."""
    names = {"enum": [name for name in parameters if name != "prompt"]}
    return {**keys.IF_MISSING, "propertyNames": names}


def _usual_values(parameters: Schema) -> Schema:
    """Return an example for each parameter that has a default."""
    return {
        name: schema["examples"][0]
        for name, schema in parameters.items()
        if "default" in schema and schema["examples"]
    }


def _settings(parameters: Schema) -> Schema:
    """Return the settings allowed both in `defaults` and in a shot."""
    return {
        **{name: ref(_PARAMETER + name) for name in parameters},
        **{name: ref(name) for name in keys.SHARED},
    }


# With several models, the definitions above accept what any of them accepts. If a shot, its
# defaults or the file clearly names one model, that model's own limits also apply, and settings
# that it does not have are rejected, unless the file says what to do with them.

_NO_MODEL: Schema = {"not": {"required": ["model"]}}
_DROPS: Schema = {"required": ["if_missing"]}


def _narrowing(cards: Sequence[ModelCard]) -> Schema:
    if len(cards) < 2:
        return {}
    foreign = ref("foreign")
    everywhere = {"defaults": foreign, "shots": {"items": foreign}}
    beside = {"properties": {**everywhere, "scenes": {"items": {"properties": everywhere}}}}
    limits = [_narrowed(card, "only") for card in cards]
    refusals = [beside, *(_narrowed(card, "foreign") for card in cards)]
    return {"allOf": [*limits, {"if": _DROPS, "else": {"allOf": refusals}}]}


def _narrowed(card: ModelCard, kind: str) -> Schema:
    """Return the limits that the model at the top of the file sets for its shots."""
    own = {"if": {"required": ["model"]}, "else": ref(_of_model(kind, card))}
    is_for_card = {
        "required": ["model"],
        "properties": {"model": {"const": card.name}, "defaults": _NO_MODEL},
    }
    scene = {
        "if": {"properties": {"defaults": _NO_MODEL}},
        "then": {"properties": {"defaults": own, "shots": {"items": own}}},
    }
    return {
        "if": is_for_card,
        "then": {
            "properties": {
                "defaults": own,
                "variants": {"additionalProperties": own},
                "shots": {"items": own},
                "scenes": {"items": scene},
            }
        },
    }


def _beside(cards: Sequence[ModelCard], kind: str) -> Schema:
    """Return the limits that a model sets for the settings in the same mapping."""
    return {
        "allOf": [
            {
                "if": {"required": ["model"], "properties": {"model": {"const": card.name}}},
                "then": ref(_of_model(kind, card)),
            }
            for card in cards
        ]
    }


def _narrowing_beside(cards: Sequence[ModelCard]) -> Schema:
    return _beside(cards, "only") if len(cards) > 1 else {}


def _of_model(kind: str, card: ModelCard) -> str:
    """Return the name of a model's definition: "only.alibaba.wan2.7-t2v"."""
    # A slash in the name would be read as a step of the reference's path.
    return f"{kind}.{card.name.replace('/', '.')}"


def _own_limits(cards: Sequence[ModelCard]) -> Schema:
    if len(cards) < 2:
        return {}
    every = dict.fromkeys(name for card in cards for name in card.settings)
    found: Schema = {"foreign": _beside(cards, "foreign")}
    for card in cards:
        none = _of_model("none", card)
        foreign = {name: ref(none) for name in every if name not in card.settings}
        found[_of_model("only", card)] = {"properties": model_limits(card)}
        found[_of_model("foreign", card)] = {"properties": foreign}
        found[none] = _not_taken(card)
    return found


def _not_taken(card: ModelCard) -> Schema:
    rule = f"{card.name} has no such parameter"
    return or_template({"type": "null", "errorMessage": rule})
