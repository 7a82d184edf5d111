"""The state file: what goes in comes out, whole or not at all, and nothing of others is touched."""

from __future__ import annotations

import os
import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import StateError
from storyboard.names import check_id
from storyboard.planning.spending import cost_of_submission
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Take, Video
from storyboard.state.files import FILE_NAME
from storyboard.state.queries import Written, read_outputs, read_passed, read_submissions
from storyboard.state.rows import FROZEN, KNOWN, make_videos
from storyboard.state.schema import MIGRATIONS
from storyboard.state.store import _SPENT, Store
from tests.made import MODEL, NOW, make_done, make_submission, make_take, make_video

REPO = Path(__file__).parents[2]
ORIGIN = "https://api.modellix.ai"
State = SubmissionState


def open_store(folder: Path, **changes: str) -> Store:
    return Store(folder, **({"origin": ORIGIN, "storyboard": "film"} | changes))


def begin(store: Store, take: Take, **facts: Any) -> Submission:
    return store.begin(take, **({"endpoint": f"/api/v1/{take.model}", "now": NOW} | facts))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path)) as opened:
        yield opened


def raw(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None))


def complaint(error: pytest.ExceptionInfo[StateError]) -> tuple[str, str | None]:
    return str(error.value), error.value.next_step


# In and out


def test_an_intention_is_a_row_before_anything_is_known(store: Store) -> None:
    take = make_take(seed=7, prompt_extend=False, negative_prompt=None)
    begun = begin(store, take, commit="8f0c", is_dirty=True, profile="studio", user_id="abc")
    assert begun.state is State.SENDING
    assert store.submissions() == [begun]
    assert begun.payload == take.payload
    assert (begun.commit, begun.is_dirty, begun.profile) == ("8f0c", True, "studio")


def test_the_payload_keeps_its_order_and_its_types(store: Store) -> None:
    payload = {"z": True, "a": 1, "m": [1.5, None, {"y": "ü", "b": False}]}
    begin(store, replace(make_take(), payload=payload))
    [read] = store.submissions()
    assert repr(read.payload) == repr(payload)


def test_what_becomes_known_is_written_and_what_was_frozen_stays(store: Store) -> None:
    begun = begin(store, make_take())
    learnt = {
        "state": State.SUCCEEDED,
        "task_id": "task-1",
        "submitted_at": NOW,
        "finished_at": NOW + timedelta(seconds=61),
        "http_status": 200,
        "reason": "a reason",
        "reply": "{}",
        "video_url": "https://file.modellix.ai/1.mp4",
        "url_expires_at": NOW + timedelta(days=7),
    }
    frozen = {"payload": {"prompt": "edited"}, "take": "other", "commit": "beef"}
    store.update(replace(begun, **(learnt | frozen)))
    assert store.submissions() == [replace(begun, **learnt)]


