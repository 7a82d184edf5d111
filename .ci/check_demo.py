"""Checks what `make demo` left: every take rendered, every file whole and linked in the page.

python .ci/check_demo.py examples/renders/neon-harbor.sandbox examples/renders/last-ferry.sandbox

A take that was given a first or last frame shows it there: the file, or the frame of another take.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageChops, ImageOps, ImageStat

_PLACES = {"first_frame": 0, "first": 0, "last_frame": -1, "last": -1}
_MAX_DIFFERENCE = 3  # of 255, on the average of all pixels: what the codec changes


def check(folder: Path) -> int:
    """The number of takes; raises AssertionError where a file is not what the manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert manifest["takes"], "the manifest holds no takes"
    ends = {take["id"]: check_take(take, folder, page) for take in manifest["takes"]}
    for take in manifest["takes"]:
        for given in take.get("inputs", ()):
            check_input(given, ends[take["id"]], ends, folder.parent.parent)
    return len(manifest["takes"])


def check_take(take: dict[str, Any], folder: Path, page: str) -> tuple[Image.Image, Image.Image]:
    """The first and the last frame of a take's video."""
    assert take["status"] == "rendered", f"{take['id']} is {take['status']}"
    file = take["file"]
    path = folder / file["path"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"], path
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        frames = [frame.to_image() for frame in video.decode(stream)]
        assert (stream.width, stream.height) == (file["width"], file["height"]), path
        seconds = len(frames) / float(stream.average_rate or 1)
    assert abs(seconds - take["payload"].get("duration", 5)) < 0.2, f"{path}: {seconds} s"
    assert file["path"] in page, f"the page does not link {file['path']}"
    return frames[0], frames[-1]


def check_input(
    given: dict[str, Any],
    ends: tuple[Image.Image, Image.Image],
    others: dict[str, tuple[Image.Image, Image.Image]],
    home: Path,
) -> None:
    if given["at"] not in _PLACES:
        return  # a reference, which is shown small
    shown = ends[_PLACES[given["at"]]]
    if "take" in given:
        wanted = others[given["take"]][_PLACES[given["frame"]]]
    else:
        wanted = ImageOps.fit(Image.open(home / given["path"]).convert("RGB"), shown.size)
    difference = ImageStat.Stat(ImageChops.difference(shown, wanted).convert("L")).mean[0]
    assert difference < _MAX_DIFFERENCE, f"{given} is not shown: {difference:.1f}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"demo: {check(Path(name))} takes rendered, their files whole and linked ({name})")
