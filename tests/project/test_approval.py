"""Approving the videos of paused takes: what is recorded, and what is refused before anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.project.approval import approve, check_paused
from storyboard.project.waiting import find_waiting
from storyboard.project.workspace import Folders, FolderSnapshot, Workspace
from storyboard.records import Storyboard, Submission, SubmissionState, Take, Video
from storyboard.state.queries import read_passed
from storyboard.state.store import Store
from tests.made import MODEL, make_take
from tests.planning.test_following import A, B, after

PAUSED = replace(make_take("pier-1"), is_paused=True)
TAKES = [replace(make_take(f"two.t{n}", n=n), is_paused=True) for n in (1, 2)]
CHILD, FREE = after("pier-2", "pier-1"), make_take("free")


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    takes = (PAUSED, CHILD, *TAKES, FREE)
    board = Storyboard(Path("film.yaml"), "film", None, takes, (), {})
    return Workspace(board, tmp_path, tmp_path, tmp_path, "o", Folders(False, None, None, None))


@pytest.fixture
def store(space: Workspace) -> Iterator[Store]:
    store = Store(space.state, origin="o", storyboard="film")
    yield store
    store.close()


def here(*missing: str) -> FolderSnapshot:
    return FolderSnapshot(lambda video: video.sha256 not in missing, lambda video: False, {})


def render(store: Store, take: Take, sha256: str) -> Submission:
    now = datetime(2026, 11, 22, tzinfo=timezone.utc)
    with store.transaction():
        row = store.begin(take, endpoint=f"/api/v1/{MODEL}", now=now)
        done = replace(row, state=SubmissionState.SUCCEEDED, task_id=f"task-{row.id}")
        done = store.update(replace(done, submitted_at=now, finished_at=now))
        version = store.next_version(take.id)
        video = Video(f"videos/{take.id}.v{version:03d}.mp4", sha256, 1000)
        return store.add_video(done, video, version=version)


def let_pass(space: Workspace, store: Store, *names: str, missing: str = "") -> list[str]:
    said: list[str] = []
    approve(space, store, here(missing), names, tell=said.append)
    return said


def test_the_video_that_the_take_has_now_is_approved(space: Workspace, store: Store) -> None:
    render(store, PAUSED, A)
    assert let_pass(space, store, "PIER-1") == ["approved: the video of pier-1"]
    assert read_passed(space.state) == {("pier-1", A)}
    again = let_pass(space, store, "pier-1")
    assert again == ["approved: the video of pier-1"]


def test_a_new_video_needs_a_new_approval(space: Workspace, store: Store) -> None:
    render(store, PAUSED, A)
    let_pass(space, store, "pier-1")
    assert waiting(space, store) == {}
    render(store, PAUSED, B)
    assert "--past pier-1" in waiting(space, store)["pier-2"]
    let_pass(space, store, "pier-1")
    assert read_passed(space.state) == {("pier-1", A), ("pier-1", B)}
    assert waiting(space, store) == {}


def waiting(space: Workspace, store: Store) -> dict[str, str]:
    known, now = store.submissions(), datetime.now(timezone.utc)
    states = space.read_states(known, here())
    found = find_waiting(space, known, here(), states, passed=store.passed(), now=now)
    return {name: action.reason for name, action in found.items()}


def test_a_shot_s_id_approves_the_videos_that_its_takes_have(
    space: Workspace, store: Store
) -> None:
    render(store, TAKES[1], B)
    assert let_pass(space, store, "two") == ["approved: the video of two.t2"]
    render(store, TAKES[0], A)
    assert let_pass(space, store, "two") == ["approved: the videos of two.t1, two.t2"]


def test_a_take_without_a_video_is_not_approved(space: Workspace, store: Store) -> None:
    with pytest.raises(UsageError) as caught:
        let_pass(space, store, "pier-1")
    said = f"--past pier-1: pier-1 has no finished video in {space.videos} to approve"
    assert str(caught.value) == said
    assert caught.value.next_step == "render it first: storyboard render film.yaml --only pier-1"
    render(store, PAUSED, A)
    with pytest.raises(UsageError) as caught:
        let_pass(space, store, "pier-1", missing=A)
    assert str(caught.value) == said
    assert caught.value.next_step == "see what became of it with: storyboard status film.yaml"
    assert store.passed() == frozenset()


@pytest.mark.parametrize(
    ("name", "message", "next_step"),
    [
        ("pier-3", "--past 'pier-3' matches no take", "did you mean 'pier-1'?"),
        (
            "free",
            "--past free: free is not paused, so nothing waits for its approval",
            "leave it out, or write pause: true in shot free",
        ),
    ],
)
def test_what_cannot_be_approved_is_refused_before_anything_is_created(
    name: str, message: str, next_step: str
) -> None:
    with pytest.raises(UsageError) as caught:
        check_paused([PAUSED, FREE], [name])
    assert str(caught.value) == message
    assert caught.value.next_step == next_step
