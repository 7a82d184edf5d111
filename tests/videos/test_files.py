"""Videos in place: the row first, then the move, and nothing is ever overwritten."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storyboard.engine.downloads import add_video
from storyboard.engine.job import Job
from storyboard.errors import StateError
from storyboard.records import Plan, Submission, SubmissionState, Video
from storyboard.state.store import Store
from storyboard.videos.files import (
    finish_moves,
    has_file,
    holds_video,
    is_lfs_pointer,
    move_into_place,
    partial_path,
    remove_partial_files,
)
from tests.made import NOW, make_done, make_submission, make_take, make_video

CONTENT = b"pictures that move"


def video_of(content: bytes, path: str = "") -> Video:
    return Video(path, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    (tmp_path / "videos").mkdir()
    with closing(Store(tmp_path, origin="sandbox", storyboard="film")) as store:
        yield Job("film", Plan(()), store, tmp_path)


@pytest.fixture
def rendered(job: Job) -> Submission:
    """A success whose result lies, whole, under its temporary name."""
    sent = job.store.adopt(make_submission(make_take(), SubmissionState.SUCCEEDED, id=0))
    partial_path(job.folder, sent).write_bytes(CONTENT)
    return sent


def path_of(submission: Submission) -> str:
    assert submission.video is not None
    return submission.video.path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "videos").iterdir())


def test_a_file_is_in_place_with_its_size(tmp_path: Path) -> None:
    video = make_video(path="hero.mp4", size_bytes=5)
    assert not has_file(tmp_path, video)
    (tmp_path / "hero.mp4").write_bytes(b"1234")
    assert not has_file(tmp_path, video)
    (tmp_path / "hero.mp4").write_bytes(b"12345")
    assert has_file(tmp_path, video)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_to_a_file_elsewhere_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"12345")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "hero.mp4").symlink_to(tmp_path / "elsewhere")
    video = make_video(path="a/hero.mp4", size_bytes=5)
    assert has_file(tmp_path, video)
    (tmp_path / "elsewhere").unlink()
    assert not has_file(tmp_path, video)


def test_without_a_cut_download_no_video_is_looked_at(
    job: Job, rendered: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = add_video(job, rendered, video_of(CONTENT))
    partial_path(job.folder, placed).unlink()
    monkeypatch.setattr("storyboard.videos.files.has_file", None)
    finish_moves(job.folder, [placed])
    assert names(job.folder) == []


def test_a_file_is_the_video_with_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "hero.mp4"
    assert not holds_video(path, video_of(CONTENT))
    path.write_bytes(CONTENT)
    assert holds_video(path, video_of(CONTENT))
    assert not holds_video(path, video_of(CONTENT[::-1]))
    assert not holds_video(tmp_path, video_of(CONTENT))


def test_the_row_names_the_next_version_before_the_file_is_moved(
    job: Job, rendered: Submission
) -> None:
    placed = add_video(job, rendered, video_of(CONTENT))
    assert path_of(placed) == "videos/hero.v001.mp4"
    assert job.store.submissions() == [placed]
    assert names(job.folder) == [".1.part"]
    move_into_place(job.folder, partial_path(job.folder, placed), path_of(placed))
    assert names(job.folder) == ["hero.v001.mp4"]


def test_no_file_that_exists_is_ever_named(job: Job, rendered: Submission) -> None:
    (job.folder / "videos" / "hero.v001.mp4").write_bytes(b"found here")
    (job.folder / "videos" / "hero.v002.mp4").write_bytes(b"found here too")
    assert path_of(add_video(job, rendered, video_of(CONTENT))) == "videos/hero.v003.mp4"


def test_a_video_that_was_lost_gets_its_old_name_back(job: Job) -> None:
    lost = video_of(CONTENT, "videos/hero.v007.mp4")
    sent = job.store.adopt(make_done(make_take(), id=0, video=lost))
    assert add_video(job, sent, video_of(CONTENT)) == sent
    assert [read.video for read in job.store.submissions()] == [lost]


def test_another_video_under_a_lost_one_s_request_is_a_new_version(job: Job) -> None:
    lost = video_of(b"other", "videos/hero.v007.mp4")
    sent = job.store.adopt(make_done(make_take(), id=0, video=lost))
    assert path_of(add_video(job, sent, video_of(CONTENT))) == "videos/hero.v008.mp4"


def test_a_video_whose_name_was_taken_meanwhile_is_a_new_version(job: Job) -> None:
    lost = video_of(CONTENT, "videos/hero.v001.mp4")
    sent = job.store.adopt(make_done(make_take(), id=0, video=lost))
    (job.folder / lost.path).write_bytes(b"damaged")
    assert path_of(add_video(job, sent, video_of(CONTENT))) == "videos/hero.v002.mp4"


def test_a_move_that_was_committed_is_finished_by_the_next_run(
    job: Job, rendered: Submission
) -> None:
    placed = add_video(job, rendered, video_of(CONTENT))
    for _ in range(2):
        finish_moves(job.folder, job.store.submissions())
        assert names(job.folder) == ["hero.v001.mp4"]
    assert (job.folder / path_of(placed)).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[::-1], b""])
def test_a_part_that_is_not_the_committed_video_is_not_moved(
    job: Job, rendered: Submission, content: bytes
) -> None:
    placed = add_video(job, rendered, video_of(CONTENT))
    partial_path(job.folder, placed).write_bytes(content)
    finish_moves(job.folder, [placed])
    assert names(job.folder) == [".1.part"]


def test_finishing_a_move_overwrites_nothing(job: Job, rendered: Submission) -> None:
    placed = add_video(job, rendered, video_of(CONTENT))
    (job.folder / path_of(placed)).write_bytes(b"put here by hand")
    finish_moves(job.folder, [placed])
    assert (job.folder / path_of(placed)).read_bytes() == b"put here by hand"


def test_nothing_is_moved_for_what_has_no_video_or_no_part(job: Job, rendered: Submission) -> None:
    finish_moves(job.folder, [rendered, replace(make_done(make_take()), id=99)])
    assert names(job.folder) == [".1.part"]


def test_a_move_makes_the_folder_that_it_needs(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    part.write_bytes(CONTENT)
    move_into_place(tmp_path, part, "videos/hero.v001.mp4")
    assert names(tmp_path) == ["hero.v001.mp4"]


def test_a_move_that_the_system_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "videos" / "hero.v001.mp4").mkdir(parents=True)
    (tmp_path / "videos" / "hero.v001.mp4" / "x").touch()
    part = tmp_path / "x.part"
    part.write_bytes(CONTENT)
    with pytest.raises(StateError) as error:
        move_into_place(tmp_path, part, "videos/hero.v001.mp4")
    target = tmp_path / "videos" / "hero.v001.mp4"
    assert str(error.value).startswith(f"cannot put the video {target} in place: ")
    assert error.value.next_step == "fix the permissions of the folder, then run again"
    assert part.read_bytes() == CONTENT


@pytest.mark.skipif(os.name == "nt", reason="no such links on Windows")
def test_a_part_of_another_submission_is_left_alone(job: Job, rendered: Submission) -> None:
    other = job.store.adopt(make_submission(make_take("b"), SubmissionState.SUCCEEDED, id=0))
    placed = add_video(job, other, video_of(CONTENT))
    finish_moves(job.folder, [placed])
    assert names(job.folder) == [".1.part"]


def test_only_what_a_download_can_resume_is_left(job: Job) -> None:
    def partial(state: SubmissionState, name: str, **facts: Any) -> Submission:
        sent = job.store.adopt(make_submission(make_take(name), state, id=0, **facts))
        partial_path(job.folder, sent).write_bytes(CONTENT)
        return sent

    resumable = partial(SubmissionState.SUCCEEDED, "a")
    partial(SubmissionState.SUCCEEDED, "b", url_expires_at=NOW)
    partial(SubmissionState.FAILED, "c")
    done = partial(SubmissionState.SUCCEEDED, "d", video=video_of(CONTENT, "videos/d.v001.mp4"))
    (job.folder / path_of(done)).write_bytes(CONTENT)
    partial_path(job.folder, make_submission(make_take(), SubmissionState.FAILED, id=99)).touch()
    remove_partial_files(job.folder, job.store.submissions(), now=NOW)
    assert names(job.folder) == [f".{resumable.id}.part", "d.v001.mp4"]


def test_a_pointer_of_git_lfs_is_known_by_its_version_and_digest(tmp_path: Path) -> None:
    video = video_of(CONTENT, "hero.mp4")
    head = "version https://git-lfs.github.com/spec/v1\n"
    assert not is_lfs_pointer(tmp_path, video)
    for text, expected in (
        (f"{head}oid sha256:{video.sha256}\nsize 19\n", True),
        (f"{head}oid sha256:{'0' * 64}\nsize 19\n", False),
        (f"oid sha256:{video.sha256}\n", False),
        (f"{head}oid sha256:{video.sha256}\n{'x' * 2000}", False),
    ):
        (tmp_path / "hero.mp4").write_text(text, "utf-8")
        assert is_lfs_pointer(tmp_path, video) is expected
    (tmp_path / "hero.mp4").write_bytes(b"\xff" * 100)
    assert not is_lfs_pointer(tmp_path, video)
