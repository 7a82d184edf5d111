"""From a shot's settings to the payload of one take. Pure.

Each parameter is rendered and read on its own, so that one problem hides no
other. The model's limits are not checked here but by its schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shared import SharedValues, read_negative, read_seed, shift_seed
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
from storyboard.language.nodes import ScalarNode
from storyboard.models.card import ModelCard, Parameter
from storyboard.records import Json, Position, Problem
from storyboard.reporting.suggest import closest, did_you_mean

SHOT_KEYS = frozenset(
    {"prompt_prefix", "prompt_suffix", "takes", "model", "tags", "notes", "skip", "locked"}
)
"""Settings that are the storyboard's own and not the API's."""

_PROMPT_KEYS = ("prompt_prefix", "prompt", "prompt_suffix")

Stated: TypeAlias = "tuple[Json, Setting | None]"
"""A value and the setting that states it, None where nothing does."""

ValueCache: TypeAlias = "dict[str, Stated]"
"""Values that are the same for all shots of an entry, by parameter."""


class PayloadInputs(NamedTuple):
    """What the payloads of one shot are built from; `shot` is its id, `position` its entry's.

    `cache` is shared by all shots of an entry that makes several.
    """

    settings: Mapping[str, Setting]
    card: ModelCard
    shared: SharedValues
    shot: str
    position: Position
    cache: ValueCache | None = None


@dataclass(frozen=True, slots=True)
class TracedPayload:
    """A payload and where each of its values comes from, for the problems that a schema finds.

    `sources` has the setting and the value that was read from it, `faulty` the
    positions of values that could not be read, by parameter. `position`
    stands for what is missing altogether.
    """

    position: Position
    scope: ShotScope
    payload: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, tuple[Setting, Json]] = field(default_factory=dict)
    faulty: dict[str, Position] = field(default_factory=dict)

    def position_of(self, name: str) -> Position:
        """The position of a parameter's value, or of where it is missing."""
        if name in self.faulty:
            return self.faulty[name]
        if name in self.sources:
            return self.scope.position_of(self.sources[name][0].node)
        return self.position

    def rendered_of(self, name: str) -> str | None:
        """The text rendered for a parameter, where it differs from what the file says."""
        return rendered_text(*self.sources[name]) if name in self.sources else None


def build_payload(
    inputs: PayloadInputs, scope: ShotScope, take: int, report: Report
) -> TracedPayload:
    """The payload of take `take` (from 1), without the values that have a problem."""
    traced = TracedPayload(inputs.position, scope)
    settings = inputs.settings
    for name, parameter in inputs.card.parameters.items():
        is_stated = name in settings or (name == "negative_prompt" and "negative" in settings)
        if not is_stated and not parameter.is_required:
            continue
        # A seed can be made from the shot's id, and differs from take to take.
        cache = None if name == "seed" else inputs.cache
        read = partial(_read_parameter, name, parameter, inputs, scope, take)
        try:
            value, setting = _read_cached(name, cache, scope, read)
        except NotReadable as error:
            for problem in error.problems:
                report(problem)
            traced.faulty[name] = error.problems[0].position
            continue
        if setting is not None and value is not None and value != "":
            traced.payload[name] = whole_numbers(value)
            traced.sources[name] = (setting, value)
        elif parameter.is_required and (misspelt := _find_misspelt(name, inputs)):
            traced.faulty[name] = misspelt.key_position
    _report_unknown_parameters(traced, inputs, report)
    return traced


def _read_parameter(
    name: str, parameter: Parameter, inputs: PayloadInputs, scope: ShotScope, take: int
) -> Stated:
    """A parameter's value and the setting that states it. Raises NotReadable."""
    shared, settings = inputs.shared, inputs.settings
    setting = settings.get(name)
    if name == "negative_prompt":
        return read_negative(settings.get("negative"), setting, scope, shared)
    if setting is None:
        return None, None
    if name == "prompt":
        return _read_prompt(inputs, scope), setting
    if name == "seed":
        seed, setting = read_seed(setting, scope, shared, shot=inputs.shot)
        if seed is not None:
            seed = shift_seed(seed, take - 1, inputs.card.seed_range)
        return seed, setting
    return read_value(setting, scope, is_text=parameter.type == "string"), setting


def _read_prompt(inputs: PayloadInputs, scope: ShotScope) -> str:
    """Prefix, prompt and suffix: the prompt stripped, the affixes as they are written."""
    settings = inputs.settings

    def read(key: str) -> Stated:
        return read_text(settings[key], scope), settings[key]

    found = read_all(
        {
            key: partial(_read_cached, f"{key} as text", inputs.cache, scope, partial(read, key))
            for key in _PROMPT_KEYS
            if key in settings
        }
    )
    texts = {key: str(text) for key, (text, _) in found.items()}
    prompt = texts["prompt"].strip()
    if not prompt:
        words, hint = "the prompt is empty", "write what the shot shows"
        fail(settings["prompt"], scope, prompt, "empty-prompt", words, hint=hint)
    return texts.get("prompt_prefix", "") + prompt + texts.get("prompt_suffix", "")


def _read_cached(
    key: str, cache: ValueCache | None, scope: ShotScope, read: Callable[[], Stated]
) -> Stated:
    """What `read` gives, read once for all shots of an entry where it is the same for all."""
    if cache is None:
        return read()
    if key in cache:
        return cache[key]
    found, is_same = scope.watch(read)
    if is_same:
        cache[key] = found
    return found


def _find_misspelt(name: str, inputs: PayloadInputs) -> Setting | None:
    """The unknown key that was meant as the missing parameter; it is reported already."""
    unknown = [key for key in inputs.settings if key not in inputs.shared.parameters | SHOT_KEYS]
    guess = closest(name, unknown)
    return inputs.settings[guess] if guess else None


def _report_unknown_parameters(
    traced: TracedPayload, inputs: PayloadInputs, report: Report
) -> None:
    """A parameter that other models have and this one has not is a problem, not left out."""
    card = inputs.card
    for key, setting in inputs.settings.items():
        name = "negative_prompt" if key == "negative" else key
        if name in card.parameters or name not in inputs.shared.parameters:
            continue
        if isinstance(setting.node, ScalarNode) and not attempt(
            report, read_value, setting, traced.scope, is_text=True
        ):
            continue
        lacks = "such parameter" if name == key else f"parameter {name!r}"
        message = f"{setting.where}: {card.name} has no {lacks}"
        hint = did_you_mean(name, card.parameters)
        report(Problem(setting.node.position, "unknown-parameter", message, hint))
        traced.faulty[name] = setting.node.position
