"""Seeds: a number, the name of a shared one or `auto`, shifted for each take. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import fail, read_value, rendered_text
from storyboard.language.nodes import ScalarValue
from storyboard.language.yaml.scalars import read_plain
from storyboard.reporting.suggest import closest, did_you_mean
from storyboard.reporting.value_paths import format_value

AUTO = "auto"


def read_seed(
    setting: Setting,
    scope: ShotScope,
    shared: Mapping[str, Setting],
    *,
    shot: str,
    used: set[str],
) -> tuple[int | None, Setting]:
    """A shot's seed, None where there is none, and the setting that states the number.

    `shot` is the id that `auto` is made from. Names of shared seeds that were
    found, or meant, are added to `used`. Raises NotReadable.
    """
    value = _read(setting, scope)
    is_shared = isinstance(value, str) and value not in ("", AUTO)
    if is_shared:
        setting = _find_shared(setting, str(value), scope, shared, used)
        value = _read(setting, scope)
    if value is None or value == "":
        return None, setting
    if value == AUTO:
        return auto_seed(shot), setting
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        words = f"{format_value(value)} is not allowed; a whole number"
        words += " is needed" if is_shared else f", the name of a shared seed or {AUTO} is needed"
        fail(setting, scope, "wrong-type", words, rendered=rendered_text(setting, value))
    return value, setting


def auto_seed(shot: str) -> int:
    """The seed that `auto` stands for, made from the shot's id: the same on every machine."""
    return int(hashlib.sha256(shot.encode()).hexdigest()[:8], 16) % 2**31


def shift_seed(seed: int, by: int, seed_range: tuple[int, int] | None) -> int:
    """`seed` + `by`, wrapping within the range; one outside it is left for the schema to refuse."""
    if seed_range is None:
        return seed + by
    low, high = seed_range
    return low + (seed - low + by) % (high - low + 1) if low <= seed <= high else seed


def _read(setting: Setting, scope: ShotScope) -> ScalarValue:
    value = read_value(setting, scope, is_text=False)
    return value.strip() if isinstance(value, str) else value


def _find_shared(
    setting: Setting, name: str, scope: ShotScope, shared: Mapping[str, Setting], used: set[str]
) -> Setting:
    known = [*shared, AUTO]
    if name not in shared:
        used.add(closest(name, shared) or "")
        words = f"there is no shared seed {format_value(name)}; known are: {', '.join(known[:10])}"
        hint = f"write {name} without quotes" if _is_number(name) else did_you_mean(name, known)
        fail(
            setting, scope, "unknown-seed", words, hint=hint, rendered=rendered_text(setting, name)
        )
    used.add(name)
    return shared[name]


def _is_number(text: str) -> bool:
    try:
        return type(read_plain(text)) is int
    except ValueError:
        return False
