"""Templates cut into pieces: what is cut, and that it makes the same text as the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.language.templates import engine
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.pieces import Expression, Lookup, cut
from storyboard.language.templates.templates import Templates
from tests.language.scopes import Names

NAMES = {
    "hero": "a woman",
    "row": {"items": 3, "name": "Lamp", "list": [7, 8]},
    "n": 2,
    "nothing": None,
}


def test_values_are_taken_out_of_an_expression_so_that_equal_ones_are_compiled_once() -> None:
    first = cut("{{ hero }} at {{ pad('no. 17', 4) }}!")
    second = cut("{{ hero }} by {{ pad('no. 18', 12) }}")
    assert first is not None
    assert second is not None
    assert first == [
        Lookup("hero"),
        " at ",
        Expression("{{ pad( _slot_0 ,  _slot_1 ) }}", {"_slot_0": "no. 17", "_slot_1": 4}),
        "!",
    ]
    assert second[2] == Expression(first[2].template, {"_slot_0": "no. 18", "_slot_1": 12})


@pytest.mark.parametrize(
    ("expression", "way"),
    [
        ("{{ hero }}", Lookup("hero")),
        ("{{row.name}}", Lookup("row", ("name",))),
        ("{{ row.if.items }}", Lookup("row", ("if", "items"))),
        ("{{ true }}", Expression("{{ true }}", {})),
        ("{{ self }}", Expression("{{ self }}", {})),
        ("{{ row. name }}", Expression("{{ row. name }}", {})),
        ("{{ größe }}", Expression("{{ größe }}", {})),
    ],
)
def test_a_name_with_keys_needs_no_compiler(expression: str, way: Expression | Lookup) -> None:
    assert cut(expression) == [way]


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}a{% endif %}",
        "{# aside #}{{ x }}",
        "{{- x }}",
        "{{ x -}}",
        "{{ {'a': 1}.a }}",
        "{{ '}}' }}",
        "{{ 'a\\nb' }}",
        "{{ x }}\r\n",
        "{{ 'it }}",
        "{{{ x }}}",
        "{{ x",
        "{{ _slot_0 }}",
        "x" * 10_001 + "{{ x }}",
    ],
)
def test_what_is_more_than_text_and_plain_expressions_stays_whole(text: str) -> None:
    assert cut(text) is None


@pytest.mark.parametrize("number", ["1.5", "007", "1_000", "0x10", "x-y1", "1e5", "9" * 16, "a.0"])
def test_only_plain_whole_numbers_are_taken_out(number: str) -> None:
    assert cut(f"{{{{ {number} }}}}") == [Expression(f"{{{{ {number} }}}}", {})]


_WORDS = [
    *("hero", "row.name", "row.name.x", "row.if", "row['items']", "row.nothing", "missing"),
    *("n", "nothing", "true", "self", "loop", "look", "look.m()"),
    *("'a'", '"b c"', "'it''s'", "''", "'é'", "7", "0", "1.5", "007", "-", "+", "*", "~", "|"),
    *("upper", "replace('a', 'b')", "default('x')", "(", ")", "[", "]", "[0]", "[0:1]", ",", "."),
    *("row.list", ". 0", ".1", "| default('z')", "not", "foo"),
    *("if", "else", "is defined", "in", "not", "==", "range(3)", "_slot_0", "'\\t'", "{", "}"),
]
_EXPRESSIONS = st.one_of(
    st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join),
    st.lists(st.sampled_from(_WORDS), max_size=6).map("".join),
)
_TEXTS = st.lists(
    st.one_of(
        st.sampled_from([" ", "a", "{", "}", "}}", "{ {", "'", '"', "\n", "\r\n", "é", "{{", "%}"]),
        st.sampled_from(["{{ hero }}", "{{ row.name | upper }}", "{% if n %}", "{% endif %}"]),
        _EXPRESSIONS.map("{{{{ {} }}}}".format),
        _EXPRESSIONS.map("{{{{{}-}}}}".format),
    ),
    max_size=5,
).map("".join)


@given(_TEXTS)
def test_pieces_make_what_the_whole_makes_and_fail_as_it_fails(text: str) -> None:
    in_pieces, whole = Templates(None), Templates(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "cut", lambda text, macros: None)
        expected, names = _told(whole, text), whole.names_used([text])
    assert _told(in_pieces, text) == expected
    assert in_pieces.names_used([text]) == names


def _told(templates: Templates, text: str) -> object:
    try:
        return templates.render(text, Names(dict(NAMES)))
    except TemplateFault as fault:
        return fault.code, fault.message, fault.line, fault.hint, fault.position


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ row.list . 0 | default('q') }}", "7"),
        ("{{ row.list. 1 | default('q') }}", "8"),
        ("{{ row.list . 1 is defined }}", "true"),
        ("{{ 'a''b' | default('x') }}", "ab"),
        ("{{ 'a'\"b\" is defined }}", "true"),
        ("{{ not'a'|default('z') }}", "false"),
        ("{{ 'ab'.upper() }}{{ [1, 2] | join('-') }}", "AB1-2"),
    ],
)
def test_a_value_does_not_grow_together_with_its_neighbours(text: str, expected: str) -> None:
    assert Templates(None).render(text, Names(dict(NAMES))) == expected


def test_a_text_that_fails_is_counted_once(tmp_path: Path) -> None:
    macro = "{% macro turn(n) %}{% for i in range(n) %}{% endfor %}{% endmacro %}"
    (tmp_path / "m.j2").write_text(macro)
    with pytest.raises(TemplateFault, match="'nope' is not defined"):
        Templates(tmp_path).render("{{ m.turn(60000) }} {{ nope }}", Names(dict(NAMES)))


def test_ten_thousand_prompts_that_differ_in_a_word_are_compiled_once() -> None:
    templates = Templates(None)
    for number in range(100):
        text = f"{{{{ hero }}}} passes house {number}, {{{{ 'slowly {number}' | upper }}}}"
        expected = f"a woman passes house {number}, SLOWLY {number}"
        assert templates.render(text, Names(dict(NAMES))) == expected
    assert len(templates.renderer._compiled) == 1
