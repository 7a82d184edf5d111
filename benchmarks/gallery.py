"""The gallery page of 2,000 takes in Chromium: when it is first painted, and how it scrolls."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.browser import Browser, has_chromium, open_browser
from benchmarks.inputs import one_template
from benchmarks.renders import finish_render, read_storyboard
from benchmarks.rows import Row, at_most
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import write_clip

_TAKES = 2_000
_FRAMES = 400
_PAGE = f"the gallery page of {_TAKES:,} takes"

_FIRST_PAINT = """
const tell = arguments[arguments.length - 1];
const look = () => {
  const found = performance.getEntriesByName("first-contentful-paint")[0];
  found ? tell(found.startTime) : setTimeout(look, 20);
};
look();
"""
_SCROLL = """
const tell = arguments[arguments.length - 1];
const frames = [];
let last = performance.now();
const step = (now) => {
  frames.push(now - last);
  last = now;
  if (frames.length < FRAMES) {
    scrollBy({ top: 150, behavior: "instant" });
    requestAnimationFrame(step);
  } else {
    document.querySelector(".card:last-of-type").scrollIntoView({ behavior: "instant" });
    setTimeout(() => tell({
      frames: frames,
      cards: document.querySelectorAll(".card").length,
      videos: document.querySelectorAll("video").length,
      missing: document.querySelectorAll(".missing").length,
    }), 2000);
  }
};
requestAnimationFrame(step);
"""
"""As quick as a wheel is turned, a part of the way; then to the last card in one leap."""


def rows(folder: Path) -> Iterator[Row]:
    """First paint and frames; where Chromium is not installed, one row that says so."""
    if not has_chromium():
        yield Row(_PAGE, "", "not measured: Chromium is not installed", "", True)
        return
    page = _make_page(folder)
    with open_browser() as browser:
        yield from _measure(browser, page)


def _measure(browser: Browser, page: Path) -> Iterator[Row]:
    browser.open(page)
    first_paint_ms = float(browser.run(_FIRST_PAINT))
    size = f"{page.stat().st_size / 1e6:.1f} MB"
    yield Row(f"{_PAGE}, {size}: first paint", "", *at_most(first_paint_ms / 1000, 2, "s"))
    browser.screenshot(page.with_name("top.png"))
    told = browser.run(f"const FRAMES = {_FRAMES};{_SCROLL}")
    browser.screenshot(page.with_name("end.png"))
    median_ms, longest_ms = statistics.median(told["frames"]), max(told["frames"])
    yield Row(
        f"scrolling through it, painted by the processor: median and longest of {_FRAMES} frames",
        "",
        f"{median_ms:.0f} and {longest_ms:.0f} ms, {told['videos']} videos open at the end",
        "every card and video there, at most 60 open",
        (told["cards"], told["missing"]) == (_TAKES, 0) and 0 < told["videos"] <= 60,
    )


def _make_page(folder: Path) -> Path:
    """The page beside its videos, which are all one, under many names."""
    film = one_template(folder, _TAKES)
    clip = folder / "clip.mp4"
    _write_clip(clip)

    def put_clip(path: Path) -> int:
        os.link(clip, path)
        return clip.stat().st_size

    finish_render(read_storyboard(film), folder / "done", put_video=put_clip)
    return folder / "done" / "index.html"


def _write_clip(path: Path) -> None:
    spec = AnimaticSpec(
        prompt="Studio shot of a lamp of brushed brass turning on a plinth",
        negative_prompt="",
        model="alibaba/wan2.7-t2v",
        resolution="720P",
        ratio="16:9",
        seed=7,
        scenery_seed="7",
        width_px=1280,
        height_px=720,
        duration_s=2,
        fps=12,
    )
    size_px = (spec.width_px, spec.height_px)
    write_clip(path, draw_frames(spec), fps=spec.fps, size_px=size_px)
