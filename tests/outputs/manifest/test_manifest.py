from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.outputs.manifest.file import Manifest, ManifestTake, manifest_bytes, read_manifests
from storyboard.outputs.manifest.manifest import build_manifest, to_submission
from storyboard.outputs.manifest.takes import to_takes
from storyboard.records import SubmissionState, TakeState, TakeStatus, Video
from tests.outputs.states import (
    HARBOR,
    MODEL,
    make_manifest,
    make_state,
    make_submission,
    make_take,
    make_video,
)


def blocks(manifest: Manifest) -> list[dict[str, Any]]:
    """The takes as the file has them."""
    document = json.loads(manifest_bytes(manifest))
    takes: list[dict[str, Any]] = document["takes"]
    return takes


def adopt_all(manifest: Manifest) -> Manifest:
    """The manifest that a clone writes after it has adopted everything."""
    states = [
        TakeState(take, block.status, to_submission(block))
        for take, block in zip(
            to_takes(manifest, Path("manifest.json")), manifest.takes, strict=True
        )
    ]
    board = replace(HARBOR, name=manifest.storyboard, title=manifest.title)
    return build_manifest(board, manifest.origin, states)


def spelled_by_json(manifest: Manifest) -> bytes:
    """The manifest as the standard library writes it, block by block."""

    def number(value: float | None) -> float | None:
        return int(value) if value is not None and value == int(value) else value

    def block(take: ManifestTake) -> dict[str, Any]:
        times = (take.submitted_at, take.finished_at, take.url_expires_at)
        submitted, finished, expires = (
            f"{t.replace(microsecond=0, tzinfo=None).isoformat()}Z" if t else None for t in times
        )
        video = take.file
        file = video and {
            "path": video.path,
            "sha256": video.sha256,
            "bytes": video.size_bytes,
            "width": video.width,
            "height": video.height,
            "duration_s": number(video.duration_s),
            "fps": number(video.fps),
        }
        return {
            "id": take.id,
            "scene": take.scene,
            "shot": take.shot,
            "take": take.take,
            "status": take.status.value,
            "model": take.model,
            "payload": dict(take.payload),
            "fingerprint": take.fingerprint,
            "commit": take.commit,
            "is_dirty": take.is_dirty,
            "endpoint": take.endpoint,
            "task_id": take.task_id,
            "submitted_at": submitted,
            "finished_at": finished,
            "http_status": take.http_status,
            "estimate_usd": number(take.estimate_usd),
            "billed_usd": number(take.billed_usd),
            "video_url": take.video_url,
            "url_expires_at": expires,
            "file": file,
            "error": take.error,
        }

    document = {
        "schema_version": 3,
        "storyboard": manifest.storyboard,
        "title": manifest.title,
        "origin": manifest.origin,
        "spent_usd": number(manifest.spent_usd),
        "takes": [block(take) for take in manifest.takes],
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


HARD_TEXT = st.sampled_from(["[]\n", '"takes": []', "},\n      {", "\u2028", "Straße", "\\", '"'])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | HARD_TEXT
PAYLOADS = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXTS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
        max_leaves=3,
    ).filter(lambda value: abs(value) != math.inf if isinstance(value, float) else True),
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_bytes_are_those_of_the_standard_library(data: st.DataObject) -> None:
    takes = data.draw(
        st.lists(
            st.builds(
                ManifestTake,
                **dict.fromkeys(("id", "shot", "model", "fingerprint"), TEXTS),
                **{
                    name: st.none() | TEXTS
                    for name in (*("scene", "endpoint", "task_id", "commit"), "video_url", "error")
                },
                take=st.integers(1, 9),
                status=st.sampled_from(TakeStatus),
                payload=PAYLOADS,
                submitted_at=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
                finished_at=st.just(None),
                url_expires_at=st.none() | st.just(datetime(2026, 1, 1, tzinfo=timezone.utc)),
                http_status=st.none() | st.integers(100, 999),
                is_dirty=st.none() | st.booleans(),
                file=st.none()
                | st.builds(
                    Video,
                    TEXTS,
                    TEXTS,
                    st.integers(0, 2**50),
                    duration_s=st.none() | st.floats(0, 10),
                    fps=st.none() | st.floats(0, 100).map(lambda fps: round(fps, 3)),
                ),
            ),
            max_size=4,
        )
    )
    title = data.draw(st.none() | TEXTS)
    manifest = Manifest(data.draw(TEXTS), title, data.draw(TEXTS), tuple(takes))
    assert manifest_bytes(manifest) == spelled_by_json(manifest)


