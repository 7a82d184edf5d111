"""From one entry under `shots` to its shots: rows times matrix, rows outer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storyboard.language.expansion.cascade import read_shot
from storyboard.language.expansion.context import ExpansionContext, Section, ShotEntry, first_key
from storyboard.language.expansion.matrix import (
    Combination,
    Matrix,
    check_matrix,
    read_combinations,
    read_matrix,
)
from storyboard.language.expansion.payload import ValueCache
from storyboard.language.expansion.shot_keys import MAX_TAKES, literal_takes
from storyboard.language.expansion.takes import expand_shot
from storyboard.language.nodes import MappingNode, ScalarNode
from storyboard.models.card import ModelCard
from storyboard.records import Json, Problem, Take

Row = dict[str, Json]


def expand_entry(
    node: MappingNode, where: str, section: Section, context: ExpansionContext
) -> Iterator[Take]:
    """The takes of one entry; `section` is the one it stands in.

    None, and a problem, where the file would have more than `MAX_TAKES`.
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
        return
    cache: ValueCache | None = {} if len(rows) * combinations > 1 else None
    entry = ShotEntry(node, where, section, _find_card(section, context), cache)
    for shot in _shots(entry, rows, matrix, context):
        yield from expand_shot(shot, context)


def _shots(
    entry: ShotEntry, rows: Sequence[Row | None], matrix: Matrix | None, context: ExpansionContext
) -> Iterator[ShotEntry]:
    """The shots of an entry, each with its row and its combination among the facts."""
    combinations: Sequence[Combination] | None = None
    for row in rows:
        of_row = entry if row is None else entry.with_facts(row=row)
        if matrix is None:
            yield of_row
            continue
        if combinations is None or not matrix.is_fixed:
            scope = of_row.section.scope(context)
            combinations = read_combinations(matrix, scope, context.report)
        for combination in combinations:
            yield of_row.with_facts(matrix=combination)


def _too_many_takes(node: MappingNode, where: str, factors: list[tuple[int, str]]) -> Problem:
    counted = [f"{number:,} {name}" for number, name in factors if number > 1] or ["1 take"]
    message = (
        f"{where}: with the {' times '.join(counted)} here the storyboard has more than "
        f"{MAX_TAKES:,} takes, the most of one file"
    )
    return Problem(first_key(node), "too-many-takes", message, "split it into several files")


def _find_card(section: Section, context: ExpansionContext) -> ModelCard | None:
    setting = section.layer.settings.get("model")
    name = setting.node.data if setting else None
    return context.cards.get(name) if isinstance(name, str) else None


def _read_rows(node: MappingNode, where: str, context: ExpansionContext) -> Sequence[Row | None]:
    """The rows of an entry; one None where it has no `rows`."""
    rows = node.get("rows")
    if not isinstance(rows, ScalarNode) or rows.value is None:
        return [None]
    return list(context.read_rows(rows, f"{where}.rows"))
