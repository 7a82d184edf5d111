from __future__ import annotations

import pytest

from storyboard.language.expansion.cascade import Layer, Setting, merge_layers
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.nodes import Node, ScalarNode
from storyboard.language.templates.fault import TemplateFault
from tests.language.boards import scope_of


def scalar(node: Node | None) -> ScalarNode:
    assert isinstance(node, ScalarNode)
    return node


def setting(layer: Layer, key: str) -> Setting:
    return layer.settings[key]


def prompt_of(text: str, **facts: object) -> str:
    """The rendered prompt in the defaults of a file."""
    scope, layer = scope_of(text, **facts)  # type: ignore[arg-type]
    return scope.render_text(scalar(setting(layer, "prompt").node))


def fault_of(text: str) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        prompt_of(text)
    return caught.value


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ('"{{ title }} in {{ list }} and {{ title }}"', "{{ list }}"),
        ('"{{ title }} in {{ list ~ 1 }}"', "{{ list ~ 1 }}"),
        ('"{{ title }}, {{ 1 / 0 }}"', "{{ 1 / 0 }}"),
        ('"{{ nobody.x }}, {{ nobody }}"', "nobody.x }}"),
        ('"{% if title %}{{ list }}{% endif %}"', '"{% if title'),  # which of three is not known
        ("|\n    {{ title }}\n    {{ title }} in {{ list }}\n", "{{ list }}"),
    ],
)
def test_a_fault_is_placed_at_its_own_template(prompt: str, word: str) -> None:
    text = f"vars: {{list: [a]}}\ndefaults:\n  prompt: {prompt}\n"
    scope, layer = scope_of(text, title="Film")
    with pytest.raises(TemplateFault) as caught:
        scope.render_text(scalar(setting(layer, "prompt").node))
    position = caught.value.position
    assert position is not None
    assert text.split("\n")[position.line - 1][position.column - 1 :].startswith(word)


def test_a_var_is_resolved_where_it_is_used() -> None:
    text = """
vars: {coat: "a {{ colour }} coat", colour: red, hero: "Ann in {{ coat }}"}
defaults: {prompt: "{{ hero }} walks"}
"""
    assert prompt_of(text) == "Ann in a red coat walks"
    scope, layer = scope_of(text)
    scene, _ = scope_of("vars: {colour: blue}")
    nearer = merge_layers([layer, Layer(scene._variables)])
    inner = ShotScope(scope._templates, nearer.variables, {})
    assert inner.resolve("hero") == "Ann in a blue coat"


def test_vars_keep_their_types_and_strings_inside_them_are_rendered() -> None:
    text = """
vars: {n: 3, on: true, hero: {name: Ann, coats: ["{{ colour }}", blue]}, colour: red, no: null}
defaults: {prompt: "{{ n + 1 }} {{ on }} {{ hero.name }} {{ hero.coats | join('+') }}{{ no }}"}
"""
    assert prompt_of(text) == "4 true Ann red+blue"


