from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.outputs import write as module
from storyboard.outputs.gallery.page import gallery_html
from storyboard.outputs.manifest.file import Manifest, manifest_bytes
from storyboard.outputs.manifest.manifest import as_here, build_manifest
from storyboard.outputs.write import make_output, source_digest, write_outputs
from storyboard.records import SubmissionState, TakeState, TakeStatus
from storyboard.state.rows import StoredPayload
from storyboard.state.store import Store
from tests.made import HOUR, NOW, make_done, make_submission, make_take, make_video
from tests.outputs.states import HARBOR

ORIGIN = "https://api.modellix.ai"
FILES = ("manifest.json", "index.html")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path, origin=ORIGIN, storyboard="harbor")) as opened:
        opened.adopt(make_done(make_take("a"), id=0))
        yield opened


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the outputs, each time that one is made."""
    names: list[str] = []

    def counting(name: str, manifest: Manifest) -> bytes:
        names.append(name)
        return make_output(name, manifest)

    monkeypatch.setattr(module, "make_output", counting)
    return names


def states_in(store: Store, status: TakeStatus = TakeStatus.DONE) -> list[TakeState]:
    return [TakeState(make_take("a"), status, one) for one in store.submissions()[:1]]


def write(store: Store, folder: Path, states: list[TakeState] | None = None) -> None:
    write_outputs(HARBOR, ORIGIN, states or states_in(store), folder, store, now=NOW)


def test_each_output_is_written_and_remembered(tmp_path: Path, store: Store) -> None:
    write(store, tmp_path)
    manifest = build_manifest(HARBOR, ORIGIN, states_in(store))
    page = gallery_html(as_here(manifest, states_in(store)))
    contents = {"manifest.json": manifest_bytes(manifest), "index.html": page}
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        assert (tmp_path / name).read_bytes() == data
        assert store.outputs()[name].sha256 == hashlib.sha256(data).hexdigest()


def test_nothing_is_made_again_while_nothing_changes(
    tmp_path: Path, store: Store, made: list[str]
) -> None:
    write(store, tmp_path)
    assert made == list(FILES)
    before = store._db.total_changes
    write(store, tmp_path)
    assert made == list(FILES)
    assert store._db.total_changes == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "one byte", "gone", "another"])
def test_a_file_that_is_not_as_it_was_written_is_mended(
    tmp_path: Path, store: Store, name: str, damage: str
) -> None:
    write(store, tmp_path)
    path = tmp_path / name
    right = path.read_bytes()
    wrong = {"cut": right[:-9], "one byte": right.replace(b"harbor", b"harbos"), "another": b"{}"}
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(wrong[damage])
    write(store, tmp_path)
    assert path.read_bytes() == right


def test_a_row_that_changes_behind_an_equal_take_is_shown(tmp_path: Path, store: Store) -> None:
    write(store, tmp_path)
    [sent] = store.submissions()
    store.update(replace(sent, task_id="another-task"))
    write(store, tmp_path)
    assert "another-task" in (tmp_path / "manifest.json").read_text("utf-8")
    store.add_video(sent, make_video("a", 2), version=2)
    write(store, tmp_path)
    assert "a.v002.mp4" in (tmp_path / "index.html").read_text("utf-8")


def test_a_file_that_is_lost_or_back_is_shown_on_the_page_and_is_no_matter_of_the_manifest(
    tmp_path: Path, store: Store
) -> None:
    write(store, tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    for status in (TakeStatus.DONE, TakeStatus.RENDERED, TakeStatus.DONE):
        write(store, tmp_path, states_in(store, status))
        assert f'data-status="{status.value}"' in (tmp_path / "index.html").read_text("utf-8")
        assert (tmp_path / "manifest.json").read_bytes() == before
    assert b'"status": "rendered"' in before


def test_a_manifest_is_not_rewritten_for_its_line_ends(
    tmp_path: Path, store: Store, made: list[str]
) -> None:
    write(store, tmp_path)
    path = tmp_path / "manifest.json"
    checked_out = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(checked_out)
    made.clear()
    for _ in range(2):
        write(store, tmp_path)
        assert path.read_bytes() == checked_out
    assert made == list(FILES)
    [sent] = store.submissions()
    store.update(replace(sent, task_id="another-task"))
    write(store, tmp_path)
    assert b"another-task" in path.read_bytes()
    assert b"\r" not in path.read_bytes()


def test_what_the_manifest_in_place_says_of_a_task_stays(tmp_path: Path, store: Store) -> None:
    """Another machine saw the task finish at another second, and got another link."""
    write(store, tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    [sent] = store.submissions()
    assert sent.finished_at is not None
    later = replace(
        sent, finished_at=sent.finished_at + HOUR, video_url="https://file.modellix.ai/again.mp4"
    )
    store.update(later)
    write(store, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_a_take_that_was_rendered_stays_so_while_it_is_rendered_again(
    tmp_path: Path, store: Store
) -> None:
    write(store, tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    store.adopt(make_submission(make_take("a"), SubmissionState.ACCEPTED, id=0, task_id="again"))
    again = [TakeState(make_take("a"), TakeStatus.RENDERING, store.submissions()[1])]
    write(store, tmp_path, again)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_another_program_makes_them_anew(
    tmp_path: Path, store: Store, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, tmp_path)
    monkeypatch.setattr(module, "_program", lambda: b"a later version")
    write(store, tmp_path)
    assert made == [*FILES, *FILES]


def test_a_manifest_put_there_while_ours_was_written_is_not_taken_for_ours(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(path: Path, content: bytes) -> bool:
        path.write_bytes(b"of another branch")
        return True

    monkeypatch.setattr(module, "write_atomically", overtaken)
    write(store, tmp_path)
    theirs = hashlib.sha256(b"of another branch").hexdigest()
    assert theirs not in {one.sha256 for one in store.outputs().values()}


STATES = st.lists(
    st.builds(
        lambda name, payload, changes, status: TakeState(
            replace(make_take(name), payload=payload, **changes), status, make_done(make_take(name))
        ),
        st.sampled_from(["a", "b"]),
        st.sampled_from([{"n": 5}, {"n": 5.0}, {"n": True}, {"n": "5"}, {"n": 5, "m": 1}])
        | st.just({"m": 1, "n": 5}),
        st.sampled_from([{}, {"scene": "pier"}, {"shot": "b"}, {"number": 2}, {"model": "x/y"}]),
        st.sampled_from([TakeStatus.DONE, TakeStatus.RENDERED]),
    ),
    max_size=2,
)


@settings(max_examples=100, deadline=None)
@given(STATES, STATES)
def test_other_manifests_have_other_sources(one: list[TakeState], other: list[TakeState]) -> None:
    bytes_ = [page_bytes(states) for states in (one, other)]
    sources = [source_digest(HARBOR, ORIGIN, states, 0) for states in (one, other)]
    assert (sources[0] == sources[1]) is (bytes_[0] == bytes_[1])


def page_bytes(states: list[TakeState]) -> bytes:
    """All that the page shows."""
    return manifest_bytes(as_here(build_manifest(HARBOR, ORIGIN, states), states))


def test_head_and_rows_are_of_the_source() -> None:
    state = TakeState(make_take("a"), TakeStatus.DONE, make_done(make_take("a")))
    sent = make_done(make_take("a"), id=2)
    untitled = replace(HARBOR, title=None)
    retitled = replace(HARBOR, scene_titles={"pier": "By the sea"})
    sources = {
        source_digest(retitled, ORIGIN, [state], 0),
        source_digest(HARBOR, ORIGIN, [state], 0),
        source_digest(HARBOR, "sandbox", [state], 0),
        source_digest(untitled, ORIGIN, [state], 0),
        source_digest(HARBOR, ORIGIN, [replace(state, submission=sent)], 0),
        source_digest(HARBOR, ORIGIN, [TakeState(state.take, TakeStatus.PENDING)], 0),
    }
    assert len(sources) == 6


def test_a_payload_out_of_the_state_file_counts_as_what_it_is() -> None:
    def source(payload: Any) -> str:
        take = replace(make_take("a"), payload=payload)
        return source_digest(HARBOR, ORIGIN, [TakeState(take, TakeStatus.PENDING)], 0)

    assert source(StoredPayload('{"n": 5}')) == source({"n": 5})


def test_every_take_of_every_batch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    states = [TakeState(make_take(name), TakeStatus.PENDING) for name in "abcde"]
    sources = {source_digest(HARBOR, ORIGIN, states[:count], 0) for count in range(6)}
    assert len(sources) == 6
