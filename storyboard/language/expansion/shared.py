"""Reads seeds and negative prompts, which a file may define by name for all its shots. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import fail, read_all, read_text, read_value
from storyboard.language.nodes import ScalarNode, ScalarValue, SequenceNode
from storyboard.language.spellings import as_list
from storyboard.language.validation.hints import NO_SEED
from storyboard.language.yaml.scalars import read_plain
from storyboard.reporting.invisible import hint_for_invisible
from storyboard.reporting.suggest import Suggestion, closest, did_you_mean, known_names
from storyboard.reporting.value_paths import format_value

AUTO = "auto"

_UNKNOWN = {
    "seed": "unknown-seed",
    "negative": "unknown-negative",
    "reference": "unknown-reference",
}
_LITERAL_NEGATIVE = "literal text belongs under negative_prompt"

_ANY_SEED = frozenset({"random", "rand", "any", "none", "no", "off", "false"})

_GROUPED = re.compile(r"\d{1,3}(?:[,' \u00a0\u202f]\d{3}){1,3}")


@dataclass(frozen=True, slots=True)
class SharedKind:
    """The values of a kind that all shots may refer to by name.

    `used` holds the names in use, or meant by a misspelling; `kind` is "seed", for example.
    """

    kind: str
    values: Mapping[str, Setting]
    used: set[str] = field(default_factory=set)


class SharedValues(NamedTuple):
    """The values that all shots may refer to by name.

    `parameters` are the names of all settings that any model has. `dropped` are those that are
    left out for models that do not have them.
    """

    negatives: SharedKind
    seeds: SharedKind
    references: SharedKind
    parameters: frozenset[str]
    dropped: frozenset[str]


def read_seed(
    setting: Setting,
    scope: ShotScope,
    shared: SharedKind,
    *,
    shot: str,
    seed_range: tuple[int, int] | None,
) -> tuple[int | None, Setting]:
    """Return a shot's seed, or None, and the setting that states the number.

    `shot` is the id that `auto` is derived from; `seed_range` is for messages. Raises
    NotReadable.
    """
    value = _read_seed(setting, scope, seed_range)
    is_shared = isinstance(value, str) and value not in ("", AUTO)
    if is_shared:
        _refuse_odd_number(str(value), setting, scope, shared.values, seed_range)
        hint = _hint_for_seed(str(value), seed_range)
        setting = find_shared(str(value), setting, scope, shared, otherwise=hint)
        value = _read_seed(setting, scope, seed_range)
    if value is None or value == "":
        return None, setting
    if value == AUTO:
        return _fold(auto_seed(shot), seed_range), setting
    number = whole_numbers(value)
    if isinstance(number, bool) or not isinstance(number, int):
        words = f"{format_value(value)} is not allowed; a whole number"
        words += " is needed" if is_shared else f", the name of a shared seed or {AUTO} is needed"
        fail(setting, scope, value, "wrong-type", words)
    return number, setting


def _refuse_odd_number(
    text: str,
    setting: Setting,
    scope: ShotScope,
    known: Mapping[str, Setting],
    seed_range: tuple[int, int] | None,
) -> None:
    """Raise NotReadable for a text such as `1,000`, which is not a number and hardly a name."""
    if not text[0].isdigit() or text in known or _number(text) is not None:
        return
    bounds = " from {} to {}".format(*seed_range) if seed_range else ""
    words = f"{format_value(text)} is neither a whole number{bounds} nor the name of a shared seed"
    words += f"; {known_names([*known, AUTO])}"
    digits = _GROUPED.fullmatch(text) and re.sub(r"\D", "", text)
    hint = did_you_mean(text, known)
    if digits:
        hint = Suggestion.of(f"write {digits}", text, digits, is_whole=True)
    fail(setting, scope, text, "unknown-seed", words, hint=hint)


def auto_seed(shot: str) -> int:
    """Return the seed for `auto`, derived from the shot's id: the same on every machine."""
    return int(hashlib.sha256(shot.encode()).hexdigest()[:8], 16) % 2**31


