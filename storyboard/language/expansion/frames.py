"""Checks which takes show frames of which, once all takes are known. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, TypeAlias

from storyboard.fingerprint import with_changed_inputs
from storyboard.language.expansion.contents import FrameContent
from storyboard.language.expansion.context import ExpansionContext
from storyboard.media import FrameInput
from storyboard.models.words import CLIP
from storyboard.names import TAKE_ENDING
from storyboard.records import Problem, Severity, Take
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_value

MAX_LINKS = 3
"""The most takes in a chain without a warning."""

_MAX_NAMED = 10
_TAKE_ENDING = re.compile(TAKE_ENDING)


class _Known(NamedTuple):
    """The ids of the takes by shot, and the ids of the skipped shots, all shots case-folded."""

    shots: Mapping[str, Sequence[str]]
    skipped: frozenset[str]


_Parents: TypeAlias = Mapping[str, Sequence[str]]
"""The takes whose frames each take shows, by id; takes that show none are left out."""


def check_frames(takes: list[Take], context: ExpansionContext) -> list[Take]:
    """Return the takes; their frames name other takes as these spell their own ids.

    Reports frames of takes that do not exist, or after their end, circles, and long chains.
    """
    if not context.frames:
        return takes
    ids = {take.id.casefold(): take.id for take in takes}
    by_id = {take.id: take for take in takes}
    shots: dict[str, list[str]] = {}
    for take in takes:
        shots.setdefault(take.shot.casefold(), []).append(take.id)
    known = _Known(shots, frozenset(shot.casefold() for shot in context.skipped))
    parents: dict[str, list[str]] = {}
    first_frames: dict[str, FrameContent] = {}
    for take, frame in context.frames:
        parent = ids.get(frame.take.casefold())
        if parent is None:
            _report_unknown(frame, known, context)
            continue
        _check_time(frame, by_id[parent], context)
        first_frames.setdefault(take.id, frame)
        parents.setdefault(take.id, []).append(parent)
    order, circles = _sort(parents)
    for circle in circles:
        context.report(_circle(circle, first_frames[circle[-1]]))
    for chain in _long_chains(order, parents):
        context.report(_long_chain(chain, first_frames[chain[-1]]))
    return [_respelled(take, ids) if take.id in parents else take for take in takes]


def _report_unknown(frame: FrameContent, known: _Known, context: ExpansionContext) -> None:
    """Report the frame of a take that does not exist, unless another problem may be why."""
    key, quoted, hint = frame.take.casefold(), format_value(frame.take), None
    shot = _TAKE_ENDING.sub("", key)
    if key in known.shots:
        of_shot = known.shots[key]
        words = f"shot {quoted} has {len(of_shot):,} takes; name the one whose frame you mean"
        hint = f"write {of_shot[-1]}, for example"
    elif shot in known.skipped:
        words = f"shot {quoted} is skipped, so it has no video"
        hint = "do not skip it, or begin with another picture"
    elif context.has_gaps:
        return
    else:
        words = f"there is no take {quoted}"
        of_shot = known.shots.get(shot, ())
        hint = (
            f"write {of_shot[0]}: the shot has one take"
            if len(of_shot) == 1
            else did_you_mean(
                frame.take, [take for takes in known.shots.values() for take in takes]
            )
        )
    context.report(frame.origin.problem("unknown-take", f"{frame.where}: {words}", hint))


def _check_time(frame: FrameContent, parent: Take, context: ExpansionContext) -> None:
    """Report a frame after the end of the video of `parent`, if its length is known."""
    if isinstance(frame.frame, str) or parent.is_locked:
        return  # a locked take may keep a video of another length
    lengths = [_length_s(one, context) for one in parent.candidates]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths) or frame.frame < max(known):
        return
    words = f"take {parent.id} is {max(known):g} s long, so it has no frame at {frame.frame:g} s"
    hint = "write frame: last for its end"
    context.report(frame.origin.problem("not-allowed", f"{frame.where}: {words}", hint))


def _length_s(take: Take, context: ExpansionContext) -> float | None:
    """Return how long a take's video will be; None if that is not known."""
    card = context.cards.get(take.model)
    if card is None or CLIP in card.words_of(take.payload):
        return None  # whether a clip that is continued is part of the video is not documented
    return card.expected_duration_s(take.payload)


def _sort(parents: _Parents) -> tuple[list[str], list[list[str]]]:
    """Return the takes that show frames, each after those it shows, and the circles among them.

    A take in or after a circle is not in the order.
    """
    sorter = TopologicalSorter(parents)
    with suppress(CycleError):  # it goes on as far as the circles allow
        sorter.prepare()
    order: dict[str, None] = {}
    while ready := sorter.get_ready():
        order |= dict.fromkeys(ready)
        sorter.done(*ready)
    left = dict.fromkeys(take for take in parents if take not in order)
    return [take for take in order if take in parents], list(_circles(left, parents))


def _circles(left: dict[str, None], parents: _Parents) -> Iterator[list[str]]:
    """Yield the circles that are found by going from each take to the first it waits for."""
    seen: set[str] = set()
    for start in left:
        path: list[str] = []
        step = start
        while step not in seen:
            seen.add(step)
            path.append(step)
            step = next(other for other in parents[step] if other in left)
        if step in path:
            yield path[path.index(step) :][::-1]


def _long_chains(order: Iterable[str], parents: _Parents) -> Iterator[list[str]]:
    """Yield each chain of more than `MAX_LINKS` takes that no other take goes on from."""
    lengths: dict[str, int] = {}
    longest: dict[str, str] = {}
    for take in order:
        before = max(parents[take], key=lambda other: lengths.get(other, 1))
        longest[take] = before
        lengths[take] = lengths.get(before, 1) + 1
    followed = {other for others in parents.values() for other in others}
    for take, length in lengths.items():
        if length > MAX_LINKS and take not in followed:
            chain = [take]
            while chain[-1] in longest:
                chain.append(longest[chain[-1]])
            yield chain[::-1]


def _circle(circle: Sequence[str], frame: FrameContent) -> Problem:
    """Return the problem with takes that show one another; `frame` is in the last of them."""
    steps = _listed([*circle, circle[0]])
    message = f"{frame.where}: these takes show frames of one another in a circle: {steps}"
    hint = "begin one of them with another picture"
    return frame.origin.problem("circular-frames", message, hint)


def _long_chain(chain: Sequence[str], frame: FrameContent) -> Problem:
    message = (
        f"take {chain[-1]}: is the end of a chain of {len(chain):,} takes, and each link adds the "
        f"faults of those before: {_listed(chain)}"
    )
    hint = f"begin with a picture of your own after {MAX_LINKS} takes at most"
    return frame.origin.problem("long-chain", message, hint, Severity.WARNING)


def _listed(chain: Sequence[str]) -> str:
    cut = [*chain[:2], "...", *chain[-2:]] if len(chain) > _MAX_NAMED else chain
    return " -> ".join(cut)


def _respelled(take: Take, ids: Mapping[str, str]) -> Take:
    """Return the take with the ids of others as these spell them; by case-folded id."""
    return with_changed_inputs(
        take,
        lambda inputs: tuple(
            one._replace(take=ids.get(one.take.casefold(), one.take))
            if isinstance(one, FrameInput)
            else one
            for one in inputs
        ),
    )
