"""From nodes to takes: scenes, shots, rows, matrix, takes, in file order. Pure.

Comes after the shape has been checked, and steps over whatever is misshapen:
that has been reported. Everything new that is wrong goes to `report`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from storyboard.models.card import ModelCard
from storyboard.records import Json, Place, Problem, Severity, Take
from storyboard.spec.fingerprint import canonical_json, fingerprint, whole_numbers
from storyboard.spec.ids import check_id, take_id
from storyboard.spec.layers import Layer, Setting, read_level, read_shot
from storyboard.spec.matrix import check_matrix, expand_matrix, read_matrix
from storyboard.spec.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.spec.prompt import (
    Report,
    Request,
    Shared,
    attempt,
    build_request,
    read_value,
)
from storyboard.spec.scope import ShotScope
from storyboard.spec.templates import Templates, is_template

MOST_TAKES = 100_000


class Cards(Protocol):
    """Where model cards come from."""

    def get(self, name: str) -> ModelCard | None:
        """The card of that name."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every shot is made with."""

    templates: Templates
    cards: Cards
    shared: Shared
    read_rows: Callable[[ScalarNode, str], Iterable[dict[str, Json]]]
    check_payload: Callable[[Request, ModelCard, Take], Iterable[Problem]]
    overrides: Mapping[str, Node]
    report: Report


@dataclass(slots=True)
class Counts:
    """What runs through the whole file: numbers, and names that must not come twice."""

    shots: int = 0
    takes: int = 0
    shot_ids: dict[str, Place] = field(default_factory=dict)
    scene_ids: dict[str, Place] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an entry: its level of the cascade and the names known so far."""

    layer: Layer
    facts: Mapping[str, Json]
    scene: str | None
    model: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry under `shots` (and, with its facts, one shot of it) on the way to takes."""

    entry: MappingNode
    where: str
    context: Context
    card: ModelCard | None

    @property
    def settings(self) -> Mapping[str, Setting]:
        """What the cascade says for it."""
        return self.context.layer.settings

    def knowing(self, **facts: Json) -> Draft:
        """The same with more names for its templates."""
        context = replace(self.context, facts={**self.context.facts, **facts})
        return replace(self, context=context)


def expand_storyboard(
    root: MappingNode, base: Layer, shop: Workshop
) -> tuple[str | None, list[Take]]:
    """The storyboard's title and its takes in file order, skipped shots left out.

    `base` is what the included files say. Where a fault hides a value, the
    take comes without it; a storyboard with problems is never rendered.
    """
    counts = Counts()
    layer = base.under(read_level(root, ""))
    model = _text_of(root.get("model"))
    title = _read_title(root, "title", Context(layer, {}, None, model), shop)
    context = Context(layer, _known(title=title, scene={}), None, model)
    takes = [
        take
        for entry, where, inner in _entries(root, context, counts, shop)
        for take in _expand_entry(entry, where, inner, counts, shop)
    ]
    return title, takes


def _known(**facts: Json) -> dict[str, Json]:
    """Facts without those that are not there; a template that asks for one is told so."""
    return {name: value for name, value in facts.items() if value is not None}


def _entries(
    root: MappingNode, context: Context, counts: Counts, shop: Workshop
) -> Iterator[tuple[MappingNode, str, Context]]:
    """Every entry under `shots`, with the way to it and what surrounds it."""
    for index, shot in enumerate(_items(root.get("shots"))):
        if isinstance(shot, MappingNode):
            yield shot, f"shots[{index}]", context
    for number, scene in enumerate(_items(root.get("scenes"))):
        if not isinstance(scene, MappingNode):
            continue
        where = f"scenes[{number}]"
        inner = replace(context, layer=context.layer.under(read_level(scene, where)))
        inner = _enter_scene(scene, where, inner, counts, shop)
        for index, shot in enumerate(_items(scene.get("shots"))):
            if isinstance(shot, MappingNode):
                yield shot, f"{where}.shots[{index}]", inner


def _enter_scene(
    scene: MappingNode, where: str, context: Context, counts: Counts, shop: Workshop
) -> Context:
    scope = _scope(context, shop)
    node = scene.get("id")
    scene_id = ""
    if isinstance(node, ScalarNode):
        scene_id = str(attempt(lambda: scope.render_text(node), Setting(node, where), shop.report))
        _check_new_id(node, f"{where}.id", scene_id, counts.scene_ids, shop.report)
    named = replace(context, facts={**context.facts, "scene": {"id": scene_id}})
    title = _read_title(scene, f"{where}.title", named, shop)
    facts: dict[str, Json] = {**context.facts, "scene": {"id": scene_id, "title": title}}
    return replace(context, facts=facts, scene=scene_id or None)


