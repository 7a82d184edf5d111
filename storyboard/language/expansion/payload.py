"""From a shot's settings to the payload of one take. Pure.

Each parameter is rendered and read on its own, so that one fault hides no
other. Limits are not looked at here: they are the schema's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.seeds import read_seed, shift_seed
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import (
    NotReadable,
    Report,
    attempt,
    fail,
    read_all,
    read_text,
    read_value,
    rendered_text,
)
from storyboard.language.nodes import ScalarNode, SequenceNode
from storyboard.models.card import ModelCard, Parameter
from storyboard.records import Json, Position, Problem
from storyboard.reporting.suggest import closest, did_you_mean
from storyboard.reporting.value_paths import format_value

SHOT_KEYS = frozenset(
    {"prompt_prefix", "prompt_suffix", "takes", "model", "tags", "notes", "skip", "locked"}
)
"""Settings that are the storyboard's own and not the API's."""

_PROMPT_KEYS = ("prompt_prefix", "prompt", "prompt_suffix")


Memory: TypeAlias = "dict[str, tuple[Json, Setting | None]]"
"""Values by the key they were read for, with the settings that state them."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all shots may name, and the note of what they did name or tried to.

    `parameters` are the names of all parameters that some model has.
    """

    negatives: Mapping[str, Setting]
    seeds: Mapping[str, Setting]
    parameters: frozenset[str]
    used_negatives: set[str] = field(default_factory=set)
    used_seeds: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Request:
    """A payload, and where each of its values comes from.

    `made` holds the settings that state its values, and the values as they
    were read. `faulty` has the places of those that could not be made; `position`
    stands for what is not there at all.
    """

    position: Position
    scope: ShotScope
    payload: dict[str, Json] = field(default_factory=dict)
    made: dict[str, tuple[Setting, Json]] = field(default_factory=dict)
    faulty: dict[str, Position] = field(default_factory=dict)

    def position_of(self, name: str) -> Position:
        """Where a parameter's value stands, or would stand."""
        if name in self.faulty:
            return self.faulty[name]
        return (
            self.scope.position_of(self.made[name][0].node) if name in self.made else self.position
        )

    def rendered_of(self, name: str) -> str | None:
        """The text that was made for a parameter, where that is not what stands in the file."""
        return rendered_text(*self.made[name]) if name in self.made else None


class Recipe(NamedTuple):
    """What the requests of one shot are made from; `position` is that of its entry.

    `memory` has what was read for other shots of the entry and is the same for all.
    """

    settings: Mapping[str, Setting]
    card: ModelCard
    shared: Shared
    shot: str
    position: Position
    memory: Memory | None = None


def build_request(recipe: Recipe, scope: ShotScope, take: int, report: Report) -> Request:
    """The payload of take `take` (from 1)."""
    request = Request(recipe.position, scope)
    settings = recipe.settings
    for name, parameter in recipe.card.parameters.items():
        is_stated = name in settings or (name == "negative_prompt" and "negative" in settings)
        if not is_stated and not parameter.is_required:
            continue
        # A seed can be made from the shot's id, and is another for each take.
        memory = None if name == "seed" else recipe.memory
        try:
            value, setting = _read_once(
                name,
                memory,
                scope,
                partial(_read_parameter, name, parameter, recipe, scope, take),
            )
        except NotReadable as error:
            for problem in error.problems:
                report(problem)
            request.faulty[name] = error.problems[0].position
            continue
        if setting is not None and value is not None and value != "":
            request.payload[name] = whole_numbers(value)
            request.made[name] = (setting, value)
        elif parameter.is_required and (misspelt := _find_misspelt(name, recipe)):
            request.faulty[name] = misspelt.key_position
    _refuse_foreign(request, recipe, scope, report)
    return request


def _read_parameter(
    name: str, parameter: Parameter, recipe: Recipe, scope: ShotScope, take: int
) -> tuple[Json, Setting | None]:
    """The value, and the setting that states it. Raises NotReadable."""
    setting = recipe.settings.get(name)
    if name == "negative_prompt":
        return _read_negative(recipe, scope)
    if setting is None:
        return None, None
    if name == "prompt":
        return _read_prompt(recipe, scope), setting
    if name == "seed":
        shared = recipe.shared
        seed, setting = read_seed(
            setting, scope, shared.seeds, shot=recipe.shot, used=shared.used_seeds
        )
        if seed is not None:
            seed = shift_seed(seed, take - 1, recipe.card.seed_range)
        return seed, setting
    return read_value(setting, scope, is_text=parameter.type == "string"), setting


