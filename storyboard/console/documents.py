"""What `--json` says of a storyboard's folder, of a take and of a time. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storyboard.money import to_usd
from storyboard.outputs.manifest.times import time_text
from storyboard.project.workspace import Workspace
from storyboard.records import Action, TakeState


def space_document(space: Workspace) -> dict[str, Any]:
    """Which storyboard it is, and where its outputs go."""
    return {
        "file": str(space.storyboard.path),
        "variant": space.storyboard.variant,
        "output": str(space.folder),
        "origin": space.origin,
    }


def take_document(state: TakeState, waiting: Action | None = None) -> dict[str, Any]:
    """A take with what is known about it; `waiting` is what it waits for."""
    submission = state.submission
    video = submission.video if submission else None
    return {
        "id": state.take.id,
        "shot": state.take.shot,
        "scene": state.take.scene,
        "status": state.status.value,
        "model": state.take.model,
        "fingerprint": state.take.fingerprint,
        "task_id": submission.task_id if submission else None,
        "sent_at": json_time(submission.sent_at) if submission else None,
        "estimate_usd": to_usd(submission.estimate_micros) if submission else None,
        "billed_usd": to_usd(submission.billed_micros) if submission else None,
        "video_url": submission.video_url if submission else None,
        "url_expires_at": json_time(submission.url_expires_at) if submission else None,
        "file": video.path if video else None,
        "reason": (submission.reason if submission else None) or (waiting and waiting.reason),
        "waits_for": [take.id for take in waiting.waits_for] if waiting else [],
        "to_approve": list(waiting.to_approve) if waiting else [],
        "failed_candidates": [
            {"model": one.model, "state": one.state.value, "reason": one.reason}
            for one in state.failed
        ],
    }


def json_time(time: datetime | None) -> str | None:
    """A time in UTC and whole seconds."""
    return time_text(time) if time else None
