"""Errors of long files: valid entries are skipped, and no error is missed."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.models.schema.errors import SchemaError, find_errors
from storyboard.models.schema.storyboard import storyboard_schema
from tests.models.cards import wan_card

SCHEMA = storyboard_schema([wan_card()])
SHOT: dict[str, Any] = {"id": "a", "prompt": "Rain", "duration": 5}


def errors_of(document: Any) -> list[SchemaError]:
    return list(find_errors(document, SCHEMA, skip_valid_entries=True))


def film(shots: int) -> dict[str, Any]:
    return {"version": 1, "shots": [{**SHOT, "id": f"s{n}"} for n in range(shots)]}


def test_one_error_among_many_shots_has_its_index_in_the_whole_file() -> None:
    document = film(500)
    document["shots"][321]["duration"] = 99
    assert [error.path for error in errors_of(document)] == [("shots", 321, "duration")]


def test_errors_in_scenes_have_both_indexes() -> None:
    scenes = [{"id": f"c{n}", "shots": film(9)["shots"]} for n in range(9)]
    scenes[7]["shots"][5]["promt"] = "Rain"
    scenes[8]["title"] = 5
    found = [error.path for error in errors_of({"version": 1, "scenes": scenes})]
    assert sorted(found, key=str) == [("scenes", 7, "shots", 5, "promt"), ("scenes", 8, "title")]


def test_a_key_that_is_a_number_is_named_as_it_is_written() -> None:
    document = {**film(3), "negatives": {"042": None, "42": "blurry"}}
    document["shots"][1]["duration"] = 99
    found = [error.path for error in errors_of(document)]
    assert sorted(found, key=str) == [("negatives", "042"), ("shots", 1, "duration")]


@settings(deadline=None)
@given(st.data())
def test_what_is_found_is_what_is_found_in_the_whole(data: st.DataObject) -> None:
    document = copy.deepcopy(film(5))
    if data.draw(st.booleans()):
        document = {"version": 1, "scenes": [{"id": "c", "shots": document["shots"]}] * 3}
        document = copy.deepcopy(document)
    holders = [document, *document.get("scenes", []), *document.get("shots", [])]
    holders += [shot for scene in document.get("scenes", []) for shot in scene["shots"]]
    for _ in range(data.draw(st.integers(1, 3))):
        holder = data.draw(st.sampled_from(holders))
        key = data.draw(st.sampled_from(["id", "shots", "scenes", "promt", "seed", "version"]))
        value = data.draw(st.sampled_from([None, 99, "x", [], [{}], {"a": 1}, [1, "x"]]))
        holder[key] = copy.deepcopy(value)
    assert summary(errors_of(document)) == summary(find_errors(document, SCHEMA))


def summary(errors: Iterable[SchemaError]) -> list[str]:
    return sorted(f"{error.path} {error.keyword}" for error in errors)
