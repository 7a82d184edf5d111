"""Finds the var, cell or shared text that makes a text too long. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from storyboard.language.expansion.payload import PROMPT_KEYS, TracedPayload
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.nodes import Node, ScalarNode
from storyboard.language.spellings import as_list
from storyboard.language.templates.fault import TemplateFault
from storyboard.reporting.value_paths import cell_path

_TEMPLATE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])(matrix\.)?([^\W\d]\w*)")

_MUCH = 0.1
"""A part that adds a smaller share than this is not named."""

_NEARLY_ALL = 0.8
"""If a var makes up this share of another that uses it, the inner var is named instead."""


def describe_largest(traced: TracedPayload, parameter: str) -> str | None:
    """Name the part that adds most to a parameter, and how much; None if no part adds much."""
    part, whole = largest_part(traced, parameter), str(traced.values.get(parameter, ""))
    if part is None or part.length < len(whole) * _MUCH:
        return None
    return f"{part.name} adds {part.length:,} of them"


class Part(NamedTuple):
    """A part of a text, and how many characters it adds; `node` is what they come from."""

    name: str
    length: int
    node: Node | None = None


def largest_part(traced: TracedPayload, parameter: str) -> Part | None:
    """Return the part that adds most characters to a parameter, or None if only its own text does.

    Counts each mention once, even inside a loop.
    """
    scope, settings = traced.scope, traced.inputs.settings
    keys = PROMPT_KEYS if parameter == "prompt" else (parameter,)
    nodes = [settings[key].node for key in keys if key in settings]
    parts = [part for node in nodes for part in _parts(node, scope)]
    if parameter == "negative_prompt":
        parts += _negatives(traced)
    part = max(parts, key=lambda part: part.length, default=None)
    # Vars may mention one another in a circle, if only a branch that is not taken closes it.
    seen: list[Node | None] = []
    while part and part.node:
        seen.append(part.node)
        inner = max(_parts(part.node, scope), key=lambda part: part.length, default=None)
        if inner is None or inner.length < part.length * _NEARLY_ALL or inner.node in seen:
            break
        part = inner
    return part


def _parts(node: Node, scope: ShotScope) -> Iterator[Part]:
    """Yield the vars, cells and axes that a text mentions."""
    if not isinstance(node, ScalarNode) or not node.is_template:
        return
    text = " ".join(_TEMPLATE.findall(node.text))
    for (axis, name), count in Counter(_NAME.findall(text)).items():
        setting = None if axis else scope.variable(name)
        if not axis and not setting:
            continue
        with suppress(KeyError, TemplateFault):  # a word within quotes need not be a name
            value = scope.resolve("matrix" if axis else name)
            if axis and isinstance(value, dict):
                value = value.get(name)
            if isinstance(value, str):
                where = setting.where if setting else f"matrix.{name}"
                yield Part(where, len(value) * count, setting.node if setting else None)
    row = scope.row_of(node)
    for column, cell in row.cells if row else ():
        yield Part(cell_path(column), len(str(cell)))


def _negatives(traced: TracedPayload) -> Iterator[Part]:
    """Yield the shared negative prompts that the take names."""
    scope, named = traced.scope, traced.inputs.settings.get("negative")
    for setting in (named.items or [named]) if named else ():
        if isinstance(setting.node, ScalarNode):
            for name in as_list(scope.render_text(setting.node).strip()):
                shared = traced.inputs.shared.negatives.values.get(name)
                if shared and isinstance(shared.node, ScalarNode):
                    text = scope.render_text(shared.node)
                    yield Part(shared.where, len(text), shared.node)
