"""Requests with pictures, over real HTTP: what their clips show, and what cannot be shown."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from storyboard.errors import StateError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.words import fields_of
from storyboard.sandbox import inputs
from storyboard.sandbox.clips import clips as clips_module
from storyboard.sandbox.clips import pictures
from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.clips.picture_child import read_pictures
from storyboard.sandbox.inputs import addresses_in, load_inputs
from storyboard.sandbox.tasks import Fate
from storyboard.sandbox.uploads import Uploads
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.pictures import (
    BLUE,
    GREEN,
    GREY,
    RED,
    are_near,
    as_png,
    colours,
    frames_of,
    picture,
)
from tests.sandbox.test_tasks import TASK

Serve = Callable[..., Client]

UPLOADS = "http://127.0.0.1:1/uploads/"
UNREADABLE = "Generation failed: parameter '{}' is not a picture that can be read"
RATIOS = "bytedance/seedance-2.0-fast-i2v"
FRAMES, REFERENCES = "alibaba/wan2.7-i2v", "vidu/viduq3-mix-r2v"


@dataclass
class Studio:
    """A client that uploads pictures and looks at the clips."""

    client: Client
    uploads: list[str] = field(default_factory=list)  # the ids

    def upload(self, content: bytes) -> str:
        reply = self.client.call("POST", "/api/v1/media/files", files={"file": ("a.png", content)})
        assert reply.status_code == 200, reply.text
        self.uploads.append(reply.json()["data"]["file_id"])
        return str(reply.json()["data"]["url"])

    def submit(self, model: str = FRAMES, **payload: Any) -> str:
        payload = {"prompt": "A quay", "duration": 2} | payload
        reply = self.client.call("POST", f"/api/v1/{model}", json=payload)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["data"]["task_id"])

    def video(self, task_id: str) -> bytes:
        reply = self.client.download(self.client.video_url(task_id))
        assert reply.status_code == 200, reply.text
        return reply.content

    def render(self, model: str = FRAMES, **payload: Any) -> bytes:
        return self.video(self.submit(model, **payload))

    def error(self, model: str = FRAMES, **payload: Any) -> str:
        """Why a task failed, which costs nothing."""
        data = self.client.poll(self.submit(model, **payload)).json()["data"]
        assert (data["status"], data["billing"]["amount"]) == ("failed", 0.0)
        return str(data["error"])


@pytest.fixture(autouse=True)
def decode_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare most tests the start of a child; `clips/test_pictures` has those with one."""
    monkeypatch.setattr(pictures, "run_child", lambda _, given: read_pictures(io.BytesIO(given)))


@pytest.fixture
def studio(serve: Serve) -> Studio:
    return Studio(serve())


