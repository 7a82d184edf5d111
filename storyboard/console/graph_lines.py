"""Which takes show frames of which: as text, or as a graph for Mermaid or Graphviz. Pure.

Only takes that show a frame of another, or are shown by one, are in it; the others are counted.
Sources of the two languages: https://mermaid.js.org/syntax/flowchart.html and
https://graphviz.org/doc/info/lang.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from storyboard.media import FrameInput
from storyboard.planning.graph import in_order, with_ancestors
from storyboard.planning.picture_changes import frame_words
from storyboard.records import Plan, Take
from storyboard.reporting.amounts import count_text
from storyboard.reporting.quoting import visible

_NOT_SELECTED = "not selected"
_MAX_DEPTH = 20  # steps of indentation; the frame says which take a deeper one follows
_PLAIN = frozenset(" .,_-()")  # besides letters and digits, what Mermaid takes as it stands


class Edge(NamedTuple):
    """That a take shows a frame of its parent; `words` say which frame, and as what."""

    parent: str
    child: str
    words: str


class Graph(NamedTuple):
    """The takes of a film that are in chains, each with the plan's word and after its parents.

    `free` counts the selected takes that are in none.
    """

    title: str
    words: Mapping[str, str]
    edges: Sequence[Edge]
    free: int


def graph_of(title: str, takes: Sequence[Take], plan: Plan) -> Graph:
    """The graph of the takes of a plan, and of those among `takes` whose frames they show."""
    planned = {one.take.id: one for one in plan.actions}
    known = [planned[one.id].take if one.id in planned else one for one in takes]
    wanted = with_ancestors(planned.keys(), known)
    present = {one.id for one in known}
    edges = [
        edge for one in known if one.id in wanted for edge in _edges(one) if edge.parent in present
    ]
    linked = {name for edge in edges for name in (edge.parent, edge.child)}
    words = {
        one.id: planned[one.id].kind.value if one.id in planned else _NOT_SELECTED
        for one in in_order(known)
        if one.id in linked
    }
    return Graph(title, words, edges, len(planned.keys() - linked))


def _edges(take: Take) -> Iterator[Edge]:
    inputs = [one for each in take.candidates for one in each.inputs]
    frames = (one for one in inputs if isinstance(one, FrameInput))
    yield from dict.fromkeys(
        Edge(one.take, take.id, f"{frame_words(one.frame).removeprefix('the ')} as {one.at[0]}")
        for one in frames
    )


def graph_rows(graph: Graph) -> list[Sequence[str]]:
    """Each take under the one whose frame it shows: word, take, and which frames it shows."""
    frames: dict[str, list[str]] = {}
    for edge in graph.edges:
        frame, _, field = edge.words.partition(" as ")
        frames.setdefault(edge.child, []).append(f"{frame} of {edge.parent} as {field}")
    return [
        (
            graph.words[take],
            f"{'  ' * min(depth, _MAX_DEPTH)}{take}",
            _row_text(take, frames, is_first=is_first),
        )
        for take, depth, is_first in _walk(graph)
    ]


def _row_text(take: str, frames: Mapping[str, Sequence[str]], *, is_first: bool) -> str:
    return "; ".join(frames.get(take, ())) if is_first else "as above"


def _walk(graph: Graph) -> Iterator[tuple[str, int, bool]]:
    """Each take with its depth under each of its parents; those after it only the first time."""
    children: dict[str, list[str]] = {}
    for edge in graph.edges:
        children.setdefault(edge.parent, []).append(edge.child)
    followers = {edge.child for edge in graph.edges}
    roots = [take for take in graph.words if take not in followers]
    seen: set[str] = set()
    # Takes in a circle, which only a manifest edited by hand can hold, are under no root.
    for root in (*roots, *graph.words):
        left = [] if root in seen else [(root, 0)]
        while left:
            take, depth = left.pop()
            yield take, depth, take not in seen
            if take not in seen:
                seen.add(take)
                after = dict.fromkeys(children.get(take, ()))
                left += [(child, depth + 1) for child in reversed(after)]


def free_lines(graph: Graph, start: str = "  ") -> list[str]:
    """How many takes are in no chain, in a line that begins like this; none if all are in one."""
    return [f"{start}{count_text(graph.free, 'take')} in no chain"] if graph.free else []


def mermaid_lines(graphs: Iterable[Graph]) -> list[str]:
    """The graphs as a flowchart for Mermaid."""
    lines = ["flowchart LR"]
    for number, graph in enumerate(graphs):
        names = _names(graph, number)
        lines.append(f'  subgraph f{number}["{_mermaid(graph.title)}"]')
        lines += [
            f'    {names[take]}["{_mermaid(take)}<br>{_mermaid(word)}"]'
            for take, word in graph.words.items()
        ]
        lines += [
            f'    {names[one.parent]} -->|"{_mermaid(one.words)}"| {names[one.child]}'
            for one in graph.edges
        ]
        lines.append("  end")
        lines += free_lines(graph, "  %% ")
    return lines


def dot_lines(graphs: Iterable[Graph]) -> list[str]:
    """The graphs as one graph for Graphviz, in its language DOT."""
    lines = ["digraph storyboard {", "  rankdir=LR", "  node [shape=box]"]
    for number, graph in enumerate(graphs):
        names = _names(graph, number)
        lines += [f"  subgraph cluster_{number} {{", f'    label="{_dot(graph.title)}"']
        lines += [
            f'    {names[take]} [label="{_dot(take)}\\n{_dot(word)}"]'
            for take, word in graph.words.items()
        ]
        lines += [
            f'    {names[one.parent]} -> {names[one.child]} [label="{_dot(one.words)}"]'
            for one in graph.edges
        ]
        lines.append("  }")
        lines += free_lines(graph, "  // ")
    return [*lines, "}"]


def _names(graph: Graph, number: int) -> dict[str, str]:
    """Names of our own for the takes, since ids may be words of the two languages."""
    return {take: f"t{number}_{index}" for index, take in enumerate(graph.words)}


def _mermaid(text: str) -> str:
    """Text within quotes of Mermaid: everything but words as the code of its character."""
    return "".join(
        one if one.isalnum() or one in _PLAIN else f"#{ord(one)};" for one in visible(text)
    )


def _dot(text: str) -> str:
    """Text within quotes of DOT."""
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


GRAPHS: Mapping[str, Callable[[Iterable[Graph]], list[str]]] = {
    "mermaid": mermaid_lines,
    "dot": dot_lines,
}
"""The forms for other programs, which are all that is printed."""
