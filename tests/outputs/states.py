"""Takes in every state, for the tests of the outputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from storyboard.fingerprint import fingerprint
from storyboard.outputs.manifest.file import Manifest
from storyboard.outputs.manifest.manifest import as_here, build_manifest
from storyboard.records import (
    Position,
    Storyboard,
    Submission,
    SubmissionState,
    Take,
    TakeState,
    TakeStatus,
    Video,
)

MODEL = "alibaba/wan2.7-t2v"
SENT = datetime(2026, 11, 22, 14, 3, 11, 900000, tzinfo=timezone.utc)
DONE = datetime(2026, 11, 22, 14, 5, 0, 100, tzinfo=timezone.utc)
EXPIRES = datetime(2026, 11, 29, 14, 5, tzinfo=timezone.utc)

STATE_OF = {
    TakeStatus.UNKNOWN: SubmissionState.UNKNOWN,
    TakeStatus.RENDERING: SubmissionState.ACCEPTED,
    TakeStatus.RENDERED: SubmissionState.SUCCEEDED,
    TakeStatus.DONE: SubmissionState.SUCCEEDED,
    TakeStatus.FAILED: SubmissionState.FAILED,
    TakeStatus.REJECTED: SubmissionState.REJECTED,
}


HARBOR = Storyboard(Path("harbor.yaml"), "harbor", "Neon Harbor", (), (), {})
"""What a manifest takes from a storyboard: its name and its titles."""


def make_take(shot: str = "hero", number: int | None = None, **payload: Any) -> Take:
    """A take of a shot; with a number, one of several."""
    body = {"prompt": f"A shot of {shot}", "duration": 5, "ratio": "16:9", **payload}
    return Take(
        id=f"{shot}.t{number}" if number else shot,
        shot=shot,
        scene="pier",
        number=number or 1,
        model=MODEL,
        payload=body,
        fingerprint=fingerprint(MODEL, body),
        position=Position("harbor.yaml", 1, 1),
    )


def make_submission(take: Take, status: TakeStatus, **changes: Any) -> Submission:
    """The submission that a take of this status has."""
    is_accepted = status not in (TakeStatus.UNKNOWN, TakeStatus.REJECTED)
    is_finished = status in (TakeStatus.DONE, TakeStatus.RENDERED)
    fields: dict[str, Any] = {
        "id": 7,
        "take": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "fingerprint": take.fingerprint,
        "state": STATE_OF[status],
        "model": take.model,
        "endpoint": f"/api/v1/{take.model}/async",
        "payload": take.payload,
        "sent_at": SENT,
        "commit": "8f0c" * 10,
        "is_dirty": False,
        "profile": "studio",
        "task_id": f"task-{take.id}" if is_accepted else None,
        "submitted_at": SENT if is_accepted else None,
        "finished_at": DONE if is_finished or status is TakeStatus.FAILED else None,
        "http_status": 200 if is_accepted else None,
        "video_url": "https://file.modellix.ai/v/1.mp4?sign=a%2Fb" if is_finished else None,
        "url_expires_at": EXPIRES if is_finished else None,
        "video": make_video(take.id) if status is TakeStatus.DONE else None,
    }
    if status is TakeStatus.REJECTED:
        fields |= {"http_status": 400, "reason": "Invalid parameters: prompt"}
    return Submission(**(fields | changes))


def make_video(name: str, **changes: Any) -> Video:
    """A video as it was measured."""
    fields: dict[str, Any] = {
        "path": f"videos/{name}.v001.mp4",
        "sha256": "c0de" * 16,
        "size_bytes": 2_345_678,
        "width": 1920,
        "height": 1080,
        "duration_s": 5.0,
        "fps": 29.97002997,
    }
    return Video(**(fields | changes))


def make_state(take: Take, status: TakeStatus, **changes: Any) -> TakeState:
    """A take of this status."""
    if status is TakeStatus.PENDING:
        return TakeState(take, status)
    return TakeState(take, status, make_submission(take, status, **changes))


def make_manifest(*states: TakeState, title: str | None = "Neon Harbor") -> Manifest:
    """A manifest of these takes, or of one take of each status."""
    chosen = states or one_of_each()
    return build_manifest(replace(HARBOR, title=title), "https://api.modellix.ai", chosen)


def make_page(*states: TakeState, title: str | None = "Neon Harbor") -> Manifest:
    """What the gallery shows of these takes, or of one take of each status."""
    chosen = states or one_of_each()
    return as_here(make_manifest(*chosen, title=title), chosen)


def one_of_each() -> tuple[TakeState, ...]:
    """One take of each status."""
    return tuple(make_state(make_take(status.value), status) for status in TakeStatus)
