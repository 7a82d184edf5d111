from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from storyboard.models.schema.validator import compile_check
from storyboard.outputs.manifest.file import manifest_bytes
from storyboard.outputs.manifest.shape import shape_problem
from tests.outputs.states import make_manifest

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schemas" / "manifest.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
MANIFEST = json.loads(manifest_bytes(make_manifest()))

values = st.sampled_from(
    [
        *(None, True, False, 0, 1, 1.0, 1.5, -1, 200, 200.0, 10**20, "", "x", "a/b", "/a", "done"),
        *("pending", "2026-11-22T14:03:11Z", "2026-11-22T14:03:11Z\n", "a" * 64, "a" * 64 + "\n"),
        *("A" * 3000, "ä" * 2000, "😀" * 2000, "😀" * 2001, "sandbox", "sandbox\n", "https://x"),
        *("https://ä", "x\ny", "\u0663", "\ud800", "2026-11-22T14:03:1\u0661Z"),
        *([], {}, {"a": 1}, [10**30], {"\udfff": "\ud800"}, float("nan"), float("inf")),
    ]
)


def verdicts(document: Any) -> tuple[bool, bool]:
    return compile_check(SCHEMA)(document), VALIDATOR.is_valid(document)


def test_a_manifest_of_every_status_is_surely_right() -> None:
    assert verdicts(MANIFEST) == (True, True)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_surely_right_is_right_to_jsonschema_too(data: st.DataObject) -> None:
    document: dict[str, Any] = copy.deepcopy(MANIFEST)
    for _ in range(data.draw(st.integers(1, 2))):
        take = data.draw(st.sampled_from(document["takes"]), label="take")
        file = take.get("file")
        parts = [take] * 4 + [document] + ([file] if isinstance(file, dict) else [])
        part = data.draw(st.sampled_from(parts))
        key = data.draw(st.sampled_from([*sorted(part), "extra"]), label="key")
        if key == "takes":
            continue
        if data.draw(st.booleans(), label="drop"):
            part.pop(key, None)
        else:
            part[key] = data.draw(values, label="value")
    is_sure, is_right = verdicts(document)
    assert is_right or not is_sure
    assert (shape_problem(document) is None) is is_right


def test_a_space_is_what_it_is_to_python() -> None:
    for space in filter(str.isspace, map(chr, range(sys.maxunicode + 1))):
        for origin in (f"https://a{space}b", f"https://{space}", f"https://ab{space}"):
            assert verdicts({**MANIFEST, "origin": origin}) == (False, False), ascii(space)


@pytest.mark.parametrize("text", ["https://a\ufeffb", "https://ä", "https://a\u200bb"])
def test_other_odd_characters_are_none(text: str) -> None:
    assert shape_problem({**MANIFEST, "origin": text}) is None


@pytest.mark.parametrize("value", ["\ud800", 10**400, [10**30], float("nan")])
def test_what_rust_cannot_hold_is_left_to_jsonschema(value: Any) -> None:
    document = copy.deepcopy(MANIFEST)
    document["takes"][0]["payload"]["odd"] = value
    assert shape_problem(document) is None
