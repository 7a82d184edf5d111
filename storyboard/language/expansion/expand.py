"""Expands the nodes of a storyboard into its takes, in file order. Pure.

This module goes through the file, its scenes and their entries, and through the rows and the
matrix of each entry (rows outer). `takes` goes through the takes of a shot, and `payload` makes
the payload of each.

Runs after the shape check, and skips malformed values, which are already reported. New problems
go to the context's `report`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storyboard.language.expansion.cascade import (
    Setting,
    mappings_under,
    merge_layers,
    read_level,
    read_shot,
)
from storyboard.language.expansion.context import ExpansionContext, Section, ShotEntry
from storyboard.language.expansion.frames import check_frames
from storyboard.language.expansion.ids import read_id
from storyboard.language.expansion.matrix import (
    Combination,
    Matrix,
    check_matrix,
    read_combinations,
    read_matrix,
)
from storyboard.language.expansion.payload import payload_inputs
from storyboard.language.expansion.shot_keys import MAX_TAKES, literal_takes, read_title
from storyboard.language.expansion.takes import expand_shot
from storyboard.language.expansion.values import Report
from storyboard.language.expansion.variants import without_hidden_fields
from storyboard.language.nodes import MappingNode, ScalarNode
from storyboard.language.rows.values import RowValues
from storyboard.language.templates.fault import TemplatesTooCostly
from storyboard.models.card import ModelCard
from storyboard.records import Json, Problem, Take
from storyboard.reporting.suggest import closest


class NoScene(dict[str, Json]):
    """The value of `scene` outside all scenes: empty, and its title prints nothing."""

    def __missing__(self, key: str) -> Json:
        if key == "title":
            return ""
        raise KeyError(key)


def expand_storyboard(
    files: Sequence[MappingNode], context: ExpansionContext
) -> tuple[str | None, list[Take]]:
    """Return the storyboard's title, and its takes in file order without the skipped shots.

    `files` are the included files in order and, last, the storyboard itself. A value with a
    problem is left out of its take; a storyboard with problems is never rendered. If the
    templates of all takes together do too much work, expansion stops with that problem.
    """
    try:
        return _expand(files, context)
    except TemplatesTooCostly as error:
        name, position = context.current or ("title", files[-1].first_key_position)
        hint = "split it into several files, or loop less"
        context.report(Problem(position, "templates-too-costly", f"{name}: {error}", hint))
        return None, []


def _expand(
    files: Sequence[MappingNode], context: ExpansionContext
) -> tuple[str | None, list[Take]]:
    root = files[-1]
    layers = [read_level(file, "") for file in files]
    film = Section(merge_layers([*layers, context.overrides]), {})
    title = read_title(root, "", film.scope(context), context.report)
    film = film._replace(facts={"scene": NoScene(), "title": title})
    takes: list[Take] = []
    for node, where, section in _entries(root, film, context):
        if "model" not in section.layer.settings and "model" not in node.entries:
            _report_missing_model(root, context)
        takes.extend(_expand_entry(node, where, section, context))
    return title or None, check_frames(takes, context)


def _entries(
    root: MappingNode, film: Section, context: ExpansionContext
) -> Iterator[tuple[MappingNode, str, Section]]:
    """Yield every entry under `shots`, with the path to it and its section."""
    for shot, where in mappings_under(root, "shots", ""):
        yield shot, where, film
    for node, where in mappings_under(root, "scenes", ""):
        scene = _enter_scene(node, where, film, context)
        for shot, path in mappings_under(node, "shots", where):
            yield shot, path, scene


def _enter_scene(
    node: MappingNode, where: str, film: Section, context: ExpansionContext
) -> Section:
    section = film.narrowed(read_level(node, where), context)
    scope = section.scope(context)
    scene_id = read_id(node, where, scope, context.scene_ids, context.report)
    scene: dict[str, Json] = {"id": scene_id or where}
    title = read_title(node, where, section.scope(context, scene=scene), context.report)
    scene = {**scene, "title": title}
    if scene_id and title:
        context.scene_titles[scene_id] = title
    return section._replace(facts={**section.facts, "scene": scene}, scene=scene_id)


def _expand_entry(
    node: MappingNode, where: str, section: Section, context: ExpansionContext
) -> Iterator[Take]:
    """Yield the takes of one entry in `section`.

    If the file would have more than `MAX_TAKES`, yields none and reports a problem.
    """
    section = section.narrowed(read_shot(node, where), context)
    matrix = read_matrix(node, where)
    for problem in check_matrix(matrix) if matrix else ():
        context.report(problem)
    rows = _read_rows(node, where, context)
    combinations = matrix.max_combinations if matrix else 1
    takes = literal_takes(section.layer.settings)
    if context.takes + len(rows) * combinations * takes > MAX_TAKES:
        factors = [(len(rows), "rows"), (combinations, "combinations"), (takes, "takes")]
        context.report(_too_many_takes(node, where, factors))
        context.has_gaps = True
        return
    settings, position = section.layer.settings, node.first_key_position
    inputs = tuple(
        payload_inputs(
            without_hidden_fields(settings, context.overrides, card),
            card,
            context.shared,
            context.pictures,
            position,
        )
        for card in _read_cards(settings.get("model"), context)
    )
    entry = ShotEntry(node, where, section, position, section.scope(context), inputs)
    for facts in _facts_of_shots(entry, rows, matrix, context.report):
        yield from expand_shot(entry, facts, context)


def _read_cards(model: Setting | None, context: ExpansionContext) -> list[ModelCard]:
    """Return the cards of an entry's models, in order; none if one of the models is unknown."""
    names = model.node.data if model else None
    names = names if isinstance(names, list) else [names]
    cards = [context.cards.get(name) if isinstance(name, str) else None for name in names]
    return [] if None in cards else [card for card in cards if card is not None]


def _facts_of_shots(
    entry: ShotEntry, rows: Sequence[RowValues | None], matrix: Matrix | None, report: Report
) -> Iterator[dict[str, Json]]:
    """Yield the row and the combination of each shot of an entry."""
    combinations: Sequence[Combination] | None = None
    for row in rows:
        facts: dict[str, Json] = {} if row is None else {"row": row}
        if matrix is None:
            yield facts
            continue
        if combinations is None or not matrix.is_fixed:
            combinations = read_combinations(matrix, entry.scope.with_facts(**facts), report)
        for combination in combinations:
            yield {**facts, "matrix": combination}


def _too_many_takes(node: MappingNode, where: str, factors: list[tuple[int, str]]) -> Problem:
    counted = [f"{number:,} {name}" for number, name in factors if number > 1] or ["1 take"]
    message = (
        f"{where}: with the {' times '.join(counted)} here the storyboard has more than "
        f"{MAX_TAKES:,} takes, the maximum for one file"
    )
    hint = "split it into several files"
    return Problem(node.first_key_position, "too-many-takes", message, hint)


def _read_rows(
    node: MappingNode, where: str, context: ExpansionContext
) -> Sequence[RowValues | None]:
    """Return the rows of an entry; a single None if it has no `rows`."""
    rows = node.get("rows")
    if rows is None or (isinstance(rows, ScalarNode) and rows.value is None):
        return [None]
    return list(context.read_rows(rows, f"{where}.rows"))


def _report_missing_model(root: MappingNode, context: ExpansionContext) -> None:
    if closest("model", root.entries):
        return  # misspelt; the schema has reported it
    message = "missing key 'model': a shot needs a model that renders it"
    hint = "write model: and a name at the top; storyboard models list shows the names"
    context.report(Problem(root.first_key_position, "missing-key", message, hint))
