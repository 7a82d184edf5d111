"""Whatever a file or a reply holds, its reader answers with a value or a sentence."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from storyboard.api.credentials import ApiKey
from storyboard.api.modellix.client import ModellixApi
from storyboard.errors import BrokenCard, UsageError
from storyboard.language.load import load_storyboard
from storyboard.language.rows.read import read_rows
from storyboard.models.catalog import load_catalog
from storyboard.models.folder import schemas_folder
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.file import read_manifests
from storyboard.replies import Outcome, SubmitReply, TaskReply
from storyboard.reporting.problems import format_problems
from storyboard.videos.mp4 import find_damage
from tests.api.servers import Request, http_reply, serving
from tests.hostile.fuzzing import damaged, fuzz
from tests.hostile.mp4 import fragmented_film

FIXTURES = Path(__file__).parents[1] / "fixtures"
CARD = schemas_folder() / "models" / "alibaba" / "wan2.7-t2v.yaml"

FILM = b"""\
version: 1
title: A film
model: alibaba/wan2.7-t2v
vars: {place: a pier, look: "{{ place }} at night"}
negatives: {base: blurry}
seeds: {hero: 42}
defaults: &d {duration: 5, negative: base, prompt_suffix: ", {{ look | upper }}"}
scenes:
  - id: one
    defaults: {<<: *d, resolution: 720P}
    shots:
      - id: "a-{{ matrix.light }}"
        matrix: {light: [dawn, night], exclude: [{light: dawn}]}
        prompt: Wide shot of {{ place }} at {{ matrix.light }}
        seed: hero
      - {id: b, takes: 2, prompt: "{% if take == 1 %}One{% else %}Two{% endif %}"}
"""
TABLES = {
    "rows.csv": b'name,seconds\nA mug,5\n"A pot, old",6\n',
    "rows.tsv": b"name\tseconds\nA mug\t5\n",
    "rows.json": b'[{"name": "A mug", "seconds": 5, "tags": ["a", {"b": null}]}]',
    "rows.jsonl": b'{"name": "A mug"}\n{"name": "A pot", "x": 1.5}\n',
    "rows.yaml": b"- {name: A mug, seconds: 5}\n- name: A pot\n",
    "keyed.json": b'{"mug": {"seconds": 5}, "pot": {"seconds": 6}}',
    "rows.md": b"Text\n\n| name | s |\n|---|:-:|\n| A mug | 5 |\n| A \\| pot | 6 |\n",
    "rows.txt": b"# Prompts\nA mug\nA pot\n",
}
SUBMITTED = json.dumps(
    {"code": 0, "message": "success", "data": {"status": "pending", "task_id": "task-1"}}
).encode()
FINISHED = json.dumps(
    {
        "code": 0,
        "data": {
            "status": "success",
            "task_id": "task-1",
            "result_expires_at": 1786418800891,
            "result": {
                "resources": [{"url": "https://files.example.com/a.mp4", "type": "video"}],
                "extensions": {"submit_time": "2026-01-01T00:00:00Z"},
            },
        },
    }
).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def answers() -> Iterator[tuple[list[bytes], ModellixApi]]:
    """An API, and the list whose last entry is what the server says to every request."""
    said = [b""]

    def answer(request: Request, conn: socket.socket) -> None:
        """Says it and hangs up: what is cut short must not be waited for."""
        conn.sendall(said[-1])

    with serving(answer) as server:
        api = ModellixApi(server.origin, ApiKey("mdlx-marked-key"))
        yield said, api
        api.close()


@fuzz(80)
@given(content=damaged(FILM))
def test_a_storyboard(content: bytes, folder: Path) -> None:
    path = folder / "film.yaml"
    path.write_bytes(content)
    board = load_storyboard(path, load_catalog())
    assert board.takes or board.problems
    for style in ("text", "json", "github", "sarif"):
        assert "\x1b" not in format_problems(board.problems, board.sources, style=style)


@pytest.mark.parametrize("name", TABLES)
def test_rows(name: str, folder: Path) -> None:
    @fuzz(60)
    @given(content=damaged(TABLES[name]))
    def read(content: bytes) -> None:
        path = folder / name
        path.write_bytes(content)
        rows = read_rows(path, name)
        assert rows.rows or rows.problems

    read()


@fuzz(80)
@given(content=damaged((FIXTURES / "v2" / "manifest.json").read_bytes()))
def test_a_manifest(content: bytes, folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(content)
    try:
        manifests = read_manifests(path)
        assert manifests
        adoptable(manifests, [], folder, origin=manifests[0].origin)
    except UsageError as error:
        assert str(path) in str(error)


@fuzz(60)
@given(content=damaged(CARD.read_bytes()))
def test_a_model_card(content: bytes, folder: Path) -> None:
    path = folder / "alibaba" / "wan2.7-t2v.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    try:
        load_catalog(folder).get("alibaba/wan2.7-t2v")
    except BrokenCard as error:
        assert str(path) in str(error)


@fuzz(60)
@given(content=damaged(http_reply(SUBMITTED, headers={"Retry-After": "5", "Date": "x"})))
def test_the_answer_to_a_submission(
    content: bytes, answers: tuple[list[bytes], ModellixApi]
) -> None:
    said, api = answers
    said.append(content)
    reply = api.submit("/api/v1/alibaba/wan2.7-t2v", {"prompt": "A boat"})
    assert isinstance(reply, SubmitReply)
    assert (reply.task_id is not None) == (reply.outcome is Outcome.ACCEPTED)


@fuzz(60)
@given(content=damaged(FINISHED))
def test_the_answer_to_a_poll(content: bytes, answers: tuple[list[bytes], ModellixApi]) -> None:
    said, api = answers
    said.append(http_reply(content))
    reply: Any = api.poll("task-1")
    assert isinstance(reply, TaskReply)


@fuzz(60)
@given(content=damaged(fragmented_film(2, 50)))
def test_the_boxes_of_a_video(content: bytes, folder: Path) -> None:
    path = folder / "film.mp4"
    path.write_bytes(content)
    damage = find_damage(path)
    assert damage is None or damage
