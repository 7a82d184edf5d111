"""What the manifest says of files and frames, so that a clone knows a chain from it alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from storyboard.fingerprint import fingerprint
from storyboard.media import FileInput, FrameInput, with_inputs
from storyboard.models.folder import read_schema
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.file import Manifest, manifest_bytes, parse_manifests
from storyboard.outputs.manifest.manifest import build_manifest
from storyboard.outputs.manifest.takes import to_takes
from storyboard.outputs.write import write_outputs
from storyboard.planning.graph import find_circle, in_order
from storyboard.planning.plan import make_plan
from storyboard.planning.states import read_states
from storyboard.records import ActionKind, Submission, SubmissionState, Take, TakeStatus
from storyboard.state.store import Store
from tests.made import NOW, make_done, make_submission, make_take
from tests.outputs.states import HARBOR
from tests.planning.test_following import after, done, with_frames_of

ORIGIN = "https://api.modellix.ai"
PATH = Path("manifest.json")
A, B, C, PICTURE = "aa" * 32, "bb" * 32, "cc" * 32, "d0" * 32
ONE, TWO, THREE = make_take("one"), after("two", "one"), after("three", "two", frame=1.5)
CHAIN = (ONE, TWO, THREE)
ROWS = [
    done(ONE, 1, A),
    done(with_frames_of(TWO, one=A), 2, B),
    done(with_frames_of(THREE, two=B), 3, C),
]


def with_file(take: Take, path: str = "frames/pier.png", sha256: str = PICTURE) -> Take:
    """The take with a file as its first frame."""
    inputs = (FileInput(("first_frame",), sha256, path), *take.inputs)
    payload = with_inputs({**take.payload, "first_frame": None}, inputs)
    return replace(
        take, payload=payload, inputs=inputs, fingerprint=fingerprint(take.model, payload)
    )


def manifest_of(takes: Sequence[Take], known: Sequence[Submission]) -> Manifest:
    states = read_states(takes, known, has_file=lambda video: True)
    return build_manifest(HARBOR, ORIGIN, states)


def again(manifest: Manifest) -> Manifest:
    [read] = parse_manifests(manifest_bytes(manifest))
    return read


def blocks(manifest: Manifest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(manifest_bytes(manifest))["takes"]
    return found


def test_a_manifest_says_where_files_and_frames_come_from() -> None:
    made = manifest_of([with_file(ONE), after("two", "one", frame=1.5)], [done(ONE, 1, A)])
    one, two = blocks(made)
    assert one["payload"]["first_frame"] == {"sha256": PICTURE}
    assert one["inputs"] == [{"at": "first_frame", "path": "frames/pier.png"}]
    assert two["payload"]["pictures"] == [{"take": "one", "frame": 1.5}]
    assert two["inputs"] == [{"at": "pictures[0]", "take": "one", "frame": 1.5}]
    assert two["status"] == "pending"
    document = json.loads(manifest_bytes(made))
    assert document["schema_version"] == 4
    assert Draft202012Validator(read_schema("manifest")).is_valid(document)


def test_a_film_without_files_and_frames_keeps_its_bytes() -> None:
    document = json.loads(manifest_bytes(manifest_of([ONE], ROWS)))
    assert document["schema_version"] == 3
    assert "inputs" not in document["takes"][0]


@pytest.mark.parametrize(
    ("path", "written"),
    [("caf\ud800.png", "caf?.png"), ("D:/x.png", None), ("../x: y\n.png", "../x: y\n.png")],
)
def test_a_manifest_with_a_file_of_any_name_can_be_read_again(
    path: str, written: str | None
) -> None:
    made = again(manifest_of([with_file(ONE, path)], []))
    assert [one.path for one in made.takes[0].inputs if isinstance(one, FileInput)] == (
        [written] if written else []
    )


def test_inputs_are_read_back_to_the_byte() -> None:
    made = manifest_of([with_file(ONE), *CHAIN[1:]], [done(with_file(ONE), 1, A), *ROWS[1:]])
    assert again(made) == made
    takes = to_takes(again(made), PATH)
    assert takes[0].inputs == with_file(ONE).inputs
    assert takes[1].inputs == (FrameInput(("pictures", 0), "one", "last", A),)
    assert takes[2].inputs == (FrameInput(("pictures", 0), "two", 1.5, B),)
    states = read_states(takes, ROWS, has_file=lambda video: True)
    assert build_manifest(HARBOR, ORIGIN, states).takes[1:] == made.takes[1:]


def test_a_clone_knows_a_chain_from_the_manifest_alone(tmp_path: Path) -> None:
    made = again(manifest_of(CHAIN, ROWS))
    cloned = adoptable([made], [], tmp_path, origin=ORIGIN, storyboard="harbor")
    for takes in (CHAIN, to_takes(made, PATH)):
        actions = make_plan(takes, cloned, now=NOW, has_file=lambda video: True).actions
        assert {one.kind for one in actions} == {ActionKind.KEEP}
        assert manifest_of(takes, cloned) == made


def test_outputs_of_a_chain_are_written_once_and_again_to_the_byte(tmp_path: Path) -> None:
    with closing(Store(tmp_path, origin=ORIGIN, storyboard="harbor")) as store:
        for row in ROWS:
            store.adopt(replace(row, id=0))

        def write() -> tuple[bytes, int]:
            states = read_states(CHAIN, store.submissions(), has_file=lambda video: True)
            write_outputs(HARBOR, ORIGIN, states, tmp_path, store, now=NOW)
            return (tmp_path / "manifest.json").read_bytes(), store._db.total_changes

        first = write()
        assert write() == first
        store.adopt(make_submission(ONE, SubmissionState.ACCEPTED, id=0, task_id="again"))
        states = read_states(CHAIN, store.submissions(), has_file=lambda video: True)
        assert [one.status.value for one in states] == ["rendering", "done", "done"]
        assert write()[0] == first[0]


def test_a_file_that_was_renamed_is_written_and_pays_for_nothing(tmp_path: Path) -> None:
    take, moved = with_file(ONE), with_file(ONE, "cast/hero.png")
    with closing(Store(tmp_path, origin=ORIGIN, storyboard="harbor")) as store:
        store.adopt(make_done(take, id=0))
        for one in (take, moved):
            states = read_states([one], store.submissions(), has_file=lambda video: True)
            assert states[0].status is TakeStatus.DONE
            write_outputs(HARBOR, ORIGIN, states, tmp_path, store, now=NOW)
            [made] = parse_manifests((tmp_path / "manifest.json").read_bytes())
            assert made.takes[0].inputs == one.inputs


@pytest.mark.parametrize("number", [1, 2, 7])
def test_equal_takes_of_a_shot_follow_their_parent_with_their_own_fingerprints(number: int) -> None:
    child = replace(
        after(f"hero.t{number}", "one"), repeat=number - 1, payload=after("hero", "one").payload
    )
    child = replace(child, fingerprint=fingerprint(child.model, child.payload, repeat=child.repeat))
    [_, pending] = to_takes(again(manifest_of([ONE, child], [])), PATH)
    assert pending.repeat == child.repeat
    for takes in ([ONE, child], [ONE, pending]):
        state = read_states(takes, [done(ONE, 1, A)], has_file=lambda video: True)[1]
        payload = with_inputs(child.payload, [FrameInput(("pictures", 0), "one", "last", A)])
        assert state.take.fingerprint == fingerprint(child.model, payload, repeat=child.repeat)


def test_a_model_that_failed_follows_the_parent_too() -> None:
    second = replace(after("two", "one"), model="b")
    second = replace(second, fingerprint=fingerprint("b", second.payload))
    take = replace(TWO, fallbacks=(second,))
    failed = make_submission(with_frames_of(TWO, one=A), SubmissionState.FAILED, id=2)
    made = again(manifest_of([ONE, take], [done(ONE, 1, A), failed]))
    assert [one.model for one in made.takes[1].failed_candidates] == [TWO.model]
    [_, read] = to_takes(made, PATH)
    known = [done(ONE, 1, "ee" * 32)]
    state = read_states([ONE, read], known, has_file=lambda video: True)[1]
    assert state.take.fingerprint == with_frames_of(TWO, one="ee" * 32).fingerprint


def document() -> dict[str, Any]:
    made = manifest_of([with_file(ONE), TWO], [done(with_file(ONE), 1, A)])
    found: dict[str, Any] = json.loads(manifest_bytes(made))
    assert found["takes"][1]["payload"]["pictures"] == [{"video": A, "frame": "last"}]
    return found


def put(take: int, /, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """What changes the input of a take."""
    return lambda manifest: manifest["takes"][take]["inputs"][0].update(changes)


def fill(take: int, /, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """What changes the payload of a take."""
    return lambda manifest: manifest["takes"][take]["payload"].update(changes)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (put(0, at="prompt"),
         'takes[0].inputs[0].at: "prompt" is no further file or frame of the payload'),
        (put(0, path="/etc/passwd"),
         'takes[0].inputs[0].path: "/etc/passwd" does not have the right form'),
        (put(0, path="\\\\host\\share\\x"),
         'takes[0].inputs[0].path: "\\\\\\\\host\\\\share\\\\x" does not have the right form'),
        (put(0, path="C:/x.png"),
         'takes[0].inputs[0].path: "C:/x.png" does not have the right form'),
        (put(0, take="one", frame="last"),
         "takes[0].inputs[0]: an object does not keep to oneOf"),
        (put(0, take="one"), "takes[0].inputs[0]: an object does not keep to dependentRequired"),
        (put(0, frame="last"), "takes[0].inputs[0]: an object does not keep to dependentRequired"),
        (put(0, path=7), "takes[0].inputs[0].path: 7 is not string"),
        (put(1, take="../x"), 'takes[1].inputs[0].take: "../x" does not have the right form'),
        (put(1, frame="middle"),
         'takes[1].inputs[0].frame: "middle" does not have the right form'),
        (put(1, frame=1e308), "takes[1].inputs[0].frame: 1e+308 does not keep to maximum 1000000"),
        (put(1, frame=-1), "takes[1].inputs[0].frame: -1 does not keep to minimum 0"),
        (put(1, frame=2),
         "takes[1].inputs[0]: the payload has another file or frame at pictures[0]"),
        (fill(0, first_frame={"sha256": "../x"}),
         "takes[0].inputs[0]: the payload has another file or frame at first_frame"),
        (fill(0, first_frame={"video": A, "frame": "last"}),
         "takes[0].inputs[0]: the payload has another file or frame at first_frame"),
        (fill(1, pictures=[{"video": ["x"], "frame": "last"}]),
         "takes[1].inputs[0]: the payload has another file or frame at pictures[0]"),
        (fill(1, pictures=[{"take": "other", "frame": "last"}]),
         "takes[1].inputs[0]: the payload has another file or frame at pictures[0]"),
        (fill(1, pictures=[{"video": A, "frame": "last", "more": 1}]),
         'takes[1].inputs[0].at: "pictures[0]" is no further file or frame of the payload'),
        (lambda manifest: manifest["takes"][0]["inputs"].append(manifest["takes"][0]["inputs"][0]),
         'takes[0].inputs[1].at: "first_frame" is no further file or frame of the payload'),
        (lambda manifest: manifest["takes"][0].update(inputs=[]),
         "takes[0].inputs: a list does not keep to minItems 1"),
    ],
)  # fmt: skip
def test_inputs_that_are_not_those_of_the_payload_are_refused_with_their_place(
    edit: Callable[[dict[str, Any]], None], problem: str
) -> None:
    manifest = document()
    edit(manifest)
    with pytest.raises(ValueError, match=r"takes\[") as caught:
        parse_manifests(json.dumps(manifest).encode())
    assert str(caught.value).startswith(problem)


def test_a_frame_that_is_true_is_not_the_frame_after_one_second() -> None:
    manifest = document()
    put(1, frame=1)(manifest)
    fill(1, pictures=[{"video": A, "frame": True}])(manifest)
    with pytest.raises(ValueError, match="another file or frame"):
        parse_manifests(json.dumps(manifest).encode())


def test_a_circle_and_takes_that_are_gone_cost_nothing_to_read() -> None:
    circle = [after("a", "b"), after("b", "c"), after("c", "a"), after("d", "gone")]
    found = find_circle(circle)
    assert " ".join([*found, *found]).find("a b c") >= 0
    assert len(found) == 3
    assert find_circle(circle[1:]) == ()
    made = again(manifest_of(circle, []))
    takes = to_takes(made, PATH)
    assert list(in_order(takes)) == list(takes)
    actions = make_plan(takes, [], now=NOW, has_file=lambda video: True).actions
    assert {one.kind for one in actions} == {ActionKind.HOLD}
    assert manifest_of(takes, []) == made


def test_a_hostile_manifest_does_not_make_the_search_for_a_repeat_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = manifest_of([ONE, TWO], [])
    child = replace(made.takes[1], id="two.t100000", take=100_000)
    takes = tuple(replace(child, shot=f"s{n}", id=f"s{n}.t100000") for n in range(300))
    monkeypatch.setattr("storyboard.outputs.manifest.takes.MAX_REPEATS_TRIED", 50)
    tried: list[int] = []

    def count(value: str, model: str, payload: object, *, repeats: Any) -> None:
        tried.extend(repeats)

    monkeypatch.setattr("storyboard.outputs.manifest.takes.find_repeat", count)
    to_takes(replace(made, takes=takes), PATH)
    assert len(tried) == 350