def _read_once(
    key: str,
    memory: Memory | None,
    scope: ShotScope,
    read: Callable[[], tuple[Json, Setting | None]],
) -> tuple[Json, Setting | None]:
    """What `read` gives for a key: once for all shots of an entry, where it is the same for all."""
    if memory is None:
        return read()
    if key in memory:
        return memory[key]
    found, is_same = scope.watch(read)
    if is_same:
        memory[key] = found
    return found


def _read_prompt(recipe: Recipe, scope: ShotScope) -> str:
    """The affixes as written around the prompt, which is stripped."""
    settings = recipe.settings
    setting = settings["prompt"]

    def read(key: str) -> tuple[Json, Setting | None]:
        return read_text(settings[key], scope), settings[key]

    found = read_all(
        {
            key: partial(_read_once, f"{key} as text", recipe.memory, scope, partial(read, key))
            for key in _PROMPT_KEYS
            if key in settings
        }
    )
    texts = {key: str(text) for key, (text, _) in found.items()}
    prompt = texts["prompt"].strip()
    if not prompt:
        words = "the prompt is empty"
        rendered = rendered_text(setting, prompt)
        fail(
            setting,
            scope,
            "empty-prompt",
            words,
            hint="write what the shot shows",
            rendered=rendered,
        )
    return texts.get("prompt_prefix", "") + prompt + texts.get("prompt_suffix", "")


def _read_negative(recipe: Recipe, scope: ShotScope) -> tuple[str | None, Setting | None]:
    """The named negatives in the listed order, then the literal one."""
    named = recipe.settings.get("negative")
    literal = recipe.settings.get("negative_prompt")
    readers = {
        item.where: partial(_read_named_negative, item, scope, recipe.shared)
        for item in (_items(named) if named else ())
    }
    if literal:
        readers[literal.where] = partial(read_text, literal, scope)
    parts = (part.strip() for part in read_all(readers).values())
    return ", ".join(filter(None, parts)), literal if literal and not literal.is_null else named


def _items(setting: Setting) -> list[Setting]:
    node = setting.node
    if not isinstance(node, SequenceNode):
        return [setting]
    return [
        Setting(item, f"{setting.where}[{number}]", item.position)
        for number, item in enumerate(node.items)
    ]


def _read_named_negative(setting: Setting, scope: ShotScope, shared: Shared) -> str:
    name = read_text(setting, scope).strip()
    if not name:
        return ""
    if name not in shared.negatives:
        known = ", ".join(list(shared.negatives)[:10]) or "none"
        words = f"there is no shared negative {format_value(name)}; known are: {known}"
        hint = did_you_mean(name, shared.negatives)
        shared.used_negatives.add(closest(name, shared.negatives) or "")
        fail(
            setting,
            scope,
            "unknown-negative",
            words,
            hint=hint,
            rendered=rendered_text(setting, name),
        )
    shared.used_negatives.add(name)
    return read_text(shared.negatives[name], scope)


def _find_misspelt(name: str, recipe: Recipe) -> Setting | None:
    """The unknown key that was meant as the missing parameter; it is reported already."""
    unknown = [key for key in recipe.settings if key not in recipe.shared.parameters | SHOT_KEYS]
    guess = closest(name, unknown)
    return recipe.settings[guess] if guess else None


def _refuse_foreign(request: Request, recipe: Recipe, scope: ShotScope, report: Report) -> None:
    """A parameter that this model does not have is a problem, never dropped in silence."""
    for name, setting in recipe.settings.items():
        wanted = "negative_prompt" if name == "negative" else name
        if wanted in recipe.card.parameters or wanted not in recipe.shared.parameters:
            continue
        node = setting.node
        is_scalar = isinstance(node, ScalarNode)
        if is_scalar and not attempt(partial(read_value, setting, scope, is_text=True), report):
            continue
        card = recipe.card
        lacks = "such parameter" if wanted == name else f"parameter {wanted!r}"
        message = f"{setting.where}: {card.name} has no {lacks}"
        hint = did_you_mean(wanted, card.parameters)
        report(Problem(node.position, "unknown-parameter", message, hint))
        request.faulty[wanted] = node.position
