"""What is held and refused of a manifest with files and frames, which anybody may have edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.fingerprint import fingerprint
from storyboard.language.load import load_storyboard
from storyboard.models.catalog import load_catalog
from storyboard.outputs.manifest.file import manifest_bytes
from storyboard.outputs.manifest.manifest import build_manifest
from storyboard.planning.states import read_states
from storyboard.project import manifest_inputs
from tests.commands.films import Program
from tests.language.pictures.made import png

FILM = """\
version: 1
model: alibaba/wan2.7-i2v
defaults: {duration: 2, resolution: 720P}
shots:
  - {id: one, prompt: She turns, first_frame: frames/pier.png}
  - {id: two, prompt: She walks, first_frame: {take: one}}
  - id: three
    prompt: She runs
    first_frame: {take: two, frame: 1.5}
    last_frame: frames/sea.png
"""
WITHOUT = "version: 1\nmodel: alibaba/wan2.7-t2v\nshots: [{id: a, prompt: A pier}]\n"
MANIFEST = Path("renders/film/manifest.json")
SAME_REQUEST = ("payload", "inputs", "fingerprint")
PICTURE, SEA = Path("frames/pier.png"), Path("frames/sea.png")


def paint(path: Path, red: int) -> None:
    Image.new("RGB", (1280, 720), (red, 60, 90)).save(path)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of which nothing is rendered yet, with its manifest."""
    monkeypatch.chdir(tmp_path)
    PICTURE.parent.mkdir()
    paint(PICTURE, 40)
    paint(SEA, 80)
    film = Path("film.yaml")
    film.write_text(FILM, "utf-8")
    board = load_storyboard(film, load_catalog())
    assert board.problems == ()
    states = read_states(board.takes, [], has_file=lambda video: True)
    MANIFEST.parent.mkdir(parents=True)
    manifest = build_manifest(board, "https://api.modellix.ai", states)
    MANIFEST.write_bytes(manifest_bytes(manifest))
    return film


def edit(change: Callable[[list[dict[str, Any]]], object]) -> None:
    document = json.loads(MANIFEST.read_text("utf-8"))
    change(document["takes"])
    MANIFEST.write_text(json.dumps(document), "utf-8")


def plan(program: Program, film: Path, *options: str) -> dict[str, tuple[str, str]]:
    document = program("plan", film, "--from-manifest", "--json", *options).json
    actions = document["storyboards"][0]["actions"]
    return {one["take"]: (one["action"], one["reason"]) for one in actions}


def held(program: Program, film: Path) -> str:
    """Why the first take is held; the others then have no parent that comes."""
    actions = plan(program, film)
    assert {kind for kind, _ in actions.values()} == {"hold"}
    return actions["one"][1]


def test_the_takes_of_a_manifest_wait_for_one_another(program: Program, recorded: Path) -> None:
    recorded.write_text(FILM.replace("She", "He"), "utf-8")
    assert plan(program, recorded) == {
        "one": ("submit", "new"),
        "two": ("wait", "waits for one"),
        "three": ("wait", "waits for two"),
    }


def test_what_the_storyboard_pauses_is_paused(program: Program, recorded: Path) -> None:
    recorded.write_text(FILM.replace("{id: one,", "{id: one, pause: true,"), "utf-8")
    reason = plan(program, recorded)["two"][1]
    assert reason == "waits for one, and then until you have seen one"


def test_another_picture_under_the_name_is_not_sent(program: Program, recorded: Path) -> None:
    paint(PICTURE, 41)
    assert held(program, recorded) == (
        "it cannot be sent: 'frames/pier.png' is not the picture that the manifest names"
    )


def test_a_take_that_waits_is_held_for_its_own_picture(program: Program, recorded: Path) -> None:
    paint(SEA, 81)
    actions = plan(program, recorded)
    assert [kind for kind, _ in actions.values()] == ["submit", "wait", "hold"]
    assert actions["three"][1] == (
        "it cannot be sent: 'frames/sea.png' is not the picture that the manifest names"
    )


def replace_picture(
    content: bytes, *, model: str | None = None, field: str = "first_frame"
) -> None:
    """Puts another content in a picture's place, and into the manifest what asks for it."""
    PICTURE.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    def change(takes: list[dict[str, Any]]) -> None:
        for take in takes:
            if take["id"] == "one":
                take["model"] = model or take["model"]
                take["payload"] = {"prompt": "She turns", field: {"sha256": digest}}
                take["inputs"][0]["at"] = field
                take["fingerprint"] = fingerprint(take["model"], take["payload"])

    edit(change)


