"""The filters and tests of templates: those of Jinja, as its users know them."""

from __future__ import annotations

import pytest

from storyboard.language.templates.filters import FILTERS, TESTS
from tests.language.scopes import fault_of, render

ROWS = [
    {"city": "Porto", "light": "dusk", "s": 4},
    {"city": "osaka", "light": "dawn", "s": 8},
    {"city": "Porto", "light": "dawn", "s": 6},
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a long name' | title", "A Long Name"),
        ("'shout' | upper | lower | capitalize", "Shout"),
        ("true | upper", "TRUE"),
        ("'  x ' | trim", "x"),
        ("'--x-' | trim('-')", "x"),
        ("'aXbXc' | replace('X', '-')", "a-b-c"),
        ("'aXbXc' | replace('X', '-', 1)", "a-bXc"),
        ("'ab' | replace('', '-')", "-a-b-"),
        ("'x' | center(5)", "  x  "),
        ("'a\nb\n\nc' | indent(2)", "a\n  b\n\n  c"),
        ("'a\nb' | indent('> ', true)", "> a\n> b"),
        ("'one two three' | truncate(8, leeway=0)", "one..."),
        ("'one two three' | truncate(8, true, '~', 0)", "one two~"),
        ("'one two' | truncate(5)", "one two"),
        ("'one two three' | wordwrap(7)", "one two\nthree"),
        ("'one two three' | wordcount", "3"),
        ("'a b/ü' | urlencode", "a%20b/%C3%BC"),
        ("'%s is %d and %.1f%%' | format('x', 7, 2.55)", "x is 7 and 2.5%"),
        ("'%(a)s-%(b)04d' | format(a='x', b=7)", "x-0007"),
        ("'New  York' | slug", "new-york"),
        ("5 | string + '!'", "5!"),
        ("'42' | int + 1", "43"),
        ("'4.9' | int", "4"),
        ("'x' | int", "0"),
        ("'x' | int(7)", "7"),
        ("'ff' | int(base=16)", "255"),
        ("'2.5' | float * 2", "5.0"),
        ("2.567 | round(1)", "2.6"),
        ("2.1 | round(0, 'ceil')", "3.0"),
        ("2.9 | round(method='floor')", "2.0"),
        ("-3 | abs", "3"),
        ("(-3) | abs", "3"),
        ("[1, 2, 3] | sum", "6"),
        ("rows | sum(attribute='s')", "18"),
        ("[3, 1, 2] | min ~ ([3, 1, 2] | max)", "13"),
        ("rows | map(attribute='city') | unique | join(', ')", "Porto, osaka"),
        ("rows | sort(attribute='city') | map(attribute='s') | join", "846"),
        ("rows | sort(attribute='city,s', reverse=true) | map(attribute='s') | join", "648"),
        ("[3, 1, 2] | sort | join", "123"),
        ("[1, 2, 3] | reverse | join", "321"),
        ("'abc' | reverse", "cba"),
        ("['a', 'b'] | map('upper') | join", "AB"),
        ("['a', 'b'] | map('replace', 'a', 'x') | join", "xb"),
        ("rows | map(attribute='fps', default=24) | join(',')", "24,24,24"),
        ("[1, 2, 3, 4] | select('even') | join", "24"),
        ("[1, 2, 3, 4] | reject('gt', 2) | join", "12"),
        ("[0, 1, '', 'a'] | select | join", "1a"),
        ("rows | selectattr('light', 'eq', 'dawn') | map(attribute='s') | join", "86"),
        ("rows | rejectattr('light', 'in', ['dawn']) | length", "1"),
        ("rows | groupby('city') | map(attribute='grouper') | join(',')", "osaka,Porto"),
        ("(rows | groupby('city') | last).list | length", "2"),
        ("[1, 2, 3] | batch(2, 0) | map('join') | join('|')", "12|30"),
        ("[1, 2, 3] | slice(2) | map('join') | join('|')", "12|3"),
        ("[1, 2] | first ~ ([1, 2] | last)", "12"),
        ("[] | first ~ '-'", "-"),
        ("{'b': 1, 'a': 2} | items | first | join", "b1"),
        ("{'b': 1, 'a': 2} | dictsort | first | join", "a2"),
        ("{'b': 1, 'a': 2} | list | join", "ba"),
        ("{'b': 1, 'a': 2} | length", "2"),
        ("nosuch | default('x')", "x"),
        ("'' | d('x', true)", "x"),
        ("{'ü': [1, true, none]} | tojson", '{"ü": [1, true, null]}'),
        ("2000 | filesizeformat", "2.0 kB"),
        ("5 is odd and 4 is even and 9 is divisibleby 3", "true"),
        ("'a' is string and 1 is number and 1.5 is float and 1 is integer", "true"),
        ("true is boolean and true is not integer and none is none", "true"),
        ("{} is mapping and [] is sequence and 'a' is iterable and 5 is not iterable", "true"),
        ("'ABC' is upper and 'abc' is lower", "true"),
        ("1 is in [1, 2] and 1 is lt 2 and 2 is ge 2 and 1 is ne 2", "true"),
    ],
)  # fmt: skip
def test_a_filter_does_what_jinjas_does(expression: str, expected: str) -> None:
    assert render("{{ " + expression + " }}", rows=ROWS) == expected


