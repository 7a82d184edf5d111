from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from storyboard.fingerprint import canonical_json, find_repeat, fingerprint
from storyboard.records import Payload
from tests.language.boards import load

REPO = Path(__file__).parents[1]
RECORDED = REPO / "tests" / "storyboards" / "fingerprints.json"
"""Fingerprints that render folders in the field already hold: never rewritten, only added to."""

CHANGED = {
    ("examples/neon-harbor.yaml", "product-boat"),
    ("tests/storyboards/valid/cascade.yaml", "cancels"),
    ("tests/storyboards/valid/design/film.yaml", "product-boat"),
    ("tests/storyboards/valid/negatives.yaml", "none"),
}
"""Takes whose requests differ from those that were recorded, as the changelog says.

An empty cell, or a template that makes nothing, leaves what farther levels say.
"""


def sound_storyboards() -> list[Path]:
    cases = REPO / "tests" / "storyboards" / "valid"
    examples = sorted((REPO / "examples").glob("*.yaml"))
    films = [path for path in examples if "include.schema.json" not in path.read_text("utf-8")]
    return [*sorted(cases.glob("*.yaml")), *sorted(cases.glob("*/film.yaml")), *films]


def test_the_fingerprints_of_sound_storyboards_stay_what_they_were() -> None:
    found = {
        path.relative_to(REPO).as_posix(): {take.id: take.fingerprint for take in load(path).takes}
        for path in sound_storyboards()
    }
    recorded = json.loads(RECORDED.read_text("utf-8"))
    changed = {
        (name, take)
        for name, takes in recorded.items()
        for take, value in takes.items()
        if found[name][take] != value
    }
    assert found.keys() == recorded.keys()
    assert all(found[name].keys() == takes.keys() for name, takes in recorded.items())
    assert changed == CHANGED


def test_the_fingerprint_is_the_sha256_of_sorted_unescaped_json_without_spaces() -> None:
    text = '{"model":"a/b","payload":{"duration":5,"prompt":"Schiff, größer"}}'
    assert (
        fingerprint("a/b", {"prompt": "Schiff, größer", "duration": 5})
        == hashlib.sha256(text.encode()).hexdigest()
    )


def test_whole_floats_and_integers_are_the_same_request() -> None:
    assert fingerprint("a/b", {"duration": 5.0}) == fingerprint("a/b", {"duration": 5})
    assert fingerprint("a/b", {"scale": 0.5}) != fingerprint("a/b", {"scale": 1})


def test_true_is_not_one() -> None:
    assert fingerprint("a/b", {"x": True}) != fingerprint("a/b", {"x": 1})


def test_the_order_of_keys_does_not_matter_and_the_model_does() -> None:
    assert fingerprint("a/b", {"x": 1, "y": 2}) == fingerprint("a/b", {"y": 2, "x": 1})
    assert fingerprint("a/b", {"x": 1}) != fingerprint("a/c", {"x": 1})


def test_repeats_of_an_equal_payload_differ_and_the_first_is_the_plain_one() -> None:
    prints = {fingerprint("a/b", {"x": 1}, repeat=n) for n in range(3)}
    assert len(prints) == 3
    assert fingerprint("a/b", {"x": 1}) in prints


@pytest.mark.parametrize("payload", [{}, {"x": 5.0, "text": "größer \ud800"}])
@pytest.mark.parametrize("repeat", [0, 1, 9, 10, 99_999])
def test_a_fingerprint_is_found_among_its_repeats_alone(payload: Payload, repeat: int) -> None:
    value = fingerprint("a/b", payload, repeat=repeat)
    assert find_repeat(value, "a/b", payload, repeats=range(100_000)) == repeat
    assert find_repeat(value, "a/b", payload, repeats=(repeat,)) == repeat
    others = (repeat + 1, repeat + 10)
    assert find_repeat(value, "a/b", payload, repeats=others) is None
    assert find_repeat(value, "a/c", payload, repeats=(repeat,)) is None


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": float("nan")})
