"""The fast check: what it calls valid is valid to jsonschema."""

from __future__ import annotations

import copy
import math
import re
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import validator_for

from storyboard.models.schema.errors import find_errors
from storyboard.models.schema.storyboard import include_schema, storyboard_schema
from storyboard.models.schema.validator import (
    compile_check,
    find_suspects,
    is_bounded,
    is_schema,
    matcher,
)
from tests.models.cards import wan_card

CARD = wan_card()
FILM: dict[str, Any] = {
    "version": 1,
    "title": "Rain",
    "model": CARD.name,
    "vars": {"hero": "a woman"},
    "negatives": {"base": "text"},
    "seeds": {"hero": 42},
    "defaults": {"ratio": "16:9", "negative": ["base"], "duration": 5},
    "scenes": [
        {
            "id": "pier",
            "vars": {"place": "a pier"},
            "shots": [
                {"id": "a", "prompt": "{{ hero }}", "seed": "hero", "takes": 2, "skip": False},
                {"id": "b", "prompt": "Rain", "matrix": {"city": ["Oslo"]}, "tags": ["x"]},
            ],
        }
    ],
}
SHARED = {key: FILM[key] for key in ("vars", "negatives", "seeds", "defaults")}
REQUEST = {"prompt": "Rain", "duration": 5, "ratio": "16:9", "seed": 1, "prompt_extend": False}
DOCUMENTS = [
    (storyboard_schema([CARD]), FILM),
    (include_schema([CARD]), SHARED),
    (dict(CARD.request_schema), REQUEST),
]

values = st.sampled_from(
    [
        *(None, True, False, 0, 1, 1.0, 1.5, 5.0, -1, 16, 2**31, 2**64, 10**40, 1e300),
        *("", "x", "a\n", "x\n\n", "5", "16:9", "con", "NUL.txt", "a.t1", "a.", "é", "٣", "auto"),
        *("{{ x }}", "{% x %}", "x" * 101, "x" * 5001, "https://example.com/a\n", "\U0001f600"),
        *([], {}, [1], ["base", ""], {"a": 1}, {"a b": 1}, {"title": 1}, {"": "x"}),
    ]
)


def parts_of(document: Any) -> list[Any]:
    """Every mapping and list in a document."""
    found = [document] if isinstance(document, (dict, list)) else []
    inner = document.values() if isinstance(document, dict) else document
    return found + [part for item in inner for part in parts_of(item)] if found else []


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS, ids=["film", "include", "request"])
def test_what_is_sound_passes(schema: dict[str, Any], document: dict[str, Any]) -> None:
    assert compile_check(schema)(document)


@settings(deadline=None)
@given(st.data())
def test_a_yes_is_a_yes_of_jsonschema(data: st.DataObject) -> None:
    schema, sound = data.draw(st.sampled_from(DOCUMENTS))
    document = copy.deepcopy(sound)
    for _ in range(data.draw(st.integers(1, 2))):
        part = data.draw(st.sampled_from(parts_of(document)))
        if isinstance(part, list):
            part.append(copy.deepcopy(data.draw(values)))
            continue
        key = data.draw(st.sampled_from([*sorted(part), "extra", "shots", "seed", "id"]))
        part[key] = copy.deepcopy(data.draw(values))
    exact = validator_for(schema)(schema)
    if compile_check(schema)(document):
        assert exact.is_valid(document)
    else:
        suspects = find_suspects(schema, document)
        assert suspects is None or suspects or exact.is_valid(document)


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, object(), 10**400])
def test_what_is_no_json_is_never_sure(value: object) -> None:
    is_sure = compile_check(DOCUMENTS[2][0])
    assert not is_sure({"prompt": value})
    assert not is_sure({"prompt": "Rain", "seed": value})


def patterns_of(schema: Any) -> list[str]:
    own = [mapping["pattern"] for mapping in parts_of(schema) if "pattern" in mapping]
    return [pattern for pattern in own if isinstance(pattern, str)]


PATTERNS = [
    *sorted({pattern for schema, _ in DOCUMENTS for pattern in patterns_of(schema)}),
    *(
        r"^a$",
        r"a$(?!\n)",
        r"^(?!.*b$)",
        r"^[^\s]+$",
        r"\sa",
        r"^[\s\S]b",
        r"^.a",
        r"^a|b$",
        r"^[.$]+$",
        r"^\d$",
        r"\w",
        r"[^\d]",
        r"a\b",
        r"[]a]",
        r"[a[b]",
        r"(?i)a",
        r"(?<=a)b",
        r"\Aa\Z",
        r"(a)\1",
    ),
]
CHARACTERS = [
    *"ab.$/:-_{%#0",
    "\n",
    "\r",
    "\x1c",
    "\x85",
    "\u2028",
    "\ufeff",
    "\xa0",
    "é",
    "٣",
    "\U0001f600",
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATTERNS), st.text(st.sampled_from(CHARACTERS), max_size=4))
def test_a_pattern_means_the_same_to_what_says_yes_and_to_what_explains(
    pattern: str, text: str
) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": pattern}
    assert compile_check(schema)(text) is (not list(find_errors(text, schema)))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(patterns_of([schema for schema, _ in DOCUMENTS])), st.text(max_size=4))
def test_our_own_patterns_mean_what_they_mean_to_python(pattern: str, text: str) -> None:
    in_python = pattern if pattern.endswith(")") else f"{pattern}(?!\\n)"
    assert bool(matcher(pattern)(text)) is (re.search(in_python, text) is not None)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|a)*$", r"^(a*)*b$", r"^a*a*a*a*a*a*a*b$"])
def test_a_pattern_that_python_matches_for_hours_costs_little(pattern: str) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": pattern}
    assert not compile_check(schema)("a" * 5000 + "!")
    assert len(list(find_errors("a" * 5000 + "!", schema))) == 1


@pytest.mark.parametrize("pattern", [r"^(?!a)", r"(?<=a)b", r"(a)\1", "(a{1000}){1000}"])
def test_a_pattern_that_only_backtracking_matches_is_not_bounded(pattern: str) -> None:
    assert not is_bounded(pattern)


def test_what_only_looks_like_a_pattern_is_data() -> None:
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    assert compile_check({**draft, "const": {"pattern": "a.b"}})({"pattern": "a.b"})
    assert not compile_check({**draft, "const": {"pattern": "a.b"}})({"pattern": "a[^\\n]b"})
    named = {"properties": {"const": {"pattern": "a.b"}, "pattern": {"const": 1}}}
    assert not compile_check({**draft, **named})({"const": "a\nb"})
    assert compile_check({**draft, **named})({"const": "axb", "pattern": 1})


def test_patterns_of_keys_are_left_to_jsonschema() -> None:
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    by_pattern = {**draft, "patternProperties": {"a.": {"type": "string"}}}
    assert not compile_check(by_pattern)({"ab": "text"})
    assert not is_schema(by_pattern)


def test_a_format_is_asserted_by_neither() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "not": {"format": "date"}}
    assert not compile_check(schema)("a")


def test_a_schema_that_cannot_be_used_is_sure_of_nothing() -> None:
    assert not compile_check({"pattern": "("})("a")
    assert not is_schema({"$schema": DOCUMENTS[2][0]["$schema"], "pattern": "("})
    assert not is_schema({"$schema": DOCUMENTS[2][0]["$schema"], "type": 3})


def test_a_reference_out_of_a_schema_becomes_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.append(args))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        assert not compile_check({"$ref": address})("a")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert asked == []