def test_groups_unpack_in_a_loop() -> None:
    text = "{% for c, r in rows | groupby('city') %}{{ c }}{{ r | length }} {% endfor %}"
    assert render(text, rows=ROWS) == "osaka1 Porto2 "


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("5 | join", "a list is needed here, not a number"),
        ("[[1]] | sum", None),
        ("'x' | round", None),
        ("1.5 | round(99)", None),
        ("1.5 | round(1, 'up')", None),
        ("[1] | batch(0)", None),
        ("[1] | items", None),
        ("'x' | center('a')", None),
        ("'x' | wordwrap(0)", None),
        ("'long text' | truncate(2, leeway=0)", None),
        ("'%s %s' | format(1)", None),
        ("'%s' | format(1, 2)", None),
        ("'%(a)s' | format(1)", None),
        ("'%d' | format('x')", None),
        ("'%r' | format('x')", None),
        ("'100%' | format(1)", None),
        ("'%s' | format(a=1)", None),
        ("'%s %(a)s' | format(1, a=1)", None),
        ("'%1000d' | format(1)", None),
        (
            "'a' | replace(['a'], 'b')",
            "a list cannot be printed; only text, numbers, true and false can",
        ),
        ("[1] | map('nosuch') | join", "there is no filter 'nosuch'"),
        ("[1] | select('nosuch') | join", "there is no test 'nosuch'"),
        ("[1] | selectattr | join", None),
        ("[range] | tojson", "a function cannot be written as JSON"),
        ("[nosuch] | map('upper') | join", "'nosuch' is not defined"),
        ("'x' is odd", None),
    ],
)
def test_a_filter_used_wrongly_is_a_fault_at_its_line(expression: str, message: str | None) -> None:
    fault = fault_of("\n{{ " + expression + " }}")
    assert fault.line == 2
    assert fault.message == message or (message is None and fault.code == "template-error")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% filter upper %}a{{ 1 }}{% endfilter %}", "A1"),
        ("{% filter length %}four{% endfilter %}!", "4!"),
        ("{% set n | trim | length %} ab {% endset %}{{ n + 1 }}", "3"),
    ],
)
def test_filters_work_on_blocks(text: str, expected: str) -> None:
    assert render(text) == expected


def test_a_filtered_block_prints_by_the_same_rules_as_anything() -> None:
    assert fault_of("{% filter list %}ab{% endfilter %}").message.startswith("a list cannot be")


def test_the_filters_and_tests_are_a_closed_list() -> None:
    assert {"slug", "default", "join", "sort", "tojson"} <= set(FILTERS)
    assert set(FILTERS).isdisjoint({"attr", "random", "pprint", "safe", "escape", "e", "urlize"})
    assert set(TESTS).isdisjoint({"callable", "sameas", "escaped", "filter", "test"})


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("<p>A <b>red</b>\n lamp &amp; pot</p>", "A red lamp & pot"),
        ("One<br/>two<!-- three -->", "One two"),
        ("3 < 4 and 5 > 4", "3 4"),
        ("&lt;b&gt;", "<b>"),
        ("<" * 50_000, "<" * 50_000),
    ],
)
def test_striptags_makes_plain_text_of_a_product_text(text: str, made: str) -> None:
    assert render("{{ html | striptags }}", html=text) == made