def test_facts_come_before_vars_and_are_not_rendered() -> None:
    text = "defaults: {prompt: '{{ row.name }}'}"
    assert prompt_of(text, row={"name": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"


def test_maps_are_looked_up_by_key_only() -> None:
    text = "defaults: {prompt: '{{ row.items }} {{ row.keys }}'}"
    assert prompt_of(text, row={"items": "three", "keys": "two"}) == "three two"


@pytest.mark.parametrize("start", ["a", "b", "c"])
def test_a_circle_is_named_from_its_first_var_wherever_it_is_entered(start: str) -> None:
    text = f"""
vars:
  a: "{{{{ b }}}}"
  b: "{{{{ c }}}}"
  c: "{{{{ a }}}}"
defaults: {{prompt: "{{{{ {start} }}}}"}}
"""
    fault = fault_of(text)
    assert fault.message == "refers to itself: a -> b -> c -> a"
    assert (fault.where, fault.position and fault.position.line) == ("vars.a", 3)


def test_what_leads_to_a_circle_is_no_part_of_it() -> None:
    fault = fault_of("""
vars: {way: "{{ a }}", a: "{{ a }}"}
defaults: {prompt: "{{ way }}"}
""")
    assert fault.message == "refers to itself: a -> a"


def test_one_meta_key_may_use_another_and_a_fault_in_one_hides_no_other() -> None:
    text = """
defaults:
  meta: {slate: 12A, label: "{{ meta.slate }}!", broken: "{{ nope }}"}
  prompt: "{{ meta.label }}"
"""
    assert prompt_of(text) == "12A!"
    fault = fault_of(text.replace("meta.label", "meta.broken"))
    assert (fault.message, fault.where) == ("'nope' is not defined", "defaults.meta.broken")


def test_a_circle_of_meta_is_named() -> None:
    fault = fault_of("""
defaults:
  meta: {a: "{{ meta.b }}", b: "{{ meta.a }}"}
  prompt: "{{ meta.a }}"
""")
    assert fault.message == "refers to itself: meta.a -> meta.b -> meta.a"


def test_a_fault_in_a_var_has_the_place_of_the_var_and_the_way_to_it() -> None:
    fault = fault_of("""
vars:
  look: film, {{ grain }}
defaults: {prompt: "{{ look }}"}
""")
    assert (fault.message, fault.where) == ("'grain' is not defined", "vars.look")
    assert fault.position is not None
    assert (fault.position.line, fault.position.column) == (3, 18)


def test_a_faulty_var_is_faulty_in_the_same_way_when_it_is_asked_for_again() -> None:
    scope, _ = scope_of("vars: {look: '{{ grain }}'}")
    for _ in range(2):
        with pytest.raises(TemplateFault, match="'grain' is not defined"):
            scope.resolve("look")


def test_a_fault_in_the_text_itself_leaves_the_way_to_the_caller() -> None:
    fault = fault_of("defaults: {prompt: '{{ nope }}'}")
    assert fault.where is None
    assert fault.position is not None
    assert (fault.position.line, fault.position.column) == (1, 24)


def test_a_missing_name_comes_with_a_suggestion_from_vars_facts_and_meta() -> None:
    assert fault_of("{vars: {hero: 1}, defaults: {prompt: '{{ herro }}'}}").hint == (
        "did you mean 'hero'?"
    )
    scope, _ = scope_of("vars: {hero: 1}", shot={}, title="x")
    assert list(scope.names()) == ["hero", "shot", "title", "meta"]


def test_what_was_rendered_once_is_remembered() -> None:
    scope, layer = scope_of("vars: {a: '{{ [1] | first }}'}")
    assert scope.resolve("a") == scope.resolve("a") == "1"
    with pytest.raises(KeyError):
        scope.resolve("b")
    assert list(layer.variables) == ["a"]


@pytest.mark.parametrize(
    "prompt", ["{{ row.n }}", "{{ by_var }}", "{{ meta.n }}", "{{ row.n if row else 0 }}"]
)
def test_what_differs_between_shots_is_rendered_for_each_of_them(prompt: str) -> None:
    text = f"""
vars: {{by_var: "{{{{ row.n }}}}"}}
defaults: {{prompt: "{prompt}", meta: {{n: "{{{{ row.n }}}}"}}}}
"""
    scope, layer = scope_of(text)
    node = scalar(setting(layer, "prompt").node)
    assert [scope.with_facts(row={"n": n}).render_text(node) for n in (1, 2)] == ["1", "2"]


def test_a_text_that_was_rendered_before_its_take_was_known_is_rendered_again() -> None:
    scope, layer = scope_of("defaults: {prompt: \"{{ take | default('no') }}\"}")
    node = scalar(setting(layer, "prompt").node)
    assert scope.render_text(node) == "no"
    assert scope.with_facts(take=2).render_text(node) == "2"
