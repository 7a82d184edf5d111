from __future__ import annotations

from storyboard.language.expansion.cascade import (
    Layer,
    Setting,
    merge_layers,
    read_level,
    read_shot,
    settings_under,
)
from tests.language.boards import mapping


def data(settings: dict[str, Setting]) -> dict[str, object]:
    return {key: setting.node.data for key, setting in settings.items()}


FILE = """
model: m/one
vars: {a: file, b: file}
defaults: {duration: 5, seed: 1, meta: {x: file, y: file}}
"""
SCENE = """
id: pier
vars: {b: scene}
defaults: {duration: 6, seed: null, meta: {y: scene}}
"""
SHOT = """
id: wide
prompt: A boat
duration: 7
vars: {c: shot}
meta: {z: shot}
"""


def cascade(shot: str = SHOT) -> Layer:
    file, scene = read_level(mapping(FILE), ""), read_level(mapping(SCENE), "scenes[0]")
    return merge_layers([file, scene, read_shot(mapping(shot), "scenes[0].shots[0]")])


def test_vars_and_meta_merge_by_key_and_the_nearest_wins() -> None:
    layer = cascade()
    assert data(dict(layer.variables)) == {"a": "file", "b": "scene", "c": "shot"}
    assert data(dict(layer.meta)) == {"x": "file", "y": "scene", "z": "shot"}


def test_all_else_replaces_and_a_null_stays_to_cancel_what_is_below() -> None:
    assert data(dict(cascade().settings)) == {
        "model": "m/one",
        "duration": 7,
        "seed": None,
        "prompt": "A boat",
    }
    assert cascade().settings["seed"].is_null


def test_meta_null_cancels_all_that_was_inherited_and_not_what_comes_nearer() -> None:
    assert cascade("{id: a, meta: null}").meta == {}
    scene = read_level(mapping("defaults: {meta: null}"), "scenes[0]")
    layers = [read_level(mapping(FILE), ""), scene, read_shot(mapping(SHOT), "x")]
    assert data(dict(merge_layers(layers).meta)) == {"z": "shot"}


def test_levels_can_be_laid_together_in_any_grouping() -> None:
    first, second = read_level(mapping(FILE), ""), read_level(mapping("defaults: {meta: null}"), "")
    third = read_shot(mapping(SHOT), "shots[0]")
    left = merge_layers([merge_layers([first, second]), third])
    assert left == merge_layers([first, merge_layers([second, third])])


def test_the_files_model_is_nearer_than_an_included_default_and_further_than_its_own() -> None:
    included = read_level(mapping("defaults: {model: m/included}"), "")
    layer = merge_layers([included, read_level(mapping("model: m/film"), "")])
    assert layer.settings["model"].node.data == "m/film"
    film = read_level(mapping("{model: m/film, defaults: {model: m/d}}"), "")
    layer = merge_layers([included, film])
    assert layer.settings["model"].node.data == "m/d"


def test_every_setting_knows_the_way_to_it_inside_its_file() -> None:
    layer = cascade()
    assert layer.settings["model"].where == "model"
    assert layer.settings["seed"].where == "scenes[0].defaults.seed"
    assert layer.settings["duration"].where == "scenes[0].shots[0].duration"
    assert layer.variables["a"].where == "vars.a"
    assert layer.variables["c"].where == "scenes[0].shots[0].vars.c"
    assert layer.meta["x"].where == "defaults.meta.x"
    key_position = layer.settings["duration"].key_position
    assert (key_position.line, key_position.column, key_position.width) == (4, 1, 8)


def test_names_that_are_no_words_stand_in_brackets() -> None:
    found = settings_under(mapping("seeds: {the hero: 1}"), "seeds", "")
    assert found["the hero"].where == 'seeds["the hero"]'


def test_what_is_misshapen_is_stepped_over() -> None:
    assert read_level(mapping("{vars: [a], defaults: 3}"), "") == Layer()
    assert read_shot(mapping("{id: a, vars: 1, meta: [x]}"), "shots[0]") == Layer()
