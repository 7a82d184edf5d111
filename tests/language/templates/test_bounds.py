"""No template computes, prints or waits without end, not even while it is compiled."""

from __future__ import annotations

import pytest
from jinja2 import pass_context

from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.sandbox import Sandbox
from storyboard.language.templates.templates import Templates
from tests.language.scopes import Names, fault_of, render

BIG = "x" * 100_000
HEX = "0x" + "f" * 90_000

NEARLY = "{% for i in range(390) %}{% set x = big ~ '' %}{% endfor %}"
"""Leaves a fiftieth of the work that is allowed to what stands behind it, within milliseconds."""

TOO_MUCH = [
    "{{ 'a' * 1000000000 }}",
    "{{ 1000000000 * 'a' }}",
    "{% set x = [0] * 10 ** 9 %}",
    "{{ ('a' * 1000000000) | length }}",
    "{% if 'a' * 1000000000 %}{% endif %}",
    "{{ {'a': 'a' * 1000000000} }}",
    "{{ 'x' | center(10 ** 9) }}",
    "{{ 'x' | center(width=10 ** 9) }}",
    "{{ 'x'.center(10 ** 9) }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ 'x'.zfill(10 ** 9) }}",
    "{{ 'x' | indent(10 ** 9, true) }}",
    "{{ 'x' | indent(big, true) | indent(big, true) }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 2 ** 10000000000 }}",
    "{{ 0.5 ** -10000 }}",
    "{{ (10 ** 20) * (10 ** 20) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '%.1000000000f' | format(1) }}",
    "{{ '%0999d' * 200 | format(1) }}",
    "{{ big | replace('', big) }}",
    "{{ big | replace('x', big) }}",
    "{{ big.replace('x', 'yy') }}",
    "{{ big | wordwrap(1) }}",
    "{{ big[:9000] | wordwrap(1, true, big) }}",
    "{{ big | urlencode | replace('x', '%%') }}",
    "{{ big ~ 1 }}",
    "{{ big + big }}",
    "{{ big }}{{ big }}",
    "{{ [big, big] | join }}",
    "{{ big.join(['a', 'b']) }}",
    "{{ [big, big] | tojson }}",
    r"{{ ('\u00df' * 90000) | upper }}",
    "{{ range(10 ** 9) }}",
    "{{ range(10 ** 30) | list }}",
    "{{ range(0 - 10 ** 30, 10 ** 30) | length }}",
    "{{ ['a'] * 100001 }}",
    "{{ ([big] * 100000) | sort | length }}",
    "{{ ([big] * 100000) | unique | length }}",
    "{{ ([big] * 100000) | max | length }}",
    "{{ ([{'a': big}] * 100000) | sort(attribute='a') | length }}",
    "{{ ({'a': big, 'b': [big] * 100000}.b) is lower }}",
    "{{ [1] | batch(10 ** 9, 'x') }}",
    "{{ [1] | batch(fill_with=1, linecount=10 ** 9) }}",
    "{{ [1] | slice(10 ** 9, 'x') }}",
    "{{ 5 | round(0 - 10 ** 9) }}",
    "{{ 5 | round(10 ** 9, 'ceil') }}",
    "{{ " + HEX + " }}",
    "{{ " + "9" * 90_000 + " }}",
    "{{ 1e999 }}",
    "{{ 1e308 * 10 }}",
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(60000) if false %}{% endfor %}" * 2,
    "{% for i in range(100000) %}{{ 'ab' }}{% endfor %}",
    "{% for i in range(100000) %}ab{% endfor %}",
    "{% set x %}{% for i in range(60000) %}ab{% endfor %}{% endset %}",
    "{% filter upper %}{% for i in range(60000) %}ab{% endfor %}{% endfilter %}",
    "{% macro m() %}{% for i in range(60000) %}ab{% endfor %}{% endmacro %}{{ m() | length }}",
    "{% block b %}{% for i in range(60000) %}ab{% endfor %}{% endblock %}",
    "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=[]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}",
    "{% set n = namespace(x=()) %}{% for i in range(99) %}{% set n.x = (n.x, n.x) %}{% endfor %}",
    "{% set n = namespace(x=0) %}{% for i in range(99) %}{% set n.x = {1: n.x, 2: n.x} %}"
    "{% endfor %}",
    "{% set n = namespace(x=0) %}{% for i in range(99) %}{% set n.x = dict(a=n.x, b=n.x) %}"
    "{% endfor %}",
    "{% set n = namespace(x=0) %}{% for i in range(99999) %}{% set n.x = [n.x] %}{% endfor %}",
    "{% set n = namespace(x=0) %}{% for i in range(999) %}{% set n.x = [n.x, big[i:]] %}"
    "{% endfor %}",
    "{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1, varargs, varargs) }}"
    "{% else %}{{ {varargs: 1} | length }}{% endif %}{% endmacro %}{{ m(40) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    NEARLY
    + "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(45) }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}"
    "{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro %}{{ r() }}",
    "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% for i in range(99999) %}{% set x = big.count('xy') %}{% endfor %}",
    "{% for i in range(99999) %}{% if 'xy' in big %}{% endif %}{% endfor %}",
    "{% for i in range(99999) %}{% set x = range(9999) | sum %}{% endfor %}",
    "x" * 100_000 + "{{ 1 }}",
    "{{ '%9999999999d' is odd }}",
    "{{ ['%9999999999d'] | select('divisibleby', 3) | list }}",
    "{{ ('%(a)s' * 9000) | format(a=big) }}",
    "{{ big[:9000] | wordwrap(1, wrapstring=big) }}",
    "{{ big | map('replace', 'x', big) | join }}",
    "{{ ([big] * 100000) | map('lower') | list | length }}",
    NEARLY + "{{ ([range(100000)] * 9) | map('list') | list | length }}",
    "{% set n = namespace(x=[]) %}{% for i in range(999) %}"
    "{% set n.x = n.x + [range(99999) | list] %}{% endfor %}",
    "{% set n = namespace(x=[]) %}{% for i in range(99) %}{% set n.x = n.x | batch(1) %}"
    "{% set n.x = [n.x, n.x] %}{% endfor %}",
    "{% set n = namespace(x=[0]) %}{% for i in range(99) %}"
    "{% set n.x = [n.x] | groupby(0) %}{% endfor %}",
    "".join(f"{{% set a{i} = [a{i - 1}, a{i - 1}] %}}" for i in range(1, 60)).replace("a0", "1")
    + "{{ a59 | tojson }}",
    "{% macro m(n, k) %}{% if n %}{{ m(n - 1, [k, kwargs]) }}{% endif %}{% endmacro %}{{ m(45) }}",
    "{% macro m() %}{{ big }}{% endmacro %}{% for i in range(9999) %}{% set x = m() %}{% endfor %}",
    "{{ [[1]] | sum(start=[]) }}",
    "{{ (10 ** 29) | string * 9999 }}",
    "{{ cycler(*range(100001)) }}",
]  # fmt: skip

