from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from storyboard.outputs.manifest import manifest_bytes
from storyboard.outputs.quick_schema import compile_schema
from tests.outputs.states import make_manifest

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "manifest.schema.json").read_text(encoding="utf-8")
)
MANIFEST = json.loads(manifest_bytes(make_manifest()))
quick = compile_schema(SCHEMA)
exact = Draft202012Validator(SCHEMA)

values = st.sampled_from(
    [
        *(None, True, False, 0, 1, 1.0, 1.5, -1, 200, 10**20, "", "x", "a/b", "/a", "done"),
        *("pending", "2026-11-22T14:03:11Z", "a" * 64, "A" * 3000, "sandbox", "https://x"),
        *([], {}, {"a": 1}),
    ]
)


def test_a_manifest_of_every_status_passes() -> None:
    assert quick(MANIFEST)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_verdict_is_that_of_jsonschema(data: st.DataObject) -> None:
    document: dict[str, Any] = copy.deepcopy(MANIFEST)
    for _ in range(data.draw(st.integers(1, 2))):
        take = data.draw(st.sampled_from(document["takes"]), label="take")
        file = take.get("file")
        part = data.draw(st.sampled_from([take] * 4 + [document] + [file] * isinstance(file, dict)))
        key = data.draw(st.sampled_from([*sorted(part), "extra"]), label="key")
        if key == "takes":
            continue
        if data.draw(st.booleans(), label="drop"):
            part.pop(key, None)
        else:
            part[key] = data.draw(values, label="value")
    assert quick(document) is exact.is_valid(document)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 1}, True),
        ({"enum": [0, "a"]}, False),
        ({"type": "integer"}, True),
        ({"type": "number"}, False),
        ({"pattern": "^a$"}, "a\n"),
        ({"items": {"type": "string"}}, ["a", 1]),
    ],
)
def test_what_python_takes_for_equal_is_not_equal_in_json(schema: Any, value: Any) -> None:
    assert not compile_schema(schema)(value)


@pytest.mark.parametrize("schema", [{"oneOf": []}, {"$ref": "#"}, {"additionalProperties": {}}])
def test_a_keyword_that_is_not_known_is_not_passed_over(schema: Any) -> None:
    with pytest.raises(KeyError):
        compile_schema(schema)
