"""Turns a shot's settings into the payload of one take. Pure.

Each setting is rendered and read on its own, so that one problem does not hide another. Then the
model's card turns the settings into the fields of the request. The model's limits are checked by
its schema, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.contents import FileContent, FrameContent, as_input
from storyboard.language.expansion.media import MediaReader
from storyboard.language.expansion.shared import SharedValues, read_negative, read_seed, shift_seed
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import (
    NotReadable,
    Report,
    attempt,
    fail,
    origin_of,
    read_all,
    read_node,
    read_switch,
    read_text,
    read_value,
)
from storyboard.language.nodes import ScalarNode
from storyboard.language.pictures.files import PictureFiles
from storyboard.language.spellings import as_seconds
from storyboard.language.validation.check import Origin
from storyboard.language.validation.hints import meant_by
from storyboard.media import At, Input, find_contents, with_inputs
from storyboard.models.card import ModelCard, Parameter
from storyboard.models.schema.validator import compile_check
from storyboard.models.words import DURATION, MEDIA, NEGATIVE_PROMPT, REFERENCES, SEED, fields_of
from storyboard.records import Json, Position, Problem
from storyboard.reporting.suggest import Suggestion, closest
from storyboard.reporting.value_paths import ValuePath, format_path

SHOT_KEYS = frozenset(
    {"prompt_prefix", "prompt_suffix", "takes", "model", "tags", "notes", "skip", "locked", "pause"}
)
"""Settings that belong to the storyboard, not to the API."""

PROMPT_KEYS = ("prompt_prefix", "prompt", "prompt_suffix")
"""The settings that make up the prompt that is sent, in order."""

_LISTS = ("negative", REFERENCES)
"""The settings in which a text may name several things."""

Found: TypeAlias = "tuple[Json, Setting | None]"
"""A value and the setting that states it, or None if none does."""


class PayloadInputs(NamedTuple):
    """The inputs to the payloads of one entry's shots.

    `parameters` are the settings of its model that are given or required. `foreign` are the keys
    that only other models have. `may_be_empty` are the keys whose templates may render to nothing
    while a farther level has a value. `position` is the entry's position.
    """

    settings: Mapping[str, Setting]
    card: ModelCard
    shared: SharedValues
    files: PictureFiles
    position: Position
    parameters: tuple[tuple[str, Parameter], ...]
    foreign: tuple[str, ...]
    may_be_empty: tuple[str, ...]

    def effective_in(self, scope: ShotScope) -> PayloadInputs:
        """Return the inputs; farther levels replace the settings that render to nothing."""
        if not self.may_be_empty:
            return self
        found = {
            key: scope.effective(self.settings[key], prints_lists=key in _LISTS)
            for key in self.may_be_empty
        }
        return self._replace(settings={**self.settings, **found})


def payload_inputs(
    settings: Mapping[str, Setting],
    card: ModelCard,
    shared: SharedValues,
    files: PictureFiles,
    position: Position,
) -> PayloadInputs:
    """Return the inputs for shots with these settings."""
    named = [(_parameter_of(key), key) for key in settings]
    names = {name for name, _ in named}
    parameters = tuple(
        (name, parameter)
        for name, parameter in card.settings.items()
        if name in names or parameter.is_required
    )
    others = shared.parameters - card.settings.keys()
    foreign = tuple(key for name, key in named if name in others)
    may_be_empty = tuple(key for key, setting in settings.items() if setting.below)
    return PayloadInputs(settings, card, shared, files, position, parameters, foreign, may_be_empty)


def _parameter_of(key: str) -> str:
    return NEGATIVE_PROMPT if key == "negative" else key


@dataclass(slots=True)
class TracedPayload:
    """A payload and the origin of each of its values, for problems that a schema finds.

    `values` holds the values by their names in the storyboard. `sources` holds each setting with
    the value read from it. `contents` holds the payload's files and frames by their paths in it.
    `faulty` holds the origins of values that could not be read. `dropped` holds the settings that
    are left out because the model does not have them.
    """

    inputs: PayloadInputs
    scope: ShotScope
    payload: dict[str, Json] = field(default_factory=dict)
    values: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, tuple[Setting, Json]] = field(default_factory=dict)
    contents: dict[At, FileContent | FrameContent] = field(default_factory=dict)
    faulty: dict[str, Origin] = field(default_factory=dict)
    dropped: list[tuple[str, Setting]] = field(default_factory=list)

    @property
    def media(self) -> tuple[Input, ...]:
        """What a take with this payload says of its files and frames."""
        return tuple(as_input(at, content) for at, content in self.contents.items())

    def origin_of(self, name: str, path: ValuePath = ()) -> Origin:
        """Return the origin of a setting's value, of the part at `path`, or of its absence."""
        if name in self.faulty:
            return self.faulty[name]
        if not name and (reported := self._find_reported()):
            return reported  # a rule across settings, one of which already has a problem
        if name not in self.sources:
            written = self.inputs.settings.get(name)
            if written and not written.is_null and not written.is_template:
                return Origin(written.node.position)  # which the schema has reported
            return Origin(self.inputs.position)
        setting, value = _at(path, *self.sources[name])
        return origin_of(setting, self.scope, value)

    def _find_reported(self) -> Origin | None:
        """Return the origin of a setting with a problem, which may be why a rule is not met.

        A picture that is missing may be there under a wrong key, or be no picture but a list.
        """
        for origin in self.faulty.values():
            return origin
        for name in (one for one in MEDIA if one in self.inputs.card.words):
            setting = self.inputs.settings.get(name)
            if setting is None and (misspelt := _find_misspelt(name, self.inputs)):
                return Origin(misspelt.key_position)
            if setting is not None and name not in self.sources and not setting.is_null:
                return Origin(setting.node.position)
        return None


