"""From nodes to takes: scenes, shots, rows, matrix, takes, in file order. Pure.

Comes after the shape has been checked, and steps over whatever is misshapen:
that has been reported. Everything new that is wrong goes to `report`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from storyboard.language.expansion.cascade import Layer, Setting, read_level, read_shot
from storyboard.language.expansion.context import Context, Counts, Draft, Workshop, first_key
from storyboard.language.expansion.ids import claim_id
from storyboard.language.expansion.matrix import (
    Combination,
    Matrix,
    check_combinations,
    check_matrix,
    expand_matrix,
    read_matrix,
)
from storyboard.language.expansion.payload import Memory, Recipe, build_request
from storyboard.language.expansion.shot_keys import MAX_TAKES, literal_takes, read_flag
from storyboard.language.expansion.takes import make_takes
from storyboard.language.expansion.values import attempt, read_node, read_text
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.templates.scope import is_template
from storyboard.models.card import ModelCard
from storyboard.records import Json, Position, Problem, Take
from storyboard.reporting.suggest import closest


def expand_storyboard(
    root: MappingNode, base: Layer, shop: Workshop
) -> tuple[str | None, list[Take]]:
    """The storyboard's title and its takes in file order, skipped shots left out.

    `base` is what the included files say. Where a fault hides a value, the
    take comes without it; a storyboard with problems is never rendered.
    """
    counts = Counts()
    context = Context(base.under(read_level(root, "")).with_variables(shop.overrides), {})
    title = _read_title(root, "title", context, shop)
    context = context.knowing(scene={}, **({} if title is None else {"title": title}))
    takes: list[Take] = []
    for entry, where, inner in _entries(root, context, counts, shop):
        if "model" not in inner.layer.settings and "model" not in entry.entries:
            _report_missing_model(root, shop)
        takes.extend(_expand_entry(entry, where, inner, counts, shop))
    return title or None, takes


def _entries(
    root: MappingNode, context: Context, counts: Counts, shop: Workshop
) -> Iterator[tuple[MappingNode, str, Context]]:
    """Every entry under `shots`, with the way to it and what surrounds it."""
    for index, shot in _mappings(root.get("shots")):
        yield shot, f"shots[{index}]", context
    for number, scene in _mappings(root.get("scenes")):
        where = f"scenes[{number}]"
        inner = _enter_scene(scene, where, context, counts, shop)
        for index, shot in _mappings(scene.get("shots")):
            yield shot, f"{where}.shots[{index}]", inner


def _enter_scene(
    scene: MappingNode, where: str, context: Context, counts: Counts, shop: Workshop
) -> Context:
    layer = context.layer.under(read_level(scene, where)).with_variables(shop.overrides)
    context = context._replace(layer=layer)
    scene_id = _read_id(scene, where, context, counts.scene_ids, shop)
    named = context.knowing(scene={"id": scene_id or where})
    title = _read_title(scene, f"{where}.title", named, shop)
    facts: dict[str, Json] = {"id": scene_id or where}
    if title is not None:
        facts["title"] = title
    return context.knowing(scene=facts)._replace(scene=scene_id)


def _expand_entry(
    entry: MappingNode, where: str, context: Context, counts: Counts, shop: Workshop
) -> Iterator[Take]:
    """The takes of one entry: rows times matrix, rows outer, and each shot's takes."""
    layer = context.layer.under(read_shot(entry, where)).with_variables(shop.overrides)
    context = context._replace(layer=layer)
    matrix = read_matrix(entry, where)
    for problem in check_matrix(matrix) if matrix else ():
        shop.report(problem)
    rows = _read_rows(entry, where, shop)
    most = matrix.most if matrix else 1
    takes = literal_takes(layer.settings)
    if counts.takes + len(rows) * most * takes > MAX_TAKES:
        factors = [(len(rows), "rows"), (most, "combinations"), (takes, "takes")]
        counted = [f"{number:,} {name}" for number, name in factors if number > 1] or ["1 take"]
        message = (
            f"{where}: with the {' times '.join(counted)} here the storyboard has more than "
            f"{MAX_TAKES:,} takes, the most of one file"
        )
        hint = "split it into several files"
        shop.report(Problem(first_key(entry), "too-many-takes", message, hint))
        return
    memory: Memory | None = {} if len(rows) * most > 1 else None
    draft = Draft(entry, where, context, _find_card(layer, shop), memory)
    combinations: Sequence[Combination | None] | None = None
    for row in rows:
        of_row = draft if row is None else draft.knowing(row=row)
        if combinations is None or (matrix and not matrix.is_fixed):
            combinations = _combine(matrix, of_row.context, shop) if matrix else [None]
        for combination in combinations:
            shot = of_row if combination is None else of_row.knowing(matrix=combination)
            yield from _expand_shot(shot, counts, shop)