def test_a_submission_that_is_not_in_the_file_is_no_silent_loss(store: Store) -> None:
    lost = make_submission(make_take(), State.ACCEPTED, id=9)
    with pytest.raises(StateError) as error:
        store.update(lost)
    assert complaint(error) == (
        f"the state file {store.path} no longer holds the submission of take hero (task task-9)",
        "it was replaced while this ran: restore it, then run again",
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIMES = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(
    lambda later: datetime(2001, 1, 1, tzinfo=timezone.utc) + later
)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}", fullmatch=True).filter(
    lambda text: check_id(text) is None  # not the name of a device
)
TAKES = st.text(string.ascii_letters, min_size=1, max_size=8).filter(
    lambda text: check_id(text) is None
)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
LINKS = st.from_regex(r"https://[a-z]{1,9}/[!-~]{0,30}", fullmatch=True)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
SUBMISSIONS = st.builds(
    Submission,
    id=st.just(0),
    take=TAKES,
    shot=IDS,
    scene=st.none() | IDS,
    fingerprint=HEX,
    state=st.sampled_from(State),
    model=st.just(MODEL),
    endpoint=st.sampled_from(["", f"/api/v1/{MODEL}/async"]),
    payload=st.dictionaries(TEXT, JSON, max_size=4),
    sent_at=TIMES,
    commit=st.none() | HEX,
    is_dirty=st.none() | st.booleans(),
    profile=st.none() | IDS,
    user_id=st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True),
    body=st.none() | st.dictionaries(TEXT, JSON, max_size=4),
    task_id=st.none() | st.from_regex(r"[!-~]{1,20}", fullmatch=True),
    submitted_at=st.none() | TIMES,
    finished_at=st.none() | TIMES,
    http_status=st.none() | st.integers(100, 599),
    reason=st.none() | TEXT,
    reply=st.none() | TEXT,
    video_url=st.none() | LINKS,
    url_expires_at=st.none() | TIMES,
    video=st.none()
    | st.builds(
        Video,
        path=st.from_regex(r"videos/s[a-z0-9._-]{0,19}\.v[0-9]{3,8}\.mp4", fullmatch=True).filter(
            lambda path: ".v000" not in path
        ),
        sha256=HEX,
        size_bytes=st.integers(0, 2**50),
        width=st.none() | st.integers(1, 10**5),
        height=st.none() | st.integers(1, 10**5),
        duration_s=st.none() | st.floats(0, 10**6),
        fps=st.none() | st.floats(0, 10**4),
    ),
)


@settings(max_examples=30, deadline=None)
@given(submission=SUBMISSIONS)
def test_whatever_goes_in_comes_out_to_the_microsecond(
    tmp_path_factory: pytest.TempPathFactory, submission: Submission
) -> None:
    folder = tmp_path_factory.mktemp("state")
    with closing(open_store(folder)) as store:
        store.adopt(submission)
    [read] = read_submissions(folder)
    assert read == replace(submission, id=1)
    assert repr(read.payload) == repr(submission.payload)


def test_text_that_sqlite_cannot_hold_ends_no_run(store: Store) -> None:
    begun = begin(store, make_take())
    store.update(replace(begun, state=State.FAILED, reason="half \ud800", reply="\udfff"))
    [read] = store.submissions()
    assert (read.reason, read.reply) == ("half ?", "?")


@pytest.mark.parametrize("turn", ["\u202e", "\u2066"])
def test_a_link_of_an_earlier_version_that_turns_the_direction_of_text_is_none(
    store: Store, tmp_path: Path, turn: str
) -> None:
    begun = begin(store, make_take())
    link = f"https://host/{turn}gpj.mp4"
    store.update(replace(begun, state=State.SUCCEEDED, video_url=link))
    for read in (*store.submissions(), *read_submissions(tmp_path)):
        assert (read.state, read.video_url) == (State.SUCCEEDED, None)


def test_nothing_is_read_twice_while_nothing_changes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(store, make_take())
    first = store.submissions()
    monkeypatch.setattr("storyboard.state.queries.make_submissions", None)
    assert store.submissions() == first
    first.clear()
    assert store.submissions()


def test_what_another_process_changes_is_read(tmp_path: Path, store: Store) -> None:
    begin(store, make_take())
    assert store.submissions()[0].reason is None
    with raw(tmp_path) as db:
        db.execute("UPDATE submissions SET reason = 'mended by hand'")
    assert store.submissions()[0].reason == "mended by hand"


def test_what_was_seen_within_a_transaction_that_failed_is_forgotten(store: Store) -> None:
    before = store.submissions()
    with pytest.raises(KeyboardInterrupt), store.transaction():
        begin(store, make_take())
        assert len(store.submissions()) == 1
        raise KeyboardInterrupt
    assert store.submissions() == before == []


# The submissions of some requests