def _expand_entry(
    entry: MappingNode, where: str, context: Context, counts: Counts, shop: Workshop
) -> Iterator[Take]:
    """The takes of one entry: rows times matrix, rows outer, and each shot's takes."""
    layer = context.layer.under(read_shot(entry, where))
    context = replace(context, layer=layer)
    card = _find_card(layer, context.model, shop)
    rows = _read_rows(entry, where, shop)
    combinations, most = _read_combinations(entry, where, context, shop)
    literal_takes = _literal_takes(layer)
    if counts.takes + len(rows) * most * literal_takes > MOST_TAKES:
        place = entry.entries["id"].key_place if "id" in entry.entries else entry.place
        shop.report(
            Problem(
                place,
                "too-many-takes",
                f"{where}: with this entry the storyboard has more than {MOST_TAKES:,} takes, "
                f"the most of one file ({len(rows):,} rows, {most:,} combinations, "
                f"{literal_takes:,} takes each)",
                hint="split it into several files",
            )
        )
        return
    draft = Draft(entry, where, context, card)
    for row in rows:
        for combination in combinations():
            shot = draft.knowing(**_known(row=row, matrix=combination))
            yield from _expand_shot(shot, counts, shop)


def _expand_shot(draft: Draft, counts: Counts, shop: Workshop) -> Iterator[Take]:
    counts.shots += 1
    draft = draft.knowing(shot={"number": counts.shots})
    if not _is_true("skip", draft.settings, _scope(draft.context, shop), shop):
        yield from _make_takes(draft, counts, shop)
        return
    # Rendered all the same, so that what only a skipped shot uses counts as used.
    quiet = replace(shop, report=lambda problem: None)
    for _ in _make_takes(draft, Counts(shots=counts.shots), quiet):
        pass


def _make_takes(draft: Draft, counts: Counts, shop: Workshop) -> Iterator[Take]:
    shot_id, place = _read_shot_id(draft, counts, shop)
    draft = draft.knowing(shot={"id": shot_id, "number": counts.shots})
    scope = _scope(draft.context, shop)
    takes = _read_takes(draft.settings, scope, counts, shop)
    tags = _read_tags(draft.settings, scope, shop)
    is_locked = _is_true("locked", draft.settings, scope, shop)
    repeats: dict[str, int] = {}
    for number in range(1, takes + 1):
        counts.takes += 1
        if draft.card is None:
            continue
        request = build_request(
            draft.settings,
            _scope(draft.knowing(take=number).context, shop),
            draft.card,
            shop.shared,
            shot=shot_id,
            take=number,
            report=shop.report,
        )
        payload = {key: whole_numbers(value) for key, value in request.payload.items()}
        key = canonical_json(payload)
        repeat = repeats.get(key, 0)
        repeats[key] = repeat + 1
        take = Take(
            id=take_id(shot_id, number, takes),
            shot=shot_id,
            scene=draft.context.scene,
            number=number,
            model=draft.card.name,
            payload=payload,
            fingerprint=fingerprint(draft.card.name, payload, repeat=repeat),
            place=place,
            tags=tags,
            is_locked=is_locked,
        )
        for problem in shop.check_payload(request, draft.card, take):
            shop.report(problem)
        _warn(take, request, draft, counts, shop.report)
        yield take


def _read_shot_id(draft: Draft, counts: Counts, shop: Workshop) -> tuple[str, Place]:
    """The shot's id and its place; a stand-in where it is faulty, so that the rest is checked."""
    node = draft.entry.get("id")
    stand_in = f"shot-{counts.shots}"
    if not isinstance(node, ScalarNode):
        return stand_in, draft.entry.place
    setting = Setting(node, f"{draft.where}.id")
    scope = _scope(draft.context, shop)
    shot_id = attempt(lambda: scope.render_text(node), setting, shop.report)
    if not isinstance(shot_id, str):
        return stand_in, node.place
    _check_new_id(node, setting.where, shot_id, counts.shot_ids, shop.report)
    return shot_id, node.place


def _warn(take: Take, request: Request, draft: Draft, counts: Counts, report: Report) -> None:
    extend = draft.card.parameters.get("prompt_extend") if draft.card else None
    is_extended = extend and request.payload.get("prompt_extend", extend.default) is True
    if "seed" in request.payload and is_extended:
        report(
            Problem(
                draft.settings["seed"].node.place,
                "prompt-extend-with-seed",
                "prompt_extend is on while a seed is set: the rewritten prompt undoes "
                "reproducibility",
                hint="set prompt_extend: false",
                severity=Severity.WARNING,
            )
        )
    first = counts.requests.setdefault(take.fingerprint, take.id)
    if first != take.id:
        report(
            Problem(
                take.place,
                "same-request",
                f"{take.id}: same request as {first}, rendered once",
                severity=Severity.WARNING,
            )
        )


