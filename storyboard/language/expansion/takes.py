"""Expands one shot into its takes, with their payloads and fingerprints, and checks them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from storyboard.fingerprint import canonical_json, fingerprint
from storyboard.language.expansion.contents import FileContent, UsedFile
from storyboard.language.expansion.context import ExpansionContext, ShotEntry
from storyboard.language.expansion.ids import Claim, claim_id, read_id
from storyboard.language.expansion.payload import TracedPayload, build_payload
from storyboard.language.expansion.shot_keys import (
    MAX_TAKES,
    read_flag,
    read_meta,
    read_notes,
    read_tags,
    read_takes,
    read_title,
)
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.take_checks import check_take, warnings_about
from storyboard.language.nodes import ScalarNode
from storyboard.names import take_id
from storyboard.records import Json, Take


def expand_shot(
    entry: ShotEntry, facts: Mapping[str, Json], context: ExpansionContext
) -> Iterator[Take]:
    """Yield a shot's takes, checked; none if it is skipped or its model is unknown.

    `facts` are its row and its combination of the matrix.
    """
    context.shots += 1
    context.current = f"shot {context.shots}", entry.position
    scope = entry.scope.with_facts(**facts, shot={"number": context.shots})
    if read_flag("skip", entry.settings, scope, context.report):
        _check_skipped(entry, scope, context)
        return
    shot_id = read_id(entry.node, entry.where, scope, context.shot_ids, context.report)
    yield from _make_takes(entry, shot_id, scope, context)


def _check_skipped(entry: ShotEntry, scope: ShotScope, context: ExpansionContext) -> None:
    """Claim a skipped shot's id, and count the shared values that it names as used."""
    node = entry.node.get("id")
    context.skipped[node.text if isinstance(node, ScalarNode) else entry.where] = None
    if isinstance(node, ScalarNode) and not node.is_template:
        is_own = context.shot_ids.get(node.text.casefold()) == Claim(node.text, node.position)
        where = f"{entry.where}.id"
        problem = None if is_own else claim_id(node.text, where, node.position, context.shot_ids)
        if problem:
            context.report(problem)
    facts: dict[str, Json] = {"id": "skipped", "number": context.shots, "title": ""}
    scope = scope.with_facts(shot=facts, take=1)
    for inputs in entry.inputs:
        of_shot = inputs.effective_in(scope)
        build_payload(of_shot, scope, lambda problem: None, shot="skipped", take=1)


def _make_takes(
    entry: ShotEntry, shot_id: str | None, scope: ShotScope, context: ExpansionContext
) -> Iterator[Take]:
    """Yield a shot's takes; if its id cannot be used, a stand-in lets the rest be checked."""
    shot, report = shot_id or f"shot-{context.shots}", context.report
    facts: dict[str, Json] = {"id": shot, "number": context.shots}
    title = read_title(entry.node, entry.where, scope.with_facts(shot=facts), report)
    scope = scope.with_facts(shot={**facts, "title": title})
    settings = entry.settings
    takes = read_takes(settings, scope, report, left=MAX_TAKES - context.takes)
    tags = read_tags(settings, scope, report)
    is_locked, is_paused = (read_flag(key, settings, scope, report) for key in ("locked", "pause"))
    context.takes += takes
    context.has_gaps = context.has_gaps or shot_id is None or not entry.inputs
    if not entry.inputs:
        return  # the schema has reported the unknown model
    make = partial(
        Take,
        shot=shot,
        scene=entry.section.scene,
        position=(entry.node.get("id") or entry.node).position,
        tags=tags,
        is_locked=is_locked,
        is_paused=is_paused,
    )
    earlier = [Counter[str]() if takes > 1 else None for _ in entry.inputs]
    for number in range(1, takes + 1):
        name = take_id(shot, number, takes)
        context.current = f"take {name}", entry.position
        of_take = scope.with_facts(take=number)
        traced = [
            build_payload(inputs.effective_in(of_take), of_take, report, shot=shot, take=number)
            for inputs in entry.inputs
        ]
        notes = read_notes(settings, of_take, report)
        meta = read_meta(entry.section.layer.meta, of_take, report)
        make_one = partial(make, id=name, number=number, notes=notes, meta=meta)
        candidates = [
            _make_candidate(one, counts, make_one)
            for one, counts in zip(traced, earlier, strict=True)
        ]
        _check(candidates, traced, context, warns=shot_id is not None)
        take, *fallbacks = candidates
        yield replace(take, fallbacks=tuple(fallbacks)) if fallbacks else take


def _make_candidate(
    traced: TracedPayload, earlier: Counter[str] | None, make: Callable[..., Take]
) -> Take:
    """Return a take with one of its models.

    `earlier`, if given, counts the equal payloads of the shot's earlier takes; this one is added.
    """
    repeat = 0
    if earlier is not None:
        text = canonical_json(traced.payload)
        repeat = earlier[text]
        earlier[text] += 1
    model = traced.inputs.card.name
    return make(
        model=model,
        payload=traced.payload,
        fingerprint=fingerprint(model, traced.payload, repeat=repeat),
        inputs=traced.media,
        repeat=repeat,
    )


def _check(
    candidates: Sequence[Take],
    payloads: Sequence[TracedPayload],
    context: ExpansionContext,
    *,
    warns: bool,
) -> None:
    """Report the problems with a take's requests; if it has none and `warns`, the warnings."""
    for take, traced in zip(candidates, payloads, strict=True):
        _note_media(take, traced, context)
    for take, traced in zip(candidates[1:], payloads[1:], strict=True):
        for problem in check_take(f"{take.id}, with {take.model}", traced):
            context.report(problem)
    take, traced = candidates[0], payloads[0]
    problems = check_take(take.id, traced)
    for problem in problems:
        context.report(problem)
    if warns and not problems and not traced.faulty:
        for warning in warnings_about(take, traced, context.first_takes):
            context.report(warning)


def _note_media(take: Take, traced: TracedPayload, context: ExpansionContext) -> None:
    """Note the files and frames of a take or a fallback, which are checked once all are known."""
    for at, content in traced.contents.items():
        if isinstance(content, FileContent):
            context.files.append(UsedFile(take, traced.inputs.card, at, content))
        else:
            context.frames.append((take, content))