def test_a_done_take_reads_so() -> None:
    take = replace(make_take("hero-walks", 2, seed=43), scene="pier")
    text = manifest_bytes(make_manifest(make_state(take, TakeStatus.DONE))).decode()
    assert text == (
        f"""{{
  "schema_version": 3,
  "storyboard": "harbor",
  "title": "Neon Harbor",
  "origin": "https://api.modellix.ai",
  "spent_usd": 0,
  "takes": [
    {{
      "id": "hero-walks.t2",
      "scene": "pier",
      "shot": "hero-walks",
      "take": 2,
      "status": "rendered",
      "model": "alibaba/wan2.7-t2v",
      "payload": {{
        "prompt": "A shot of hero-walks",
        "duration": 5,
        "ratio": "16:9",
        "seed": 43
      }},
      "fingerprint": "{take.fingerprint}",
      "commit": "{"8f0c" * 10}",
      "is_dirty": false,
      "endpoint": "/api/v1/alibaba/wan2.7-t2v/async",
      "task_id": "task-hero-walks.t2",
      "submitted_at": "2026-11-22T14:03:11Z",
      "finished_at": "2026-11-22T14:05:00Z",
      "http_status": 200,
      "estimate_usd": null,
      "billed_usd": null,
      "video_url": "https://file.modellix.ai/v/1.mp4?sign=a%2Fb",
      "url_expires_at": "2026-11-29T14:05:00Z",
      "file": {{
        "path": "videos/hero-walks.t2.v001.mp4",
        "sha256": "{"c0de" * 16}",
        "bytes": 2345678,
        "width": 1920,
        "height": 1080,
        "duration_s": 5,
        "fps": 29.97
      }},
      "error": null
    }}
  ]
}}
"""
    )


def test_a_pending_take_tells_of_no_submission() -> None:
    take = make_take()
    released = make_submission(take, TakeStatus.UNKNOWN, state=SubmissionState.RELEASED)
    manifest = make_manifest(TakeState(take, TakeStatus.PENDING, released))
    block = blocks(manifest)[0]
    assert {key for key, value in block.items() if value is not None} == {
        *("id", "scene", "shot", "take", "status", "model", "payload", "fingerprint")
    }
    assert to_submission(manifest.takes[0]) is None


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (SubmissionState.FAILED, "the API gave no reason"),
        (SubmissionState.CANCELED, "canceled"),
        (SubmissionState.ABANDONED, "given up by hand"),
    ],
)
def test_a_failure_without_a_reason_says_what_it_was(state: SubmissionState, error: str) -> None:
    take = make_state(make_take(), TakeStatus.FAILED, state=state, reason="  ")
    assert blocks(make_manifest(take))[0]["error"] == error


def test_a_finished_take_has_an_error_only_where_it_is_doubtful() -> None:
    sound = make_state(make_take("hero"), TakeStatus.DONE)
    doubtful = make_state(make_take("city"), TakeStatus.DONE, reason="doubtful: whose is it?")
    manifest = make_manifest(sound, doubtful)
    assert [block["error"] for block in blocks(manifest)] == [None, "doubtful: whose is it?"]
    told = to_submission(manifest.takes[1])
    assert told is not None and told.reason == "doubtful: whose is it?"


def test_a_video_that_is_no_longer_in_place_keeps_its_sha256() -> None:
    take = make_state(make_take(), TakeStatus.RENDERED, video=make_video("hero"))
    assert blocks(make_manifest(take))[0]["file"]["sha256"] == "c0de" * 16


def test_titles_stay_readable() -> None:
    text = manifest_bytes(make_manifest(title="Straße 東京")).decode()
    assert '"title": "Straße 東京"' in text


def test_the_port_of_the_sandbox_is_not_recorded() -> None:
    take = make_take()
    endpoint = "http://127.0.0.1:43211/api/v1/alibaba/wan2.7-t2v/async"
    manifest = make_manifest(make_state(take, TakeStatus.DONE, endpoint=endpoint))
    assert manifest.takes[0].endpoint == "/api/v1/alibaba/wan2.7-t2v/async"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://h/\u202e", "https://"])
def test_a_link_that_must_not_be_followed_is_left_out(link: str) -> None:
    take = make_state(make_take(), TakeStatus.RENDERED, video_url=link)
    assert make_manifest(take).takes[0].video_url is None


@pytest.mark.parametrize(
    "link",
    ["http://h/v.mp4", "HTTPS://h/my clip.mp4\n", "//h/é.mp4", '/v.mp4?x="q"', "h.example/\tv.mp4"],
)
def test_a_link_that_looks_odd_stands_as_it_was_given_and_survives_a_clone(
    tmp_path: Path, link: str
) -> None:
    manifest = make_manifest(make_state(make_take(), TakeStatus.RENDERED, video_url=link))
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest_bytes(manifest))
    [read] = read_manifests(path)
    assert read == manifest
    sent = to_submission(read.takes[0])
    assert sent is not None
    assert sent.video_url == link


def test_a_local_time_is_written_as_utc() -> None:
    local = datetime(2026, 11, 22, 23, 30, 59, 999999, timezone(timedelta(hours=9)))
    take = make_state(make_take(), TakeStatus.UNKNOWN, sent_at=local)
    assert blocks(make_manifest(take))[0]["submitted_at"] == "2026-11-22T14:30:59Z"


