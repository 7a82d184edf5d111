"""Play all, in a real browser: the page plays its takes one after another, and then stops."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from urllib.parse import unquote

import pytest
from PIL import Image

from storyboard.outputs.gallery.page import gallery_html
from storyboard.records import TakeStatus
from storyboard.sandbox.clips.encode import write_clip
from tests.outputs.states import make_page, make_state, make_take, make_video

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio"),
    *("--autoplay-policy=no-user-gesture-required", "--disable-background-networking"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
NAMES = ("pier", "alley", "plaza")

PROBE = """<!doctype html>
<iframe src="index.html" width="1200" height="800"></iframe>
<script>
const frame = document.querySelector("iframe");
const log = [];
frame.addEventListener("load", () => {
  const page = frame.contentDocument, button = page.getElementById("all");
  for (const kind of ["play", "ended"]) {
    const note = (event) => log.push(`${kind} ${event.target.closest(".card").id}`);
    page.addEventListener(kind, note, true);
  }
  new MutationObserver(() => {
    const isOver = button.getAttribute("aria-pressed") === "false";
    if (isOver) fetch("/said?" + encodeURIComponent(log.join()));
  }).observe(button, { attributeFilter: ["aria-pressed"] });
  button.click();
});
</script>
"""
"""Frames the page, whose own policy lets no script in, and says what has played once it stops."""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Queue[str]]]:
    """The address at which a folder is served, and what the page says."""
    said: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/said":
                said.put(unquote(query))
            file = folder / path.lstrip("/")
            content = file.read_bytes() if file.is_file() else b""
            self.send_response(200 if content or path == "/said" else 404)
            kind = {".html": "text/html", ".js": "text/javascript", ".mp4": "video/mp4"}
            self.send_header("Content-Type", kind.get(file.suffix, "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", said
        finally:
            server.shutdown()


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_the_takes_play_one_after_another_and_then_it_stops(tmp_path: Path) -> None:
    assert BROWSER is not None
    takes = [make_take(name) for name in NAMES]
    states = [
        make_state(take, TakeStatus.DONE, video=make_video(take.id, duration_s=0.4))
        for take in takes
    ]
    states.insert(1, make_state(make_take("old"), TakeStatus.FAILED))
    (tmp_path / "index.html").write_text(gallery_html(make_page(*states)), "utf-8")
    (tmp_path / "probe.html").write_text(PROBE, "utf-8")
    (tmp_path / "videos").mkdir()
    for name in NAMES:
        frames = [Image.new("RGB", (64, 36), (number * 20, 80, 120)) for number in range(10)]
        write_clip(tmp_path / f"videos/{name}.v001.mp4", frames, fps=25, size_px=(64, 36))
    with serving(tmp_path) as (address, said):
        browser = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"{address}/probe.html"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            events = said.get(timeout=60).split(",")
        finally:
            browser.terminate()
            browser.wait()
    assert events == [f"{what} take-{name}" for name in NAMES for what in ("play", "ended")]