def _at(path: ValuePath, setting: Setting, value: Json) -> tuple[Setting, Json]:
    """Return the list entry at a path if each entry has one value; else the list."""
    for step in path:
        entries = setting.items
        if not isinstance(value, list) or len(entries) != len(value) or isinstance(step, str):
            break
        setting, value = entries[step], value[step]
    return setting, value


def build_payload(
    inputs: PayloadInputs, scope: ShotScope, report: Report, *, shot: str, take: int
) -> TracedPayload:
    """Return the payload of take `take` (from 1) of a shot, without values that have a problem."""
    traced = TracedPayload(inputs, scope)
    for name, parameter in inputs.parameters:
        try:
            if name == SEED:
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
            traced.values[name] = value if name in MEDIA else whole_numbers(value)
            traced.sources[name] = (setting, value)
        elif parameter.is_required and (misspelt := _find_misspelt(name, inputs)):
            traced.faulty[name] = Origin(misspelt.key_position)
    if inputs.foreign:
        _report_foreign_parameters(traced, inputs, report)
    traced.payload = fields_of(inputs.card.words, inputs.card.defaults, traced.values)
    for at, content in find_contents(traced.payload):
        if isinstance(content, FileContent | FrameContent):
            traced.contents[at] = content
        else:
            _report_impostor(at, traced, report)
    if traced.contents:
        traced.payload = with_inputs(traced.payload, traced.media)
    return traced


def _report_impostor(at: At, traced: TracedPayload, report: Report) -> None:
    """Report a mapping that would pass for a file or a frame and that names neither.

    An author who writes a mapping with a `sha256` names no file: nothing has that content.
    """
    name = str(at[0])
    origin = traced.origin_of(name, at[1:])
    traced.faulty[name] = origin
    message = f"{format_path(at)}: a mapping like this stands for a file or a frame in a request"
    hint = "name the file, or the take whose frame it is"
    report(origin.problem("not-allowed", message, hint))


def _read_parameter(
    name: str, parameter: Parameter, inputs: PayloadInputs, scope: ShotScope
) -> Found:
    settings = inputs.settings
    setting = settings.get(name)
    if name == NEGATIVE_PROMPT:
        return read_negative(settings.get("negative"), setting, scope, inputs.shared.negatives)
    if setting is None:
        return None, None
    if name == "prompt":
        return _read_prompt(settings, scope), setting
    if name in MEDIA and (word := inputs.card.words.get(name)):
        reader = MediaReader(word, scope, inputs.shared.references, inputs.files)
        return reader.read(setting), setting
    if parameter.type in ("array", "object"):
        return read_node(setting, scope), setting
    if parameter.type == "boolean":
        return read_switch(setting, scope), setting
    is_text = parameter.type == "string"
    value = read_value(setting, scope, is_text=is_text, allows=partial(_allows, parameter))
    if name == DURATION and setting.is_template and not is_text:
        value = as_seconds(value)
    return value, setting


def _allows(parameter: Parameter, number: float) -> bool:
    return compile_check(parameter.limits)(number)


def _read_seed(inputs: PayloadInputs, scope: ShotScope, shot: str, take: int) -> Found:
    if SEED not in inputs.settings:
        return None, None
    seeds, seed_range = inputs.shared.seeds, inputs.card.seed_range
    seed, setting = read_seed(inputs.settings[SEED], scope, seeds, shot=shot, seed_range=seed_range)
    if seed is not None:
        seed = shift_seed(seed, take - 1, seed_range)
    return seed, setting


def _read_prompt(settings: Mapping[str, Setting], scope: ShotScope) -> str:
    """Return prefix, prompt and suffix as one text: the prompt stripped, the affixes as written."""
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
    """Return the unknown key that was meant as the missing parameter; it is already reported."""
    unknown = [key for key in inputs.settings if key not in inputs.shared.parameters | SHOT_KEYS]
    guess = closest(name, unknown)
    guess = guess or next((key for key in unknown if meant_by(key) == name), None)
    return inputs.settings[guess] if guess else None


def _report_foreign_parameters(
    traced: TracedPayload, inputs: PayloadInputs, report: Report
) -> None:
    """Report each setting that the model does not have, unless it may be dropped."""
    card = inputs.card
    for key in inputs.foreign:
        setting = inputs.settings[key]
        if isinstance(setting.node, ScalarNode) and not attempt(
            report, read_value, setting, traced.scope, is_text=True
        ):
            continue
        name = _parameter_of(key)
        if name in inputs.shared.dropped:
            traced.dropped.append((name, setting))
            continue
        lacks = "such parameter" if name == key else f"parameter {name!r}"
        message = f"{setting.where}: {card.name} has no {lacks}"
        hint = _hint_for_foreign(name, setting, inputs)
        report(Problem(setting.node.position, "unknown-parameter", message, hint))
        traced.faulty[name] = Origin(setting.node.position)


def _hint_for_foreign(name: str, setting: Setting, inputs: PayloadInputs) -> str | None:
    """Suggest the model's own word; else, if many shots share the setting, how to leave it out."""
    settings = inputs.card.settings
    meant = meant_by(name)
    if meant in settings and meant not in inputs.settings:
        return Suggestion.of(f"did you mean '{meant}'?", name, meant)
    is_shared = "defaults" in setting.where.replace("[", ".").split(".")
    drop = f"if_missing: {{{name}: drop}} at the top leaves it out for models without it"
    return drop if is_shared else None
