"""Checks the output of `make demo`: each take is rendered, its file intact and in the gallery.

python .ci/check_demo.py examples/renders/neon-harbor.sandbox examples/renders/last-ferry.sandbox

If a take was given a first or last frame, its video has to show it.
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
_MAX_DIFFERENCE = 3  # of 255, averaged over all pixels; the codec changes that much


def check(folder: Path) -> int:
    """The number of takes. Raises AssertionError if a file is not what the manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert manifest["takes"], "the manifest has no takes"
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
    assert file["path"] in page, f"the gallery does not link to {file['path']}"
    return frames[0], frames[-1]


def check_input(
    given: dict[str, Any],
    ends: tuple[Image.Image, Image.Image],
    others: dict[str, tuple[Image.Image, Image.Image]],
    home: Path,
) -> None:
    if given["at"] not in _PLACES:
        return  # a reference, which is only a thumbnail
    shown = ends[_PLACES[given["at"]]]
    if "take" in given:
        wanted = others[given["take"]][_PLACES[given["frame"]]]
    else:
        wanted = ImageOps.fit(Image.open(home / given["path"]).convert("RGB"), shown.size)
    difference = ImageStat.Stat(ImageChops.difference(shown, wanted).convert("L")).mean[0]
    assert difference < _MAX_DIFFERENCE, f"{given} is not shown: {difference:.1f}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"demo: {check(Path(name))} takes rendered, their files intact and linked ({name})")
