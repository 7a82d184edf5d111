"""From a shot's settings to the payload of one take. Pure.

Each parameter is rendered and read on its own, so that one problem hides no
other. The model's limits are not checked here but by its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    is_template,
    read_all,
    read_text,
    read_value,
    rendered_text,
)
from storyboard.language.nodes import ScalarNode
from storyboard.language.spellings import as_seconds, as_switch
from storyboard.language.validation.check import Origin
from storyboard.language.validation.hints import meant_by
from storyboard.models.card import ModelCard, Parameter
from storyboard.models.schema.validator import compile_check
from storyboard.records import Json, Position, Problem
from storyboard.reporting.suggest import closest, did_you_mean

SHOT_KEYS = frozenset(
    {"prompt_prefix", "prompt_suffix", "takes", "model", "tags", "notes", "skip", "locked"}
)
"""Settings that are the storyboard's own and not the API's."""

PROMPT_KEYS = ("prompt_prefix", "prompt", "prompt_suffix")
"""The settings that the prompt sent is made of, in their order."""

Stated: TypeAlias = "tuple[Json, Setting | None]"
"""A value and the setting that states it, None where nothing does."""


class PayloadInputs(NamedTuple):
    """What the payloads of one entry's shots are built from.

    `stated` are the parameters of its model that are set or needed, `foreign` the
    keys that only other models have, `doubtful` those whose templates may make
    nothing while a farther level says something. `position` is that of the entry.
    """

    settings: Mapping[str, Setting]
    card: ModelCard
    shared: SharedValues
    position: Position
    stated: tuple[tuple[str, Parameter], ...]
    foreign: tuple[str, ...]
    doubtful: tuple[str, ...]

    def seen_from(self, scope: ShotScope) -> PayloadInputs:
        """The inputs with the settings of farther levels where nearer ones make nothing."""
        if not self.doubtful:
            return self
        found = {
            key: scope.effective(self.settings[key], prints_lists=key == "negative")
            for key in self.doubtful
        }
        return self._replace(settings={**self.settings, **found})


def payload_inputs(
    settings: Mapping[str, Setting], card: ModelCard, shared: SharedValues, position: Position
) -> PayloadInputs:
    """The inputs for shots with these settings."""
    names = {"negative_prompt" if key == "negative" else key for key in settings}
    stated = tuple(
        (name, parameter)
        for name, parameter in card.parameters.items()
        if name in names or parameter.is_required
    )
    others = shared.parameters - card.parameters.keys()
    foreign = tuple(
        key for key in settings if ("negative_prompt" if key == "negative" else key) in others
    )
    doubtful = tuple(key for key, setting in settings.items() if setting.below)
    return PayloadInputs(settings, card, shared, position, stated, foreign, doubtful)


@dataclass(slots=True)
class TracedPayload:
    """A payload and where each of its values comes from, for the problems that a schema finds.

    `sources` has the setting and the value that was read from it, `faulty` the
    origins of values that could not be read, by parameter.
    """

    inputs: PayloadInputs
    scope: ShotScope
    payload: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, tuple[Setting, Json]] = field(default_factory=dict)
    faulty: dict[str, Origin] = field(default_factory=dict)

    def origin_of(self, name: str) -> Origin:
        """Where a parameter's value, or the lack of one, comes from."""
        if name in self.faulty:
            return self.faulty[name]
        if name not in self.sources:
            return Origin(self.inputs.position)
        setting, value = self.sources[name]
        position, row = self.scope.position_of(setting.node), self.scope.row_of(setting.node)
        return Origin(position, rendered_text(setting, value), row)


def build_payload(
    inputs: PayloadInputs, scope: ShotScope, report: Report, *, shot: str, take: int
) -> TracedPayload:
    """The payload of take `take` (from 1) of a shot, without the values that have a problem."""
    traced = TracedPayload(inputs, scope)
    for name, parameter in inputs.stated:
        try:
            if name == "seed":
                value, setting = _read_seed(inputs, scope, shot, take)
            else:
                value, setting = _read_parameter(name, parameter, inputs, scope)
        except NotReadable as error:
            for problem in error.problems:
                report(problem)
            first = error.problems[0]
            traced.faulty[name] = Origin(first.position, row=first.row)
            continue
        if setting is not None and value is not None and value != "":
            traced.payload[name] = whole_numbers(value)
            traced.sources[name] = (setting, value)
        elif parameter.is_required and (misspelt := _find_misspelt(name, inputs)):
            traced.faulty[name] = Origin(misspelt.key_position)
    if inputs.foreign:
        _report_foreign_parameters(traced, inputs, report)
    return traced


def _read_parameter(
    name: str, parameter: Parameter, inputs: PayloadInputs, scope: ShotScope
) -> Stated:
    settings = inputs.settings
    setting = settings.get(name)
    if name == "negative_prompt":
        return read_negative(settings.get("negative"), setting, scope, inputs.shared)
    if setting is None:
        return None, None
    if name == "prompt":
        return _read_prompt(settings, scope), setting
    is_text = parameter.type == "string"
    value = read_value(setting, scope, is_text=is_text, allows=partial(_allows, parameter))
    if is_template(setting.node):
        if name == "duration" and parameter.type != "string":
            value = as_seconds(value)
        elif parameter.type == "boolean":
            value = as_switch(value)
    return value, setting


def _allows(parameter: Parameter, number: float) -> bool:
    return compile_check(parameter.limits)(number)


def _read_seed(inputs: PayloadInputs, scope: ShotScope, shot: str, take: int) -> Stated:
    if "seed" not in inputs.settings:
        return None, None
    shared, seed_range = inputs.shared, inputs.card.seed_range
    seed, setting = read_seed(
        inputs.settings["seed"], scope, shared, shot=shot, seed_range=seed_range
    )
    if seed is not None:
        seed = shift_seed(seed, take - 1, seed_range)
    return seed, setting


def _read_prompt(settings: Mapping[str, Setting], scope: ShotScope) -> str:
    """Prefix, prompt and suffix: the prompt stripped, the affixes as they are written."""
    found = [settings[key] for key in PROMPT_KEYS if key in settings]
    texts = read_all(partial(read_text, setting, scope) for setting in found)
    prompt = settings["prompt"]
    index = found.index(prompt)
    texts[index] = texts[index].strip()
    if not texts[index]:
        words, hint = "the prompt is empty", "write what the shot shows"
        fail(prompt, scope, "", "empty-prompt", words, hint=hint)
    return "".join(texts)


def _find_misspelt(name: str, inputs: PayloadInputs) -> Setting | None:
    """The unknown key that was meant as the missing parameter; it is reported already."""
    unknown = [key for key in inputs.settings if key not in inputs.shared.parameters | SHOT_KEYS]
    guess = closest(name, unknown)
    guess = guess or next((key for key in unknown if meant_by(key) == name), None)
    return inputs.settings[guess] if guess else None


def _report_foreign_parameters(
    traced: TracedPayload, inputs: PayloadInputs, report: Report
) -> None:
    """A parameter that other models have and this one has not is a problem, not left out."""
    card = inputs.card
    for key in inputs.foreign:
        setting = inputs.settings[key]
        if isinstance(setting.node, ScalarNode) and not attempt(
            report, read_value, setting, traced.scope, is_text=True
        ):
            continue
        name = "negative_prompt" if key == "negative" else key
        lacks = "such parameter" if name == key else f"parameter {name!r}"
        message = f"{setting.where}: {card.name} has no {lacks}"
        hint = did_you_mean(name, card.parameters)
        report(Problem(setting.node.position, "unknown-parameter", message, hint))
        traced.faulty[name] = Origin(setting.node.position)