def test_what_was_sent_for_a_request_is_found_with_its_newest_video(store: Store) -> None:
    store.adopt(make_done(make_take("a"), id=0, video=make_video("a", 1)))
    [first] = store.submissions()
    store.add_video(first, make_video("a", 2), version=2)
    begin(store, make_take("b"))
    begin(store, make_take("a"))
    again = begin(store, replace(make_take("a"), id="renamed", fingerprint="c0de" * 16))
    everything = store.submissions()
    a, b = make_take("a").fingerprint, make_take("b").fingerprint
    assert store.submissions_for([]) == store.submissions_for(["beef" * 16]) == []
    assert store.submissions_for([a]) == [everything[0], everything[2]]
    assert store.submissions_for([again.fingerprint, b, a, a]) == everything
    assert everything[0].video == make_video("a", 2)


def test_what_was_sent_for_a_request_is_found_without_reading_other_rows(store: Store) -> None:
    statements: list[str] = []
    store._db.set_trace_callback(statements.append)
    store.submissions_for(["c0de" * 16])
    store._db.set_trace_callback(None)
    plans = [
        row[3]
        for statement in statements
        if statement.startswith("SELECT")
        for row in store._db.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert len(plans) >= 3
    assert not [plan for plan in plans if plan.startswith("SCAN")]


def test_what_was_sent_within_a_transaction_is_found(store: Store) -> None:
    with store.transaction():
        begun = begin(store, make_take("a"))
        assert store.submissions_for([begun.fingerprint]) == [begun]


def test_what_goes_out_is_kept_beside_the_payload(tmp_path: Path, store: Store) -> None:
    body = {"prompt": "A shot of hero", "image": "https://files.example/1.png"}
    begun = begin(store, make_take(image={"sha256": "c0de" * 16}), body=body)
    assert begun.body == body
    store.update(replace(begun, state=State.FAILED, body={"a": "later"}))
    [read] = read_submissions(tmp_path)
    assert (read.body, dict(read.payload)["image"]) == (body, {"sha256": "c0de" * 16})
    assert begin(store, make_take("b")).body is None


# Videos that a person has approved


def test_an_approved_video_stays_approved(tmp_path: Path, store: Store) -> None:
    assert store.passed() == read_passed(tmp_path) == frozenset()
    for _ in range(2):
        store.let_pass("pier-1", "c0de" * 16)
    store.let_pass("pier-1", "beef" * 16)
    expected = {("pier-1", "c0de" * 16), ("pier-1", "beef" * 16)}
    assert store.passed() == read_passed(tmp_path) == expected


def test_an_approval_that_is_rolled_back_is_none(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.let_pass("pier-1", "c0de" * 16)
        raise KeyboardInterrupt
    assert store.passed() == frozenset()


# One open submission a fingerprint


@pytest.mark.parametrize("state", sorted(OPEN_STATES, key=lambda state: state.value))
def test_a_second_submission_of_an_open_request_is_refused(store: Store, state: State) -> None:
    first = begin(store, make_take())
    store.update(replace(first, state=state))
    with pytest.raises(StateError) as error:
        begin(store, make_take())
    assert complaint(error) == (
        "take hero has a submission that is still open; sending it again could be paid twice",
        "run render again; it continues with the open one",
    )
    assert len(store.submissions()) == 1


@pytest.mark.parametrize("state", [state for state in State if state not in OPEN_STATES])
def test_a_request_that_is_over_may_be_sent_again_as_a_row_of_its_own(
    store: Store, state: State
) -> None:
    store.update(replace(begin(store, make_take()), state=state))
    assert begin(store, make_take()).id == 2


def test_the_index_knows_exactly_the_open_states(tmp_path: Path, store: Store) -> None:
    with raw(tmp_path) as db:
        [(sql,)] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'one_open_submission'")
    assert {state.value for state in State if f"'{state.value}'" in sql} == {
        state.value for state in OPEN_STATES
    }


# Videos


def test_versions_count_per_take_without_regard_to_case(store: Store) -> None:
    assert store.next_version("Hero") == 1
    store.add_video(store.adopt(make_submission(make_take(), State.FAILED, id=0)),
                    make_video(), version=1)  # fmt: skip
    assert store.next_version("HERO") == 2
    assert store.next_version("hero2") == 1


def test_the_newest_video_of_a_submission_counts(store: Store) -> None:
    done = store.adopt(make_submission(make_take(), State.SUCCEEDED, id=0))
    store.add_video(done, make_video(version=1), version=1)
    store.add_video(done, make_video(version=2), version=2)
    assert [read.video for read in store.submissions()] == [make_video(version=2)]


def test_a_video_belongs_to_a_submission_that_exists(store: Store) -> None:
    with pytest.raises(StateError, match="FOREIGN KEY"):
        store.add_video(
            make_submission(make_take(), State.SUCCEEDED, id=5), make_video(), version=1
        )


# Adopting


@pytest.mark.parametrize(
    ("path", "following"), [("videos/hero.v007.mp4", 8), ("videos/hero.v2.v003.mp4", 4)]
)
def test_an_adopted_video_keeps_its_number(store: Store, path: str, following: int) -> None:
    adopted = store.adopt(make_done(make_take(), id=0, video=make_video(path=path)))
    assert store.submissions() == [adopted]
    assert store.next_version("hero") == following


def test_a_row_whose_task_another_clone_saw_finished_is_completed(store: Store) -> None:
    waiting = store.update(
        replace(begin(store, make_take()), state=State.ACCEPTED, task_id="task-1")
    )
    store.adopt(make_done(make_take(), id=waiting.id, commit="beef"))
    [read] = store.submissions()
    assert (read.id, read.state, read.video) == (waiting.id, State.SUCCEEDED, make_video())
    assert read.commit is None
    begin(store, make_take())  # nothing is open any more


# Transactions


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    kept = begin(store, make_take("kept"))
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.update(replace(kept, state=State.ACCEPTED, task_id="task-1"))
        begin(store, make_take("lost"))
        raise ZeroDivisionError
    assert store.submissions() == [kept]


def test_a_transaction_may_follow_one_that_failed(store: Store) -> None:
    with pytest.raises(StateError), store.transaction():
        begin(store, make_take())
        begin(store, make_take())
    with store.transaction():
        begin(store, make_take())
    assert len(store.submissions()) == 1


def test_a_transaction_in_which_nothing_changes_is_not_begun(store: Store) -> None:
    begun = begin(store, make_take())
    said: list[str] = []
    store._db.set_trace_callback(said.append)
    with store.transaction():
        assert store.submissions() == [begun]
    assert [line for line in said if not line.startswith(("SELECT", "PRAGMA"))] == []

    with store.transaction():
        store.update(begun)
        store.update(begun)
    # A statement whose triggers run is told of again for each of them.
    verbs = [verb for verb, _ in groupby(line.split()[0] for line in said[-12:])]
    assert verbs[-3:] == ["BEGIN", "UPDATE", "COMMIT"]


def test_a_transaction_that_the_disk_ended_is_not_taken_for_committed(store: Store) -> None:
    # With a trigger to run, SQLite takes back the statement alone.
    store._db.execute("DROP TRIGGER submission_added")
    store._db.execute("PRAGMA max_page_count = 8")
    with (
        pytest.raises(StateError, match="no transaction is active"),
        store.transaction(),
        pytest.raises(StateError, match="disk is full"),
    ):
        begin(store, make_take("big", negative_prompt="x" * 100_000))


def test_a_disk_that_is_full_is_told_and_nothing_is_half_written(
    tmp_path: Path, store: Store
) -> None:
    kept = begin(store, make_take("kept"))
    store._db.execute("PRAGMA max_page_count = 8")  # as small as it is: the disk is full
    with pytest.raises(StateError) as error, store.transaction():
        begin(store, make_take("small"))
        begin(store, make_take("big", negative_prompt="x" * 100_000))
    assert complaint(error) == (
        f"the state file {tmp_path / FILE_NAME} cannot be used: database or disk is full",
        "free some space on the disk, then run again",
    )
    assert store.submissions() == [kept]
    begin(store, make_take("small"))


def test_what_is_committed_outlives_a_process_that_ends_at_once(tmp_path: Path) -> None:
    script = """
import os, pathlib, sys
from tests.made import make_take
from tests.state.test_store import begin, open_store
store = open_store(pathlib.Path(sys.argv[1]))
begin(store, make_take("a"))
with store.transaction():
    begin(store, make_take("b"))
    os._exit(7)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=REPO, check=False)
    assert done.returncode == 7
    assert [read.take for read in read_submissions(tmp_path)] == ["a"]
    with closing(open_store(tmp_path)) as store:
        assert [read.take for read in store.submissions()] == ["a"]


def test_the_log_is_written_ahead_and_synced_at_each_commit(store: Store) -> None:
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert store._db.execute("PRAGMA foreign_keys").fetchone() == (1,)


# Reading beside a render


def test_a_folder_without_a_state_file_has_no_submissions(tmp_path: Path) -> None:
    assert read_submissions(tmp_path) == []
    assert read_submissions(tmp_path / "nowhere") == []
    (tmp_path / FILE_NAME).touch()
    assert read_submissions(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("owner", [("sandbox", "film"), (ORIGIN, "other")])
def test_a_folder_is_not_read_for_another_origin_or_storyboard(
    store: Store, tmp_path: Path, owner: tuple[str, str]
) -> None:
    begin(store, make_take())
    assert len(read_submissions(tmp_path, owner=(ORIGIN, "film"))) == 1
    with pytest.raises(StateError) as error:
        read_submissions(tmp_path, owner=owner)
    assert complaint(error) == (
        f"{tmp_path} belongs to film rendered at {ORIGIN}, not to {owner[1]} at {owner[0]}",
        "choose another folder with --output",
    )


def test_a_reader_sees_what_was_committed_while_another_writes(
    tmp_path: Path, store: Store
) -> None:
    begin(store, make_take("a"))
    with store.transaction():
        begin(store, make_take("b"))
        assert [read.take for read in read_submissions(tmp_path)] == ["a"]
    assert [read.take for read in read_submissions(tmp_path)] == ["a", "b"]


def test_a_reader_sees_one_moment_although_a_render_goes_on(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.adopt(make_done(make_take("a"), id=0))

    def write_meanwhile(rows: Any) -> dict[int, Video]:
        begin(store, make_take("b"))
        return make_videos(rows)

    monkeypatch.setattr("storyboard.state.queries.make_videos", write_meanwhile)
    assert [read.take for read in read_submissions(tmp_path)] == ["a"]
    monkeypatch.undo()
    assert [read.take for read in store.submissions()] == ["a", "b"]


def test_reading_leaves_no_files_behind(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    before = (tmp_path / FILE_NAME).read_bytes()
    read_submissions(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_may_not_be_written_can_be_read(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        begin(store, make_take())
    tmp_path.chmod(0o500)
    try:
        assert [read.take for read in read_submissions(tmp_path)] == ["hero"]
        with pytest.raises(StateError, match="readonly database"):
            open_store(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_log_whose_writer_is_gone_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    """With a log left behind, the file alone is not the truth."""
    (tmp_path / "at-work").mkdir()
    with closing(open_store(tmp_path / "at-work")) as store:
        begin(store, make_take())
        for ending in ("", "-wal"):
            name = f"{FILE_NAME}{ending}"
            (tmp_path / name).write_bytes((tmp_path / "at-work" / name).read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*")}
    assert [read.take for read in read_submissions(tmp_path)] == ["hero"]
    assert {path.name: path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*")} == before


def test_a_file_that_is_written_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(tmp_path)) as store:
        store.adopt(make_done(make_take("a"), id=0))

    def write_meanwhile(rows: Any) -> dict[int, Video]:
        monkeypatch.undo()
        with closing(open_store(tmp_path)) as store:
            begin(store, make_take("b"))
        return make_videos(rows)

    monkeypatch.setattr("storyboard.state.queries.make_videos", write_meanwhile)
    assert [read.take for read in read_submissions(tmp_path)] == ["a", "b"]


# Files of others


@pytest.mark.parametrize(
    ("changes", "belongs"),
    [
        ({"origin": "sandbox"}, f"film rendered at {ORIGIN}, not to film at sandbox"),
        ({"storyboard": "other"}, f"film rendered at {ORIGIN}, not to other at {ORIGIN}"),
    ],
)
def test_a_folder_holds_one_origin_and_one_storyboard(
    tmp_path: Path, changes: dict[str, str], belongs: str
) -> None:
    open_store(tmp_path).close()
    with pytest.raises(StateError) as error:
        open_store(tmp_path, **changes)
    assert complaint(error) == (
        f"{tmp_path} belongs to {belongs}",
        "choose another folder with --output",
    )
    open_store(tmp_path).close()


def test_a_file_of_a_newer_program_is_left_as_it_is(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with raw(tmp_path) as db:
        db.execute("PRAGMA user_version = 99")
    for use in (lambda: open_store(tmp_path), lambda: read_submissions(tmp_path)):
        with pytest.raises(StateError) as error:
            use()
        assert complaint(error) == (
            f"{tmp_path / FILE_NAME} was written by a newer storyboard "
            "(state version 99, this one supports up to 6)",
            "upgrade with: pip install -U storyboard-render",
        )


def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    with raw(tmp_path) as db:
        db.execute("CREATE TABLE addresses (name TEXT)")
    before = (tmp_path / FILE_NAME).read_bytes()
    for use in (lambda: open_store(tmp_path), lambda: read_submissions(tmp_path)):
        with pytest.raises(StateError) as error:
            use()
        assert complaint(error) == (
            f"{tmp_path / FILE_NAME} is a database of another program",
            "move it away, or choose another folder with --output",
        )
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"a letter to a friend" * 100)
    for use in (lambda: open_store(tmp_path), lambda: read_submissions(tmp_path)):
        with pytest.raises(StateError) as error:
            use()
        assert complaint(error) == (
            f"the state file {tmp_path / FILE_NAME} cannot be used: file is not a database",
            "it is not a state file: move it away, then run again",
        )
    assert (tmp_path / FILE_NAME).read_bytes() == b"a letter to a friend" * 100


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    for use in (lambda: open_store(tmp_path), lambda: read_submissions(tmp_path)):
        with pytest.raises(StateError) as error:
            use()
        assert complaint(error) == (
            f"{tmp_path / FILE_NAME} is not a regular file, so it is neither read nor written",
            "move it away, or choose another folder with --output",
        )


def test_a_damaged_file_is_told_and_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        for number in range(200):
            begin(store, make_take(f"shot-{number}"))
    path = tmp_path / FILE_NAME
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StateError) as error:
        read_submissions(tmp_path)
    assert complaint(error) == (
        f"the state file {path} cannot be used: database disk image is malformed",
        "restore a copy; the manifest beside it still has what was paid",
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "dancing"),
        ("payload", "{"),
        ("payload", "[1]"),
        ("payload", "7"),
        ("payload", "{'a': 1}"),
        ("body", "[1]"),
        ("sent_at", "yesterday"),
        ("sent_at", 1e300),
        ("finished_at", "later"),
    ],
)
def test_a_row_that_makes_no_sense_is_told(
    tmp_path: Path, store: Store, column: str, value: Any
) -> None:
    take = make_take()
    begin(store, take)
    with raw(tmp_path) as db:
        db.execute(f"UPDATE submissions SET {column} = ?", (value,))  # noqa: S608
    requests = [take.fingerprint]
    reads = (lambda: store.submissions_for(requests), lambda: read_submissions(tmp_path))
    for use in (store.submissions, *reads):
        with pytest.raises(StateError) as error:
            use()
        told, next_step = complaint(error)
        assert told.startswith(
            f"the state file {tmp_path / FILE_NAME} is damaged: in its table submissions, "
            f"row 1: {column} is {value!r}, not "
        )
        assert next_step == "restore a copy; the manifest beside it still has what was paid"


# What was made of it


@pytest.fixture
def written(store: Store) -> Store:
    """A state file of one video, whose manifest was written."""
    store.adopt(make_done(make_take("a"), id=0))
    store.remember({"manifest.json": "c0de" * 16}, made_from="cafe" * 16)
    return store


def test_what_was_written_is_remembered(tmp_path: Path, written: Store) -> None:
    expected = {"manifest.json": Written("c0de" * 16, "cafe" * 16)}
    assert written.outputs() == read_outputs(tmp_path) == expected
    written.remember({"manifest.json": "8f0c" * 16}, made_from="beef" * 16)
    assert written.outputs() == {"manifest.json": Written("8f0c" * 16, "beef" * 16)}


@pytest.mark.parametrize("change", ["begin", "update", "add_video", "by hand"])
def test_what_outputs_were_made_from_is_forgotten_with_every_change(
    tmp_path: Path, written: Store, change: str
) -> None:
    [sent] = written.submissions()
    if change == "begin":
        begin(written, make_take("b"))
    elif change == "update":
        written.update(sent)
    elif change == "add_video":
        written.add_video(sent, make_video("a", 2), version=2)
    else:
        with raw(tmp_path) as db:
            db.execute("UPDATE videos SET size_bytes = 7")
    assert written.outputs() == {"manifest.json": Written("c0de" * 16, "")}


def test_a_change_that_is_rolled_back_leaves_the_outputs_as_they_are(written: Store) -> None:
    with pytest.raises(KeyboardInterrupt), written.transaction():
        begin(written, make_take("b"))
        raise KeyboardInterrupt
    assert written.outputs() == {"manifest.json": Written("c0de" * 16, "cafe" * 16)}


@pytest.mark.parametrize("table", ["videos", "submissions"])
def test_where_rows_were_taken_out_the_manifest_may_tell_of_more(
    tmp_path: Path, written: Store, table: str
) -> None:
    with raw(tmp_path) as db:
        db.execute(f"DELETE FROM {table}")  # noqa: S608
    assert written.outputs() == {}


def test_a_folder_without_a_state_file_has_written_nothing(tmp_path: Path) -> None:
    assert read_outputs(tmp_path) == {}


# Migrations


def test_a_file_of_the_first_version_is_read_as_it_is_and_brought_up_when_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storyboard.state import schema as module

    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", module.MIGRATIONS[:1])
        open_store(tmp_path).close()
        with raw(tmp_path) as db:
            db.execute(
                "INSERT INTO submissions (take, shot, fingerprint, state, model, endpoint, "
                "payload, sent_at) VALUES ('a', 'a', ?, 'unknown', 'm', '/m', '{}', 1)",
                ("c0de" * 16,),
            )
    assert read_outputs(tmp_path) == {}
    [begun] = read_submissions(tmp_path)
    assert (begun.take, begun.estimate_micros, begun.billed_micros) == ("a", None, None)
    with closing(open_store(tmp_path)) as store:
        assert store.submissions() == [begun]
        store.remember({"manifest.json": "c0de" * 16}, made_from="")
    assert read_outputs(tmp_path) == {"manifest.json": Written("c0de" * 16, "")}


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_any_earlier_version_has_no_bodies_uploads_or_approvals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    from storyboard.state import schema as module

    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", MIGRATIONS[:version])
        open_store(tmp_path).close()
        with raw(tmp_path) as db:
            db.execute(
                "INSERT INTO submissions (take, shot, fingerprint, state, model, endpoint, "
                "payload, sent_at) VALUES ('a', 'a', ?, 'unknown', 'm', '/m', '{}', 1)",
                ("c0de" * 16,),
            )
    assert read_passed(tmp_path) == frozenset()
    [read] = read_submissions(tmp_path)
    assert (read.take, read.body) == ("a", None)
    with closing(open_store(tmp_path)) as store:
        assert store.submissions() == store.submissions_for(["c0de" * 16]) == [read]
        assert store.passed() == frozenset()
        assert store.uploads.of("ac" * 16) == []


def test_a_file_whose_tables_are_spaced_in_another_way_is_ours(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        begun = begin(store, make_take())
    with raw(tmp_path) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, char(10), '  ')")
    assert read_submissions(tmp_path) == [begun]
    with closing(open_store(tmp_path)) as store:
        assert store.submissions() == [begun]


def test_each_migration_runs_once_and_what_was_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(tmp_path)) as store:
        begun = begin(store, make_take())
    from storyboard.state import schema as module

    later = (*module.MIGRATIONS, "ALTER TABLE videos ADD COLUMN note TEXT")
    monkeypatch.setattr(module, "MIGRATIONS", later)
    for _ in range(2):
        with closing(open_store(tmp_path)) as store:
            assert store.submissions() == [begun]
            assert store._db.execute("PRAGMA user_version").fetchone() == (len(later),)


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path).close()
    from storyboard.state import schema as module

    broken = (*module.MIGRATIONS, "ALTER TABLE videos ADD COLUMN note TEXT; NONSENSE")
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", broken)
        with pytest.raises(StateError, match="syntax error"):
            open_store(tmp_path)
    with raw(tmp_path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(broken) - 1,)
        assert "note" not in str(db.execute("PRAGMA table_info(videos)").fetchall())
    open_store(tmp_path).close()


def test_a_saved_plan_is_begun_once(tmp_path: Path) -> None:
    plan = "0f" * 16
    with closing(open_store(tmp_path)) as store:
        assert store.plan_begun_at(plan) is None
        store.begin_plan(plan, now=NOW)
        with pytest.raises(StateError):
            store.begin_plan(plan, now=NOW)
    with closing(open_store(tmp_path)) as store:
        assert store.plan_begun_at(plan) == NOW


@pytest.mark.parametrize("time", ["x", -1, 1e300, b""])
def test_a_time_of_a_plan_that_is_none_is_damage(tmp_path: Path, time: object) -> None:
    with closing(open_store(tmp_path)) as store:
        store.begin_plan("a", now=NOW)
        with raw(tmp_path) as db:
            db.execute("UPDATE plans SET begun_at = ?", (time,))
        with pytest.raises(StateError, match="in its table plans, row 1: begun_at is"):
            store.plan_begun_at("a")


def test_the_columns_are_those_of_the_table(tmp_path: Path, store: Store) -> None:
    names = {"id", *FROZEN, *KNOWN}
    with raw(tmp_path) as db:
        assert {row[1] for row in db.execute("PRAGMA table_info(submissions)")} == names


def test_what_was_spent_is_summed_without_reading_payloads_and_replies(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        for after in (0, 5):
            rows = store._db.execute(f"EXPLAIN QUERY PLAN {_SPENT}", (0.0, after)).fetchall()
            assert [row[3] for row in rows] == [
                "SEARCH submissions USING COVERING INDEX costs (sent_at>?)"
            ]


def test_a_sum_that_no_row_can_have_made_is_refused(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        begin(store, make_take())
        store._db.execute("UPDATE submissions SET billed_micros = 1e300")
        with pytest.raises(StateError, match=r"damaged: .*1e[+]300 is no sum of amounts"):
            store.spent_micros()


@pytest.mark.parametrize("billed", [None, 7])
@pytest.mark.parametrize("state", SubmissionState)
def test_the_caps_count_what_status_says_was_spent(
    tmp_path: Path, state: SubmissionState, billed: int | None
) -> None:
    is_free = state in (SubmissionState.REJECTED, SubmissionState.UNAVAILABLE)
    with closing(open_store(tmp_path)) as store:
        begun = store.begin(make_take(), endpoint="/m", now=NOW, estimate_micros=5)
        row = store.update(replace(begun, state=state, billed_micros=billed))
        spent = billed or (0 if is_free else 5)
        assert store.spent_micros() == cost_of_submission(row) == spent
        assert store.spent_micros(since=NOW - timedelta(microseconds=1)) == spent
        assert store.spent_micros(since=NOW) == store.spent_micros(after=row.id) == 0
