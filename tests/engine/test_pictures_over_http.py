"""Requests with pictures against a real server: uploads, their limits, and what is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.api.credentials import ApiKey
from storyboard.api.modellix.client import ModellixApi
from storyboard.fingerprint import fingerprint
from storyboard.media import FileInput
from storyboard.records import Payload, Take
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.uploads import MAX_FILES
from tests.engine.rig import Rig, make_take
from tests.engine.test_loop import AT_ONCE
from tests.language.pictures.made import png
from tests.once import trust_pictures

MODEL = "alibaba/wan2.7-i2v"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    trust_pictures(monkeypatch)
    with SandboxServer(settings=AT_ONCE) as running:
        yield running


@pytest.fixture
def rig(server: SandboxServer, tmp_path: Path) -> Rig:
    settings = {"uploads_per_minute": 60_000}
    return Rig(tmp_path / "out", server.base_url, (), settings=settings, concurrency=3)


def showing(rig: Rig, *pictures: bytes) -> list[Take]:
    """A take for each picture, which is its first frame."""
    files = {f"{number}.png": content for number, content in enumerate(pictures)}
    rig.read_file = files.__getitem__
    takes = []
    for number, (path, content) in enumerate(files.items()):
        file = FileInput(("first_frame",), hashlib.sha256(content).hexdigest(), path)
        payload: Payload = {"prompt": f"shot {number}", "duration": 2, "first_frame": file.value}
        take = replace(make_take(number), model=MODEL, payload=payload, inputs=(file,))
        takes.append(replace(take, fingerprint=fingerprint(MODEL, payload)))
    return takes


def count_uploads(server: SandboxServer) -> int:
    with closing(ModellixApi(server.base_url, ApiKey("sandbox"))) as api:
        return len(api.uploads() or ())


def test_equal_pictures_go_up_once_and_their_address_into_each_request(
    rig: Rig, server: SandboxServer
) -> None:
    rig.takes = showing(rig, *[png(320, 320)] * 3, png(320, 320, grey=9))
    rig.render()
    assert rig.statuses() == ["done"] * 4
    assert count_uploads(server) == 2
    addresses = [str(row.body["first_frame"]) for row in rig.submissions() if row.body]
    assert len(addresses) == 4
    assert len(set(addresses)) == 2
    rig.render()
    assert server.ledger.posts == 4
    assert count_uploads(server) == 2


def test_more_pictures_than_the_account_keeps_take_turns(rig: Rig, server: SandboxServer) -> None:
    rig.takes = showing(rig, *(png(320, 320, grey=grey) for grey in range(MAX_FILES + 4)))
    rig.render()
    assert rig.statuses() == ["done"] * (MAX_FILES + 4)
    assert count_uploads(server) == MAX_FILES
    assert server.ledger.posts == MAX_FILES + 4
