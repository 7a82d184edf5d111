"""What a template may reach beside the keys of maps: a few attributes, and a few functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, TemplateReference
from jinja2.utils import Cycler, Joiner, Namespace, missing

from storyboard.language.templates.bounds import MAX_ITEMS, Method, Stop
from storyboard.language.templates.text import TEXT_METHODS
from storyboard.language.templates.values import Group

_LOOP_FACTS = [
    *("index", "index0", "revindex", "revindex0", "first", "last", "length"),
    *("depth", "depth0", "previtem", "nextitem"),
]
_LOOP_METHODS = ["changed", "cycle"]
_CYCLER_METHODS = ["next", "reset"]


def members(obj: object) -> list[str]:
    """The names of the attributes that a value has in a template."""
    if isinstance(obj, str):
        return sorted(TEXT_METHODS)
    if isinstance(obj, TemplateModule):
        return [name for name in vars(obj) if not name.startswith("_")]
    if isinstance(obj, LoopContext):
        return [*_LOOP_FACTS, *_LOOP_METHODS]
    if isinstance(obj, Group):
        return ["grouper", "list"]
    if isinstance(obj, BlockReference):
        return ["super"]
    if isinstance(obj, Cycler):
        return ["current", *_CYCLER_METHODS]
    return []


def member(obj: Any, name: str) -> Any:
    """The attribute of a value, or Jinja's `missing` where a template has none of that name."""
    if isinstance(obj, str):
        function = TEXT_METHODS.get(name)
        return missing if function is None else Method(name, partial(function, obj))
    if isinstance(obj, Namespace):
        return object.__getattribute__(obj, "_Namespace__attrs").get(name, missing)
    if isinstance(obj, TemplateReference):
        try:
            return obj[name]
        except KeyError:
            return missing
    if isinstance(obj, TemplateModule):
        return missing if name.startswith("_") else vars(obj).get(name, missing)
    if name not in members(obj):
        return missing
    value = getattr(obj, name)
    is_method = isinstance(obj, LoopContext) and name in _LOOP_METHODS
    is_method = is_method or (isinstance(obj, Cycler) and name in _CYCLER_METHODS)
    return Method(name, value) if is_method else value


def _range(*args: int) -> range:
    numbers = range(*args)
    # len() itself fails beyond the machine's word.
    if numbers and (numbers[-1] - numbers[0]) // numbers.step >= MAX_ITEMS:
        raise Stop("template-too-large", f"range makes more than {MAX_ITEMS:,} numbers")
    return numbers


def _namespace(*args: Any, **kwargs: Any) -> Namespace:
    return Namespace(*args, **kwargs)


GLOBALS: dict[str, Method] = {
    "cycler": Method("cycler", Cycler),
    "dict": Method("dict", dict),
    "joiner": Method("joiner", Joiner),
    "namespace": Method("namespace", _namespace),
    "range": Method("range", _range),
}
"""The functions that are always there."""
