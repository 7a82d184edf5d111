"""A chain of three in clones, merges, renamed films and other folders: nothing is paid twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storyboard.media import FrameInput
from storyboard.outputs.write import write_outputs
from storyboard.planning.plan import make_plan
from storyboard.planning.states import resolve_takes
from storyboard.project.adoption_source import read_source
from storyboard.project.manifests import find_in_git, known_submissions, read_manifests
from storyboard.project.neighbour import find_neighbour
from storyboard.project.output_folder import open_folder
from storyboard.project.workspace import Folders, Workspace, with_manifest_takes
from storyboard.records import (
    ActionKind,
    Storyboard,
    Submission,
    SubmissionState,
    Take,
    TakeStatus,
    Video,
)
from storyboard.recovery.adoption import Placed, adopt_from
from storyboard.recovery.decisions import adopted
from storyboard.recovery.rewrite import rewrite_outputs
from storyboard.recovery.task_ids import choose_unknown
from tests.made import NOW, make_done, make_submission, make_take, make_video
from tests.planning.test_following import after
from tests.project.test_git import git

ORIGIN = "https://api.modellix.ai"
CHAIN = (make_take("one"), after("two", "one"), after("three", "two", frame=1.5))
KEEP = {"one": "keep", "two": "keep", "three": "keep"}


@pytest.fixture(autouse=True)
def no_git_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)


def space_of(folder: Path, takes: Sequence[Take] = CHAIN, name: str = "film") -> Workspace:
    """A film in a folder, with its output folder in the default place."""
    board = Storyboard(folder / f"{name}.yaml", name, None, tuple(takes), (), {})
    output = folder / "renders" / name
    folders = Folders(sandbox=False, output=None, state=None, base_url=None)
    return Workspace(board, output, output.resolve(), output, ORIGIN, folders)


def content_of(take: str, machine: str) -> bytes:
    return f"the video of {take}, made on {machine}".encode()


def video_of(take: str, machine: str) -> Video:
    content = content_of(take, machine)
    return make_video(take, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def render(space: Workspace, machine: str = "a", *, minutes: int = 0) -> list[Submission]:
    """Renders what is to be submitted, parents first, as an engine would; the new rows."""
    made: list[Submission] = []
    with open_folder(space, tell=print) as store:
        while True:
            snapshot, known = space.snapshot(), store.submissions()
            actions = make_plan(
                space.storyboard.takes, known, now=NOW, has_file=snapshot.has_file
            ).actions
            to_send = [one.take for one in actions if one.kind is ActionKind.SUBMIT]
            for take in to_send:
                video = video_of(take.id, machine)
                (space.folder / video.path).write_bytes(content_of(take.id, machine))
                at = NOW + timedelta(minutes=minutes)
                row = make_done(
                    take, id=0, task_id=f"{machine}-{take.id}", video=video, submitted_at=at
                )
                made.append(store.adopt(replace(row, sent_at=at)))
            if not to_send:
                break
        states = space.read_states(store.submissions(), space.snapshot())
        write_outputs(space.storyboard, ORIGIN, states, space.real_folder, store, now=NOW)
    return made


def plan(space: Workspace) -> dict[str, str]:
    """What a render would do about each take, if all the videos were downloaded."""
    known = known_submissions(space, tell=print)
    actions = make_plan(space.storyboard.takes, known, now=NOW, has_file=lambda video: True).actions
    return {one.take.id: one.kind.value for one in actions}


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "render")


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A repository in which the chain was rendered and committed."""
    folder = tmp_path / "original"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    assert [one.take for one in render(space_of(folder))] == ["one", "two", "three"]
    commit(folder)
    return folder


@pytest.fixture
def clone(original: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", "original", "clone")
    found = {path.name for path in (tmp_path / "clone/renders/film").iterdir()}
    assert found == {"manifest.json", ".gitignore"}
    return tmp_path / "clone"


def test_a_clone_keeps_a_chain(original: Path, clone: Path) -> None:
    assert plan(space_of(clone)) == KEEP
    assert plan(with_manifest_takes(space_of(clone))) == KEEP
    before = (clone / "renders/film/manifest.json").read_bytes()
    assert render(space_of(clone), "b") == []
    assert (clone / "renders/film/manifest.json").read_bytes() == before


@pytest.mark.parametrize(("is_locked", "expected"), [(True, "keep"), (False, "submit")])
def test_a_locked_take_of_a_manifest_keeps_its_video_whatever_it_followed(
    original: Path, is_locked: bool, expected: str
) -> None:
    one, two, three = CHAIN
    space = space_of(original, (one, replace(two, is_locked=is_locked), three))
    with open_folder(space, tell=print) as store:
        later = NOW + timedelta(minutes=5)
        video = replace(video_of("one", "b"), path="videos/one.v002.mp4")
        store.adopt(make_done(one, id=0, task_id="b", submitted_at=later, video=video))
    for each in (space, with_manifest_takes(space)):
        assert plan(each)["two"] == expected


def test_a_chain_is_found_in_git_link_by_link(original: Path) -> None:
    space = space_of(original)
    for path in space.folder.glob("state.sqlite3*"):
        path.unlink()
    manifest = space.folder / "manifest.json"
    document = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**document, "takes": []}), "utf-8")
    assert plan(space) == KEEP
    found = find_in_git(space, [], tell=print)
    assert [one.take for one in found] == ["one", "two", "three"]
    one_known = [one for one in found if one.take == "one"]
    assert [one.take for one in find_in_git(space, one_known, tell=print)] == ["two", "three"]


