"""The file of events: each change a line, and no trouble with it is the render's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from storyboard.console.event_file import EVENTS, writing_events
from storyboard.engine.job import Progress, Step
from storyboard.errors import ExitCode, Refused, UsageError
from storyboard.models.folder import schemas_folder
from storyboard.private import KEY_VARIABLE
from storyboard.records import SubmissionState
from tests.made import make_submission, make_take

SCHEMA = json.loads((schemas_folder() / "events.schema.json").read_text("utf-8"))
LINK = "https://cdn.example/one.mp4?signature=abc"
KEY = 'mdlx/marked"key-0123456789'


def change(step: Step, detail: str = "") -> Progress:
    take = make_take("one")
    sent = make_submission(take, SubmissionState.SUCCEEDED, video_url=LINK)
    return Progress("film.yaml", sent.take, sent, step, detail)


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_change_is_a_line_as_the_schema_has_it(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with writing_events(path) as events:
        events.note_started(1)
        for step in Step:
            events(change(step, "why"))
            assert len(lines_of(path)) > 1  # at once, not at the end
        events.note_ended(ExitCode.OK)
    lines = lines_of(path)
    for line in lines:
        Draft202012Validator(SCHEMA).validate(line)
    assert [line["event"] for line in lines] == ["started", *EVENTS.values(), "ended"]
    assert {*SCHEMA["properties"]["event"]["enum"]} == {"started", *EVENTS.values(), "ended"}
    assert (lines[1]["take"], lines[1]["task_id"], lines[1]["detail"]) == ("one", "task-1", "why")
    assert LINK not in path.read_text("utf-8")


def test_a_line_holds_neither_the_key_nor_what_a_terminal_obeys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    path = tmp_path / "events.jsonl"
    with writing_events(path) as events:
        events(change(Step.FAILED, f"{KEY} \x1b[2J\n##[error]"))
    text = path.read_text("utf-8")
    assert text.count("\n") == 1
    assert "marked" not in text
    assert "\x1b" not in text
    assert "##[" not in text
    assert lines_of(path)[0]["detail"] == "*** \x1b[2J\n##[error]"


def test_a_further_render_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        with writing_events(path) as events:
            events.note_started(1)
    assert len(lines_of(path)) == 2


def test_the_code_of_an_error_is_the_last_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with pytest.raises(Refused), writing_events(path):
        raise Refused("no")
    assert [(line["event"], line["exit_code"]) for line in lines_of(path)] == [("ended", 3)]


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "film.yaml"
    path.write_text("version: 1\n", "utf-8")
    with pytest.raises(UsageError, match="does not contain events"), writing_events(path):
        pass
    assert path.read_text("utf-8") == "version: 1\n"


@pytest.mark.parametrize("name", ["-", "missing/events.jsonl", "."])
def test_what_cannot_be_written_is_told_before_anything_is_sent(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="events"), writing_events(Path(name)):
        pass


@pytest.mark.skipif(os.name == "nt", reason="no such pipes")
def test_a_pipe_that_is_not_read_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with writing_events(path) as events:
            for _ in range(2000):
                events(change(Step.ACCEPTED, "x" * 100))
    finally:
        os.close(reader)
    assert capsys.readouterr().err == (
        f"warning: {path} gets no more events: its reader does not keep up, or its disk "
        "is full; the render continues\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="no such device")
def test_a_full_disk_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no such device here")
    with writing_events(Path("/dev/full")) as events:
        events(change(Step.ACCEPTED))
        events(change(Step.RENDERED))
    assert capsys.readouterr().err == (
        "warning: /dev/full gets no more events: No space left on device; the render continues\n"
    )
