"""From a shot's settings to the payload of one take. Pure.

Each parameter is rendered and read on its own, so that one fault hides no
other. Limits are not looked at here: they are the schema's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from storyboard.models.card import ModelCard
from storyboard.records import Json, Place, Problem
from storyboard.spec.layers import Setting
from storyboard.spec.nodes import Node, ScalarNode, ScalarValue, SequenceNode
from storyboard.spec.scalars import UnusableNumber, read_plain
from storyboard.spec.scope import ShotScope, Usage
from storyboard.spec.suggest import did_you_mean
from storyboard.spec.template_fault import TemplateFault
from storyboard.spec.templates import is_template

AUTO_SEED = "auto"
_SPECIAL = frozenset({"prompt", "negative_prompt", "seed"})

Report = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class Shared:
    """What all shots may name: negatives and seeds, and the note of which were used."""

    negatives: Mapping[str, Node]
    seeds: Mapping[str, Node]
    usage: Usage


@dataclass(slots=True)
class Request:
    """A payload, and where each of its values comes from.

    `shown` holds the rendered text of the values that a template made.
    """

    payload: dict[str, Json] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


class NotReadable(Exception):
    """A rendered value that cannot be read as what it should be; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def build_request(
    settings: Mapping[str, Setting],
    scope: ShotScope,
    card: ModelCard,
    shared: Shared,
    *,
    shot: str,
    take: int,
    report: Report,
) -> Request:
    """The payload of take `take` (from 1) of the shot with the id `shot`."""
    request = Request()

    def put(name: str, setting: Setting, read: Callable[[], Json]) -> None:
        value = attempt(read, setting, report)
        if value is None or value == "":
            return
        request.payload[name] = value
        request.places[name] = setting.node.place
        if isinstance(setting.node, ScalarNode) and is_template(setting.node.text):
            request.shown[name] = str(value)

    for name, parameter in card.parameters.items():
        setting = settings.get(name)
        if name == "prompt" and setting is not None:
            put(name, setting, lambda: _read_prompt(settings, scope))
        elif name == "negative_prompt":
            source = settings.get("negative") or setting
            if source is not None:
                put(name, source, lambda: _read_negative(settings, scope, shared))
        elif name == "seed" and setting is not None:
            seed = partial(_read_seed, setting, scope, card, shared, shot=shot, take=take)
            put(name, setting, seed)
        elif setting is not None and name not in _SPECIAL:
            is_text = parameter.type == "string"
            put(name, setting, partial(read_value, setting, scope, is_text=is_text))
    _refuse_foreign(settings, card, report)
    return request


def attempt(read: Callable[[], Json], setting: Setting, report: Report) -> Json:
    """What `read` gives; None after a fault, which is reported with the setting's place."""
    try:
        return read()
    except TemplateFault as fault:
        place = fault.place or setting.node.place
        report(Problem(place, fault.code, f"{setting.where}: {fault.message}", fault.hint))
    except NotReadable as error:
        report(error.problem)
    return None


def read_value(setting: Setting, scope: ShotScope, *, is_text: bool) -> ScalarValue:
    """A setting's value after templates; None where it is not set.

    The result of a template is text, or where the key is none, read as a YAML scalar.
    """
    node = setting.node
    if not isinstance(node, ScalarNode):
        return None  # the schema has said so
    if not isinstance(node.value, str):
        return node.value
    if not is_template(node.text):
        return node.text
    text = scope.render_text(node).strip()
    if is_text:
        return text
    return read_rendered(setting, text)


def read_rendered(setting: Setting, text: str) -> ScalarValue:
    """A rendered text as the YAML scalar that it spells."""
    try:
        return read_plain(text)
    except UnusableNumber as error:
        message = f"{setting.where}: {error}"
        raise NotReadable(
            Problem(setting.node.place, "unusable-number", message, shown=text)
        ) from None


def _read_prompt(settings: Mapping[str, Setting], scope: ShotScope) -> str:
    setting = settings["prompt"]
    text = _read_text(setting, scope).strip()
    if not text:
        raise NotReadable(
            Problem(
                setting.node.place,
                "empty-prompt",
                f"{setting.where}: the prompt is empty",
                hint="write what the shot shows",
            )
        )
    prefix, suffix = (
        _read_text(settings[key], scope) if key in settings else ""
        for key in ("prompt_prefix", "prompt_suffix")
    )
    return prefix + text + suffix


