"""`model: [a, b]`: a take has a request for each, all of them checked before any is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.fingerprint import fingerprint
from storyboard.language.load import load_storyboard
from storyboard.models.catalog import Catalog
from storyboard.records import Storyboard, Take
from tests.language.boards import told
from tests.language.test_load import two_models
from tests.models import cards

WAN, OTHER = "alibaba/wan2.7-t2v", "maker/other"
BOTH = f"model: [{WAN}, {OTHER}]\n"
HEAD = f"version: 1\n{BOTH}"
SHOT = "shots: [{id: a, prompt: A boat, prompt_extend: false}]\n"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return two_models(tmp_path_factory.mktemp("cards"))


def read(folder: Path, text: str, catalog: Catalog, **files: str) -> Storyboard:
    for name, content in {"film_yaml": text, **files}.items():
        (folder / name.replace("_", ".")).write_text(content, "utf-8")
    return load_storyboard(folder / "film.yaml", catalog, display_name="film.yaml")


def models(take: Take) -> list[str]:
    return [one.model for one in (take, *take.fallbacks)]


def test_a_take_of_one_model_is_what_it_was_and_of_a_list_of_one_too(
    tmp_path: Path, catalog: Catalog
) -> None:
    one, listed = (
        read(tmp_path, f"version: 1\nmodel: {model}\n{SHOT}", catalog).takes[0]
        for model in (WAN, f"[{WAN}]")
    )
    assert (one.fingerprint, one.payload, one.fallbacks) == (
        listed.fingerprint,
        listed.payload,
        listed.fallbacks,
    )
    assert one.fallbacks == ()


def test_each_candidate_has_its_own_request_and_the_first_is_the_take(
    tmp_path: Path, catalog: Catalog
) -> None:
    board = read(tmp_path, HEAD + SHOT, catalog)
    assert told(board) == []
    [take] = board.takes
    assert models(take) == [WAN, OTHER]
    [fallback] = take.fallbacks
    assert (fallback.id, fallback.shot, fallback.fallbacks) == (take.id, take.shot, ())
    assert fallback.fingerprint == fingerprint(OTHER, fallback.payload)


@pytest.mark.parametrize(
    "text",
    [
        f"version: 1\n{BOTH}{SHOT}",
        f"version: 1\nmodel: {WAN}\ndefaults: {{model: [{WAN}, {OTHER}]}}\n{SHOT}",
        f"version: 1\nmodel: {WAN}\nscenes:\n  - id: s\n    defaults: {{model: [{WAN}, {OTHER}]}}\n"
        "    shots: [{id: a, prompt: A boat, prompt_extend: false}]\n",
        f"version: 1\nshots: [{{id: a, prompt: A boat, prompt_extend: false, "
        f"model: [{WAN}, {OTHER}]}}]\n",
        f"version: 1\ninclude: [style.yaml]\n{SHOT}",
    ],
    ids=["file", "defaults", "scene", "shot", "included"],
)
def test_a_list_may_stand_wherever_a_model_may(tmp_path: Path, text: str, catalog: Catalog) -> None:
    style = f"defaults: {{model: [{WAN}, {OTHER}]}}\n"
    board = read(tmp_path, text, catalog, style_yaml=style)
    assert told(board) == []
    assert models(board.takes[0]) == [WAN, OTHER]


def test_a_nearer_model_replaces_the_list(tmp_path: Path, catalog: Catalog) -> None:
    text = HEAD + f"shots: [{{id: a, prompt: A boat, prompt_extend: false, model: {OTHER}}}]\n"
    assert models(read(tmp_path, text, catalog).takes[0]) == [OTHER]


def test_what_one_of_them_does_not_have_is_a_problem_that_names_it(
    tmp_path: Path, catalog: Catalog
) -> None:
    text = (
        HEAD
        + "defaults: {prompt_extend: false, negative_prompt: blurry}\n"
        + ("shots:\n  - {id: a, prompt: A boat}\n")
    )
    assert told(read(tmp_path, text, catalog)) == [
        "film.yaml:3:51: defaults.negative_prompt: maker/other has no such parameter"
    ]


def test_the_limits_of_each_are_kept_and_a_problem_names_the_candidate(
    tmp_path: Path, catalog: Catalog
) -> None:
    kling = f"version: 1\nmodel: [{WAN}, kling/v1]\nshots:\n"
    text = kling + "  - {id: a, prompt: A boat, duration: 8}\n"
    assert told(read(tmp_path, text, cards.two_models(tmp_path / "cards"))) == [
        "film.yaml:4:39: take a, with kling/v1: duration: 8 is not allowed; "
        "kling/v1 requires 5 or 10"
    ]
    text = HEAD + "shots:\n  - {id: a, prompt: A boat, grain: '010', prompt_extend: false}\n"
    assert told(read(tmp_path, text, catalog)) == [
        "film.yaml:4:36: shots[0].grain: alibaba/wan2.7-t2v has no such parameter"
    ]


def test_takes_of_one_payload_are_told_apart_for_each_candidate(
    tmp_path: Path, catalog: Catalog
) -> None:
    text = HEAD + "shots: [{id: a, prompt: A boat, prompt_extend: false, takes: 3}]\n"
    takes = read(tmp_path, text, catalog).takes
    assert len({one.fingerprint for take in takes for one in (take, *take.fallbacks)}) == 6
    assert [take.fallbacks[0].fingerprint for take in takes] == [
        fingerprint(OTHER, take.fallbacks[0].payload, repeat=number)
        for number, take in enumerate(takes)
    ]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            f"[{WAN}, {WAN}]",
            "film.yaml:2:8: model: a list is not allowed: it may name each model once",
        ),
        ("[]", "film.yaml:2:8: model: is empty; at least one entry is needed"),
        (f"[{WAN}, maker/othr]", "film.yaml:2:29: model[1]: 'maker/othr' is not allowed: "),
        (
            f"[{WAN}, {OTHER}, x/1, x/2, x/3, x/4]",
            "film.yaml:2:8: model: a list is not allowed: it may name at most 5 models",
        ),
        (f"[{WAN}, 7]", "film.yaml:2:29: model[1]: "),
        ("7", "film.yaml:2:8: model: "),
    ],
)
def test_a_list_that_cannot_be_used_is_a_problem_where_it_stands(
    tmp_path: Path, model: str, expected: str, catalog: Catalog
) -> None:
    board = read(tmp_path, f"version: 1\nmodel: {model}\n{SHOT}", catalog)
    assert told(board)[0].startswith(expected)