def as_data(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two frames, from 0 to 255."""
    return float(ImageStat.Stat(ImageChops.difference(one, other).convert("L")).mean[0])


# What a clip shows


def test_a_clip_begins_with_one_picture_and_ends_on_another(studio: Studio) -> None:
    first, last = picture(RED, BLUE), picture(GREEN, GREY, kind="JPEG")
    frames = frames_of(
        studio.render(first_frame=studio.upload(first), last_frame=studio.upload(last))
    )
    assert are_near(colours(frames[0], 0.02, 0.25, 0.75, 0.98), RED, RED, BLUE, BLUE)
    assert are_near(colours(frames[-1], 0.02, 0.25, 0.75, 0.98), GREEN, GREEN, GREY, GREY)
    middle = frames[len(frames) // 2]
    assert difference(frames[0], middle) > 30 < difference(frames[-1], middle)  # the scenery


def test_a_picture_of_another_ratio_is_cropped_around_its_centre(studio: Studio) -> None:
    wide, square = picture(RED, GREEN, BLUE, size=(300, 57)), picture(GREY, size=(50, 50))
    with_ratio = {"first_frame_image": as_data(wide), "ratio": "16:9", "duration": 4}
    (first, *_) = frames_of(studio.render(RATIOS, **with_ratio))
    *_, last = frames_of(studio.render(first_frame=as_data(square), last_frame=as_data(wide)))
    for frame in (first, last):
        assert are_near(colours(frame, 0.04, 0.5, 0.96), GREEN, GREEN, GREEN)


def test_a_model_without_ratios_takes_that_of_the_first_frame(studio: Studio) -> None:
    task = studio.submit(first_frame=as_data(picture(RED, BLUE, size=(90, 160))))
    (resource,) = studio.client.poll(task).json()["data"]["result"]["resources"]
    assert (resource["width"], resource["height"]) == (180, 320)
    (first, *_) = frames_of(studio.video(task))
    assert first.size == (180, 320)
    assert are_near(colours(first, 0.02, 0.25, 0.75, 0.98), RED, RED, BLUE, BLUE)


def test_in_a_chain_each_clip_begins_as_the_one_before_it_ends(studio: Studio) -> None:
    chain = [frames_of(studio.render(first_frame=studio.upload(picture(RED, BLUE))))]
    for prompt in ("She walks on", "She stops"):
        last = studio.upload(as_png(chain[-1][-1]))
        chain.append(frames_of(studio.render(prompt=prompt, first_frame=last)))
    for before, after in pairwise(chain):
        assert difference(before[-1], after[0]) < 2
        assert difference(after[0], after[-1]) > 2


def test_references_are_shown_small_and_in_their_order(studio: Studio) -> None:
    addresses = [studio.upload(picture(colour, size=(54, 54))) for colour in (RED, GREEN, BLUE)]
    frames = frames_of(studio.render(REFERENCES, reference_images=addresses))
    for frame in frames:
        row = [colours(frame, x / 100, height=0.3)[0] for x in range(100)]
        seen = [name for found in row for name in (RED, GREEN, BLUE) if are_near([found], name)]
        assert list(dict.fromkeys(seen)) == [RED, GREEN, BLUE]


def test_an_address_elsewhere_is_written_out_and_never_opened(studio: Studio) -> None:
    red, pier = as_data(picture(RED)), "https://example.com/pier.png"
    clips = [
        studio.render(first_frame=pier),
        studio.render(first_frame="https://example.com/sea.png"),
        studio.render(first_frame=red),
        studio.render(first_frame=red, last_frame=pier),
    ]
    assert len(set(clips)) == 4


PICTURE_WORDS = {"first_frame", "last_frame", "references"}
CARDS = [card for card in load_catalog().cards() if PICTURE_WORDS & card.words.keys()]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_pictures_of_every_model_are_shown(tmp_path: Path, card: ModelCard) -> None:
    red = as_data(picture(RED))
    said = {"first_frame": red, "last_frame": red, "references": [red, red]}
    words = PICTURE_WORDS & card.words.keys()
    payload = fields_of(card.words, card.defaults, {word: said[word] for word in words})
    clips = Clips(tmp_path)
    uploads = Uploads(tmp_path / "uploads", Clock())
    task = replace(TASK, payload=payload)
    task = load_inputs(task, card, addresses_in(payload, UPLOADS), uploads, clips)
    clips.close()
    (kept,) = tmp_path.glob("*.pictures")
    found = pictures.pictures_from_bytes(kept.read_bytes(), (task.width_px, task.height_px))
    assert {one.role for one in found} == words
    assert red not in str(task.content)


# The same pictures, the same clip


@pytest.mark.parametrize("seed", [{}, {"seed": 1}])
def test_the_content_of_a_picture_makes_the_clip_and_not_its_address(
    studio: Studio, seed: dict[str, int]
) -> None:
    content = picture(RED, BLUE)
    addresses = (studio.upload(content), studio.upload(content), as_data(content))
    clips = {studio.render(first_frame=address, **seed) for address in addresses}
    assert len(clips) == 1
    assert studio.render(first_frame=as_data(picture(RED, GREEN)), **seed) not in clips


def test_a_file_in_any_other_field_counts_by_its_content_too(studio: Studio) -> None:
    one, two, other = (
        studio.render(first_frame=as_data(picture(RED)), driving_audio=studio.upload(content))
        for content in (picture(GREEN), picture(GREEN), picture(BLUE))
    )
    assert one == two != other


# From the submission to the clip


def test_an_upload_may_be_deleted_once_the_submission_is_accepted(studio: Studio) -> None:
    task = studio.submit(first_frame=studio.upload(picture(RED, BLUE)))
    deletion = studio.client.call("DELETE", f"/api/v1/media/files/{studio.uploads[0]}")
    assert deletion.status_code == 204
    assert are_near(colours(frames_of(studio.video(task))[0], 0.25, 0.75), RED, BLUE)


def kept(folder: Path) -> list[str]:
    return sorted(path.suffix for path in (folder / "clips").iterdir())


def test_pictures_are_kept_until_the_clip_is_drawn_across_a_restart(
    serve: Serve, tmp_path: Path
) -> None:
    studio = Studio(serve(tmp_path))
    task = studio.submit(first_frame=studio.upload(picture(RED, BLUE)))
    assert kept(tmp_path) == [".pictures"]
    studio.client.server.close()
    again = Studio(serve(tmp_path))
    assert are_near(colours(frames_of(again.video(task))[0], 0.25, 0.75), RED, BLUE)
    assert kept(tmp_path) == [".mp4"]
    assert again.video(again.submit(first_frame=as_data(picture(RED, BLUE)))) == again.video(task)
    assert kept(tmp_path) == [".mp4"]


def test_pictures_that_no_task_needs_are_removed_at_the_start(serve: Serve, tmp_path: Path) -> None:
    studio = Studio(serve(tmp_path))
    studio.submit(first_frame=as_data(picture(RED)))
    studio.client.server.close()
    (tmp_path / "clips" / "0123.pictures").write_bytes(b"of a server that was killed")
    (tmp_path / "clips" / "folder.pictures").mkdir()
    serve(tmp_path)
    assert len(kept(tmp_path)) == 2
    assert not (tmp_path / "clips" / "0123.pictures").exists()


@pytest.mark.parametrize("damage", ["gone", "short", "link"])
def test_pictures_that_were_changed_make_the_link_end_and_nothing_worse(
    serve: Serve, tmp_path: Path, damage: str
) -> None:
    studio = Studio(serve(tmp_path))
    task = studio.submit(first_frame=as_data(picture(RED)))
    (file,) = (tmp_path / "clips").glob("*.pictures")
    content = file.read_bytes()
    file.unlink()
    if damage == "short":
        file.write_bytes(content[:-1])
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(content)
        file.symlink_to(tmp_path / "elsewhere")
    reply = studio.client.download(studio.client.video_url(task))
    assert (reply.status_code, reply.json()["code"]) == (404, 404)
    assert "no longer in the sandbox's folder" in reply.json()["message"]


# Pictures that cannot be shown


def test_a_task_fails_for_a_picture_that_cannot_be_read_and_costs_nothing(studio: Studio) -> None:
    for address in (studio.upload(b"\x89PNG\r\n\x1a\n and more"), as_data(picture(RED)[:-30])):
        assert studio.error(first_frame=address) == UNREADABLE.format("first_frame")
    assert studio.client.status(studio.submit(first_frame=as_data(picture(RED)))) == "success"


@pytest.mark.parametrize(
    "address",
    [
        "data:image/png;base64,%%%",
        "data:image/png;base64,\u00e4",
        "data:image/png,plain",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:",
        f"{UPLOADS}file-000000000000000000000000.png",
        f"{UPLOADS}../tasks.jsonl",
        UPLOADS,
    ],
)
def test_an_address_without_a_picture_makes_the_task_fail(tmp_path: Path, address: str) -> None:
    payload: dict[str, Any] = {"reference_images": [as_data(picture(RED)), address]}
    task = replace(TASK, model=REFERENCES, payload=payload)
    addresses = addresses_in(payload, UPLOADS)
    assert list(addresses) == [("reference_images", 0), ("reference_images", 1)]
    card = load_catalog().get(REFERENCES)
    assert card is not None
    uploads, clips = Uploads(tmp_path / "uploads", Clock()), Clips(tmp_path / "clips")
    failed = load_inputs(task, card, addresses, uploads, clips)
    clips.close()
    assert (failed.fate, failed.error) == (Fate.FAILS, UNREADABLE.format("reference_images.1"))
    assert list((tmp_path / "clips").iterdir()) == []


def test_each_address_is_read_once_and_only_some_references_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads, clips = Uploads(tmp_path / "uploads", Clock()), Clips(tmp_path / "clips")
    with uploads.slot() as slot:
        upload = uploads.add(slot, "a.png", picture(RED))
    reads: list[Path] = []

    def read(path: Path, max_bytes: int) -> bytes:
        reads.append(path)
        return path.read_bytes()[:max_bytes]

    monkeypatch.setattr(inputs, "read_plain", read)
    payload: dict[str, Any] = {"reference_images": [f"{UPLOADS}{upload.stored_name}"] * 5000}
    card = load_catalog().get(REFERENCES)
    assert card is not None
    task = replace(TASK, model=REFERENCES, payload=payload)
    taken = load_inputs(task, card, addresses_in(payload, UPLOADS), uploads, clips)
    clips.close()
    assert (taken.fate, len(reads)) == (Fate.SUCCEEDS, 1)
    (kept,) = (tmp_path / "clips").iterdir()
    found = pictures.pictures_from_bytes(kept.read_bytes(), (taken.width_px, taken.height_px))
    assert len(found) == pictures.MAX_REFERENCES
    assert json.dumps(taken.content).count("sha256") == 5000


def test_the_failure_of_a_task_is_remembered(serve: Serve, tmp_path: Path) -> None:
    studio = Studio(serve(tmp_path))
    task = studio.submit(first_frame=as_data(b"no picture"))
    studio.client.server.close()
    data = Client(serve(tmp_path).server).poll(task).json()["data"]
    assert data["error"].endswith("'first_frame' is not a picture that can be read")
    (line,) = (tmp_path / "tasks.jsonl").read_bytes().splitlines()
    assert json.loads(line)["fate"] == "fails"


def test_a_task_is_answered_with_500_if_its_pictures_cannot_be_kept(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StateError("the disk is full", next_step="make room")

    client = serve(tmp_path)
    monkeypatch.setattr(clips_module, "write_atomically", full)
    body = {"first_frame": as_data(picture(RED)), "prompt": "x"}
    reply = client.call("POST", f"/api/v1/{FRAMES}", json=body)
    assert (reply.status_code, reply.json()["code"]) == (500, 500)
    assert client.server.ledger.submissions == ()
    assert (tmp_path / "tasks.jsonl").read_bytes() == b""
