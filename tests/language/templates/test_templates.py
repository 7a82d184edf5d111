"""Templates: what they print, where they look names up, and where a fault points."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.language.nodes import as_written
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.pieces import cut
from storyboard.language.templates.scope import is_template
from storyboard.language.templates.templates import Templates
from storyboard.records import Position
from tests.language.scopes import Names, fault_of, render

ROW = {"name": "Lamp", "items": 3, "get": "it", "keys": "brass"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a plain text", False),
        ("50% of }} and %} and #}", False),
        ("{ {x} }", False),
        ("{{ x }}", True),
        ("{% if x %}", True),
        ("{# aside #}", True),
    ],
)
def test_only_text_with_jinjas_signs_is_a_template(text: str, expected: bool) -> None:
    assert is_template(text) is expected


def test_a_text_without_signs_is_returned_as_it_is_and_the_scope_is_not_asked() -> None:
    scope = Names()
    text = "x" * 200_000 + " }}\r\n"
    assert Templates(None).render(text, scope) is text
    assert scope.asked == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'text' }}", "text"),
        ("{{ 42 }} {{ -7 }} {{ 2.5 }} {{ 16 / 2 }} {{ 1e20 }}", "42 -7 2.5 8.0 1e+20"),
        ("{{ true }} {{ false }} {{ 1 == 1 }}", "true false true"),
        ("{{ true ~ 1 }} {{ [true, none, 2] | join('-') }}", "true1 true--2"),
        ("<{{ none }}>", "<>"),
        ("<{{ 'long' if row.items > 5 }}>", "<>"),
        ("{% for word in ['b', 'a'] | sort %}{{ loop.index }}{{ word }} {% endfor %}", "1a 2b "),
        ("kept\n", "kept\n"),
        ("{{ row.name | upper }}{# aside #}!\n", "LAMP!\n"),
        ("{{ 'São João' | slug }}", "sao-joao"),
        ("{{ '%03d' | format(7) }}", "007"),
        ("{{ row.name[:2] }}{{ row.name[-1] }}", "Lap"),
        ("{{ row.name.upper().replace('L', 'R') }}", "RAMP"),
        ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }} {{ 'a' * 3 }} {{ 'a' + 'b' }}", "3 1 1024 aaa ab"),
        ("{% set x = namespace(n=1) %}{% for i in range(4) %}{% set x.n = x.n * 2 %}{% endfor %}"
         "{{ x.n }}", "16"),
        ("{% macro m(a, b='!') %}{{ a }}{{ b }}{{ caller() }}{% endmacro %}"
         "{% call m('x') %}in{% endcall %}", "x!in"),
        ("{% set s %}a{{ 1 }}{% endset %}{{ s }}{% filter upper %}b{% endfilter %}", "a1B"),
        ("{% for x in [1, [2, [3]]] recursive %}{{ x if x is number else loop(x) }},{% endfor %}",
         "1,2,3,,,"),
        ("{% for k, v in {'b': 1, 'a': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}", "a2b1"),
        ("{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}", "xyx"),
        ("{% block a %}A{% endblock %}{{ self.a() }}", "AA"),
    ],
)  # fmt: skip
def test_templates_render_as_jinja_users_expect(text: str, expected: str) -> None:
    assert render(text, row=ROW) == expected


def test_maps_are_looked_up_by_key_so_a_column_may_be_called_items() -> None:
    assert render("{{ row.items }} {{ row.get }} {{ row['keys'] }}", row=ROW) == "3 it brass"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ row }}", "a mapping"),
        ("{{ list }}", "a list"),
        ("{{ range(3) }}", "a list"),
        ("{{ range }}", "a function"),
        ("{{ 'a'.upper }}", "a function"),
        ("{% macro m() %}{% endmacro %}{{ m }}", "a macro"),
        ("{% for x in list %}{{ loop }}{% endfor %}", "the loop"),
        ("{{ namespace(a=1) }}", "a namespace"),
        ("{{ self }}", "a block"),
        ("{{ odd }}", "an object"),
        ("{{ 'a' ~ list }}", "a list"),
        ("{{ [[1]] | join }}", "a list"),
        ("{{ list | upper }}", "a list"),
    ],
)
def test_only_text_numbers_and_booleans_print(text: str, what: str) -> None:
    fault = fault_of(text, row=ROW, list=[1], odd=object())
    assert fault.code == "not-printable"
    assert fault.message == (f"{what} cannot be printed; only text, numbers, true and false can")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_cannot_hold_do_not_print(value: float) -> None:
    fault = fault_of("{{ x }}", x=value)
    assert fault.message == f"{value} is not a number that can be sent"


def test_a_number_prints_as_it_is_written_and_is_computed_with_as_a_number() -> None:
    values = {"code": as_written(10, "0010"), "price": as_written(1.5, "1.50"), "long": 10**40}
    text = "{{ code }} {{ code ~ price }} {{ [price, code] | join('/') }} {{ [code, 2] | max }}"
    assert render(text, **values) == "0010 00101.50 1.50/0010 0010"
    assert render("{{ long }}", **values) == f"{10**40}"
    assert render("{{ code + 1 }} {{ price * 2 }} {{ code | int }}", **values) == "11 3.0 10"
    assert render("{{ code == 10 }} {{ price > 1 }} {{ [price] | tojson }}", **values) == (
        "true true [1.5]"
    )
    assert render("{{ '%s %03d' | format(price, code) }}", **values) == "1.50 010"
    assert fault_of("{{ code.spelling }}", **values).code == "undefined-name"


def test_half_a_character_does_not_print() -> None:
    assert fault_of(r"a {{ '\ud800' }}").message == r"\ud800 is half a character and cannot be sent"
    assert fault_of("\ud800{{ 1 }}").code == "not-printable"


# Names


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("{{ heroo }}", "'heroo' is not defined", "did you mean 'hero'?"),
        ("{{ zzz }}", "'zzz' is not defined", "known: hero, row"),
        ("{{ row.nmae }}", "row has no 'nmae'", "did you mean 'name'?"),
        ("{{ row['nmae'] }}", "row has no 'nmae'", "did you mean 'name'?"),
        ("{{ row.nmae | upper }}", "row has no 'nmae'", "did you mean 'name'?"),
        ("{{ heroo in 'text' }}", "'heroo' is not defined", "did you mean 'hero'?"),
        ("{{ 1 == heroo }}", "'heroo' is not defined", "did you mean 'hero'?"),
        ("{{ row.nmae.first }}", "row has no 'nmae'", "did you mean 'name'?"),
        ("{{ row.shot-size }}", "row has no 'shot'", "did you mean row['shot-size']?"),
        ("{{ row.Shots_Sise }}", "row has no 'Shots_Sise'", "did you mean row['Shots Size']?"),
        ("{{ hero.name }}", "hero is text and has no 'name'", None),
        ("{{ {}.values }}", "a mapping has no 'values'; mappings are looked up by key only", None),
        ("{{ now() }}", "'now' is not defined",
         "templates always make the same text, on every machine"),
        ("{{ [1][4] }}", "a list has 1 entries, and none at 4", None),
    ],
)  # fmt: skip
def test_an_undefined_name_is_a_fault_with_a_suggestion(
    text: str, message: str, hint: str | None
) -> None:
    row = {**ROW, "shot-size": "big", "Shots Size": "large"}
    fault = fault_of(text, hero="Ada", row=row)
    assert (fault.code, fault.message) == ("undefined-name", message)
    if hint is not None:
        assert fault.hint == hint


def test_undefined_names_can_be_asked_about_and_replaced() -> None:
    text = "{% if x is defined %}{{ x }}{% else %}none{% endif %} {{ row.y | default('z') }}"
    assert render(text, row=ROW) == "none z"


def test_a_name_with_spaces_that_is_written_without_brackets_is_shown_with_them() -> None:
    words = "a name with a space ('Shot Size') needs brackets"
    for text in ("A {{ row.Shot Size | upper }}", "{% if row.Shot Size %}A{% endif %}"):
        fault = fault_of(text, row={"Shot Size": "big"})
        assert (fault.code, fault.message) == ("spaced-name", words)
        assert fault.hint == "write row['Shot Size']"
    assert fault_of("{{ row.Shot Size if x }}", row={}).message == words
    assert fault_of("{{ hero says }}", hero="Ada").hint is None


def test_a_character_that_cannot_be_seen_is_named() -> None:
    fault = fault_of("{{ row.na\u200bme }}", row=ROW)
    assert fault.hint == "there is an invisible U+200B (zero width space) here; delete it"


def test_a_name_is_looked_up_only_where_it_is_used() -> None:
    scope = Names({"row": {"kind": "a"}, "dear": lambda: 1 / 0, "hero": "Ada"})
    text = "{% if row.kind == 'a' %}{{ hero }}{% else %}{{ dear }}{% endif %}{{ 1 or dear }}"
    assert Templates(None).render(text, scope) == "Ada1"
    assert scope.asked == ["row", "hero"]


def test_a_name_set_in_one_branch_falls_back_to_the_scope_in_the_other() -> None:
    text = "{% if row.x %}{% set hero = 'set' %}{% endif %}{{ hero }}"
    assert render(text, row={"x": True}, hero="scope") == "set"
    assert render(text, row={"x": False}, hero="scope") == "scope"


def test_a_fault_of_the_scope_passes_through_as_it_is() -> None:
    raised = TemplateFault("circular-var", "var 'a' refers to itself", 3, None, Position("f", 1, 1))

    def fail() -> object:
        raise raised

    for text in ("{{ a }}", "{% set b = a %}", "{{ [a] | join }}", "{{ a | default(1) }}"):
        assert fault_of(text, a=fail) is raised


def test_vars_may_render_templates_in_turn() -> None:
    templates = Templates(None)
    scope = Names({"hero": "Ada"})
    scope.values["look"] = lambda: templates.render("{{ hero }} in rain", scope)
    assert templates.render("{{ look }}, {{ look }}", scope) == "Ada in rain, Ada in rain"


def test_a_circle_that_the_scope_does_not_see_ends_in_a_fault() -> None:
    templates = Templates(None)
    scope = Names()
    scope.values["a"] = lambda: templates.render("{{ a }}", scope)
    with pytest.raises(TemplateFault, match="are nested more than 50 levels deep"):
        templates.render("{{ a }}", scope)
    assert templates.render("{{ 1 }}", scope) == "1"


def test_what_one_rendering_sets_is_gone_in_the_next() -> None:
    templates = Templates(None)
    assert render("{% set x = 1 %}{{ x }}", templates=templates) == "1"
    assert fault_of("{{ x }}", templates=templates).code == "undefined-name"


# Lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo {{ nosuch }}", 2),
        ("{% if true %}\n{{ 1 }}\n{{ 1 / 0 }}{% endif %}", 3),
        ("a\nb\n{% for x in 5 %}{% endfor %}", 3),
        ("a\n{{ 'x' | nosuch }}", 2),
        ("a\n\n{{ 1 + }}", 3),
        ("a\n{{ unclosed", 2),
        ("{% macro m() %}\n{{ nosuch }}{% endmacro %}\n\n{{ m() }}", 2),
        ("a\n{{ 9 ** 9 ** 9 }}", 2),
        ("a\n{{ 1e999 }}", 2),
        ("x\n" * 50_001 + "{{ 1 }}", 1),
    ],
)
def test_a_fault_tells_its_line(text: str, line: int) -> None:
    fault = fault_of(text)
    assert (fault.line, fault.position) == (line, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ x", "unexpected end of template, expected 'end of print statement'"),
        ("a {# b", "missing end of comment tag"),
        ("{% if x %}", "unexpected end of template; Jinja was looking for the following tags"),
        ("{% endfor %}", "encountered unknown tag 'endfor'"),
        ("{% do 1 %}", "encountered unknown tag 'do'"),
        ("{{ }}", "expected an expression, got 'end of print statement'"),
        (
            "{% macro m(a, a) %}{% endmacro %}",
            "the template cannot be compiled: duplicate argument 'a'",
        ),
        ("{{ m(a=1, a=2) }}", "the template cannot be compiled"),
    ],
)
def test_wrong_syntax_is_a_fault_in_plain_words(text: str, message: str) -> None:
    fault = fault_of(text)
    assert fault.code == "template-syntax"
    assert message in fault.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'a' + 1 }}", "text + a number cannot be computed"),
        ("{{ -'a' }}", None),
        ("{{ (-8) ** 0.5 }}", "a number ** a number cannot be computed"),
        ("{{ 1 < 'a' }}", None),
        ("{{ [1, 'a'] | sort }}", None),
        ("{{ {[]: 1} }}", None),
        ("{% for x in 5 %}{% endfor %}",
         "a number cannot be looped over; only lists, mappings and text can"),
        ("{% for a, b in [(1, 2, 3)] %}{% endfor %}",
         "the template cannot be rendered: too many values to unpack (expected 2)"),
        ("{{ 'a'() }}", "text cannot be called"),
        ("{{ {'a': 1}[:2] }}", "a mapping cannot be sliced; only lists and text can"),
        ("{% autoescape true %}{% endautoescape %}",
         "there is no autoescape: prompts are plain text"),
        ("{% macro m() %}{% endmacro %}{{ m(1) }}",
         "the template cannot be rendered: macro 'm' takes not more than 0 argument(s)"),
        ("{{ 'x' | replace('a') }}",
         "'replace' cannot be used this way: missing 1 required positional argument: 'new'"),
        ("{{ 'x' | randon }}", "there is no filter 'randon'"),
        ("{{ 'x' is text }}", "there is no test 'text'"),
        ("{% if false %}{{ 'x' | nosuch }}{% endif %}", "there is no filter 'nosuch'"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_a_fault_in_plain_words(text: str, message: str | None) -> None:
    fault = fault_of("\n" + text)
    assert fault.line == 2
    assert fault.message == message or (message is None and fault.code == "template-error")


def test_the_same_text_is_compiled_once_and_its_fault_is_not_one_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    templates = Templates(None)
    first = fault_of("{{ x", templates=templates)
    render("{{ 1 }}", templates=templates)
    monkeypatch.setattr(templates.renderer._sandbox, "from_string", None)
    again = fault_of("{{ x", templates=templates)
    assert (again.message, again.line) == (first.message, first.line)
    assert again is not first
    assert render("{{ 1 }}", templates=templates) == "1"


def test_a_fault_deep_in_vars_is_rendered_once_on_each_level() -> None:
    templates, scope = Templates(None), Names()
    for level in range(20):
        text = f"{{{{ v{level + 1} }}}}\n{{{{ v{level + 1} | upper }}}}"
        scope.values[f"v{level}"] = lambda text=text: templates.render(text, scope)
    with pytest.raises(TemplateFault, match="'v20' is not defined"):
        templates.render("{{ v0 }}", scope)
    assert len(scope.asked) == 21


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n{{ hero }}\n{{ hero.x }}", 3),
        ("{{ hero }} {{ hero.x }}\n{{ hero }}", 1),
        ("{{ hero }}\n\n{{ hero | replace }}", 3),
        ("{{ 'a\nb' | upper }}\n{{ hero | nosuch }}", 3),
        ("{{ 'a\nb' | upper }}{{ hero.x }}", 2),
        ("{{ hero }}\n{{\n'a' ~\nhero.x }}", 3),
        ("{{ 'x\ny' }}{{ 'b' + 1 }}", 2),
    ],
)
def test_the_line_of_a_fault_is_counted_over_the_pieces(text: str, line: int) -> None:
    assert cut(text) is not None
    assert fault_of(text, hero="Ada").line == line
    assert fault_of("{# whole #}" + text, hero="Ada").line == line


# Names used


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plain", set()),
        ("{{ unclosed", {"unclosed"}),
        ("{{ hero }} {{ row.name }}", {"hero", "row"}),
        ("{% for x in cast %}{{ x }}{{ loop.index }}{% endfor %}", {"cast"}),
        ("{% set x = hero %}{{ x }}", {"hero"}),
        ("{% if false %}{{ dear }}{% endif %}", {"dear"}),
        ("{% macro m(a) %}{{ a }}{{ look }}{% endmacro %}{{ m(1) }}", {"look"}),
    ],
)
def test_the_names_that_a_text_takes_from_its_scope_are_known(text: str, names: set[str]) -> None:
    assert Templates(None).names_used([text]) == names


def test_names_used_counts_those_of_the_macro_files_that_a_text_uses(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{% macro m() %}{{ lens }}{{ b.n() }}{% endmacro %}")
    (tmp_path / "b.j2").write_text("{% macro n() %}{{ film }}{% endmacro %}")
    (tmp_path / "c.j2").write_text("{{ other }}")
    templates = Templates(tmp_path)
    assert {"lens", "film"} <= templates.names_used(["{{ a.m() }}"])
    assert "other" not in templates.names_used(["{{ a.m() }}"])
    assert "other" in templates.names_used(["{% include 'c.j2' %}"])
    assert {"other", "film"} <= templates.names_used(["{% include x ~ '.j2' %}"])


# Anything

WORDS = r"""
{{ }} {% %} {# #} if for in else endif endfor set macro endmacro call endcall block endblock
include import from extends recursive loop self super caller row hero x ' " ( ) [ ] { } . , | ~
+ - * ** / // % == < is not and or none true 1 9 1e9 :: = upper join sort map range __class__ \
"""
SCRAPS = st.sampled_from([*WORDS.split(), "\n"])


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(), st.lists(SCRAPS, max_size=30).map(" ".join)))
def test_any_text_renders_or_ends_in_a_fault(text: str) -> None:
    templates = Templates(None)
    try:
        assert isinstance(render(text, templates=templates, row=ROW, hero="Ada", x=[1]), str)
    except TemplateFault as fault:
        assert fault.message
        assert 1 <= fault.line <= text.count("\n") + text.count("\r") + 1
    assert isinstance(templates.names_used([text]), frozenset)


@settings(max_examples=60, deadline=None)
@given(st.lists(SCRAPS, max_size=12).map(" ".join))
def test_any_expression_renders_or_ends_in_a_fault(text: str) -> None:
    try:
        render("{{ " + text + " }}", row=ROW, hero="Ada", x=[1])
    except TemplateFault as fault:
        assert fault.message
