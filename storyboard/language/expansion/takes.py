"""From one shot to its takes: their payloads, fingerprints and warnings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from storyboard.fingerprint import canonical_json, fingerprint
from storyboard.language.expansion.context import ExpansionContext, ShotEntry
from storyboard.language.expansion.ids import claim_id, read_id
from storyboard.language.expansion.payload import PayloadInputs, TracedPayload, build_payload
from storyboard.language.expansion.shot_keys import (
    MAX_TAKES,
    read_flag,
    read_meta,
    read_notes,
    read_tags,
    read_takes,
)
from storyboard.language.nodes import ScalarNode
from storyboard.names import take_id
from storyboard.records import Problem, Severity, Take


def expand_shot(entry: ShotEntry, context: ExpansionContext) -> Iterator[Take]:
    """The takes of one shot, checked; none where it is skipped or its model is not known."""
    context.shots += 1
    context.current = f"shot {context.shots}", entry.node.first_key_position
    entry = entry.with_facts(shot={"number": context.shots})
    if "skip" in entry.settings:
        scope = entry.section.scope(context)
        if read_flag("skip", entry.settings, scope, context.report):
            _check_skipped(entry, context)
            return
    shot_id = read_id(entry.node, entry.where, entry.section, context.shot_ids, context)
    yield from _make_takes(entry, shot_id, context)


def _check_skipped(entry: ShotEntry, context: ExpansionContext) -> None:
    """Claims a skipped shot's id, and counts the shared values that it names as used."""
    node = entry.node.get("id")
    if isinstance(node, ScalarNode) and not node.is_template:
        is_own = context.shot_ids.get(node.text.casefold()) == node.position
        where = f"{entry.where}.id"
        problem = None if is_own else claim_id(node.text, where, node.position, context.shot_ids)
        if problem:
            context.report(problem)
    if entry.card is not None:
        position = entry.node.position
        inputs = PayloadInputs(entry.settings, entry.card, context.shared, "skipped", position)
        section = entry.section.with_facts(shot={"id": "skipped", "number": context.shots}, take=1)
        build_payload(inputs, section.scope(context), 1, lambda problem: None)


def _make_takes(entry: ShotEntry, shot_id: str | None, context: ExpansionContext) -> Iterator[Take]:
    """The takes of a shot; without a usable id a stand-in lets the rest be checked."""
    shot = shot_id or f"shot-{context.shots}"
    entry = entry.with_facts(shot={"id": shot, "number": context.shots})
    card, settings, report = entry.card, entry.settings, context.report
    scope = entry.section.scope(context)
    takes = read_takes(settings, scope, report, left=MAX_TAKES - context.takes)
    tags = read_tags(settings, scope, report)
    is_locked = read_flag("locked", settings, scope, report)
    context.takes += takes
    if card is None:
        return  # the schema has reported the unknown model
    position = entry.node.first_key_position
    inputs = PayloadInputs(settings, card, context.shared, shot, position, entry.cache)
    repeats: Counter[str] = Counter()
    for number in range(1, takes + 1):
        context.current = f"take {take_id(shot, number, takes)}", position
        scope = entry.section.with_facts(take=number).scope(context)
        traced = build_payload(inputs, scope, number, report)
        request = canonical_json(traced.payload) if takes > 1 else ""
        take = Take(
            id=take_id(shot, number, takes),
            shot=shot,
            scene=entry.section.scene,
            number=number,
            model=card.name,
            payload=traced.payload,
            fingerprint=fingerprint(card.name, traced.payload, repeat=repeats[request]),
            position=(entry.node.get("id") or entry.node).position,
            tags=tags,
            is_locked=is_locked,
            notes=read_notes(settings, scope, report),
            meta=read_meta(entry.section.layer.meta, scope, report),
        )
        repeats[request] += 1
        problems = list(context.check_payload(traced, card, take))
        for problem in problems:
            report(problem)
        if shot_id and not problems and not traced.faulty:
            _warn(take, traced, entry, context)
        yield take


def _warn(take: Take, traced: TracedPayload, entry: ShotEntry, context: ExpansionContext) -> None:
    """Warns of a seed beside a rewritten prompt, and of a request that an earlier take makes."""
    extend = entry.card.parameters.get("prompt_extend") if entry.card else None
    is_extended = extend and traced.payload.get("prompt_extend", extend.default) is True
    if is_extended and "seed" in traced.payload:
        seed = entry.settings["seed"]
        message = (
            f"{seed.where}: prompt_extend is on while a seed is set; the rewritten prompt "
            "undoes reproducibility"
        )
        hint = "set prompt_extend: false"
        position, code = seed.node.position, "prompt-extend-with-seed"
        context.report(Problem(position, code, message, hint, severity=Severity.WARNING))
    first = context.first_takes.setdefault(take.fingerprint, take.id)
    if first != take.id:
        message = f"take {take.id}: same request as {first}, rendered once"
        context.report(Problem(take.position, "same-request", message, severity=Severity.WARNING))
