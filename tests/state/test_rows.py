from __future__ import annotations

import json
from dataclasses import fields

import pytest

from storyboard.fingerprint import fingerprint
from storyboard.planning.changes import describe_changes
from storyboard.records import Submission, Video
from storyboard.state.checks import SUBMISSION_CHECKS, VIDEO_CHECKS
from storyboard.state.rows import StoredPayload

PAYLOAD = {"prompt": "A harbor", "duration": 5, "seed": None}


def test_each_column_has_its_rule() -> None:
    rules = [check.column for check in SUBMISSION_CHECKS]
    assert rules == [field.name for field in fields(Submission)][:-1]
    assert [check.column for check in VIDEO_CHECKS][4:] == [field.name for field in fields(Video)]


def test_a_stored_payload_is_the_payload_in_its_order() -> None:
    stored = StoredPayload(json.dumps(PAYLOAD))
    assert stored == PAYLOAD
    plain = dict(PAYLOAD)
    assert plain == stored  # which a dict leaves to its other side
    assert list(stored) == list(PAYLOAD)
    assert repr(stored) == repr(PAYLOAD)
    assert json.dumps(dict(stored)) == json.dumps(PAYLOAD)
    assert fingerprint("a/b", stored) == fingerprint("a/b", PAYLOAD)
    assert describe_changes(stored, PAYLOAD) == ""


def test_a_payload_that_nobody_asks_for_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.state.rows.json.loads", None)
    StoredPayload("{}")
