"""What the manifest keeps of a take's models that led to nothing, so that no clone begins again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import UnusableManifest
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.existing import keep_existing
from storyboard.outputs.manifest.file import Manifest, manifest_bytes, parse_manifests
from storyboard.outputs.manifest.manifest import build_manifest, spent_in_blocks
from storyboard.outputs.manifest.takes import to_takes
from storyboard.planning.plan import make_plan
from storyboard.planning.states import read_states
from storyboard.records import ActionKind, Storyboard, Submission, SubmissionState, Take, TakeStatus
from storyboard.recovery.decisions import abandoned
from tests.made import NOW, make_done, make_submission, make_take

ORIGIN = "https://api.modellix.ai"
State = SubmissionState


FILM = Storyboard(Path("film.yaml"), "film", None, (), (), {})

A = make_take(model="a")
B = make_take(model="b")
TAKE = replace(A, fallbacks=(B, make_take(model="c")))
FAILED = make_submission(A, State.FAILED, reason="the GPU melted", finished_at=NOW)
REFUSED = make_submission(B, State.REJECTED, id=2, http_status=422, reason="too long")


def manifest_of(known: Sequence[Submission], take: Take = TAKE) -> Manifest:
    states = read_states([take], known, has_file=lambda video: True)
    return build_manifest(FILM, ORIGIN, states)


def block_of(known: Sequence[Submission]) -> dict[str, Any]:
    [block] = json.loads(manifest_bytes(manifest_of(known)))["takes"]
    return dict(block)


def clone(manifest: Manifest, folder: Path) -> list[Submission]:
    [read] = parse_manifests(manifest_bytes(manifest))
    found = adoptable([read], [], folder, origin=ORIGIN, storyboard="film")
    return [replace(one, id=number) for number, one in enumerate(found, start=1)]


def test_a_block_says_which_model_it_is_of_and_what_became_of_the_others() -> None:
    block = block_of([FAILED, REFUSED, make_submission(TAKE.fallbacks[1], State.ACCEPTED, id=3)])
    assert (block["model"], block["status"]) == ("c", "rendering")
    facts = [
        (one["model"], one["status"], one["error"], one["http_status"])
        for one in block["failed_candidates"]
    ]
    assert facts == [("a", "failed", "the GPU melted", None), ("b", "rejected", "too long", 422)]
    assert [one["fingerprint"] for one in block["failed_candidates"]] == [
        A.fingerprint,
        B.fingerprint,
    ]


def test_a_take_whose_next_model_was_not_sent_keeps_why() -> None:
    block = block_of([FAILED])
    assert (block["model"], block["status"]) == ("b", "pending")
    assert [one["model"] for one in block["failed_candidates"]] == ["a"]


def test_a_take_of_which_nothing_failed_has_no_such_key() -> None:
    for known in ([], [make_done(A)], [make_submission(A, State.ACCEPTED)]):
        assert "failed_candidates" not in block_of(known)


@pytest.mark.parametrize(
    "known",
    [
        [FAILED],
        [FAILED, make_submission(B, State.ACCEPTED, id=2)],
        [FAILED, make_done(B, id=2)],
        [FAILED, REFUSED],
        [FAILED, make_submission(B, State.UNKNOWN, id=2, reason="no answer came")],
    ],
    ids=["pending", "rendering", "rendered", "refused too", "unknown"],
)
def test_a_clone_goes_on_where_the_other_was_and_writes_the_same_bytes(
    known: list[Submission], tmp_path: Path
) -> None:
    manifest = manifest_of(known)
    cloned = clone(manifest, tmp_path)
    assert manifest_bytes(manifest_of(cloned)) == manifest_bytes(manifest)
    here, there = (
        make_plan([TAKE], rows, now=NOW, has_file=lambda video: True).actions[0]
        for rows in (known, cloned)
    )
    assert (here.kind, here.take) == (there.kind, there.take)


@pytest.mark.parametrize("task", [None, "task-1"], ids=["no reply", "no longer found"])
def test_a_clone_does_not_take_a_request_that_was_given_up_for_one_that_failed(
    tmp_path: Path, task: str | None
) -> None:
    unknown = make_submission(A, State.UNKNOWN, task_id=task, reason="no answer came")
    cloned = clone(manifest_of([abandoned(unknown, now=NOW)]), tmp_path)
    [action] = make_plan([TAKE], cloned, now=NOW, has_file=lambda video: True).actions
    assert (action.kind, action.take.model) == (ActionKind.HOLD, "a")


def test_the_takes_of_a_manifest_know_the_models_that_failed() -> None:
    known = [FAILED, make_done(B, id=2)]
    [take] = to_takes(manifest_of(known), Path("manifest.json"))
    [state] = read_states([take], known, has_file=lambda video: True)
    assert (state.status, state.take.model) == (TakeStatus.DONE, "b")
    assert state.failed == (FAILED,)


def test_two_machines_that_saw_a_model_fail_at_other_seconds_agree_to_the_byte() -> None:
    standing = manifest_of([FAILED])
    later = replace(FAILED, finished_at=NOW + timedelta(seconds=40))
    kept = keep_existing(manifest_of([later]), [standing], now=NOW)
    assert manifest_bytes(kept) == manifest_bytes(standing)


def test_what_a_failed_model_was_billed_counts_as_spent() -> None:
    assert spent_in_blocks(manifest_of([replace(FAILED, billed_micros=500_000)])) == 500_000


def test_a_failed_model_with_a_payload_that_is_not_its_own_is_refused(tmp_path: Path) -> None:
    document = json.loads(manifest_bytes(manifest_of([FAILED])))
    document["takes"][0]["failed_candidates"][0]["payload"] = {"prompt": "another"}
    [manifest] = parse_manifests(json.dumps(document).encode())
    with pytest.raises(UnusableManifest, match="does not match its payload"):
        adoptable([manifest], [], tmp_path, origin=ORIGIN, storyboard="film")


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("status", "rendered", "takes[0].failed_candidates[0].status"),
        ("submitted_at", "2026-13-45T99:00:00Z", "failed_candidates[0].submitted_at"),
        ("error", None, "takes[0].failed_candidates[0].error"),
        ("model", "../b", "takes[0].failed_candidates[0].model"),
    ],
)
def test_a_failed_model_is_checked_as_a_take_is(key: str, value: Any, problem: str) -> None:
    document = json.loads(manifest_bytes(manifest_of([FAILED])))
    document["takes"][0]["failed_candidates"][0][key] = value
    with pytest.raises(ValueError, match=r"takes\[0\]") as caught:
        parse_manifests(json.dumps(document).encode())
    assert problem in str(caught.value)
