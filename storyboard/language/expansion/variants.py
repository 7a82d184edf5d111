"""Settings above every level: those of a variant, or another model to try. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from storyboard.language.expansion.cascade import (
    Layer,
    Setting,
    merge_layers,
    read_shot,
    settings_under,
)
from storyboard.language.nodes import MappingNode, ScalarNode
from storyboard.models.card import ModelCard
from storyboard.models.words import Word
from storyboard.records import Position, Problem
from storyboard.reporting.suggest import did_you_mean, known_names
from storyboard.reporting.value_paths import format_value

MAX_VARIANTS = 20
"""How many variants one storyboard may have; a check expands the storyboard once for each."""


def read_variants(files: Iterable[MappingNode]) -> dict[str, Layer]:
    """Return each variant's settings from all files, by name; the last file wins.

    `files` are the included files in order and, last, the storyboard itself.
    """
    layers: dict[str, list[Layer]] = {}
    for file in files:
        for name, setting in settings_under(file, "variants", "").items():
            node = setting.node
            said = read_shot(node, setting.where) if isinstance(node, MappingNode) else Layer()
            layers.setdefault(name, []).append(said)
    return {name: merge_layers(found) for name, found in layers.items()}


def check_variants(files: Iterable[MappingNode]) -> Iterator[Problem]:
    """Report two variants whose names share a folder, and too many variants."""
    first: dict[str, tuple[str, Position]] = {}
    for file in files:
        for name, setting in settings_under(file, "variants", "").items():
            position = setting.key_position
            known, place = first.setdefault(name.casefold(), (name, position))
            if known != name:
                yield _same_folder(setting, name, known, place)
            elif len(first) == MAX_VARIANTS + 1 and place == position:
                message = f"{setting.where}: a storyboard has at most {MAX_VARIANTS} variants"
                hint = "keep those that differ much in files of their own"
                yield Problem(position, "too-many-variants", message, hint)


def unknown_variant(name: str, known: Sequence[str], root: MappingNode) -> Problem:
    """Return the problem with a requested variant that does not exist."""
    message = f"there is no variant {format_value(name)}; {known_names(known)}"
    entry = root.entries.get("variants")
    position = entry.key_position if entry else root.first_key_position
    hint = did_you_mean(name, known)
    # Plain text, because the misspelt name is on the command line, not in the file.
    return Problem(position, "unknown-variant", message, f"{hint}" if hint else None)


def without_hidden_fields(
    settings: Mapping[str, Setting], above: Layer, card: ModelCard
) -> Mapping[str, Setting]:
    """Drop a shot's settings in the model's own names if a common word in `above` replaces them.

    In one mapping, the model's own name wins over the common word. But what a variant sets in
    common words must not lose to what the file sets in the model's own.
    """
    words = [
        card.words[key]
        for key, one in above.settings.items()
        if key in card.words and not card.words[key].is_for_field(one.node.data)
    ]
    hidden = {word.field for word in words if word.field != word.name} - above.settings.keys()
    if hidden.isdisjoint(settings):
        return settings
    return {
        key: one
        for key, one in settings.items()
        if key not in hidden or _is_word(card.words.get(key), one)
    }


def _is_word(word: Word | None, setting: Setting) -> bool:
    """Return whether a setting is a word's, under the name of another field of the model."""
    return word is not None and word.is_text_only and not word.is_for_field(setting.node.data)


def model_layer(name: str) -> Layer:
    """Return the setting that `--model NAME` makes for every shot."""
    position = Position("--model", 1, 1)
    node = ScalarNode(name, name, position, is_plain=False, text_line=1)
    return Layer(settings={"model": Setting(node, "--model", position)})


def only_of_variants(
    own: Iterable[Problem], of_variants: Mapping[str, Iterable[Problem]]
) -> Iterator[Problem]:
    """Yield the problems that only variants have, each once, with the names of those variants.

    `own` are the problems of the storyboard without a variant.
    """
    seen = {_identity(problem) for problem in own}
    found: dict[tuple[object, ...], tuple[Problem, list[str]]] = {}
    for name, problems in of_variants.items():
        for problem in problems:
            if (identity := _identity(problem)) not in seen:
                found.setdefault(identity, (problem, []))[1].append(name)
    for problem, names in found.values():
        who = f"variant{'s'[: len(names) > 1]} {', '.join(names)}"
        yield replace(problem, message=f"{who}: {problem.message}")


def _identity(problem: Problem) -> tuple[object, ...]:
    return problem.position, problem.code, problem.message


def _same_folder(setting: Setting, name: str, known: str, position: Position) -> Problem:
    message = (
        f"{setting.where}: the variant {format_value(known)} at {position} "
        "would have the same folder"
    )
    hint = f"write {known} for the same variant; others differ by more than upper and lower case"
    return Problem(setting.key_position, "repeated-id", message, hint)
