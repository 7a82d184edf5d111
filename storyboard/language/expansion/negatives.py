"""The negative prompt: shared ones by name, then the literal one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import fail, read_all, read_text, rendered_text
from storyboard.language.nodes import SequenceNode
from storyboard.reporting.suggest import closest, did_you_mean
from storyboard.reporting.value_paths import format_value


def read_negative(
    named: Setting | None,
    literal: Setting | None,
    scope: ShotScope,
    shared: Mapping[str, Setting],
    *,
    used: set[str],
) -> tuple[str, Setting | None]:
    """The negative prompt, empty where there is none, and the setting that states it.

    `named` is the name of a shared negative or a list of names, `literal` is
    text. Names that were found, or meant, are added to `used`. Raises NotReadable.
    """
    names = named.items if named and isinstance(named.node, SequenceNode) else [named]
    readers = {
        name.where: partial(_read_shared, name, scope, shared, used) for name in names if name
    }
    if literal:
        readers[literal.where] = partial(read_text, literal, scope)
    texts = (text.strip() for text in read_all(readers).values())
    return ", ".join(filter(None, texts)), literal if literal and not literal.is_null else named


def _read_shared(
    setting: Setting, scope: ShotScope, shared: Mapping[str, Setting], used: set[str]
) -> str:
    name = read_text(setting, scope).strip()
    if not name:
        return ""
    if name not in shared:
        used.add(closest(name, shared) or "")
        known = ", ".join(list(shared)[:10]) or "none"
        fail(
            setting,
            scope,
            "unknown-negative",
            f"there is no shared negative {format_value(name)}; known are: {known}",
            hint=did_you_mean(name, shared),
            rendered=rendered_text(setting, name),
        )
    used.add(name)
    return read_text(shared[name], scope)
