"""What stands between a template and each filter: all is weighed, nothing is undefined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from storyboard.language.templates.bounds import Stop, brief, need_items, printable
from storyboard.language.templates.wording import plain_words
from storyboard.reporting.suggest import did_you_mean

if TYPE_CHECKING:
    from storyboard.language.templates.sandbox import Sandbox

_TAKE_UNDEFINED = frozenset({"d", "default", "defined", "undefined"})

_LEFT_OUT = {
    "random": "templates make the same text on every machine; choose with a var, rows or a matrix",
    "shuffle": "templates make the same text on every machine",
    "attr": "write map.key or map['key']",
    "pprint": "only text, numbers, true and false print; use tojson to look at a value",
    **dict.fromkeys(
        ("e", "escape", "forceescape", "safe", "striptags", "urlize", "xmlattr"),
        "prompts are plain text, so there is nothing to escape",
    ),
}


def need_known(name: object, known: Iterable[str], kind: str) -> None:
    """Stop where there is no filter or test of that name."""
    known = set(known)
    if not isinstance(name, str) or name not in known:
        guess = did_you_mean(name, sorted(known)) if isinstance(name, str) else None
        reason = _LEFT_OUT.get(name) if isinstance(name, str) and kind == "filter" else None
        raise Stop(f"unknown-{kind}", f"there is no {kind} {brief(name)}", reason or guess)


def guarded(
    name: str, function: Callable[..., object], *, of_text: bool = False, with_context: bool = False
) -> Callable[..., object]:
    """The filter or test with everything weighed that goes in and comes out."""

    @pass_context
    def run(context: Context, value: Any, /, *args: Any, **kwargs: Any) -> object:
        environment = cast("Sandbox", context.environment)
        if name not in _TAKE_UNDEFINED:
            for given in (value, *args, *kwargs.values()):
                if isinstance(given, Undefined):
                    given._fail_with_undefined_error()
                environment.weighed(given)
        if of_text:
            value = printable(value)
        try:
            made = (
                function(context, value, *args, **kwargs)
                if with_context
                else function(value, *args, **kwargs)
            )
        except TypeError as error:
            raise Stop(
                "template-error", f"{brief(name)} cannot be used so: {plain_words(error)}"
            ) from None
        if isinstance(made, list):
            need_items(len(made))
        return environment.weighed(made)

    return run