def test_a_picture_is_decoded_whatever_the_manifest_says_of_it(
    program: Program, recorded: Path
) -> None:
    recorded.write_text(WITHOUT, "utf-8")
    replace_picture(PICTURE.read_bytes()[:400])
    assert held(program, recorded) == (
        "it cannot be sent: 'frames/pier.png' cannot be decoded as a picture"
    )


def test_a_picture_is_compared_with_what_the_model_takes(program: Program, recorded: Path) -> None:
    recorded.write_text(WITHOUT, "utf-8")
    replace_picture(png(300, 300), model="minimax/hailuo-2.3-i2v", field="first_frame_image")
    assert held(program, recorded) == (
        "it cannot be sent: 'frames/pier.png' has 300 x 300 pixels; minimax/hailuo-2.3-i2v takes "
        "at least 301 a side"
    )


def test_a_picture_of_several_takes_is_checked_once(
    program: Program, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(lambda takes: takes[1].update({key: takes[0][key] for key in SAME_REQUEST}))
    checked: list[bytes] = []
    monkeypatch.setattr(
        manifest_inputs, "check_picture", lambda content, *_: checked.append(content)
    )
    assert [kind for kind, _ in plan(program, recorded).values()] == ["submit", "submit", "wait"]
    assert sorted(checked) == sorted([PICTURE.read_bytes(), SEA.read_bytes()])


def test_a_picture_that_cannot_be_checked_is_not_sent(
    program: Program, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.write_text(WITHOUT, "utf-8")
    monkeypatch.setattr(manifest_inputs, "find_spec", lambda name: None)
    assert held(program, recorded) == (
        "it cannot be sent: 'frames/pier.png': checking a picture needs Pillow, which is not "
        "installed: pip install 'storyboard-render[media]'"
    )


def test_a_picture_that_is_gone_holds_its_take(program: Program, recorded: Path) -> None:
    recorded.write_text(WITHOUT, "utf-8")
    PICTURE.unlink()
    assert held(program, recorded).startswith("it cannot be sent: 'frames/pier.png': ")


def test_a_render_says_what_it_cannot_send(program: Program, recorded: Path) -> None:
    recorded.write_text(WITHOUT, "utf-8")
    PICTURE.unlink()
    output = program("render", recorded, "--from-manifest", "--yes")
    assert output.code == 1
    why = "it cannot be sent: 'frames/pier.png': there is no such file"
    assert f"  not sent  one    {why}\n" in output.err
    assert f"  not sent  two    one has no video: {why}\n" in output.err


@pytest.mark.parametrize("path", ["../outside.png", "../../../../../../etc/hostname", ".git/x"])
def test_a_file_outside_the_project_is_not_read(
    program: Program, recorded: Path, path: str
) -> None:
    Path("..", "outside.png").write_bytes(PICTURE.read_bytes())
    edit(lambda takes: takes[0]["inputs"][0].update(path=path))
    assert held(program, recorded).startswith(f"it cannot be sent: '{path}': ")


def test_a_file_in_an_allowed_folder_is_sent(program: Program, recorded: Path) -> None:
    outside = Path("..", "allowed", "pier.png")
    outside.parent.mkdir()
    PICTURE.rename(outside)
    recorded.write_text(WITHOUT, "utf-8")
    edit(lambda takes: takes[0]["inputs"][0].update(path="../allowed/pier.png"))
    assert plan(program, recorded, "--allow-path", "../allowed")["one"] == ("submit", "new")


def test_a_digest_that_nothing_explains_is_not_sent(program: Program, recorded: Path) -> None:
    edit(lambda takes: takes[0].pop("inputs"))
    reason = held(program, recorded)
    assert reason.startswith("it cannot be sent: the manifest does not say where its ")


def test_takes_that_wait_for_one_another_are_refused(program: Program, recorded: Path) -> None:
    def turn(takes: list[dict[str, Any]]) -> None:
        two, three = takes[1:]
        [field] = [key for key, value in two["payload"].items() if isinstance(value, dict)]
        two["payload"][field] = {"take": "three", "frame": "last"}
        two["inputs"][0].update(take="three")
        assert three["inputs"][0]["take"] == "two"

    edit(turn)
    output = program("plan", recorded, "--from-manifest")
    assert (output.code, output.out) == (2, "")
    assert output.err == (
        f"error: {MANIFEST}: takes show frames of one another in a circle: "
        "three -> two -> three.\n    next: restore a copy from before it was edited\n"
    )
