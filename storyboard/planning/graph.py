"""How takes follow one another by the frames they show: order, chains, known videos. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from storyboard.fingerprint import with_changed_inputs
from storyboard.media import FrameInput, with_videos
from storyboard.records import Take

VideoOf = Callable[[str], str | None]
"""The sha256 of a take's current video, by take id; None if it has none yet."""


def parents_of(take: Take) -> tuple[str, ...]:
    """The ids of the takes whose frames this take, or one of its fallbacks, shows."""
    if not take.inputs and not take.fallbacks:
        return ()
    inputs = (one for candidate in take.candidates for one in candidate.inputs)
    return tuple(dict.fromkeys(one.take for one in inputs if isinstance(one, FrameInput)))


def has_frames(takes: Iterable[Take]) -> bool:
    """Whether any take shows a frame of another."""
    return any(map(parents_of, takes))


def in_order(takes: Sequence[Take]) -> Sequence[Take]:
    """The takes with each after those whose frames it shows.

    If they form a circle, which only a manifest edited by hand can, they stay as they are.
    """
    graph = _graph_of(takes)
    if _is_in_order(graph):
        return takes
    by_id = {take.id: take for take in takes}
    try:
        return [by_id[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return takes


def find_circle(takes: Sequence[Take]) -> Sequence[str]:
    """The ids of takes that show frames of one another in a circle; empty if none do."""
    try:
        TopologicalSorter(_graph_of(takes)).prepare()
    except CycleError as error:
        return [*reversed(error.args[1])][1:]  # the first is repeated at the end
    return ()


def _graph_of(takes: Sequence[Take]) -> Mapping[str, Sequence[str]]:
    """The takes' parents among them, by id."""
    ids = {take.id for take in takes}
    return {take.id: [parent for parent in parents_of(take) if parent in ids] for take in takes}


def _is_in_order(graph: Mapping[str, Sequence[str]]) -> bool:
    """Whether each take already comes after its parents, as in most files."""
    seen: set[str] = set()
    for name, parents in graph.items():
        if parents and not seen.issuperset(parents):
            return False
        seen.add(name)
    return True


def with_ancestors(chosen: Collection[str], takes: Sequence[Take]) -> frozenset[str]:
    """The ids of the chosen takes and of all takes whose frames they show, directly or not."""
    parents = {take.id: parents_of(take) for take in takes}
    found, left = set(chosen), list(chosen)
    while left:
        new = [one for one in parents.get(left.pop(), ()) if one in parents and one not in found]
        found.update(new)
        left += new
    return frozenset(found)


def is_resolved(take: Take) -> bool:
    """Whether the videos whose frames the take shows are known, so that it can be sent."""
    return all(one.video for one in take.inputs if isinstance(one, FrameInput))


def with_known_videos(take: Take, video_of: VideoOf) -> Take:
    """The take with the videos that are known now; its payload and fingerprint follow."""
    if not parents_of(take):
        return take
    return with_changed_inputs(take, lambda inputs: with_videos(inputs, video_of))


def chain_lengths(takes: Sequence[Take]) -> Mapping[str, int]:
    """How many takes follow each, one after the other, in the longest chain; by take id."""
    lengths = dict.fromkeys((take.id for take in takes), 0)
    for take in reversed(in_order(takes)):
        for parent in parents_of(take):
            if parent in lengths:
                lengths[parent] = max(lengths[parent], lengths[take.id] + 1)
    return lengths
