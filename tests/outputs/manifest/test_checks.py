from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from storyboard.errors import UsageError
from storyboard.json_values import MAX_PAYLOAD_LEVELS
from storyboard.outputs.manifest.checks import parse_manifest
from storyboard.outputs.manifest.file import manifest_bytes, read_manifests
from storyboard.records import TakeStatus
from tests.outputs.states import make_manifest, make_state, make_take

SCHEMA = Path(__file__).parents[3] / "schemas" / "manifest.schema.json"


def document() -> dict[str, Any]:
    """A manifest with a done and a pending take, as JSON has it."""
    states = (
        make_state(make_take("hero", 1), TakeStatus.DONE),
        make_state(make_take("city"), TakeStatus.PENDING),
    )
    made: dict[str, Any] = json.loads(manifest_bytes(make_manifest(*states)))
    return made


def change(*steps: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    """What sets one value of a manifest."""

    def apply(manifest: Any) -> None:
        for step in steps[:-1]:
            manifest = manifest[step]
        manifest[steps[-1]] = to

    return apply


def drop(*steps: str | int) -> Callable[[dict[str, Any]], None]:
    """What removes one value of a manifest."""

    def apply(manifest: Any) -> None:
        for step in steps[:-1]:
            manifest = manifest[step]
        del manifest[steps[-1]]

    return apply


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def read(path: Path, content: bytes) -> UsageError:
    """The error that reading this content ends in."""
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_manifests(path)
    return caught.value


def test_a_payload_may_nest_as_deep_as_a_storyboard_allows() -> None:
    manifest = document()
    deepest = {"deep": nested(MAX_PAYLOAD_LEVELS - 1)}
    change("takes", 0, "payload", to=deepest)(manifest)
    change("takes", 0, "failed_candidates", to=[{"payload": deepest}])(manifest)
    assert parse_manifest(json.dumps(manifest).encode()) == manifest


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (change("schema_version", to=5),
         "its schema_version is 5, and this storyboard reads up to version 4"),
        (change("schema_version", to="1"), 'schema_version: "1" is not one of 3, 4'),
        (drop("schema_version"), "it is not a manifest"),
        (drop("origin"), "'origin' is missing"),
        (change("origin", to="http://example.com"),
         'origin: "http://example.com" does not have the right form'),
        (change("origin", to="https://me:secret@example.com"),
         'origin: "https://me:secret@example.com" does not have the right form'),
        (change("title", to=5), "title: 5 is not string or null"),
        (change("extra", to=1), 'unknown key "extra"'),
        (change("takes", to={}), "takes: an object is not array"),
        (change("takes", 0, to=7), "takes[0]: 7 is not object"),
        (change("takes", 0, "\x1b[31m", to=1), 'takes[0]: unknown key "\\u001b[31m"'),
        (drop("takes", 0, "payload"), "takes[0]: 'payload' is missing"),
        (change("takes", 0, "payload", to="x"), 'takes[0].payload: "x" is not object'),
        (change("takes", 0, "payload", "deep", to=nested(40)), "it is nested too deeply"),
        (change("takes", 0, "payload", "prompt", to="\ud800"),
         "it contains text that is not Unicode (half a surrogate pair)"),
        (change("takes", 0, "id", to="../x"),
         'takes[0].id: "../x" does not have the right form'),
        (change("takes", 0, "id", to="hero.t1\n"),
         'takes[0].id: "hero.t1\\n" does not have the right form'),
        (change("takes", 0, "id", to="x" * 200),
         f'takes[0].id: "{"x" * 56}... does not keep to maxLength 120'),
        (change("takes", 0, "id", to="villain.t1"),
         "takes[0].id: 'villain.t1' is not a take of the shot 'hero'"),
        (change("takes", 0, "take", to=4),
         "takes[0].id: 'hero.t1' is not a take of the shot 'hero'"),
        (change("takes", 0, "take", to=True), "takes[0].take: true is not integer"),
        (change("takes", 0, "scene", to="Aux"),
         "takes[0].scene: 'Aux' is the name of a Windows device"),
        (change("takes", 0, "status", to="finished"),
         'takes[0].status: "finished" is not one of pending, unknown, rendering, rendered, '
         "failed, rejected"),
        (change("takes", 0, "model", to="a/../b"),
         'takes[0].model: "a/../b" does not have the right form'),
        (change("takes", 0, "endpoint", to="//evil.example/x"),
         'takes[0].endpoint: "//evil.example/x" does not have the right form'),
        (change("takes", 0, "endpoint", to="/api/../x"),
         'takes[0].endpoint: "/api/../x" does not have the right form'),
        (change("takes", 0, "fingerprint", to="A" * 64),
         f'takes[0].fingerprint: "{"A" * 56}... does not have the right form'),
        (change("takes", 0, "fingerprint", to=None), "takes[0].fingerprint: null is not string"),
        (change("takes", 0, "video_url", to="javascript:alert(1)"),
         'takes[0].video_url: "javascript:alert(1)" does not have the right form'),
        (change("takes", 0, "video_url", to="https://x.example/\x1b[2J"),
         'takes[0].video_url: "https://x.example/\\u001b[2J" does not have the right form'),
        (change("takes", 0, "submitted_at", to="2026-02-30T00:00:00Z"),
         "takes[0].submitted_at: '2026-02-30T00:00:00Z' is not a time"),
        (change("takes", 0, "submitted_at", to=1790000000),
         "takes[0].submitted_at: 1790000000 is not string or null"),
        (change("takes", 0, "submitted_at", to=None), "takes[0].submitted_at: null is not string"),
        (change("takes", 0, "http_status", to=0),
         "takes[0].http_status: 0 does not keep to minimum 100"),
        (change("takes", 0, "file", "path", to="/etc/passwd"),
         'takes[0].file.path: "/etc/passwd" must be a plain path inside the output folder'),
        (change("takes", 0, "file", "path", to="videos/../../x.mp4"),
         'takes[0].file.path: "videos/../../x.mp4" must be a plain path inside the output folder'),
        (change("takes", 0, "file", "path", to="videos\\x.mp4"),
         'takes[0].file.path: "videos\\\\x.mp4" contains a character that some systems do '
         "not allow in file names"),
        (change("takes", 0, "file", "sha256", to="c0de"),
         'takes[0].file.sha256: "c0de" does not have the right form'),
        (change("takes", 0, "file", "bytes", to=-1),
         "takes[0].file.bytes: -1 does not keep to minimum 0"),
        (change("takes", 0, "file", "width", to=1.5),
         "takes[0].file.width: 1.5 is not integer or null"),
        (change("takes", 1, "error", to="no"), 'takes[1].error: "no" is not null'),
        (change("takes", 1, "task_id", to="task-1"), 'takes[1].task_id: "task-1" is not null'),
        (change("takes", 1, "status", to="rendering"), "takes[1].submitted_at: null is not string"),
        (change("takes", 1, "status", to="failed"), "takes[1].submitted_at: null is not string"),
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_ours_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], problem: str
) -> None:
    manifest = document()
    edit(manifest)
    path = tmp_path / "manifest.json"
    error = read(path, json.dumps(manifest).encode())
    assert str(error) == f"{path} cannot be used as a manifest: {problem}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is not JSON: Expecting value, line 1, column 1"),
        (b'{"a": 1,\n}', "it is not JSON: "),
        (b"[1, 2]", "it is not a manifest"),
        (b'{"a": "\xff"}', "it is not UTF-8 text"),
        (b'{"a": NaN}', "it contains NaN, which is not JSON"),
        (b'{"a": -Infinity}', "it contains -Infinity, which is not JSON"),
        (b'{"a": 1e999}', "it contains a number that is too large: 1e999"),
        (b'{"a": ' + b"9" * 5000 + b"}", f"it contains a number that is too large: {'9' * 20}"),
        (b'{"a": 1, "b": 2, "a": 3}', 'it has the key "a" twice in one object'),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n=======\n', "the git conflict that begins on "),
    ],
)  # fmt: skip
def test_a_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    error = read(tmp_path / "manifest.json", content)
    assert f"cannot be used as a manifest: {problem}" in str(error)