def test_a_state_without_what_it_speaks_of_is_a_bug() -> None:
    take = make_take()
    with pytest.raises(ValueError, match="take hero is done but has no submission"):
        make_manifest(TakeState(take, TakeStatus.DONE))
    with pytest.raises(ValueError, match="take hero is done but has no video"):
        make_manifest(make_state(take, TakeStatus.DONE, video=None))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    manifest = make_manifest()
    (tmp_path / "manifest.json").write_bytes(manifest_bytes(manifest))
    assert read_manifests(tmp_path / "manifest.json") == (manifest,)


def test_a_missing_manifest_is_none(tmp_path: Path) -> None:
    assert read_manifests(tmp_path / "manifest.json") == ()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (TakeStatus.UNKNOWN, SubmissionState.UNKNOWN),
        (TakeStatus.RENDERING, SubmissionState.ACCEPTED),
        (TakeStatus.RENDERED, SubmissionState.SUCCEEDED),
        (TakeStatus.DONE, SubmissionState.SUCCEEDED),
        (TakeStatus.FAILED, SubmissionState.FAILED),
        (TakeStatus.REJECTED, SubmissionState.REJECTED),
    ],
)
def test_a_clone_learns_what_became_of_a_submission(
    status: TakeStatus, state: SubmissionState
) -> None:
    take = make_take(seed=42)
    adopted = to_submission(make_manifest(make_state(take, status)).takes[0])
    assert adopted is not None
    sent = make_submission(take, status)
    assert adopted.state is state
    assert adopted.id == 0
    for name in ("take", "shot", "scene", "fingerprint", "model", "endpoint", "payload"):
        assert getattr(adopted, name) == getattr(sent, name)
    for name in ("task_id", "http_status", "commit", "is_dirty", "video_url", "url_expires_at"):
        assert getattr(adopted, name) == getattr(sent, name)


def test_a_manifest_gives_back_the_take_with_its_payload() -> None:
    take = make_take("hero", 2, seed=42)
    manifest = make_manifest(make_state(take, TakeStatus.DONE))
    path = Path("renders/harbor/manifest.json")
    [again] = to_takes(manifest, path)
    assert replace(again, position=take.position) == take
    assert again.position.path == str(path)
    assert again.model == MODEL


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
texts = st.text(max_size=40)
whole_numbers = st.integers(min_value=-(2**53), max_value=2**53)
json_values = st.recursive(
    st.none() | st.booleans() | whole_numbers | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("k"), inner, max_size=1),
    max_leaves=6,
)  # fmt: skip
moments = st.integers(0, 10**17).map(lambda us: EPOCH + timedelta(microseconds=us))
times = moments | moments.map(lambda time: time.replace(tzinfo=None))
measures = st.none() | st.floats(min_value=0, max_value=9999) | st.just(float("nan"))


@st.composite
def take_states(draw: st.DrawFn, number: int) -> TakeState:
    """A take in any state, with whatever an API may have said of it."""
    take = make_take(f"shot-{number}", extra=draw(json_values))
    take = replace(take, scene=draw(st.none() | st.just("pier")))
    status = draw(st.sampled_from(TakeStatus))
    if status is TakeStatus.PENDING:
        return make_state(take, status)
    video = make_video(
        take.id,
        width=draw(st.none() | st.integers(0, 8000)),
        duration_s=draw(measures),
        fps=draw(measures),
    )
    changes: dict[str, Any] = {
        "endpoint": draw(st.sampled_from(["", "/api/v1/a/b", "https://x/api/v1/a/b", "//x/../y"])),
        "commit": draw(st.none() | st.just("a" * 40)),
        "is_dirty": draw(st.none() | st.booleans()),
        "sent_at": draw(times),
        "finished_at": draw(st.none() | times),
        "http_status": draw(st.none() | st.integers(100, 599)),
        "reason": draw(st.none() | st.text(max_size=30) | st.just("x" * 5000) | st.just("\ud800")),
        "video_url": draw(st.none() | texts | st.just("https://file.modellix.ai/v.mp4?a=b#c")),
        "url_expires_at": draw(st.none() | times),
        "video": video if status is TakeStatus.DONE else draw(st.sampled_from([None, video])),
    }
    if status is not TakeStatus.RENDERING:
        changes["task_id"] = draw(st.none() | st.just("task/1~=@"))
    return make_state(take, status, **changes)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_manifest_survives_a_clone_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    states = [data.draw(take_states(n)) for n in range(data.draw(st.integers(0, 4)))]
    manifest = build_manifest(HARBOR, "sandbox", states)
    path = tmp_path_factory.mktemp("clone") / "manifest.json"
    path.write_bytes(manifest_bytes(manifest))
    [again] = read_manifests(path)
    assert again == manifest
    assert manifest_bytes(adopt_all(again)) == manifest_bytes(manifest)