def _combine(matrix: Matrix, context: Context, shop: Workshop) -> list[Combination]:
    """The combinations of a matrix; a value with a fault makes none."""
    scope = context.scope(shop)

    def read(setting: Setting) -> Json:
        return attempt(partial(read_node, setting, scope), shop.report)

    def read_entry(entry: Mapping[str, Setting]) -> Combination:
        return {key: read(setting) for key, setting in entry.items()}

    axes = {
        name: [
            value for setting in settings if (value := read(setting)) is not None or setting.is_null
        ]
        for name, settings in matrix.axes.items()
    }
    exclude, include = map(read_entry, matrix.exclude), map(read_entry, matrix.include)
    combinations, unused = expand_matrix(axes, list(exclude), list(include))
    if all(axes.values()):
        for problem in check_combinations(matrix, combinations, unused):
            shop.report(problem)
    return combinations


def _expand_shot(draft: Draft, counts: Counts, shop: Workshop) -> Iterator[Take]:
    counts.shots += 1
    draft = draft.knowing(shot={"number": counts.shots})
    is_asked = "skip" in draft.settings
    if is_asked and read_flag("skip", draft.settings, draft.context.scope(shop), shop.report):
        _skip(draft, counts, shop)
        return
    shot_id = _read_id(draft.entry, draft.where, draft.context, counts.shot_ids, shop)
    yield from make_takes(draft, shot_id, counts, shop)


def _skip(draft: Draft, counts: Counts, shop: Workshop) -> None:
    """A skipped shot keeps its id for itself, and what it names counts as used."""
    node = draft.entry.get("id")
    if isinstance(node, ScalarNode) and not is_template(node.text):
        is_own = counts.shot_ids.get(node.text.casefold()) == node.position
        where = f"{draft.where}.id"
        problem = None if is_own else claim_id(node.text, where, node.position, counts.shot_ids)
        if problem:
            shop.report(problem)
    if draft.card is not None:
        recipe = Recipe(draft.settings, draft.card, shop.shared, "skipped", draft.entry.position)
        scope = draft.knowing(shot={"id": "skipped", "number": counts.shots}, take=1).context
        build_request(recipe, scope.scope(shop), 1, lambda problem: None)


def _read_id(
    node: MappingNode, where: str, context: Context, known: dict[str, Position], shop: Workshop
) -> str | None:
    """The id of a scene or a shot, from now on taken; None where it is faulty."""
    found = node.entries.get("id")
    if found is None or not isinstance(found.value, ScalarNode):
        return None  # the schema has said so
    setting = Setting(found.value, f"{where}.id", found.key_position)
    text = attempt(partial(read_text, setting, context.scope(shop)), shop.report)
    if text is None:
        return None
    rendered = text if is_template(found.value.text) else None
    problem = claim_id(text, setting.where, found.value.position, known, rendered=rendered)
    if problem is None:
        return text
    shop.report(problem)
    return text if problem.code == "repeated-id" else None


def _read_title(node: MappingNode, where: str, context: Context, shop: Workshop) -> str | None:
    """A title; None where there is none, empty where it is faulty."""
    found = node.entries.get("title")
    if found is None or not isinstance(found.value, ScalarNode) or found.value.value is None:
        return None
    setting = Setting(found.value, where, found.key_position)
    return (attempt(partial(read_text, setting, context.scope(shop)), shop.report) or "").strip()


def _find_card(layer: Layer, shop: Workshop) -> ModelCard | None:
    setting = layer.settings.get("model")
    name = setting.node.data if setting else None
    return shop.cards.get(name) if isinstance(name, str) else None


def _report_missing_model(root: MappingNode, shop: Workshop) -> None:
    if closest("model", root.entries):
        return  # misspelt, which the schema has said
    message = "missing key 'model': a shot needs a model that renders it"
    hint = f"known: {', '.join(shop.cards.names()[:10])}"
    shop.report(Problem(first_key(root), "missing-key", message, hint))


def _read_rows(entry: MappingNode, where: str, shop: Workshop) -> Sequence[dict[str, Json] | None]:
    node = entry.get("rows")
    if not isinstance(node, ScalarNode) or node.value is None:
        return [None]
    return list(shop.read_rows(node, f"{where}.rows"))


def _mappings(node: Node | None) -> Iterator[tuple[int, MappingNode]]:
    items = node.items if isinstance(node, SequenceNode) else ()
    return ((index, item) for index, item in enumerate(items) if isinstance(item, MappingNode))
