"""Checks what `make demo` left: every take rendered, every file whole and linked in the page.

python .ci/check_demo.py examples/renders/neon-harbor.sandbox
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import av


def check(folder: Path) -> int:
    """The number of takes; raises AssertionError where a file is not what the manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert manifest["takes"], "the manifest holds no takes"
    for take in manifest["takes"]:
        assert take["status"] == "rendered", f"{take['id']} is {take['status']}"
        file = take["file"]
        path = folder / file["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"], path
        with av.open(str(path)) as video:
            stream = video.streams.video[0]
            frames = sum(1 for _ in video.decode(stream))
            assert (stream.width, stream.height) == (file["width"], file["height"]), path
            seconds = frames / float(stream.average_rate or 1)
        assert abs(seconds - take["payload"].get("duration", 5)) < 0.2, f"{path}: {seconds} s"
        assert file["path"] in page, f"the page does not link {file['path']}"
    return len(manifest["takes"])


if __name__ == "__main__":
    print(f"demo: {check(Path(sys.argv[1]))} takes rendered, their files whole and linked")