def _fold(seed: int, seed_range: tuple[int, int] | None) -> int:
    """Return a seed of the range: `seed` itself if it is one."""
    low, high = seed_range or (seed, seed)
    return seed if low <= seed <= high or low > high else low + (seed - low) % (high - low + 1)


def shift_seed(seed: int, by: int, seed_range: tuple[int, int] | None) -> int:
    """Return `seed` + `by`, wrapped within the range; the schema rejects a seed outside it."""
    if seed_range is None:
        return seed + by
    low, high = seed_range
    return low + (seed - low + by) % (high - low + 1) if low <= seed <= high else seed


def read_negative(
    named: Setting | None, literal: Setting | None, scope: ShotScope, shared: SharedKind
) -> tuple[str, Setting | None]:
    """Return the negative prompt, empty if there is none, and the setting that states it.

    `named` is the name of a shared negative, or several as a list or in one text (`base,
    people`). `literal` is text to append. Raises NotReadable.
    """
    names = named.items if named and isinstance(named.node, SequenceNode) else [named]
    readers = [partial(_read_shared, name, scope, shared) for name in names if name]
    if literal:
        readers.append(partial(read_text, literal, scope))
    texts = map(str.strip, read_all(readers))
    return ", ".join(filter(None, texts)), literal if literal and not literal.is_null else named


def _read_shared(setting: Setting, scope: ShotScope, shared: SharedKind) -> str:
    named = read_text(setting, scope, prints_lists=True).strip()
    names = [named] if named in shared.values else as_list(named)
    found = [
        find_shared(name, setting, scope, shared, otherwise=_LITERAL_NEGATIVE) for name in names
    ]
    return ", ".join(filter(None, (read_text(one, scope).strip() for one in found)))


def find_shared(
    name: str,
    setting: Setting,
    scope: ShotScope,
    shared: SharedKind,
    *,
    otherwise: str | None = None,
) -> Setting:
    """Return the shared value that `setting` names.

    Raises NotReadable, with the hint `otherwise` if no similar name is known.
    """
    if name not in shared.values:
        shared.used.add(closest(name, shared.values) or "")
        known = [*shared.values, AUTO] if shared.kind == "seed" else [*shared.values]
        words = f"there is no shared {shared.kind} {format_value(name)}; {known_names(known)}"
        hint = (
            hint_for_invisible(setting.node.text) if isinstance(setting.node, ScalarNode) else None
        )
        if _number(name) is None:  # one number is no typo of another
            hint = hint or did_you_mean(name, known)
        hint = hint or otherwise
        fail(setting, scope, name, _UNKNOWN[shared.kind], words, hint=hint)
    shared.used.add(name)
    return shared.values[name]


def _hint_for_seed(text: str, seed_range: tuple[int, int] | None) -> str | None:
    """Return what to write for a number in quotes, or for a word that asks for any seed."""
    low, high = seed_range or (-math.inf, math.inf)
    number = _number(text)
    if number is not None and low <= number <= high:
        return Suggestion.of(f"write {text} without quotes", text, text, is_whole=True)
    is_any = number == -1 or text.casefold() in _ANY_SEED
    return NO_SEED if is_any else None


def _number(text: str) -> int | None:
    """Return the whole number that YAML would read without quotes, or None."""
    try:
        value = read_plain(text)
    except ValueError:
        return None
    return value if type(value) is int else None


def _read_seed(
    setting: Setting, scope: ShotScope, seed_range: tuple[int, int] | None
) -> ScalarValue:
    low, high = seed_range or (-math.inf, math.inf)

    def allows(number: float) -> bool:
        return isinstance(number, int) and low <= number <= high

    value = read_value(setting, scope, is_text=False, allows=allows)
    return value.strip() if isinstance(value, str) else value
