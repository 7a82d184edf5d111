"""Faults as values: read, written, and striking the same requests every time."""

from __future__ import annotations

from dataclasses import fields

import pytest

from storyboard.records import Json
from storyboard.sandbox.faults import FAULTS, Faults, fault_from_text, faults_from_json


def test_every_fault_is_described_and_off_by_default() -> None:
    faults = Faults()
    others = {"seed", "slow_s", "cut_after_bytes", "fail_marker"}
    assert {field.name for field in fields(Faults)} == set(FAULTS) | others
    assert not any(faults.injects(name, count) for name in FAULTS for count in range(1, 100))


def test_chance_is_the_same_for_the_same_seed_whatever_came_before() -> None:
    faults = Faults(seed=3, lost_reply=0.2)
    injected = [n for n in range(1, 1001) if faults.injects("lost_reply", n)]
    backwards = [n for n in range(1000, 0, -1) if faults.injects("lost_reply", n)]
    assert injected == backwards[::-1]
    assert 150 < len(injected) < 250
    other = [n for n in range(1, 1001) if Faults(seed=4, lost_reply=0.2).injects("lost_reply", n)]
    assert other != injected


def test_a_list_strikes_exactly_its_requests() -> None:
    faults = Faults(error_500=(2, 5))
    assert [n for n in range(1, 9) if faults.injects("error_500", n)] == [2, 5]


def test_certainty_strikes_always() -> None:
    assert all(Faults(slow=1.0).injects("slow", n) for n in range(1, 500))


def test_faults_survive_json() -> None:
    faults = Faults(seed=9, lost_reply=0.25, error_500=(1, 3), fail_marker="[fail]")
    assert faults_from_json(faults.data) == faults


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], 'faults are a JSON object, like {"lost_reply": 0.1}'),
        ({"slow": 1.5}, "slow: a probability is between 0 and 1, not 1.5"),
        ({"slow": True}, "slow: a probability is between 0 and 1, not True"),
        ({"slow": "often"}, "slow: a probability is between 0 and 1, not 'often'"),
        ({"slow": [0]}, "slow: requests are counted from 1, as whole numbers"),
        ({"slow_s": -1}, "slow_s is a number of at least 0, not -1"),
        ({"fail_marker": ""}, "fail_marker is text that prompts may contain, or null"),
    ],
)
def test_what_cannot_be_meant_is_told(data: Json, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        faults_from_json(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lost_reply=0.1", ("lost_reply", 0.1)),
        ("error_500=@2,5", ("error_500", [2, 5])),
        ("fail_marker=[x=y]", ("fail_marker", "[x=y]")),
    ],
)
def test_the_command_line_writes_faults_briefly(text: str, fault: tuple[str, Json]) -> None:
    assert fault_from_text(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lost_reply", "'lost_reply' is not NAME=PROBABILITY, like lost_reply=0.1"),
        (
            "lost_reply=often",
            "'often' is neither a probability (0.1) nor a list of requests (@2,5)",
        ),
        ("slow=@", "'@' is neither a probability (0.1) nor a list of requests (@2,5)"),
    ],
)
def test_a_fault_that_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        fault_from_text(text)
    assert str(caught.value) == message
