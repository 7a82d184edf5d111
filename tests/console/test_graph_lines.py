"""Which takes follow which, as text and for two other programs: complete, and safe to read."""

from __future__ import annotations

from dataclasses import replace

from storyboard.console.graph_lines import (
    Edge,
    Graph,
    dot_lines,
    free_lines,
    graph_of,
    graph_rows,
    mermaid_lines,
)
from storyboard.records import Take
from tests.made import make_take
from tests.planning.test_following import A, after, done
from tests.planning.test_plan import plan

TAKES = [make_take("a"), after("b", "a"), after("c", "b", "a"), make_take("free")]
HOSTILE = 'x"]; click t0_0 "y" \\" <script> |z| %% #35; \n\x1b[31m\u202e é'


def graph(*takes: Take, selected: set[str] | None = None) -> Graph:
    return graph_of("film.yaml", takes, plan(takes, [], selected=selected))


def test_each_take_is_under_the_one_whose_frame_it_shows() -> None:
    found = graph(*TAKES)
    assert graph_rows(found) == [
        ("submit", "a", ""),
        ("wait", "  b", "last frame of a as pictures"),
        ("wait", "    c", "last frame of b as pictures; last frame of a as pictures"),
        ("wait", "  c", "as above"),
    ]
    assert free_lines(found) == ["  1 take in no chain"]


def test_a_parent_that_is_not_selected_is_shown_and_what_is_not_asked_about_is_not() -> None:
    assert graph_rows(graph(*TAKES, selected={"b"})) == [
        ("not selected", "a", ""),
        ("hold", "  b", "last frame of a as pictures"),
    ]


def test_a_frame_is_named_when_its_video_is_known_as_well() -> None:
    a, b = make_take("a"), after("b", "a", frame=2.5)
    made = plan([a, b], [done(a, 1, A)])
    assert graph_rows(graph_of("film.yaml", [a, b], made)) == [
        ("keep", "a", ""),
        ("submit", "  b", "frame at 2.5 s of a as pictures"),
    ]


def test_the_frames_of_a_fallback_are_shown_once() -> None:
    b = after("b", "a")
    both = replace(b, fallbacks=(after("b", "a", "x", model="alibaba/wan2.6-t2v"),))
    assert graph(make_take("a"), make_take("x"), both).edges == [
        Edge("a", "b", "last frame as pictures"),
        Edge("x", "b", "last frame as pictures"),
    ]


def test_a_long_chain_and_a_circle_end() -> None:
    chain = [make_take("t0"), *(after(f"t{n}", f"t{n - 1}") for n in range(1, 3000))]
    rows = graph_rows(graph(*chain))
    assert len(rows) == 3000
    assert max(len(row[1]) for row in rows) < 60
    circle = graph(after("a", "b"), after("b", "a"), after("x", "gone"))
    assert [row[1].strip() for row in graph_rows(circle)] == ["a", "b", "a"]


def test_mermaid_gets_a_flowchart() -> None:
    assert mermaid_lines([graph(*TAKES[:2], TAKES[3])]) == [
        "flowchart LR",
        '  subgraph f0["film.yaml"]',
        '    t0_0["a<br>submit"]',
        '    t0_1["b<br>wait"]',
        '    t0_0 -->|"last frame as pictures"| t0_1',
        "  end",
        "  %% 1 take in no chain",
    ]


def test_graphviz_gets_a_graph() -> None:
    assert dot_lines([graph(*TAKES[:2], TAKES[3])]) == [
        "digraph storyboard {",
        "  rankdir=LR",
        "  node [shape=box]",
        "  subgraph cluster_0 {",
        '    label="film.yaml"',
        '    t0_0 [label="a\\nsubmit"]',
        '    t0_1 [label="b\\nwait"]',
        '    t0_0 -> t0_1 [label="last frame as pictures"]',
        "  }",
        "  // 1 take in no chain",
        "}",
    ]


def test_no_text_gets_out_of_its_quotes() -> None:
    found = Graph(HOSTILE, {"end": HOSTILE}, [Edge("end", "end", HOSTILE)], 0)
    chart, picture = mermaid_lines([found]), dot_lines([found])
    for line in (*chart[1:4], *picture[4:7]):
        assert line.isprintable()
        assert "\u202e" not in line
    # Of Mermaid, only letters, digits and a few marks are as they were; the rest are codes.
    assert all(line.count('"') == 2 for line in chart[1:4])
    assert "<script" not in "".join(chart)
    assert "x#34;#93;#59; click t0_0 #34;y#34; #92;#34; #60;script#62; #124;z#124;" in chart[1]
    # Of DOT, a quote within a text is escaped, and so is the backslash before it.
    assert picture[4].startswith('    label="x\\"]; click t0_0 \\"y\\" \\\\\\" <script>')


def test_films_do_not_share_names() -> None:
    both = mermaid_lines([graph(*TAKES), graph(*TAKES)])
    assert '    t1_0["a<br>submit"]' in both
    assert sum(line.startswith("  subgraph") for line in both) == 2
