"""Finds where vars are defined, which are used, and which clash with macro files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from storyboard.language.expansion.cascade import Setting, mappings_under, settings_under
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.templates.scope import SUFFIX
from storyboard.records import Problem
from storyboard.reporting.suggest import closest

NamesUsed = Callable[[Iterable[str]], frozenset[str]]
"""Returns the names that templates take from their scope, as `Templates.names_used` does."""


class Level(NamedTuple):
    """A file, a scene or an entry under `shots`, and its path in the file."""

    node: MappingNode
    where: str


def levels(root: MappingNode, where: str = "") -> list[Level]:
    """Return the file, its scenes and its shots, in file order."""
    found = [Level(root, where)]
    for key in ("scenes", "shots"):
        for node, path in mappings_under(root, key, where):
            found += levels(node, path)
    return found


def vars_of(file: Iterable[Level]) -> list[tuple[str, Setting]]:
    """Return the vars of all levels with their names; a name can occur several times."""
    return [
        found
        for node, where in file
        if "vars" in node.entries
        for found in settings_under(node, "vars", where).items()
    ]


def find_clashes(
    variables: Iterable[tuple[str, Setting]], namespaces: frozenset[str]
) -> list[Problem]:
    """Report vars with the name of a macro file, which they would hide."""
    return [
        Problem(
            setting.key_position,
            "reserved-name",
            f"{setting.where}: {name!r} already names the macros of templates/{name}{SUFFIX}",
            hint="rename one of them",
        )
        for name, setting in variables
        if name in namespaces
    ]


def find_used(
    files: Iterable[Iterable[Level]],
    variables: Iterable[tuple[str, Setting]],
    names_used: NamesUsed,
) -> set[str]:
    """Return the names that any template uses, directly or through a var.

    Templates are parsed, not rendered, so names in branches that are not taken also count.
    """
    texts: dict[str, list[str]] = {}
    for name, setting in variables:
        texts.setdefault(name, []).extend(_texts(setting.node))
    waiting = names_used(text for file in files for text in _texts_beside_vars(file))
    used: set[str] = set()
    while waiting:
        used |= waiting
        waiting = names_used(text for name in waiting for text in texts.get(name, ())) - used
    # A misspelt name is reported where it is written; the name it was meant for is not also
    # unused.
    return used | {closest(name, texts) or name for name in used - texts.keys()}


def literals_of(file: Iterable[Level], key: str) -> set[str]:
    """Return the texts under a key of `defaults` or of a shot, whose value is a text or a list."""
    found: set[str] = set()
    for node, _ in file:
        defaults = node.get("defaults")
        for holder in (node, defaults) if isinstance(defaults, MappingNode) else (node,):
            if entry := holder.entries.get(key):
                found.update(text.strip() for text in _texts(entry.value))
    return found


def _texts_beside_vars(file: Iterable[Level]) -> Iterator[str]:
    for node, _ in file:
        for key, entry in node.entries.items():
            if key not in ("vars", "scenes", "shots"):
                yield from _texts(entry.value)


def _texts(node: Node) -> Sequence[str]:
    """Return all texts in a node; a list, because a generator is slower for single values."""
    if isinstance(node, ScalarNode):
        return (node.text,) if isinstance(node.value, str) else ()
    items = node.items if isinstance(node, SequenceNode) else [value for _, value in node]
    return [text for item in items for text in _texts(item)]
