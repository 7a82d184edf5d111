"""The filters and tests that templates may use: a closed list, each deterministic and bounded."""

from __future__ import annotations

from collections.abc import Callable

from storyboard.language.templates.guard import guarded
from storyboard.language.templates.tests import PLAIN_TESTS
from storyboard.language.templates.text import TEXT_FILTERS
from storyboard.language.templates.values import VALUE_FILTERS, choose_default

FILTERS: dict[str, Callable[..., object]] = {
    **{name: guarded(name, made, of_text=True) for name, made in TEXT_FILTERS.items()},
    **{name: guarded(name, made, with_context=True) for name, made in VALUE_FILTERS.items()},
    **{name: guarded(name, choose_default, with_context=True) for name in ("d", "default")},
}

TESTS: dict[str, Callable[..., object]] = {
    name: guarded(name, made) for name, made in PLAIN_TESTS.items()
}
