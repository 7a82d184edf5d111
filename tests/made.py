"""Takes, submissions and videos for tests: whole values from the few facts a test is about."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from storyboard.fingerprint import fingerprint
from storyboard.records import Position, Submission, SubmissionState, Take, Video

MODEL = "alibaba/wan2.7-t2v"
NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def make_take(
    name: str = "hero", *, repeat: int = 0, is_locked: bool = False, model: str = MODEL, **more: Any
) -> Take:
    """A take whose payload is a prompt and what else is given."""
    payload = {"prompt": f"A shot of {name}", **more}
    shot, _, number = name.partition(".t")
    return Take(
        id=name,
        shot=shot,
        scene=None,
        number=int(number or 1),
        model=model,
        payload=payload,
        fingerprint=fingerprint(model, payload, repeat=repeat),
        position=Position("film.yaml", 1, 1),
        is_locked=is_locked,
    )


def make_submission(take: Take, state: SubmissionState, **facts: Any) -> Submission:
    """What the state file has after `take` was sent; a success has a link, and no file yet."""
    has_task = state not in (
        SubmissionState.SENDING,
        SubmissionState.UNKNOWN,
        SubmissionState.REJECTED,
        SubmissionState.UNAVAILABLE,
    )
    is_done = state is SubmissionState.SUCCEEDED
    number = facts.get("id", 1)
    fields: dict[str, Any] = {
        "id": number,
        "take": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "fingerprint": take.fingerprint,
        "state": state,
        "model": take.model,
        "endpoint": f"/api/v1/{take.model}",
        "payload": take.payload,
        "sent_at": NOW,
        "task_id": f"task-{number}" if has_task else None,
        "submitted_at": NOW if has_task else None,
        "finished_at": NOW + HOUR if is_done else None,
        "video_url": f"https://file.modellix.ai/{number}.mp4" if is_done else None,
        "url_expires_at": NOW + 24 * HOUR if is_done else None,
    }
    return Submission(**(fields | facts))


def make_video(name: str = "hero", version: int = 1, **facts: Any) -> Video:
    """A video as it was downloaded."""
    fields: dict[str, Any] = {
        "path": f"videos/{name}.v{version:03d}.mp4",
        "sha256": "c0de" * 16,
        "size_bytes": 1000,
        "width": 1920,
        "height": 1080,
        "duration_s": 5.04,
        "fps": 30.0,
    }
    return Video(**(fields | facts))


def make_done(take: Take, *, version: int = 1, **facts: Any) -> Submission:
    """A success whose video was downloaded."""
    video = make_video(take.id, version)
    return make_submission(take, SubmissionState.SUCCEEDED, **({"video": video} | facts))
