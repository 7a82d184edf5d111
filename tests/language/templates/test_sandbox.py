"""Templates reach nothing but their scope: no Python, no file, no chance, no change of data."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.templates.templates import Templates
from tests.language.scopes import fault_of, render

ATTRIBUTES = r"""
{{ ''.__class__ }}
{{ ''.__class__.__mro__ }}
{{ ''['__class__'] }}
{{ ''['__class__']['__mro__'][1]['__subclasses__']() }}
{{ [].__class__ }}
{{ [].append }}
{{ list.append(1) }}
{{ list.sort() }}
{{ list.clear() }}
{{ {}.__class__ }}
{{ ().__class__ }}
{{ (1).__class__ }}
{{ (1).real }}
{{ (1).bit_length() }}
{{ (1.5).hex() }}
{{ true.real }}
{{ none.__class__ }}
{{ range.__self__ }}
{{ range.__globals__ }}
{{ range.function }}
{{ range(3).start }}
{{ dict.mro() }}
{{ dict.fromkeys }}
{{ cycler.__init__.__globals__ }}
{{ cycler(1).__init__.__globals__ }}
{{ cycler(1).items }}
{{ cycler(1).next.__globals__ }}
{{ joiner.__init__.__globals__ }}
{{ joiner().sep }}
{{ namespace.__init__.__globals__ }}
{{ namespace().__class__ }}
{{ namespace()._Namespace__attrs }}
{{ lipsum.__globals__ }}
{{ self.__init__.__globals__ }}
{{ self._TemplateReference__context }}
{% block b %}{{ self.b.__globals__ }}{% endblock %}
{% block b %}{{ self.b._context.environment }}{% endblock %}
{% block b %}{{ self.b._stack }}{% endblock %}
{% block b %}{{ super() }}{% endblock %}
{{ context }}
{{ environment }}
{{ missing }}
{{ __builtins__ }}
{{ __import__('os') }}
{{ l_0_row }}
{{ url_for.__globals__ }}
{{ request.application }}
{{ ''.format }}
{{ '{0.__class__}'.format(1) }}
{{ '{x.__class__}'.format_map({'x': 1}) }}
{{ ''.encode() }}
{{ ''.translate({}) }}
{{ ''.maketrans('a', 'b') }}
{{ ''.expandtabs(9) }}
{{ 'a'.upper.__self__ }}
{{ 'a'.upper.function }}
{{ list | map(attribute='__class__') | join }}
{{ list | selectattr('__class__') | join }}
{{ list | rejectattr('__class__', 'none') | join }}
{{ list | groupby('__class__') | join }}
{{ list | sort(attribute='__class__') | join }}
{{ list | unique(attribute='__class__') | join }}
{{ list | min(attribute='__class__') }}
{{ list | sum(attribute='__class__') }}
{{ list | join(attribute='__class__') }}
{{ (list | map('string')).gi_frame }}
{{ (list | map('string')).gi_code }}
{{ (list | select).__next__ }}
{{ list.__class__ }}
{{ row.__class__ }}
{{ row.__getitem__('name') }}
{{ row.get('name') }}
{{ row.keys() }}
{{ row.update({'x': 1}) }}
{{ row.pop('name') }}
{{ nosuch.__class__ }}
{{ nosuch._fail_with_undefined_error }}
{{ nosuch._undefined_obj }}
{{ camera.dolly.__globals__ }}
{{ camera.dolly._func.__globals__ }}
{{ camera.dolly._environment }}
{{ camera.dolly.__call__ }}
{{ camera.dolly.name }}
{{ camera._secret }}
{{ camera._body_stream }}
{{ camera.__name__ }}
{{ camera['__dict__'] }}
{% from 'camera.j2' import nosuch %}{{ nosuch }}
{% from 'camera.j2' import dolly as d %}{{ d.__globals__ }}
{% import 'camera.j2' as c with context %}{{ c._body_stream }}
{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}
{% macro m() %}{{ varargs.__class__ }}{% endmacro %}{{ m(1) }}
{% macro m() %}{{ kwargs.__class__ }}{% endmacro %}{{ m(a=1) }}
{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}
{% for x in list %}{{ loop.__class__ }}{% endfor %}
{% for x in list %}{{ loop._iterator }}{% endfor %}
{% for x in list %}{{ loop.cycle.__self__ }}{% endfor %}
{% for x in list %}{{ loop.__init__.__globals__ }}{% endfor %}
""".strip().splitlines()

FORBIDDEN = r"""
{{ ''|attr('__class__') }}
{{ ['a']|map('attr', '__class__')|join }}
{{ ['a']|map('upper.__class__')|join }}
{{ list|select('callable')|join }}
{{ row|xmlattr }}
{{ 'x'|urlize }}
{{ 'x'|safe }}
{{ list|random }}
{{ list|shuffle }}
{{ list|pprint }}
{{ 'a' is callable }}
{{ 'a' is sameas 'a' }}
{{ 'a' is filter }}
{{ '%c' % 65 }}
{{ '%r'|format('x') }}
{{ '%s'|format(range) }}
{{ '%(a.b)s'|format(a=1) }}
{{ '%s' % row }}
{{ namespace(__class__=1) }}
{{ dict(_loop_vars=1) }}
{{ range(1)(2) }}
{{ 'x'() }}
{{ row() }}
{{ caller() }}
{{ row[joiner()] }}
{{ joiner()[cycler(1)] }}
{{ row[range] }}
{{ joiner() < 1 }}
{{ 1 in namespace() }}
{{ range(*self) }}
{{ range(*joiner()) }}
{{ dict(**cycler(1)) }}
{% for x in list %}{{ loop() }}{% endfor %}
{% for x in list %}{{ loop|list }}{% endfor %}
{% for x in list %}{% for y in loop %}{% endfor %}{% endfor %}
{% for loop in list %}{% endfor %}
{% set row.name = 1 %}
{% set list[0] = 1 %}
{% import 'os' as os %}
{% import 'sys.j2' as sys %}
{% from 'os' import system %}
{% from 'camera.j2' import __dict__ %}
{% from 'camera.j2' import _secret %}
{% include '/etc/passwd' %}
{% include '../secret.j2' %}
{% include '../templates/camera.j2' %}
{% include './camera.j2' %}
{% include 'camera.j2/' %}
{% include 'camera.j2/../camera.j2' %}
{% include 'CAMERA.J2' %}
{% include ['/etc/passwd', '../secret.j2'] %}
{% include 5 %}
{% include none %}
{% include list %}
{% include range %}
{% include camera %}
{% include self %}
{% extends '/etc/passwd' %}
{% extends camera %}
{% autoescape true %}{% endautoescape %}
{% debug %}
{{ row|attr('name') }}
{{ ['a']|map('plain attr', '__class__')|join }}
{{ ['a']|map('plain sort')|join }}
{{ ['a']|map('look up', none, '__class__')|join }}
{{ ['camera.j2']|map('module of a file')|map(attribute='_body_stream')|join }}
{{ 'a'|plain }}
{{ ['a']|select('filter')|join }}
{{ ['a']|select('plain sameas')|join }}
{{ loop|length }}
{{ camera|items }}
{{ camera.dolly|length }}
{{ namespace(a=1)|list }}
{{ cycler(1)|string }}
{{ 'x'.join(joiner()) }}
{{ 'x'.startswith(range) }}
{{ range|string }}
{{ [range]|tojson }}
{{ {'a': camera}|tojson }}
{{ '%s'|format(camera.dolly) }}
{{ '%*d'|format(99999999, 1) }}
{{ '%(a)99999999d'|format(a=1) }}
{{ '%d'|format(row) }}
{{ namespace({'__class__': 1}).__class__ }}
{{ namespace({'_Namespace__attrs': 1})._Namespace__attrs }}
{{ dict(**{'_loop_vars': {'row': 1}})._loop_vars.__class__ }}
{{ dict(**{'_x': range}) | length }}
{% for x in list %}{{ range(1, _loop_vars=1) }}{% endfor %}
{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m() }}
{% macro m() %}{{ varargs }}{% endmacro %}{{ m(1) }}
{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(a=1) }}
{% macro m() %}{{ caller }}{% endmacro %}{% call m() %}{% endcall %}
{{ camera.dolly(caller=range) ~ self }}
{% filter attr('__class__') %}a{% endfilter %}
{% set x | list %}ab{% endset %}{{ x }}
{{ camera[:1] }}
{{ self[:1] }}
{{ row[:1] }}
{{ range[0] }}
{{ loop[0].__class__ }}
{{ (list|groupby(0))[0]._fields }}
{% import 'camera.j2' as c %}{{ c }}
{% from 'camera.j2' import dolly as d %}{{ d }}
{% from list import a %}
{% import none as n %}
{% do list.append(1) %}
""".strip().splitlines()


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.j2").write_text("secret")
    (folder / "camera.j2").write_text(
        "{% macro dolly() %}dolly{% endmacro %}{% set _secret = 1 %}", encoding="utf-8"
    )
    return Templates(folder)


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_no_attribute_leads_out_of_a_template(text: str, templates: Templates) -> None:
    fault = fault_of(text, templates=templates, list=[1, 2], row={"name": "Lamp"})
    assert fault.code == "undefined-name"
    assert "has no" in fault.message or "is not defined" in fault.message or (
        "not export" in fault.message or "no parent block" in fault.message
    )  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_not_allowed_is_a_fault(text: str, templates: Templates) -> None:
    fault = fault_of(text, templates=templates, list=[1, 2], row={"name": "Lamp"})
    assert fault.message
    assert "secret" not in fault.message.replace("../secret.j2", "").replace("_secret", "")
    assert "0x" not in fault.message


def test_a_template_cannot_change_what_the_scope_holds() -> None:
    row, names = {"name": "Lamp"}, [3, 1, 2]
    render("{{ names | sort | join }}{% set row = 1 %}{{ (names + [4]) | length }}",
           row=row, names=names)  # fmt: skip
    assert (row, names) == ({"name": "Lamp"}, [3, 1, 2])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("random", "templates make the same text on every machine"),
        ("attr", "write map.key or map['key']"),
        ("safe", "prompts are plain text, so there is nothing to escape"),
    ],
)
def test_a_filter_that_is_left_out_says_why(name: str, reason: str) -> None:
    fault = fault_of("{{ [1] | " + name + " }}")
    assert fault.message == f"there is no filter {name!r}"
    assert fault.hint is not None
    assert reason in fault.hint


def test_a_file_that_is_not_in_the_folder_is_named_and_the_folder_too(templates: Templates) -> None:
    fault = fault_of("{% include 'camera' %}", templates=templates)
    assert fault.code == "unknown-template"
    assert fault.message == (
        "there is no file 'camera' in templates/; import and include work only in that folder"
    )
    assert fault.hint == "did you mean 'camera.j2'?"


def test_a_missing_file_may_be_ignored() -> None:
    assert render("a{% include 'x.j2' ignore missing %}b") == "ab"
