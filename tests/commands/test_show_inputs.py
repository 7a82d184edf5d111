"""`show` for takes with files and frames: the payload as far as it is known, and the body sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from storyboard.commands import show
from storyboard.records import Storyboard
from storyboard.state.store import Store
from tests.commands.films import Program
from tests.made import NOW, make_done, make_take, make_video
from tests.outputs.manifest.test_inputs import PICTURE, with_file
from tests.planning.test_following import after, with_frames_of

VIDEO = "aa" * 32
ADDRESS = "https://file.modellix.ai/u/1.png?sign=a%2Fb"
DATA = "data:image/png;base64," + "iVBORw0KGgo" * 40
ONE, TWO = with_file(make_take("one")), after("two", "one")


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A film of two takes, of which the first was rendered."""
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text("version: 1\n", "utf-8")
    board = Storyboard(path, "film", None, (ONE, TWO), (), {})
    monkeypatch.setattr(show, "read_sound", lambda *_, **__: [board])
    folder = tmp_path / "renders/film"
    folder.mkdir(parents=True)
    with closing(Store(folder, origin="https://api.modellix.ai", storyboard="film")) as store:
        body = {**ONE.payload, "first_frame": ADDRESS}
        store.begin(ONE, endpoint="/x", now=NOW, body=body)
        [row] = store.submissions()
        done = make_done(ONE, video=make_video("one", sha256=VIDEO))
        store.update(replace(done, id=row.id))
        store.add_video(row, make_video("one", sha256=VIDEO), version=1)
        yield store


def documents(program: Program, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program("show", "film.yaml", *options, "--json").json["takes"]
    return found


def test_show_prints_the_payload_with_its_inputs_and_the_body_that_was_sent(
    program: Program, chain: Store
) -> None:
    one, two = documents(program)
    assert one["payload"]["first_frame"] == {"sha256": PICTURE}
    assert one["inputs"] == [{"at": "first_frame", "path": "frames/pier.png"}]
    assert one["body"] == {**ONE.payload, "first_frame": ADDRESS}
    assert two["payload"]["pictures"] == [{"video": VIDEO, "frame": "last"}]
    assert two["fingerprint"] == with_frames_of(TWO, one=VIDEO).fingerprint
    assert two["inputs"] == [{"at": "pictures[0]", "take": "one", "frame": "last"}]
    assert two["body"] is None
    lines = program("show", "film.yaml", "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == [one, two]


def test_a_film_that_was_not_rendered_there_shows_what_its_takes_wait_for(
    program: Program, chain: Store
) -> None:
    one, two = documents(program, "--output", "elsewhere")
    assert (one["body"], two["body"]) == (None, None)
    assert two["payload"]["pictures"] == [{"take": "one", "frame": "last"}]
    assert not Path("elsewhere").exists()


def test_a_picture_within_a_body_is_stored_and_printed_cut_short(
    program: Program, chain: Store
) -> None:
    two = with_frames_of(TWO, one=VIDEO)
    body = {**two.payload, "pictures": [DATA]}
    sent = chain.begin(two, endpoint="/x", now=NOW, body=body)
    assert sent.body == body
    short = [f"{DATA[:80]}… ({len(DATA)} characters)"]
    assert documents(program, "two")[0]["body"]["pictures"] == short
    [document] = yaml.safe_load_all(program("show", "film.yaml", "two").out)
    assert document["body"]["pictures"] == short
    assert document["payload"]["pictures"] == [{"video": VIDEO, "frame": "last"}]
