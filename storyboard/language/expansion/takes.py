"""From one shot to its takes: their payloads, fingerprints and warnings. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.fingerprint import canonical_json, fingerprint
from storyboard.language.expansion.context import Counts, Draft, Workshop, first_key
from storyboard.language.expansion.payload import Recipe, Request, build_request
from storyboard.language.expansion.shot_keys import (
    MAX_TAKES,
    read_flag,
    read_meta,
    read_notes,
    read_tags,
    read_takes,
)
from storyboard.language.expansion.values import Report
from storyboard.names import take_id
from storyboard.records import Problem, Severity, Take


def make_takes(draft: Draft, shot_id: str | None, counts: Counts, shop: Workshop) -> Iterator[Take]:
    """The takes of one shot, checked; without a known model there are none.

    `shot_id` is None where the id is faulty: a stand-in lets the rest be checked.
    """
    shot = shot_id or f"shot-{counts.shots}"
    draft = draft.knowing(shot={"id": shot, "number": counts.shots})
    scope = draft.context.scope(shop)
    left = MAX_TAKES - counts.takes
    takes = read_takes(draft.settings, scope, shop.report, left=left)
    tags = read_tags(draft.settings, scope, shop.report)
    is_locked = read_flag("locked", draft.settings, scope, shop.report)
    counts.takes += takes
    if draft.card is None:
        return  # an unknown model has failed the schema
    node = draft.entry.get("id")
    position = node.position if node else draft.entry.position
    first = first_key(draft.entry)
    recipe = Recipe(draft.settings, draft.card, shop.shared, shot, first, draft.memory)
    repeats: dict[str, int] = {}
    for number in range(1, takes + 1):
        scope = draft.knowing(take=number).context.scope(shop)
        request = build_request(recipe, scope, number, shop.report)
        key = canonical_json(request.payload) if takes > 1 else ""
        repeat = repeats.get(key, 0)
        repeats[key] = repeat + 1
        take = Take(
            id=take_id(shot, number, takes),
            shot=shot,
            scene=draft.context.scene,
            number=number,
            model=draft.card.name,
            payload=request.payload,
            fingerprint=fingerprint(draft.card.name, request.payload, repeat=repeat),
            position=position,
            tags=tags,
            is_locked=is_locked,
            notes=read_notes(draft.settings, scope, shop.report),
            meta=read_meta(draft.context.layer.meta, scope, shop.report),
        )
        problems = list(shop.check_payload(request, draft.card, take))
        for problem in problems:
            shop.report(problem)
        if shot_id and not problems and not request.faulty:
            _warn(take, request, draft, counts, shop.report)
        yield take


def _warn(take: Take, request: Request, draft: Draft, counts: Counts, report: Report) -> None:
    extend = draft.card.parameters.get("prompt_extend") if draft.card else None
    is_extended = extend and request.payload.get("prompt_extend", extend.default) is True
    if "seed" in request.payload and is_extended:
        seed = draft.settings["seed"]
        report(
            Problem(
                seed.node.position,
                "prompt-extend-with-seed",
                f"{seed.where}: prompt_extend is on while a seed is set; the rewritten prompt "
                "undoes reproducibility",
                hint="set prompt_extend: false",
                severity=Severity.WARNING,
            )
        )
    first = counts.requests.setdefault(take.fingerprint, take.id)
    if first != take.id:
        message = f"take {take.id}: same request as {first}, rendered once"
        warning = Severity.WARNING
        report(Problem(take.position, "same-request", message, severity=warning))