def _scope(context: Context, shop: Workshop) -> ShotScope:
    return ShotScope(
        shop.templates,
        {**context.layer.variables, **shop.overrides},
        context.facts,
        meta=context.layer.meta,
        usage=shop.shared.usage,
    )


def _read_title(node: MappingNode, where: str, context: Context, shop: Workshop) -> str | None:
    title = node.get("title")
    if not isinstance(title, ScalarNode) or title.value is None:
        return None
    scope = _scope(context, shop)
    text = attempt(lambda: scope.render_text(title), Setting(title, where), shop.report)
    return text.strip() or None if isinstance(text, str) else None


def _check_new_id(
    node: ScalarNode, where: str, text: str, known: dict[str, Place], report: Report
) -> None:
    shown = text if is_template(node.text) else None
    wrong = check_id(text)
    if wrong:
        report(Problem(node.place, "bad-id", f"{where}: {text!r} {wrong}", shown=shown))
        return
    first = known.get(text.casefold())
    if first is None:
        known[text.casefold()] = node.place
        return
    if first == node.place:
        message = f"{where}: several shots of this entry get the id {text!r}"
        hint = "let the id name what sets them apart, such as a matrix axis or a column"
    else:
        message = f"{where}: the id {text!r} is taken, by {first.path}:{first.line}:{first.column}"
        hint = "ids must differ by more than upper and lower case"
    report(Problem(node.place, "repeated-id", message, hint, shown))


def _find_card(layer: Layer, model: str, shop: Workshop) -> ModelCard | None:
    setting = layer.settings.get("model")
    name = _text_of(setting.node) if setting else ""
    return shop.cards.get(name or model)  # an unknown name has failed the schema


def _read_rows(entry: MappingNode, where: str, shop: Workshop) -> list[dict[str, Json] | None]:
    node = entry.get("rows")
    if not isinstance(node, ScalarNode) or node.value is None:
        return [None]
    return list(shop.read_rows(node, f"{where}.rows"))


def _read_combinations(
    entry: MappingNode, where: str, context: Context, shop: Workshop
) -> tuple[Callable[[], list[dict[str, Json]] | list[None]], int]:
    """The matrix's combinations, made on call, and how many there are at most."""
    matrix = read_matrix(entry.get("matrix"))
    if matrix is None:
        return lambda: [None], 1
    place = entry.entries["matrix"].key_place
    for problem in check_matrix(matrix, f"{where}.matrix", place):
        shop.report(problem)

    def combinations() -> list[dict[str, Json]]:
        scope = _scope(context, shop)
        values = {
            name: [
                attempt(
                    lambda n=node: scope.render_node(n),  # type: ignore[misc]
                    Setting(node, f"{where}.matrix.{name}"),
                    shop.report,
                )
                for node in axis
            ]
            for name, axis in matrix.axes.items()
        }
        return expand_matrix(matrix, values)

    return combinations, matrix.most


def _literal_takes(layer: Layer) -> int:
    setting = layer.settings.get("takes")
    value = setting.node.data if setting else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def _read_takes(
    settings: Mapping[str, Setting], scope: ShotScope, counts: Counts, shop: Workshop
) -> int:
    setting = settings.get("takes")
    if setting is None:
        return 1
    value = attempt(lambda: read_value(setting, scope, is_text=False), setting, shop.report)
    if value is None or value == "":
        return 1
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    left = MOST_TAKES - counts.takes
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= left:
        shop.report(
            Problem(
                setting.node.place,
                "bad-takes",
                f"{setting.where}: {value!r} is no number of takes; a whole number from 1 is, "
                f"with at most {MOST_TAKES:,} takes in a file",
            )
        )
        return 1
    return value


def _read_tags(
    settings: Mapping[str, Setting], scope: ShotScope, shop: Workshop
) -> tuple[str, ...]:
    setting = settings.get("tags")
    if setting is None:
        return ()
    node = setting.node
    tags = []
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if isinstance(item, ScalarNode) and item.value is not None:
            text = attempt(lambda i=item: scope.render_text(i), setting, shop.report)  # type: ignore[misc]
            if isinstance(text, str) and text.strip():
                tags.append(text.strip())
    return tuple(dict.fromkeys(tags))


def _is_true(key: str, settings: Mapping[str, Setting], scope: ShotScope, shop: Workshop) -> bool:
    setting = settings.get(key)
    if setting is None:
        return False
    value = attempt(lambda: read_value(setting, scope, is_text=False), setting, shop.report)
    if isinstance(value, str) and value:
        shop.report(
            Problem(
                setting.node.place,
                "wrong-type",
                f"{setting.where}: {value!r} is neither true nor false",
                shown=value,
            )
        )
    return value is True


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, SequenceNode) else ()


def _text_of(node: Node | None) -> str:
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""
