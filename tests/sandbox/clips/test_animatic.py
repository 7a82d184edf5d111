"""The videos: whole and readable, as asked for, and the same for the same request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from pymediainfo import MediaInfo

from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import Stopped, write_clip
from storyboard.sandbox.settings import ClipSize
from tests.sandbox.conftest import Client

Serve = Callable[..., Client]

SPEC = AnimaticSpec(
    prompt="A lighthouse keeper climbs the stair while the storm comes in",
    negative_prompt="blurry, watermark",
    model="alibaba/wan2.7-t2v",
    resolution="1080P",
    ratio="16:9",
    seed=42,
    scenery_seed="42",
    width_px=320,
    height_px=180,
    duration_s=2,
    fps=4,
)


def pictures(spec: AnimaticSpec) -> list[bytes]:
    return [frame.tobytes() for frame in draw_frames(spec)]


def test_equal_specs_give_equal_pictures() -> None:
    assert pictures(SPEC) == pictures(replace(SPEC))


@pytest.mark.parametrize(
    "changed",
    [
        {"scenery_seed": "43"},
        {"seed": 43},
        {"seed": None},
        {"prompt": "Another prompt"},
        {"negative_prompt": ""},
        {"ratio": "1:1"},
        {"resolution": "720P"},
        {"model": "alibaba/other"},
        {"media": ("https://example.com/pier.png",)},
    ],
)
def test_whatever_was_asked_for_shows_in_the_pictures(changed: dict[str, Any]) -> None:
    before, after = (next(draw_frames(spec)) for spec in (SPEC, replace(SPEC, **changed)))
    assert before.tobytes() != after.tobytes()


def test_every_frame_differs_from_the_one_before() -> None:
    frames = pictures(SPEC)
    assert len(frames) == SPEC.frame_count == 8
    assert all(a != b for a, b in pairwise(frames))


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " \n\t ",
        "月光下奔跑的可爱小猫" * 40,
        "\ud800 lone surrogate",
        "null \x00 bell \x07 \u202e turned",
        "\N{GRINNING FACE}" * 9,
        "x" * 5000,
        "word " * 1000,
        "é\u0301\u0301\u0301",
    ],
)
@pytest.mark.parametrize("size", [(640, 360), (360, 640), (64, 36)])
def test_any_text_is_drawn_in_any_size(prompt: str, size: tuple[int, int]) -> None:
    width, height = size
    spec = replace(SPEC, prompt=prompt, negative_prompt=prompt, width_px=width, height_px=height)
    assert next(draw_frames(spec)).size == size


def test_a_clip_is_h264_that_plays_from_its_first_byte(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    write_clip(clip, draw_frames(SPEC), fps=SPEC.fps, size_px=(320, 180))
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert sum(1 for _ in container.decode(stream)) == SPEC.frame_count
        assert container.duration == 2_000_000
    content = clip.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert list(tmp_path.iterdir()) == [clip]


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("one.mp4", "two.mp4"):
        write_clip(tmp_path / name, draw_frames(SPEC), fps=SPEC.fps, size_px=(320, 180))
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_an_encoding_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        write_clip(
            tmp_path / "clip.mp4",
            draw_frames(SPEC),
            fps=SPEC.fps,
            size_px=(320, 180),
            should_stop=lambda: True,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (640, 360)),
        ({"ratio": "9:16"}, (360, 640)),
        ({"ratio": "1:1", "resolution": "720P"}, (480, 480)),
        ({"clip_size": ClipSize.FULL, "resolution": "720P"}, (1280, 720)),
        ({"clip_size": ClipSize.SMALL, "ratio": "9:16"}, (180, 320)),
    ],
)
def test_a_downloaded_video_has_the_size_and_length_that_were_asked_for(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, object],
    size: tuple[int, int],
) -> None:
    monkeypatch.setattr(clips, "draw_frames", stand_still)
    client = serve(clip_size=asked.pop("clip_size", ClipSize.PREVIEW))
    reply = client.download(client.video_url(client.accepted(**asked)))
    assert reply.headers["Content-Type"] == "video/mp4"
    (tmp_path / "video.mp4").write_bytes(reply.content)
    (video,) = MediaInfo.parse(tmp_path / "video.mp4").video_tracks
    assert (video.width, video.height) == size
    assert float(video.duration) == 2000
    assert video.format == "AVC"


def stand_still(spec: AnimaticSpec) -> Iterator[Image.Image]:
    """As many pictures as the clip has, drawn once."""
    return repeat(next(draw_frames(spec)), spec.frame_count)


def test_a_part_of_a_video_can_be_asked_for(serve: Serve) -> None:
    client = serve()
    url = client.video_url(client.accepted())
    whole = client.download(url)
    part = client.download(url, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.content)}"
    assert part.headers["ETag"] == whole.headers["ETag"]


def test_the_same_payload_gives_the_same_video_and_another_seed_another(serve: Serve) -> None:
    def video(**payload: object) -> bytes:
        client = serve()
        return client.download(client.video_url(client.accepted(**payload))).content

    assert video(seed=1) == video(seed=1)
    assert video(seed=1) != video(seed=2)
    assert video() == video()


def test_many_clients_at_once_get_one_clip_that_is_made_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    made = []
    write = clips.write_clip

    def counting(path: Path, *rest: object, **options: object) -> None:
        made.append(path)
        write(path, *rest, **options)

    monkeypatch.setattr(clips, "write_clip", counting)
    client = serve()
    urls = [client.video_url(client.accepted()) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        videos = {reply.content for reply in pool.map(client.download, urls)}
    assert len(videos) == len(made) == 1
    assert len(set(urls)) == 4


def test_frames_are_rgb_pictures() -> None:
    assert isinstance(next(draw_frames(SPEC)), Image.Image)
    assert next(draw_frames(SPEC)).mode == "RGB"
