"""The server's ledger against the state file: what was paid, what is known, what lies there."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft7Validator

from storyboard.outputs.manifest.file import read_manifests
from storyboard.records import Submission, SubmissionState
from storyboard.recovery.decisions import unknown_among
from storyboard.sandbox.clips.clips import clip_name
from storyboard.state.files import FILE_NAME
from storyboard.state.queries import read_submissions
from tests.chaos.pictures import frame_of

if TYPE_CHECKING:
    from storyboard.sandbox.server import SandboxServer
    from tests.chaos.ordeal import Ordeal

HOLDING = frozenset(
    {
        SubmissionState.ACCEPTED,
        SubmissionState.SUCCEEDED,
        SubmissionState.FAILED,
        SubmissionState.CANCELED,
    }
)
"""States in which a take has the task that its submission names."""

_PICTURE = "first_frame"
_SCHEMA = Path(__file__).parents[2] / "schemas" / "manifest.schema.json"


def check_after_a_kill(ordeal: Ordeal) -> None:
    """What a kill may leave: a state file that is sound, a manifest that is whole or not there."""
    read_manifests(ordeal.output / "manifest.json")
    if not (ordeal.output / FILE_NAME).is_file():
        return
    with tempfile.TemporaryDirectory() as folder:
        # On a copy: the next render shall find what the kill left, log and all.
        for path in ordeal.output.glob(f"{FILE_NAME}*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        _check_database(Path(folder) / FILE_NAME)


def check_at_the_end(ordeal: Ordeal, server: SandboxServer) -> None:
    """Nothing paid twice, nothing lost, every file what the manifest says of it."""
    _check_database(ordeal.output / FILE_NAME)
    _check_money(ordeal, server)
    manifest = json.loads((ordeal.output / "manifest.json").read_text("utf-8"))
    Draft7Validator(json.loads(_SCHEMA.read_text("utf-8"))).validate(manifest)
    _check_videos(ordeal, server, manifest)
    _check_pictures(ordeal, server, manifest)


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert db.execute("PRAGMA foreign_key_check").fetchall() == [], path


def _check_money(ordeal: Ordeal, server: SandboxServer) -> None:
    figures, rows = ordeal.figures, read_submissions(ordeal.output)
    where = f"(seed {figures.seed}; {ordeal.output})"
    accepted = {task.id: str(task.payload["prompt"]) for task in server.ledger.submissions}
    holders = [row for row in rows if row.task_id and row.state in HOLDING]

    wrong = {
        row.take: row.task_id for row in holders if accepted.get(str(row.task_id)) != _name(row)
    }
    figures.wrong_takes = len(wrong)
    assert not wrong, f"takes with another take's task: {wrong} {where}"

    wanted = Counter(name for name, _ in {(_name(row), row.fingerprint) for row in rows})
    paid = Counter(accepted.values())
    twice = {
        prompt: count
        for prompt, count in paid.items()
        if count > wanted[prompt] + ordeal.given_up[prompt]
    }
    figures.paid_twice = len(twice)
    assert not twice, f"paid twice: {twice} {where}"

    held = {row.task_id for row in holders}
    in_doubt = Counter(map(_name, unknown_among(rows)))
    strays = Counter(prompt for task, prompt in accepted.items() if task not in held)
    lost = strays - in_doubt - ordeal.given_up
    figures.lost = lost.total()
    assert not lost, f"lost: {lost} {where}"
    assert not [row for row in rows if row.state is SubmissionState.ACCEPTED], where


def _check_videos(ordeal: Ordeal, server: SandboxServer, manifest: dict[str, Any]) -> None:
    """Each file is what the manifest says, and shows the pictures of the take it stands under."""
    tasks = {task.id: task for task in server.ledger.submissions}
    wrong = []
    for take in manifest["takes"]:
        if take["status"] == "rendered":
            path = ordeal.output / take["file"]["path"]
            content, task = path.read_bytes(), tasks[take["task_id"]]
            assert hashlib.sha256(content).hexdigest() == take["file"]["sha256"], path
            is_request = _without_picture(task.payload) == _without_picture(take["payload"])
            if not is_request or clip_name(task).encode() not in content:
                wrong.append(take["id"])
    ordeal.figures.wrong_takes += len(wrong)
    assert not wrong, f"videos under a wrong take: {wrong}"
    named = {take["file"]["path"] for take in manifest["takes"] if take["file"]}
    files = {f"videos/{path.name}" for path in (ordeal.output / "videos").glob("*.mp4")}
    assert files == named


def _check_pictures(ordeal: Ordeal, server: SandboxServer, manifest: dict[str, Any]) -> None:
    """Each content goes up once while it is kept, and each take shows its own picture."""
    figures = ordeal.figures
    figures.uploaded_twice = len(ordeal.files.twice)
    assert not ordeal.files.twice, f"uploaded again though it was there: {ordeal.files.twice}"
    tasks = {task.id: task for task in server.ledger.submissions}
    for task in (task for task in tasks.values() if task.content is not None):
        assert not isinstance(task.drawn[_PICTURE], str), f"its file was deleted before: {task}"
        for at, file_id in ordeal.files.deleted:
            is_needed = file_id in str(task.payload) and task.accepted_at < at < task.ends_at
            assert not is_needed, f"its file was deleted while it ran: {task}"
    pictures = _pictures_in(ordeal.film, manifest)
    wrong = [
        take["id"]
        for take in manifest["takes"]
        if take["status"] == "rendered"
        and tasks[take["task_id"]].drawn.get(_PICTURE) != pictures[take["id"]]
    ]
    figures.wrong_takes += len(wrong)
    assert not wrong, f"takes with another take's picture: {wrong}"


def _pictures_in(film: Path, manifest: dict[str, Any]) -> dict[str, dict[str, str] | None]:
    """The picture that each take shows, by id: a file, the last frame of another take, or none."""
    shots = {shot["id"]: shot for shot in yaml.safe_load(film.read_text("utf-8"))["shots"]}
    files = {take["id"]: take["file"] for take in manifest["takes"]}
    pictures: dict[str, dict[str, str] | None] = {}
    for take in manifest["takes"]:
        picture, content = shots[take["shot"]].get(_PICTURE), b""
        if isinstance(picture, str):
            content = film.with_name(picture).read_bytes()
        elif picture and files[picture["take"]]:
            content = frame_of(files[picture["take"]]["sha256"])
        sha256 = hashlib.sha256(content).hexdigest()
        pictures[take["id"]] = {"sha256": sha256} if picture else None
    return pictures


def _without_picture(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != _PICTURE}


def _name(row: Submission) -> str:
    """The prompts tell the requests apart."""
    return str(row.payload["prompt"])
