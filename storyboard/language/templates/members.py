"""What a template can reach besides the keys of maps: a few attributes and functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from inspect import ismethod
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.utils import Cycler, Joiner, Namespace, missing

from storyboard.language.templates.bounds import MAX_ITEMS, Method, need_flat
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.filters import TEXT_METHODS


class Variables(Namespace):
    """Jinja's namespace. Its contents outlive a loop round, so they must not grow in depth."""

    def __setitem__(self, name: str, value: Any) -> None:
        need_flat(value)
        super().__setitem__(name, value)


def _range(*args: Any) -> range:
    numbers = range(*args)
    if len(numbers) > MAX_ITEMS:
        words = f"range makes more than {MAX_ITEMS:,} numbers"
        raise TemplateFault("template-too-large", words)
    return numbers


_FUNCTIONS: Mapping[str, Any] = {
    "cycler": Cycler,
    "dict": dict,
    "joiner": Joiner,
    "namespace": Variables,
    "range": _range,
}
GLOBALS = {name: Method(name, function) for name, function in _FUNCTIONS.items()}
"""The functions that are always available."""

CALLABLE = (Method, Macro, BlockReference, LoopContext, Joiner)

_ATTRIBUTES: Mapping[type, Iterable[str]] = {
    LoopContext: [name for name in dir(LoopContext) if not name.startswith("_")],
    Cycler: ("current", "next", "reset"),
    BlockReference: ("super",),
}


def attributes_of(obj: object) -> Iterable[str]:
    """Return the names of the attributes that a value has in a template."""
    if isinstance(obj, str):
        return TEXT_METHODS
    if isinstance(obj, TemplateModule):
        return [name for name in vars(obj) if not name.startswith("_")]
    if isinstance(obj, tuple):
        return getattr(obj, "_fields", ())  # the groups of `groupby`
    return _ATTRIBUTES.get(type(obj), ())


def attribute_of(obj: Any, name: str) -> Any:
    """Return a value's attribute, or Jinja's `missing` if templates have none with that name."""
    if isinstance(obj, TemplateReference):
        try:
            return obj[name]
        except KeyError:
            return missing
    if isinstance(obj, Namespace):
        return missing if name.startswith("_") else getattr(obj, name, missing)
    if name not in attributes_of(obj):
        return missing
    if isinstance(obj, str):
        return Method(name, partial(TEXT_METHODS[name], obj), len(obj))
    found = getattr(obj, name)
    return Method(name, found) if ismethod(found) else found