@pytest.mark.parametrize("other", ["hero", "HERO", "Hero"])
def test_a_repeated_take_is_refused_whatever_its_case(tmp_path: Path, other: str) -> None:
    manifest = document()
    manifest["takes"][0] |= {"id": "hero", "shot": "hero"}
    manifest["takes"][1] |= {"id": other, "shot": other}
    error = read(tmp_path / "manifest.json", json.dumps(manifest).encode())
    assert f"takes[1].id: '{other}' is already the id of takes[0]" in str(error)


def test_a_manifest_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    with pytest.raises(UsageError, match="cannot be used as a manifest: it is larger than 256 MiB"):
        read_manifests(path)


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be used as a manifest: it is not a file"):
        read_manifests(path)


def test_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(document(), indent=2).encode().replace(b"\n", b"\r\n")
    )
    [manifest] = read_manifests(path)
    assert [take.id for take in manifest.takes] == ["hero.t1", "city"]


def test_the_schema_is_one_and_explains_every_field() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    take = schema["properties"]["takes"]["items"]["properties"]
    for fields in (schema["properties"], take, take["file"]["properties"]):
        assert [name for name, field in fields.items() if not field.get("description")] == []
    assert set(take) - {"inputs", "failed_candidates"} == set(document()["takes"][0])
    assert set(take["file"]["properties"]) == set(document()["takes"][0]["file"])