TOO_DEEP = [
    "{{ " + "(" * 50_000,
    "{{ " + "(" * 50_000 + "1" + ")" * 49_000 + " }}",
    "{{ " + "[" * 60 + "1" + "]" * 60 + " }}",
    "{{ " + "{1:" * 60 + "1" + "}" * 60 + " }}",
    "{{ " + "not " * 9_000 + "1 }}",
    "{{ " + "-" * 9_000 + "1 }}",
    "{{ " + "1+" * 4_000 + "1 }}",
    "{{ " + "1 or " * 4_000 + "1 }}",
    "{{ " + "1 if 1 else " * 2_000 + "1 }}",
    "{{ a" + "|upper" * 4_000 + " }}",
    "{{ a" + ".a" * 4_000 + " }}",
    "{{ a" + "()" * 3_000 + " }}",
    "{{ a" + "[0]" * 3_000 + " }}",
    "{% if 1 %}" * 2_000,
    "{% for x in [1] %}" * 25 + "{% endfor %}" * 25,
    "{% macro m() %}" * 60 + "{% endmacro %}" * 60,
]

BOUND_CODES = {
    "template-too-long",
    "template-too-large",
    "template-too-slow",
    "template-too-deep",
    "template-error",
    "not-printable",
}


@pytest.mark.parametrize("text", TOO_MUCH, ids=lambda text: text.removeprefix(NEARLY)[:60])
def test_a_template_that_would_make_too_much_is_stopped_by_counting(text: str) -> None:
    templates = Templates(None)
    fault = fault_of(text, templates=templates, big=BIG)
    assert fault.code in BOUND_CODES
    assert len(fault.message) < 200


@pytest.mark.parametrize("text", TOO_DEEP, ids=lambda text: text[:40])
def test_a_template_nested_without_end_is_a_fault_and_no_crash(text: str) -> None:
    fault = fault_of(text)
    assert fault.code == "template-too-deep"
    assert fault.message == "blocks, brackets or operators are nested too deeply"


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 19 + "1" + ")" * 19 + " }}",
        "{{ " + "1 + " * 40 + "1 }}",
        "{% if 1 %}" * 20 + "{% endif %}" * 20,
        "{{ 1 }}, " * 1_000,
        "x" * 90_000 + "{{ 1 }}",
    ],
)
def test_a_large_but_sensible_template_renders(text: str) -> None:
    assert isinstance(render(text), str)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 'x' | center(10 ** 9) }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% set x = [0] * 10 ** 9 %}",
        "{% if 'a' * 9 ~ 'b' == 'x' | center(10 ** 9) %}{% endif %}",
        "{{ range(10 ** 9) | list }}",
        "{{ [1, 2][0:1] | join(big) }}",
    ],
)
def test_nothing_is_computed_while_a_template_is_compiled(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"computed while compiling: {args}")

    for name in ("call", "call_binop", "call_unop", "look_up", "rounds"):
        monkeypatch.setattr(Sandbox, name, computed)
    templates = Templates(None)
    sandbox = templates.renderer._sandbox
    for table in (sandbox.filters, sandbox.tests):
        for name in table:
            monkeypatch.setitem(table, name, pass_context(computed))
    sandbox.from_string(text)
    assert isinstance(templates.names_used([text]), frozenset)


def test_vars_rendered_on_the_way_count_towards_the_same_bounds() -> None:
    templates = Templates(None)
    scope = Names()
    scope.values["slow"] = lambda: templates.render(
        "{% for i in range(30000) %}{% endfor %}", scope
    )
    assert templates.render("{{ slow }}{{ slow }}{{ slow }}", scope) == ""
    with pytest.raises(TemplateFault, match="more than 100,000 loop steps"):
        templates.render("{{ slow }}" * 4, scope)
    assert templates.render("{{ slow }}", scope) == ""


def test_a_loop_of_a_hundred_thousand_steps_is_allowed() -> None:
    templates = Templates(None)
    assert render("{% for i in range(99999) %}{% endfor %}done", templates=templates) == "done"


def test_what_comes_before_some_of_the_rows_is_allowed() -> None:
    assert render(NEARLY + "done", big=BIG) == "done"


def test_a_text_of_a_hundred_thousand_characters_is_allowed() -> None:
    assert render("{{ big }}", big=BIG) == BIG