def test_git_is_not_asked_for_takes_whose_videos_are_not_known(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def count(path: Path) -> list[object]:
        asked.append(path)
        return []

    monkeypatch.setattr("storyboard.project.manifests.find_versions", count)
    waiting = make_submission(CHAIN[0], SubmissionState.ACCEPTED)
    assert find_in_git(space_of(original), [waiting], tell=print) == []
    assert asked == []
    assert find_in_git(space_of(original), [], tell=print) == []
    assert len(asked) == 1


@pytest.mark.parametrize("later", ["a", "b"])
def test_two_sides_that_rendered_a_chain_agree_after_a_merge(
    original: Path, clone: Path, later: str
) -> None:
    """Each side renders the same new chain; the video submitted last decides, on both."""
    minutes = {"a": 1, "b": 1} | {later: 2}
    takes = (*CHAIN, make_take("x"), after("y", "x"), after("z", "y"))
    a, b = space_of(original, takes), space_of(clone, takes)
    assert len(render(a, "a", minutes=minutes["a"])) == 3
    assert len(render(b, "b", minutes=minutes["b"])) == 3
    commit(original)
    commit(clone)
    git(clone, "fetch", "--quiet")
    with pytest.raises(Exception, match="returned non-zero"):
        git(clone, "merge", "origin/main")
    kept = {take.id: "keep" for take in takes}
    assert plan(b) == kept
    assert render(b, "c") == []
    commit(clone)
    git(original, "pull", "--quiet", str(clone), "main")
    assert plan(a) == kept
    assert render(a, "c") == []
    assert (a.folder / "manifest.json").read_bytes() == (b.folder / "manifest.json").read_bytes()


def test_a_renamed_film_knows_its_chain_in_the_renamed_folder(original: Path) -> None:
    (original / "renders/film").rename(original / "renders/movie")
    space = space_of(original, name="movie")
    for path in space.folder.glob("state.sqlite3*"):
        path.unlink()
    assert plan(space) == KEEP


def test_a_renamed_film_adopts_its_chain_with_the_videos(original: Path) -> None:
    space = space_of(original, name="movie")
    found = find_neighbour(space, [])
    assert found is not None
    assert (found.folder.name, found.held, found.requests) == ("film", 3, 3)
    with open_folder(space, tell=print) as store:
        adoption = adopt_from(read_source(found.folder, origin=ORIGIN), space, store)
        assert sorted(one.take for one in adoption.submissions) == ["one", "three", "two"]
        assert set(adoption.placed.values()) <= {Placed.LINKED, Placed.COPIED}
        assert len(adoption.placed) == 3
        assert adoption.left_open == ()
    assert render(space, "b") == []


def test_what_is_known_here_leads_to_its_followers_in_the_folder_of_a_film_that_is_gone(
    original: Path,
) -> None:
    space = space_of(original, name="movie")
    [one, *_] = space_of(original).own_submissions()
    found = find_neighbour(space, [one])
    assert found is not None
    assert (found.held, found.requests) == (2, 2)


def test_a_chain_that_is_complete_here_is_not_adopted_again_with_other_videos(
    original: Path,
) -> None:
    space = space_of(original, name="movie")
    with open_folder(space, tell=print) as store:
        for row in render(space_of(original.parent / "other"), "b"):
            store.adopt(replace(row, id=0))
    assert find_neighbour(space, space.own_submissions()) is None
    more = space_of(original, (*CHAIN, make_take("new")), name="movie")
    assert find_neighbour(more, more.own_submissions()) is None


def test_an_open_request_of_a_follower_is_adopted_and_not_left_open(original: Path) -> None:
    old, space = space_of(original), space_of(original, name="movie")
    known = old.own_submissions()
    frame = FrameInput(("pictures", 0), "three", "last", known[2].video and known[2].video.sha256)
    four = after("four", "three")
    [*_, resolved] = resolve_takes([*CHAIN, four], known)
    assert resolved.inputs == (frame,)
    with open_folder(old, tell=print) as store:
        store.adopt(make_submission(resolved, SubmissionState.ACCEPTED, id=0, task_id="four"))
    for takes, count in (((*CHAIN, four), 4), (CHAIN, 3)):
        space = space_of(original, takes, name=f"movie{count}")
        with open_folder(space, tell=print) as store:
            adoption = adopt_from(read_source(old.folder, origin=ORIGIN), space, store)
        assert len(adoption.submissions) == count
        assert [one.take for one in adoption.left_open] == ([] if count == 4 else ["four"])


def test_a_decision_keeps_what_the_manifest_says_of_files_and_frames(original: Path) -> None:
    takes = (*CHAIN, after("four", "three"))
    space = space_of(original, takes)
    [*_, resolved] = resolve_takes(takes, space.own_submissions())
    with open_folder(space, tell=print) as store:
        lost = store.adopt(make_submission(resolved, SubmissionState.UNKNOWN, id=0))
        states = space.read_states(store.submissions(), space.snapshot())
        write_outputs(space.storyboard, ORIGIN, states, space.real_folder, store, now=NOW)
        [before] = read_manifests(space)
        assert before.takes[3].status is TakeStatus.UNKNOWN
        store.update(adopted(lost, "four"))
        rewrite_outputs(space, store)
    [after_it] = read_manifests(space)
    assert after_it.takes[:3] == before.takes[:3]
    assert after_it.takes[3].status is TakeStatus.RENDERING
    assert after_it.takes[3].inputs == before.takes[3].inputs == resolved.inputs


def test_an_unknown_outcome_of_a_follower_is_found_under_its_new_name(original: Path) -> None:
    space = space_of(original, (*CHAIN, after("last", "three")))
    known = space.own_submissions()
    [*_, resolved] = resolve_takes(space.storyboard.takes, known)
    lost = make_submission(replace(resolved, id="four", shot="four"), SubmissionState.UNKNOWN, id=4)
    chosen = choose_unknown(space, "last", [*known, lost], number=None, is_adopted=False)
    assert chosen == (lost,)
