"""From the nodes of a storyboard to its takes, in file order. Pure.

The road: `expand` goes through the file and its scenes, `entries` through the
rows and the matrix of an entry, `takes` through the takes of a shot, and
`payload` makes the payload of each.

Runs after the shape has been checked and skips what is misshapen, which is
reported already. New problems go to the context's `report`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from storyboard.language.expansion.cascade import Setting, merge_layers, read_level
from storyboard.language.expansion.context import ExpansionContext, Section, first_key
from storyboard.language.expansion.entries import expand_entry
from storyboard.language.expansion.ids import read_id
from storyboard.language.expansion.values import attempt, read_text
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.records import Json, Problem, Take
from storyboard.reporting.suggest import closest


def expand_storyboard(
    files: Sequence[MappingNode], context: ExpansionContext
) -> tuple[str | None, list[Take]]:
    """The storyboard's title and its takes in file order, without the skipped shots.

    `files` are the included files in order and, last, the storyboard itself.
    A value with a problem is left out of its take; a storyboard with problems
    is never rendered.
    """
    root = files[-1]
    layers = [read_level(file, "") for file in files]
    film = Section(merge_layers([*layers, context.overrides]), {})
    title = _read_title(root, "title", film, context)
    film = film.with_facts(scene={}, **({} if title is None else {"title": title}))
    takes: list[Take] = []
    for node, where, section in _entries(root, film, context):
        if "model" not in section.layer.settings and "model" not in node.entries:
            _report_missing_model(root, context)
        takes.extend(expand_entry(node, where, section, context))
    return title or None, takes


def _entries(
    root: MappingNode, film: Section, context: ExpansionContext
) -> Iterator[tuple[MappingNode, str, Section]]:
    """Every entry under `shots`, with the path to it and the section that it stands in."""
    for index, shot in _mappings(root.get("shots")):
        yield shot, f"shots[{index}]", film
    for number, node in _mappings(root.get("scenes")):
        where = f"scenes[{number}]"
        scene = _enter_scene(node, where, film, context)
        for index, shot in _mappings(node.get("shots")):
            yield shot, f"{where}.shots[{index}]", scene


def _enter_scene(
    node: MappingNode, where: str, film: Section, context: ExpansionContext
) -> Section:
    section = film.narrowed(read_level(node, where), context)
    scene_id = read_id(node, where, section, context.scene_ids, context)
    facts: dict[str, Json] = {"id": scene_id or where}
    title = _read_title(node, f"{where}.title", section.with_facts(scene=facts), context)
    if title is not None:
        facts = {**facts, "title": title}
    return section.with_facts(scene=facts)._replace(scene=scene_id)


def _read_title(
    node: MappingNode, where: str, section: Section, context: ExpansionContext
) -> str | None:
    """A title; None where there is none, empty where it has a problem."""
    found = node.entries.get("title")
    if found is None or not isinstance(found.value, ScalarNode) or found.value.value is None:
        return None
    setting = Setting(found.value, where, found.key_position)
    return (
        attempt(partial(read_text, setting, section.scope(context)), context.report) or ""
    ).strip()


def _report_missing_model(root: MappingNode, context: ExpansionContext) -> None:
    if closest("model", root.entries):
        return  # misspelt, which the schema has reported
    message = "missing key 'model': a shot needs a model that renders it"
    hint = f"known: {', '.join(context.cards.names()[:10])}"
    context.report(Problem(first_key(root), "missing-key", message, hint))


def _mappings(node: Node | None) -> Iterator[tuple[int, MappingNode]]:
    items = node.items if isinstance(node, SequenceNode) else ()
    return ((index, item) for index, item in enumerate(items) if isinstance(item, MappingNode))
