"""Checks one take: its payload against the model's limits, and what is seldom meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from storyboard.language.expansion.lengths import describe_largest
from storyboard.language.expansion.payload import TracedPayload
from storyboard.language.validation.check import check_payload
from storyboard.media import STAND_IN, with_stand_ins
from storyboard.records import Payload, Position, Problem, Severity, Take

_PLACEHOLDER = re.compile(r"\$?\{([A-Za-z_]\w{0,40})\}")
_QUOTES = {"\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def check_take(name: str, traced: TracedPayload) -> Sequence[Problem]:
    """Return the problems with a payload; `name` is the take's id, or names its fallback.

    Files and frames are checked as the addresses that are sent in their places.
    """
    payload: Payload = traced.payload
    values: Payload = traced.values
    if traced.contents:
        payload, values = with_stand_ins(payload), with_stand_ins(values)
    why_long = partial(describe_largest, traced)
    card, origin_of = traced.inputs.card, traced.origin_of
    found = check_payload(payload, card, origin_of, name, values=values, why_long=why_long)
    if not traced.contents:
        return found
    address = "the address of a file or a frame"
    return [replace(one, message=one.message.replace(repr(STAND_IN), address)) for one in found]


def warnings_about(
    take: Take, traced: TracedPayload, first_takes: dict[str, str]
) -> Iterator[Problem]:
    """Warn about what is allowed but seldom meant.

    `first_takes` has the first take that makes each request, by fingerprint; this one is added.
    """
    settings, values = traced.inputs.settings, traced.values
    extend = traced.inputs.card.parameters.get("prompt_extend")
    is_extended = extend and values.get("prompt_extend", extend.default) is True
    if is_extended and "seed" in values:
        seed = settings["seed"]
        message = (
            f"{seed.where}: prompt_extend is on while a seed is set; a rewritten prompt "
            "is not reproducible"
        )
        hint = "set prompt_extend: false"
        yield _warning(seed.node.position, "prompt-extend-with-seed", message, hint)
    if odd := _odd_in_prompt(str(values.get("prompt", ""))):
        code, words, hint = odd
        position = traced.origin_of("prompt").position
        yield _warning(position, code, f"take {take.id}: {words}", hint)
    for name, dropped in traced.dropped:
        message = f"take {take.id}: {take.model} has no {name}, which is left out"
        yield _warning(dropped.node.position, "setting-dropped", message)
    first = first_takes.setdefault(take.fingerprint, take.id)
    if first != take.id:
        message = f"take {take.id}: same request as {first}, rendered once"
        yield _warning(take.position, "same-request", message)


def _odd_in_prompt(prompt: str) -> tuple[str, str, str] | None:
    """Return code, words and hint for text that was hardly meant to be sent, or None.

    That is another template language's placeholder, or quotes around the whole prompt.
    """
    if "{" in prompt and (found := _PLACEHOLDER.search(prompt)):
        words = f"the prompt contains {found[0]}, which is sent as it is"
        return "placeholder-in-prompt", words, f"a template is written {{{{ {found[1]} }}}}"
    closing = _QUOTES.get(prompt[:1])
    if closing and prompt.endswith(closing) and prompt.count(prompt[0]) == 1:
        words = f"the quotes {prompt[0]}{closing} around the prompt are sent with it"
        return "quotes-in-prompt", words, "write straight quotes, or none"
    return None


def _warning(position: Position, code: str, message: str, hint: str | None = None) -> Problem:
    return Problem(position, code, message, hint, severity=Severity.WARNING)