def _read_text(setting: Setting, scope: ShotScope) -> str:
    node = setting.node
    if not isinstance(node, ScalarNode) or node.value is None:
        return ""
    return scope.render_text(node)


def _read_negative(settings: Mapping[str, Setting], scope: ShotScope, shared: Shared) -> str:
    """The named negatives in the listed order, then the literal one."""
    parts: list[str] = []
    if "negative" in settings:
        parts.extend(_named_negatives(settings["negative"], scope, shared))
    if "negative_prompt" in settings:
        parts.append(_read_text(settings["negative_prompt"], scope))
    return ", ".join(stripped for part in parts if (stripped := part.strip()))


def _named_negatives(setting: Setting, scope: ShotScope, shared: Shared) -> Iterable[str]:
    node = setting.node
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if not isinstance(item, ScalarNode) or item.value is None:
            continue
        name = scope.render_text(item).strip()
        if not name:
            continue
        text = shared.negatives.get(name)
        if text is None:
            raise NotReadable(
                _unknown_name(item, setting.where, "negative", name, shared.negatives)
            )
        shared.usage.negatives.add(name)
        if isinstance(text, ScalarNode) and text.value is not None:
            yield scope.render_text(text)


def _read_seed(
    setting: Setting,
    scope: ShotScope,
    card: ModelCard,
    shared: Shared,
    *,
    shot: str,
    take: int,
) -> int | None:
    """The take's seed: the shot's own, plus one for each earlier take, within the API's range."""
    node = setting.node
    value = read_value(setting, scope, is_text=False)
    if isinstance(value, str) and value != AUTO_SEED:
        value = _named_seed(setting, value, scope, shared)
    if value is None:
        return None
    if value == AUTO_SEED:
        value = auto_seed(shot)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotReadable(
            Problem(
                node.place,
                "wrong-type",
                f"{setting.where}: {value!r} is no seed; a whole number, the name of a shared "
                f"seed or {AUTO_SEED} is allowed",
            )
        )
    return shift_seed(value, take - 1, card.seed_range)


def auto_seed(shot: str) -> int:
    """The seed `auto` stands for: the same for a shot's id on every machine."""
    return int(hashlib.sha256(shot.encode()).hexdigest()[:8], 16) % 2**31


def shift_seed(seed: int, by: int, seed_range: tuple[int, int] | None) -> int:
    """`seed` + `by`, wrapping within the range; a seed outside stays, for the schema to refuse."""
    if seed_range is None or not seed_range[0] <= seed <= seed_range[1]:
        return seed
    low, high = seed_range
    return low + (seed - low + by) % (high - low + 1)


def _named_seed(setting: Setting, name: str, scope: ShotScope, shared: Shared) -> ScalarValue:
    name = name.strip()
    node = shared.seeds.get(name)
    if node is None:
        known = [*shared.seeds, AUTO_SEED]
        raise NotReadable(_unknown_name(setting.node, setting.where, "seed", name, known))
    shared.usage.seeds.add(name)
    return read_value(Setting(node, f"seeds.{name}"), scope, is_text=False)


def _unknown_name(node: Node, where: str, kind: str, name: str, known: Iterable[str]) -> Problem:
    names = list(known)
    listed = ", ".join(names[:10]) or "none"
    return Problem(
        node.place,
        f"unknown-{kind}",
        f"{where}: there is no shared {kind} {name!r}; known are: {listed}",
        hint=did_you_mean(name, names),
    )


def _refuse_foreign(settings: Mapping[str, Setting], card: ModelCard, report: Report) -> None:
    """A parameter that this model does not have is a problem, never dropped in silence."""
    for name, setting in settings.items():
        is_set = not (isinstance(setting.node, ScalarNode) and setting.node.value is None)
        wanted = "negative_prompt" if name == "negative" else name
        if is_set and wanted not in card.parameters and wanted not in SHOT_KEYS:
            report(
                Problem(
                    setting.node.place,
                    "unknown-parameter",
                    f"{setting.where}: {card.name} has no parameter {wanted!r}",
                    hint=did_you_mean(wanted, card.parameters),
                )
            )


SHOT_KEYS = frozenset(
    {"prompt_prefix", "prompt_suffix", "takes", "model", "tags", "notes", "skip", "locked"}
)
"""Settings that are the storyboard's own and not the API's."""
