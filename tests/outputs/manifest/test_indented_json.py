from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.outputs.manifest import indented_json as module
from storyboard.outputs.manifest.indented_json import flat_objects, indented

TEXT = st.text(max_size=8) | st.sampled_from(['},\n    {"a": 1', "\n", '"', "{}", "\u2028", "NaN"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
RECORDS = st.lists(st.dictionaries(TEXT, SCALARS, min_size=1, max_size=4), max_size=8)
VALUES = st.recursive(
    SCALARS | RECORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans())
def test_it_writes_what_json_dumps_writes(value: Any, is_ascii: bool) -> None:
    assert indented(value, ensure_ascii=is_ascii) == json.dumps(
        value, indent=2, ensure_ascii=is_ascii
    )


@settings(max_examples=100, deadline=None)
@given(RECORDS)
def test_objects_stand_as_deep_as_they_are_in_a_document(records: list[dict[str, Any]]) -> None:
    texts = list(flat_objects(records, 4))
    written = json.dumps({"takes": records}, indent=2)
    assert [text in written for text in texts] == [True] * len(records)
    assert json.loads(f"[{','.join(texts)}]", parse_constant=str) == json.loads(
        json.dumps(records), parse_constant=str
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_batches_join_without_a_seam(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    records: list[dict[str, Any]] = [{"id": f"a{n}", "more": [n] * (n == 3)} for n in range(count)]
    assert indented({"all": records}) == json.dumps({"all": records}, indent=2)


def test_flat_objects_are_not_encoded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    encode = json.JSONEncoder.encode
    monkeypatch.setattr(json.JSONEncoder, "encode", lambda *a: calls.append(a) or encode(*a))
    indented([{"id": number} for number in range(2000)])
    assert len(calls) == 2


def test_what_json_cannot_hold_is_refused_or_spelled_as_asked() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented([{"a": float("nan")}], allow_nan=False)
    assert indented([{"a": {1}}], default=list) == json.dumps([{"a": [1]}], indent=2)
