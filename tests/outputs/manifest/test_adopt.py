"""A clone pays nothing again: what its manifest tells that its state file lacks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import OwnedByAnother, UsageError
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.file import Manifest
from storyboard.outputs.manifest.manifest import build_manifest
from storyboard.planning.contradictions import describe_contradiction
from storyboard.planning.plan import make_plan
from storyboard.planning.states import read_states
from storyboard.records import Storyboard, Submission, SubmissionState, Take, TakeState, Video
from storyboard.state.store import Store
from storyboard.videos.files import has_file
from tests.made import HOUR, NOW, make_done, make_submission, make_take, make_video

ORIGIN = "https://api.modellix.ai"
CONTENT = b"pictures that move"
State = SubmissionState


FILM = Storyboard(Path("film.yaml"), "film", None, (), (), {})


def manifest_of(
    takes: Sequence[Take], known: Sequence[Submission], *, files: bool = True
) -> Manifest:
    """The manifest that a render writes for this state."""
    states = read_states(takes, known, has_file=lambda video: files)
    return build_manifest(FILM, ORIGIN, states)


def adopt(
    manifest: Manifest | None, known: Sequence[Submission], folder: Path, **more: Any
) -> list[Submission]:
    return adopt_all([manifest] if manifest else [], known, folder, **more)


def adopt_all(
    manifests: Sequence[Manifest], known: Sequence[Submission], folder: Path, **more: Any
) -> list[Submission]:
    return adoptable(manifests, known, folder, **({"origin": ORIGIN, "storyboard": "film"} | more))


def told(state: State, **facts: Any) -> Manifest:
    """A manifest of one take in this state."""
    take = make_take()
    made = make_done if state is State.SUCCEEDED else partial(make_submission, state=state)
    return manifest_of([take], [made(take, **facts)])


def here(folder: Path, content: bytes = CONTENT) -> Video:
    """A video whose file lies in the folder."""
    video = make_video(sha256=hashlib.sha256(CONTENT).hexdigest(), size_bytes=len(CONTENT))
    (folder / "videos").mkdir(exist_ok=True)
    (folder / video.path).write_bytes(content)
    return video


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path, origin=ORIGIN, storyboard="film")) as opened:
        yield opened


def decisions(store: Store, takes: Sequence[Take], folder: Path, **more: Any) -> list[str]:
    plan = make_plan(
        takes, store.submissions(), now=NOW, has_file=partial(has_file, folder), **more
    )
    return [action.kind.value for action in plan.actions]


# Keep, download, ask


def test_without_a_manifest_there_is_nothing_to_adopt(tmp_path: Path) -> None:
    assert adopt(None, [], tmp_path) == []


def test_a_video_that_is_here_with_its_sha256_is_kept(tmp_path: Path, store: Store) -> None:
    take, video = make_take(), here(tmp_path)
    for submission in adopt(manifest_of([take], [make_done(take, video=video)]), [], tmp_path):
        store.adopt(submission)
    assert decisions(store, [take], tmp_path) == ["keep"]


@pytest.mark.parametrize(
    ("expires_at", "decision"), [(NOW + HOUR, "download"), (None, "download"), (NOW, "ask")]
)
def test_a_video_that_is_not_here_is_downloaded_or_asked_about(
    tmp_path: Path, store: Store, expires_at: Any, decision: str
) -> None:
    take = make_take()
    done = make_done(take, version=3, url_expires_at=expires_at)
    for submission in adopt(manifest_of([take], [done]), [], tmp_path):
        store.adopt(submission)
    assert decisions(store, [take], tmp_path) == [decision]
    [read] = store.submissions()
    assert read.video == done.video  # so that it gets its old name back
    assert store.next_version("hero") == 4


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT[:-1], b""])
def test_a_file_of_other_content_is_not_the_video(tmp_path: Path, content: bytes) -> None:
    take, video = make_take(), here(tmp_path, content)
    [adopted] = adopt(manifest_of([take], [make_done(take, video=video)]), [], tmp_path)
    assert adopted.video == replace(video, path="videos/hero.v002.mp4")
    assert adopted.video_url == "https://file.modellix.ai/1.mp4"


@pytest.mark.parametrize(
    "path",
    ["index.html", ".x/y.v001.mp4", "videos/.x.v001.mp4", "videos/a.mp4", "videos/a/b.v001.mp4"],
)
def test_nothing_will_be_written_under_a_name_that_is_not_ours(tmp_path: Path, path: str) -> None:
    [adopted] = adopt(told(State.SUCCEEDED, video=make_video(path=path)), [], tmp_path)
    assert adopted.video == make_video(path="videos/hero.v001.mp4")


def test_a_link_that_leads_nowhere_is_not_a_free_name(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "hero.v001.mp4").symlink_to(tmp_path / "elsewhere")
    [adopted] = adopt(told(State.SUCCEEDED), [], tmp_path)
    assert adopted.video == make_video(path="videos/hero.v002.mp4")


# What is news


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (State.UNKNOWN, "ask"),
        (State.ACCEPTED, "resume"),
        (State.FAILED, "hold"),
        (State.ABANDONED, "hold"),
        (State.REJECTED, "hold"),
    ],
)
def test_a_clone_knows_what_is_open_and_what_came_to_nothing(
    tmp_path: Path, store: Store, state: State, decision: str
) -> None:
    for submission in adopt(told(state, reason="x"), [], tmp_path):
        store.adopt(submission)
    assert decisions(store, [make_take()], tmp_path) == [decision]


@pytest.mark.parametrize("state", [State.UNAVAILABLE, State.RELEASED])
def test_what_was_never_accepted_is_nothing_to_adopt(tmp_path: Path, state: State) -> None:
    assert adopt(told(state), [], tmp_path) == []


@pytest.mark.parametrize("local", list(State))
def test_a_finished_video_is_news_unless_its_task_is_known_as_finished(
    tmp_path: Path, local: State
) -> None:
    known = make_submission(make_take(), local, id=1)
    assert len(adopt(told(State.SUCCEEDED, id=2), [known], tmp_path)) == 1
    video = make_video() if local is State.SUCCEEDED else None
    same = replace(known, task_id="task-2", video=video)
    news = adopt(told(State.SUCCEEDED, id=2), [same], tmp_path)
    assert len(news) == (0 if local is State.SUCCEEDED else 1)


@pytest.mark.parametrize(
    ("submitted_at", "task_id", "is_theirs"),
    [
        (NOW + HOUR, "task-2", True),
        (NOW - HOUR, "task-9", False),
        (NOW, "task-2", True),
        (NOW, "task-0", False),
    ],
)
def test_of_two_successes_the_latest_then_the_greatest_task_id_decides_in_every_clone(
    tmp_path: Path, store: Store, submitted_at: datetime, task_id: str, *, is_theirs: bool
) -> None:
    take = make_take()
    ours = make_submission(
        take, State.SUCCEEDED, id=0, submitted_at=NOW.replace(microsecond=7), task_id="task-1"
    )
    store.adopt(replace(ours, video_url=None, url_expires_at=None))
    theirs = manifest_of(
        [take], [make_submission(take, State.SUCCEEDED, submitted_at=submitted_at, task_id=task_id)]
    )
    for submission in adopt(theirs, store.submissions(), tmp_path):
        store.adopt(submission)
    assert adopt(theirs, store.submissions(), tmp_path) == []
    [state] = read_states([take], store.submissions(), has_file=lambda video: False)
    assert state.submission is not None
    assert state.submission.task_id == (task_id if is_theirs else "task-1")
    assert decisions(store, [take], tmp_path) == ["download" if is_theirs else "ask"]


@pytest.mark.parametrize("is_ours_first", [True, False])
def test_both_sides_of_a_merge_are_adopted_and_of_one_task_what_came_last(
    tmp_path: Path, store: Store, *, is_ours_first: bool
) -> None:
    takes = [make_take(name) for name in "abc"]
    waiting = make_submission(takes[0], State.ACCEPTED, id=1)
    ours = manifest_of(takes[:2], [waiting, make_done(takes[1], id=2)])
    theirs = manifest_of(
        [takes[0], takes[2]], [make_done(takes[0], id=1), make_done(takes[2], id=3)]
    )
    sides = [ours, theirs] if is_ours_first else [theirs, ours]
    for submission in adopt_all(sides, [], tmp_path):
        store.adopt(submission)
    assert adopt_all(sides, store.submissions(), tmp_path) == []
    assert sorted(one.take for one in store.submissions()) == ["a", "b", "c"]
    assert {one.state for one in store.submissions()} == {State.SUCCEEDED}


def test_a_video_that_another_clone_downloaded_is_to_be_had_under_its_name(
    tmp_path: Path, store: Store
) -> None:
    take = make_take()
    store.adopt(make_submission(take, State.SUCCEEDED, id=0, task_id="task-1"))
    theirs = manifest_of([take], [make_done(take, version=4, task_id="task-1")])
    for submission in adopt(theirs, store.submissions(), tmp_path):
        store.adopt(submission)
    [read] = store.submissions()
    assert read.video is not None
    assert read.video.path == "videos/hero.v004.mp4"
    assert adopt(theirs, store.submissions(), tmp_path) == []


def test_a_video_is_found_by_its_content_under_whatever_name(tmp_path: Path) -> None:
    take, video = make_take(), here(tmp_path)
    (tmp_path / video.path).rename(tmp_path / "videos/hero.v009.mp4")
    (tmp_path / video.path).write_bytes(CONTENT[::-1])
    [adopted] = adopt(manifest_of([take], [make_done(take, video=video)]), [], tmp_path)
    assert adopted.video == replace(video, path="videos/hero.v009.mp4")


def test_a_lost_video_that_a_colleague_copied_here_is_found(tmp_path: Path, store: Store) -> None:
    take, lost = make_take(), make_video(version=2)
    store.adopt(make_done(take, id=0, task_id="task-1", video=lost))
    theirs = manifest_of([take], [make_done(take, task_id="task-1", video=here(tmp_path))])
    for submission in adopt(theirs, store.submissions(), tmp_path):
        store.adopt(submission)
    assert decisions(store, [take], tmp_path) == ["keep"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_no_link_is_taken_for_a_video(tmp_path: Path) -> None:
    take, video = make_take(), here(tmp_path)
    (tmp_path / video.path).rename(tmp_path / "elsewhere")
    (tmp_path / "videos/hero.v009.mp4").symlink_to(tmp_path / "elsewhere")
    [adopted] = adopt(manifest_of([take], [make_done(take, video=video)]), [], tmp_path)
    assert adopted.video == video  # its own name is free


def test_a_name_that_another_row_gave_is_not_free(tmp_path: Path) -> None:
    take, other = make_take(), make_take(seed=7)
    known = make_done(other, id=1, video=make_video(sha256="beef" * 16))
    [adopted] = adopt(manifest_of([take], [make_done(take, id=2)]), [known], tmp_path)
    assert adopted.video == make_video(path="videos/hero.v002.mp4")


@pytest.mark.parametrize(
    ("ours", "theirs", "is_theirs"),
    [
        (NOW, NOW + HOUR, True),
        (NOW + HOUR, NOW, False),
        (NOW, NOW, False),
        (None, NOW, False),
        (NOW, None, True),
    ],
)
def test_a_link_that_is_good_for_longer_replaces_ours(
    tmp_path: Path, ours: datetime | None, theirs: datetime | None, *, is_theirs: bool
) -> None:
    take = make_take()
    known = make_done(take, url_expires_at=ours)
    link = "https://file.modellix.ai/again.mp4"
    reported = make_done(take, url_expires_at=theirs, video_url=link)
    found = adopt(manifest_of([take], [reported]), [known], tmp_path)
    assert [one.video_url for one in found] == ([link] if is_theirs else [])
    assert [one.id for one in found] == ([1] if is_theirs else [])


def test_an_unknown_outcome_that_another_clone_settled_is_settled_here(
    tmp_path: Path, store: Store
) -> None:
    """There the request log had its task, and the next render finished it."""
    take = make_take()
    unknown = store.adopt(
        make_submission(take, State.UNKNOWN, id=0, sent_at=NOW.replace(microsecond=7))
    )
    theirs = manifest_of([take], [make_done(take, task_id="task-9", submitted_at=NOW)])
    [news] = adopt(theirs, [unknown], tmp_path)
    assert (news.id, news.task_id, news.state) == (unknown.id, "task-9", State.SUCCEEDED)
    later = manifest_of([take], [make_done(take, task_id="task-9", submitted_at=NOW + HOUR)])
    [other] = adopt(later, [unknown], tmp_path)
    assert other.id == 0


@pytest.mark.parametrize("state", [State.ACCEPTED, State.FAILED])
def test_an_unknown_outcome_whose_task_another_clone_has_found_is_known_here(
    tmp_path: Path, store: Store, state: State
) -> None:
    unknown = store.adopt(
        make_submission(make_take(), State.UNKNOWN, id=0, sent_at=NOW.replace(microsecond=7))
    )
    found = told(state, task_id="task-9", reason="x")
    [news] = adopt(found, [unknown], tmp_path)
    assert (news.id, news.task_id, news.state) == (unknown.id, "task-9", state)
    store.adopt(news)
    assert adopt(found, store.submissions(), tmp_path) == []


def adopted_kinds(store: Store, manifest: Manifest, takes: Sequence[Take], folder: Path) -> Any:
    for submission in adopt(manifest, store.submissions(), folder):
        store.adopt(submission)
    return decisions(store, takes, folder)


def test_a_manifest_does_not_decide_whose_a_task_in_doubt_is(tmp_path: Path, store: Store) -> None:
    take = make_take()
    why = describe_contradiction("task-9", ["take two"])
    store.adopt(make_submission(take, State.UNKNOWN, id=0, task_id="task-9", reason=why))
    manifest = told(State.SUCCEEDED, task_id="task-9")
    assert adopted_kinds(store, manifest, [take], tmp_path) == ["ask"]
    assert store.submissions()[0].reason == why


def test_a_manifest_does_not_complete_one_of_two_rows_with_one_task(
    tmp_path: Path, store: Store
) -> None:
    takes = [make_take(name) for name in "ab"]
    for take in takes:
        store.adopt(make_submission(take, State.ACCEPTED, id=0, task_id="task-9"))
    manifest = manifest_of(takes[:1], [make_done(takes[0], task_id="task-9")])
    assert adopted_kinds(store, manifest, takes, tmp_path) == ["resume", "resume"]


def test_a_task_of_ours_that_another_clone_saw_finished_completes_our_row(
    tmp_path: Path, store: Store
) -> None:
    take = make_take()
    waiting = store.adopt(make_submission(take, State.ACCEPTED, id=0, task_id="task-9"))
    [news] = adopt(told(State.SUCCEEDED, task_id="task-9"), [waiting], tmp_path)
    assert news.id == waiting.id
    preview = make_plan([take], [waiting, news], now=NOW, has_file=lambda video: True)
    store.adopt(news)
    run = make_plan([take], store.submissions(), now=NOW, has_file=lambda video: True)
    for plan in (preview, run):
        assert [action.kind.value for action in plan.actions] == ["keep"]
        assert plan.orphans == ()


@pytest.mark.parametrize(
    ("local", "is_news"),
    [
        (State.UNAVAILABLE, True),
        (State.REJECTED, True),
        (State.FAILED, True),
        (State.ABANDONED, True),
        (State.RELEASED, True),
        (State.SENDING, False),
        (State.UNKNOWN, False),
        (State.ACCEPTED, False),
        (State.SUCCEEDED, False),
    ],
)
@pytest.mark.parametrize("open_", [State.UNKNOWN, State.ACCEPTED])
def test_what_another_clone_has_open_is_news_where_ours_led_to_nothing(
    tmp_path: Path, local: State, is_news: bool, open_: State
) -> None:
    known = make_submission(make_take(), local, id=1, sent_at=NOW - HOUR, submitted_at=None)
    assert len(adopt(told(open_, id=2, reason="x"), [known], tmp_path)) == int(is_news)


@pytest.mark.parametrize(
    "decided", [State.RELEASED, State.ABANDONED, State.FAILED, State.UNAVAILABLE]
)
def test_what_we_decided_since_the_manifest_was_written_does_not_come_back(
    tmp_path: Path, decided: State
) -> None:
    """A resolved outcome would be asked about again and again, until the next manifest."""
    unknown = make_submission(make_take(), State.UNKNOWN, sent_at=NOW.replace(microsecond=700_000))
    manifest = manifest_of([make_take()], [unknown])
    assert adopt(manifest, [replace(unknown, state=decided)], tmp_path) == []
    resolved = replace(unknown, state=decided, task_id="t", submitted_at=NOW + HOUR)
    assert adopt(manifest, [resolved], tmp_path) == []


@pytest.mark.parametrize("local", [State.FAILED, State.RELEASED, State.REJECTED, State.UNKNOWN])
def test_a_failure_elsewhere_is_no_news_where_something_is_known(
    tmp_path: Path, local: State
) -> None:
    known = make_submission(make_take(), local, id=1, sent_at=NOW - HOUR)
    assert adopt(told(State.FAILED, id=2, reason="x"), [known], tmp_path) == []


def test_takes_that_share_a_request_are_adopted_once(tmp_path: Path) -> None:
    twins = [make_take("a"), replace(make_take("a"), id="b", shot="b")]
    manifest = manifest_of(twins, [make_done(make_take("a"))])
    assert [news.take for news in adopt(manifest, [], tmp_path)] == ["a"]


def test_after_adopting_there_is_nothing_left_to_adopt(tmp_path: Path, store: Store) -> None:
    takes = [make_take(name) for name in "abc"]
    manifest = manifest_of(
        takes,
        [
            make_done(takes[0], id=1),
            make_submission(takes[1], State.ACCEPTED, id=2),
            make_submission(takes[2], State.UNKNOWN, id=3),
        ],
    )
    for submission in adopt(manifest, [], tmp_path):
        store.adopt(submission)
    assert adopt(manifest, store.submissions(), tmp_path) == []
    states = read_states(takes, store.submissions(), has_file=lambda video: True)
    assert build_manifest(FILM, ORIGIN, states) == manifest


# Manifests that are not ours


def refusal(manifest: Manifest, folder: Path, **more: Any) -> tuple[str, str | None]:
    with pytest.raises((UsageError, OwnedByAnother)) as error:
        adopt(manifest, [], folder, **more)
    return str(error.value), error.value.next_step


def test_a_manifest_of_another_origin_is_refused(tmp_path: Path) -> None:
    assert refusal(told(State.FAILED, reason="x"), tmp_path, origin="sandbox") == (
        f"{tmp_path / 'manifest.json'} describes videos made at {ORIGIN}, not sandbox",
        "choose another folder with --output",
    )


def test_a_manifest_of_another_storyboard_is_refused(tmp_path: Path) -> None:
    assert refusal(told(State.FAILED, reason="x"), tmp_path, storyboard="other") == (
        f"{tmp_path / 'manifest.json'} belongs to the storyboard film, not to other",
        "choose another folder with --output",
    )


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.RELEASED])
def test_a_payload_that_was_edited_is_refused_also_where_nothing_would_be_adopted(
    tmp_path: Path, state: State
) -> None:
    """It could be sent, with --from-manifest, and pass for another request from then on."""
    manifest = told(state)
    [block] = manifest.takes
    edited = replace(block, payload={"prompt": "edited by hand"})
    assert refusal(replace(manifest, takes=(edited,)), tmp_path) == (
        f"{tmp_path / 'manifest.json'}: take hero has a fingerprint that does not match its "
        "payload; the file was edited by hand, or mixed up by a merge",
        "restore a copy from before that",
    )


@pytest.mark.parametrize("repeat", [0, 1, 4])
def test_a_repeat_of_an_equal_payload_has_a_fingerprint_of_its_own(
    tmp_path: Path, repeat: int
) -> None:
    take = replace(make_take("hero", repeat=repeat), id="hero.t5", number=5)
    manifest = manifest_of([take], [make_done(take)])
    assert [news.take for news in adopt(manifest, [], tmp_path)] == ["hero.t5"]


def test_a_repeat_past_the_take_s_number_is_no_fingerprint_of_it(tmp_path: Path) -> None:
    take = replace(make_take("hero", repeat=5), id="hero.t5", number=5)
    with pytest.raises(UsageError, match="edited by hand"):
        adopt(manifest_of([take], [make_done(take)]), [], tmp_path)


def test_a_locked_take_is_adopted_with_the_request_of_its_video(
    tmp_path: Path, store: Store
) -> None:
    old, locked = make_take(seed=1), make_take(seed=2, is_locked=True)
    done = make_done(old, video=here(tmp_path))
    manifest = manifest_of([locked], [done])
    for submission in adopt(manifest, [], tmp_path):
        store.adopt(submission)
    assert decisions(store, [locked], tmp_path) == ["keep"]
    states: Sequence[TakeState] = read_states(
        [locked], store.submissions(), has_file=partial(has_file, tmp_path)
    )
    assert build_manifest(FILM, ORIGIN, states) == manifest
