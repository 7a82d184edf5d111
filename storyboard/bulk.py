"""Makes frozen dataclasses by the hundred thousand. Imports nothing of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import Any, TypeVar

Made = TypeVar("Made")


def maker_of(kind: type[Made]) -> Callable[..., Made]:
    """A constructor of a frozen dataclass with slots that takes a fifth of the time.

    It wants every field, in order. A frozen dataclass sets its fields one by
    one through `object.__setattr__`; here a twin that is not frozen takes them
    all, and then becomes one of `kind`, which Python allows where the slots
    are the same.
    """
    twin: Any = make_dataclass(kind.__name__, [field.name for field in fields(kind)], slots=True)  # type: ignore[arg-type]

    def make(*values: object) -> Made:
        made = twin(*values)
        made.__class__ = kind
        return made  # type: ignore[no-any-return]

    return make
