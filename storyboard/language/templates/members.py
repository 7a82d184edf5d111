"""What a template may reach beside the keys of maps: a few attributes, and a few functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.utils import Cycler, Joiner, Namespace, missing

from storyboard.language.templates.bounds import MAX_ITEMS, Method, need_flat
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.filters import TEXT_METHODS


class Variables(Namespace):
    """Jinja's namespace. What it holds outlives a round of a loop, so it must not grow in depth."""

    def __setitem__(self, name: str, value: Any) -> None:
        need_flat(value)
        super().__setitem__(name, value)


def _range(*args: Any) -> range:
    numbers = range(*args)
    # len() itself fails beyond the machine's word.
    if numbers and (numbers[-1] - numbers[0]) // numbers.step >= MAX_ITEMS:
        words = f"range makes more than {MAX_ITEMS:,} numbers"
        raise TemplateFault("template-too-large", words)
    return numbers


GLOBALS: dict[str, Method] = {
    "cycler": Method("cycler", Cycler),
    "dict": Method("dict", dict),
    "joiner": Method("joiner", Joiner),
    "namespace": Method("namespace", Variables),
    "range": Method("range", _range),
}
"""The functions that are always there."""

_FACTS: Mapping[type, frozenset[str]] = {
    LoopContext: frozenset(
        {
            *("index", "index0", "revindex", "revindex0", "first", "last", "length", "depth"),
            *("depth0", "previtem", "nextitem"),
        }
    ),
    Cycler: frozenset({"current"}),
    BlockReference: frozenset({"super"}),
}
_METHODS: Mapping[type, frozenset[str]] = {
    LoopContext: frozenset({"changed", "cycle"}),
    Cycler: frozenset({"next", "reset"}),
}
CALLABLE = (Macro, BlockReference, LoopContext, Joiner)


def attribute_of(obj: Any, name: str) -> Any:
    """The attribute of a value, or Jinja's `missing` where a template has none of that name."""
    if isinstance(obj, str) and name in TEXT_METHODS:
        return Method(name, partial(TEXT_METHODS[name], obj))
    if isinstance(obj, TemplateReference):
        try:
            return obj[name]
        except KeyError:
            return missing
    if isinstance(obj, Namespace):
        return missing if name.startswith("_") else getattr(obj, name, missing)
    if name in _METHODS.get(type(obj), ()):
        return Method(name, getattr(obj, name))
    return getattr(obj, name) if name in attributes_of(obj) else missing


def attributes_of(obj: object) -> list[str]:
    """The names of the attributes that a value has in a template."""
    if isinstance(obj, str):
        return sorted(TEXT_METHODS)
    if isinstance(obj, TemplateModule):
        return [name for name in vars(obj) if not name.startswith("_")]
    if isinstance(obj, tuple):
        return list(getattr(obj, "_fields", ()))  # the groups of `groupby`
    return sorted(_FACTS.get(type(obj), frozenset()) | _METHODS.get(type(obj), frozenset()))
