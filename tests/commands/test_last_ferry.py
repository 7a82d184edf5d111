"""A film of files, references and a chain, rendered: what a change to it sends again."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from storyboard.errors import ExitCode
from storyboard.records import Submission
from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.animatic import draw_frames
from storyboard.sandbox.clips.encode import write_clip
from storyboard.state.queries import read_submissions
from tests.commands.films import QUICK, Program
from tests.once import start_no_children, trust_pictures

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
FILM = "last-ferry.yaml"
FOLDER = Path("renders/last-ferry.sandbox")
FPS = 2  # enough to move


def write_slowly(path: Path, frames: Iterator[Image.Image], **options: Any) -> None:
    write_clip(path, frames, **options | {"fps": FPS})


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program with clips that move: takes with other seeds end on other pictures."""
    start_no_children(monkeypatch)
    trust_pictures(monkeypatch)
    monkeypatch.setattr(clips, "draw_frames", lambda spec: draw_frames(replace(spec, fps=FPS)))
    monkeypatch.setattr(clips, "write_clip", write_slowly)
    return Program(capsys)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example with a second take to choose from, and short clips."""
    shutil.copytree(EXAMPLES / "last-ferry", tmp_path / "last-ferry")
    text = (EXAMPLES / FILM).read_text("utf-8").replace("duration: 3", "duration: 2")
    text = text.replace("take: under-the-lamp,", "take: under-the-lamp.t1,")
    text = text.replace(
        "- id: under-the-lamp\n", "- id: under-the-lamp\n        takes: 2\n        seed: 7\n"
    )
    (tmp_path / FILM).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / FILM


def shots_of(film: Path) -> Iterator[Mapping[str, Any]]:
    document = yaml.safe_load(film.read_text("utf-8"))
    for scene in document["scenes"]:
        yield from scene["shots"]


def parents_of(film: Path) -> dict[str, set[str]]:
    """The takes whose frames each take shows, read from the file alone."""
    graph: dict[str, set[str]] = {}
    for shot in shots_of(film):
        frames = [shot.get("first_frame"), shot.get("last_frame"), *shot.get("references", ())]
        parents = {one["take"] for one in frames if isinstance(one, dict)}
        count = shot.get("takes", 1)
        names = [f"{shot['id']}.t{n}" for n in range(1, count + 1)] if count > 1 else [shot["id"]]
        graph |= dict.fromkeys(names, parents)
    return graph


def users_of(film: Path, picture: str) -> set[str]:
    """The takes that show a picture, under its path or its shared name."""
    document = yaml.safe_load(film.read_text("utf-8"))
    names = {picture, *(name for name, path in document["references"].items() if path == picture)}
    found = set()
    for shot in shots_of(film):
        shown = [shot.get("first_frame"), shot.get("last_frame"), *shot.get("references", ())]
        if names & {one for one in shown if isinstance(one, str)}:
            found |= {one for one in parents_of(film) if one.partition(".t")[0] == shot["id"]}
    return found


def following(film: Path, changed: set[str]) -> set[str]:
    """The changed takes, and all that come after them in a chain."""
    graph, found = parents_of(film), set(changed)
    while more := {name for name, parents in graph.items() if parents & found} - found:
        found |= more
    return found


def test_a_change_sends_again_what_follows_from_it_and_nothing_else(
    program: Program, film: Path
) -> None:
    known: list[Submission] = []

    def render() -> set[str]:
        """Renders; returns the takes that were sent now."""
        assert program("render", FILM, *QUICK).code == ExitCode.OK
        before = len(known)
        known[:] = read_submissions(FOLDER)
        sent = Counter(one.fingerprint for one in known)
        assert set(sent.values()) == {1}
        return {one.take for one in known[before:]}

    assert render() == set(parents_of(film))
    assert render() == set()

    for picture in ("last-ferry/pier.jpg", "last-ferry/under-the-lamp.jpg"):
        with Image.open(picture) as image:
            image.putpixel((0, 0), (255, 0, 0))
            image.save(picture)
        expected = following(film, users_of(film, picture))
        assert render() == expected
        assert expected < set(parents_of(film))

    text = film.read_text("utf-8")
    film.write_text(text.replace("under-the-lamp.t1,", "under-the-lamp.t2,"), "utf-8")
    assert render() == following(film, {"walk"}) == {"walk", "arrival"}

    text = film.read_text("utf-8")
    film.write_text(text.replace("She turns and walks", "She runs"), "utf-8")
    assert render() == {"walk", "arrival"}

    Path("last-ferry/pier.jpg").rename("last-ferry/quay.jpg")
    text = film.read_text("utf-8")
    film.write_text(text.replace("last-ferry/pier.jpg", "last-ferry/quay.jpg"), "utf-8")
    assert render() == set()
