"""A state file from outside, and what lies beside it: read or refused, and nothing else touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.errors import StateError
from storyboard.recovery.matching import spans_of
from storyboard.state.files import FILE_NAME, bounded
from storyboard.state.lock import hold_lock, read_holder
from storyboard.state.queries import read_outputs, read_passed, read_submissions
from storyboard.state.rows import FIELDS, VIDEO_ROW, make_submissions
from storyboard.state.schema import explain_errors
from storyboard.state.store import Store
from storyboard.state.uploads import Upload
from storyboard.videos.files import (
    finish_moves,
    has_file,
    holds_video,
    move_into_place,
    partial_path,
)
from tests.api.servers import Request, http_reply, serving
from tests.commands.films import FILM, Program
from tests.hostile.fuzzing import damaged, fuzz
from tests.hostile.state_files import (
    ACCOUNT,
    ORIGIN,
    change_schema,
    make_endless,
    make_journal,
    set_value,
    write_state,
)
from tests.made import make_done, make_take, make_video

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=timezone.utc)
OWNER = (ORIGIN, "film")
POSIX = pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A file of the user's outside the film, in a folder of its own: both stay as they are."""
    file = tmp_path / "home" / "precious.txt"
    file.parent.mkdir()
    file.write_text("precious")
    yield file
    assert file.read_text() == "precious"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The output folder of a film in the working folder."""
    film = tmp_path / "film"
    film.mkdir()
    (film / "film.yaml").write_text(FILM)
    monkeypatch.chdir(film)
    return film / "renders" / "film"


READ_BY_RENDER = {"uploads", "account_salt"}


def use_state(folder: Path) -> list[Callable[[], object]]:
    """What the commands do with a state file: `plan` and `status` read it, `render` opens it."""

    def render() -> None:
        with closing(Store(folder, origin=ORIGIN, storyboard="film")) as store:
            store.submissions()
            store.passed()
            store.uploads.salt()
            store.uploads.of(ACCOUNT)

    return [lambda: read_all(folder), render]


def read_all(folder: Path) -> None:
    """What `plan` reads; uploads are read by a render alone."""
    read_submissions(folder, owner=OWNER)
    read_outputs(folder)
    read_passed(folder)


def refusals(folder: Path, table: str = "") -> list[StateError]:
    found = []
    for use in use_state(folder)[table in READ_BY_RENDER :]:
        with pytest.raises(StateError) as error:
            use()
        assert str(error.value).isprintable()
        assert error.value.next_step
        found.append(error.value)
    return found


# Values


BLOB = b"\xff\x00blob"
BAD_VALUES: dict[tuple[str, str], list[Any]] = {
    ("submissions", "take"): ["../up", "a/b", "", "con", "a\nb", "a" * 121, 7.5, BLOB, "a\0b"],
    ("submissions", "shot"): ["../up", "", "a" * 101, BLOB],
    ("submissions", "scene"): ["../up", "", BLOB],
    ("submissions", "fingerprint"): ["c0de", "G" * 64, "a" * 65, BLOB],
    ("submissions", "state"): ["dancing", "", BLOB, "SUCCEEDED"],
    ("submissions", "model"): ["", "../../x", "a b", BLOB],
    ("submissions", "endpoint"): [
        "http://[",
        "//evil.example/x",
        "/api/../admin",
        "/a?b",
        "/" + "a" * 501,
        "/api\r\nHost: x",
        BLOB,
    ],
    ("submissions", "payload"): [
        "{",
        "[1]",
        "7",
        "null",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"a": ' * 70 + "1" + "}" * 70,
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": 1}\0',
        BLOB,
    ],
    ("submissions", "body"): ["{", "[1]", '{"a": NaN}', '{"a": "\\ud800"}', BLOB],
    ("submissions", "sent_at"): ["yesterday", 1e300, -1.0, float("inf"), BLOB],
    ("submissions", "commit"): ["HEAD", "--output=x", "a" * 65, BLOB],
    ("submissions", "is_dirty"): ["yes", 2, 0.5, BLOB],
    ("submissions", "profile"): ["../x", "\x1b[2J", "", BLOB],
    ("submissions", "user_id"): ["a b", "a\r\nX: y", BLOB],
    ("submissions", "task_id"): ["", "a b", "é", "t" * 513, "a\r\nX: y", BLOB],
    ("submissions", "submitted_at"): ["later", 2.0**40, BLOB],
    ("submissions", "finished_at"): ["later", -5, BLOB],
    ("submissions", "http_status"): ["ok", 99, 1000, 2**62, 200.5, BLOB],
    ("submissions", "reason"): [BLOB, "x" * 200_001],
    ("submissions", "reply"): [BLOB, "x" * 200_001],
    ("submissions", "video_url"): [
        "http://[",
        "https://",
        "https:///x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://a b/",
        "https://host/\x1b]0;x",
        "https://host/\u2028",
        "https://[::1",
        "https://" + "a" * 8192,
        BLOB,
    ],
    ("submissions", "url_expires_at"): ["never", 2.0**40, BLOB],
    ("submissions", "estimate_micros"): [-1, 2**62, 0.5, "much", BLOB],
    ("submissions", "billed_micros"): [-1, 2**62, 0.5, "much", BLOB],
    ("videos", "submission"): [0, -1],
    ("videos", "take"): ["../up", "", BLOB],
    ("videos", "version"): [0, -1, 2**40, "one", BLOB],
    ("videos", "path"): [
        "../../home/evil.py",
        "/etc/evil",
        "videos/../../evil.v001.mp4",
        "videos/one.v001.py",
        "videos/one.mp4",
        "videos/a/one.v001.mp4",
        "videos\\one.v001.mp4",
        "videos/con.v001.mp4",
        "videos/one.v001.mp4\n",
        "videos/one.v001.mp4\0.py",
        "C:/one.v001.mp4",
        "videos/" + "a" * 200 + ".v001.mp4",
        BLOB,
    ],
    ("videos", "sha256"): ["c0de", "Z" * 64, BLOB],
    ("videos", "size_bytes"): [-1, 2**60, 1.5, "large", BLOB],
    ("videos", "width"): [-1, 2**40, "wide", BLOB],
    ("videos", "height"): [-1, 0.5, BLOB],
    ("videos", "duration_s"): [-1.0, float("inf"), "long", BLOB],
    ("videos", "fps"): [-1.0, float("inf"), "fast", BLOB],
    ("outputs", "name"): ["../manifest.json", "", BLOB],
    ("outputs", "sha256"): ["c0de", BLOB],
    ("outputs", "made_from"): ["these takes", BLOB],
    ("account_salt", "salt"): ["", "c0de", "G" * 32, BLOB],
    ("uploads", "sha256"): ["c0de", BLOB],
    ("uploads", "name"): ["hero.png", "../" + "a" * 32 + ".png", "a" * 32 + ".png\0", BLOB],
    ("uploads", "size_bytes"): [-1, 2**60, 1.5, "large", BLOB],
    ("uploads", "file_id"): ["", "a b", "a\r\nX: y", "f" * 513, BLOB],
    ("uploads", "url"): [
        "",
        "file:///etc/passwd",
        "//host/a.png",
        "https://host/a b",
        "https://host/a\n",
        "https://[::1",
        "https://h\u00f6st/a.png",
        "https://host/" + "a" * 2048,
        BLOB,
    ],
    ("uploads", "uploaded_at"): ["now", 2.0**40, BLOB],
    ("uploads", "expires_at"): ["never", -1.0, BLOB],
    ("uploads", "is_deleted"): [2, "yes", 0.5, BLOB],
    ("passed", "take"): ["../up", "", "a" * 121, BLOB],
    ("passed", "video"): ["c0de", "Z" * 64, BLOB],
    ("folder", "origin"): ["", "https://a b", "\x1b[2J", BLOB],
    ("folder", "storyboard"): ["", "a" * 1000, BLOB],
}


NULLABLE = {
    *("scene", "commit", "is_dirty", "profile", "user_id", "body", "task_id", "submitted_at"),
    *("finished_at", "http_status", "reason", "reply", "video_url", "url_expires_at"),
    *("estimate_micros", "billed_micros"),
    *("width", "height", "duration_s", "fps"),
    *("file_id", "url", "uploaded_at", "expires_at"),
}


@pytest.mark.parametrize(("table", "column"), BAD_VALUES)
def test_a_value_that_storyboard_never_writes_is_refused_with_its_place(
    tmp_path: Path, table: str, column: str
) -> None:
    sound = write_state(tmp_path / "sound")
    may_be_null = column in NULLABLE
    values = BAD_VALUES[table, column] + ([] if may_be_null else [None])
    for number, value in enumerate(values):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        path = Path(shutil.copy(sound, folder / FILE_NAME))
        set_value(path, table, column, value)
        for error in refusals(folder, table):
            assert f"{path} is damaged: in its table {table}, " in str(error), value
            assert column in str(error), value
            assert len(str(error)) < 400 + len(str(path))


def test_every_column_has_hostile_values() -> None:
    tables: dict[str, tuple[str, ...]] = {"submissions": FIELDS, "videos": VIDEO_ROW}
    tables["uploads"] = tuple(field.name for field in fields(Upload))
    columns = {(table, name) for table, names in tables.items() for name in names if name != "id"}
    # Rows of other accounts are not read, and so are those of impossible ones.
    assert columns - {("uploads", "account")} <= set(BAD_VALUES)


def test_a_value_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = write_state(tmp_path)
    set_value(path, "submissions", "payload", '{"prompt": "' + "x" * 3_000_000 + '"}')
    refusals(tmp_path)


def test_rows_that_share_their_text_are_no_more_than_the_file_has_room_for() -> None:
    take = make_take("one")
    row = (
        *(take.id, take.shot, None, take.fingerprint, "accepted", take.model, "", '{"a": "b"}'),
        *(0.0, None, None, None, None, None, "task-1", None, None, None, None, "x" * 1000),
        *(None, None, None, None),
    )
    rows = [(number, *row) for number in range(1, 1001)]
    body, reply = FIELDS.index("body"), FIELDS.index("reply")
    text = '{"a": "' + "x" * 1000 + '"}'
    with_bodies = [
        (*one[:body], text, *one[body + 1 : reply], None, None, None, None, None) for one in rows
    ]
    for each in (rows, with_bodies):
        with pytest.raises(ValueError, match="more text than fits into the file"):
            make_submissions(each, {}, size_bytes=100_000)
    assert len(make_submissions(rows, {}, size_bytes=2_000_000)) == 1000


def test_times_at_both_ends_of_what_is_allowed_break_nothing_that_counts_with_them(
    tmp_path: Path,
) -> None:
    path = write_state(tmp_path)
    for seconds in (0.0, 2.0**33):
        set_value(path, "submissions", "sent_at", seconds)
        [first, *_] = read_submissions(tmp_path)
        assert spans_of([first], clock_offset_s=0.0)


@pytest.mark.parametrize("path", ["../../home/evil.py", "/etc/evil", "videos/one.v001.mp4"])
def test_a_video_is_never_put_where_its_row_says_but_where_we_put_videos(
    folder: Path, program: Program, victim: Path, path: str
) -> None:
    write_state(folder)
    (folder / "videos").mkdir()
    content = b"import os\n"
    (folder / "videos" / ".1.part").write_bytes(content)
    set_value(folder / FILE_NAME, "videos", "path", path)
    set_value(folder / FILE_NAME, "videos", "size_bytes", len(content))
    with pytest.raises(StateError, match="it would not be one of storyboard's files"):
        move_into_place(folder, folder / "videos" / ".1.part", "../../home/evil.py")
    for command in ("plan", "status"):
        output = program(command, "film.yaml")
        is_ours = path == "videos/one.v001.mp4"
        assert is_ours or (output.code == 2 and "not a name that storyboard gives" in output.err)
    assert not list(victim.parent.glob("*.py"))


def test_a_render_sends_nothing_where_its_state_file_is_not_sound(
    folder: Path, program: Program, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key-0123456789")

    def answer(_: Request, __: object) -> bytes:
        return http_reply({"code": 400, "message": "no"}, status="400 Bad Request")

    with serving(answer) as server:
        write_state(folder)
        set_value(folder / FILE_NAME, "folder", "origin", server.origin)
        set_value(folder / FILE_NAME, "videos", "path", "../../home/evil.py")
        output = program("render", "film.yaml", "--yes", "--base-url", server.origin)
        assert (output.code, "is damaged: in its table videos, row 1: path is" in output.err) == (
            2,
            True,
        )
        assert not [request for request in server.requests if request.method == "POST"]


# The schema


@pytest.mark.parametrize(
    "script",
    [
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE TRIGGER t AFTER INSERT ON submissions BEGIN DELETE FROM videos; END",
        "CREATE INDEX i ON submissions (take)",
        "DROP INDEX one_open_submission",
        "DROP TRIGGER video_added",
        "DROP TABLE outputs",
        "ALTER TABLE submissions ADD COLUMN note TEXT",
        "ALTER TABLE videos RENAME TO v; CREATE VIEW videos AS SELECT * FROM v",
        "DROP INDEX one_open_submission; "
        "CREATE INDEX one_open_submission ON submissions (fingerprint)",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = -1",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 0",
    ],
)
def test_tables_that_are_not_as_storyboard_makes_them_are_refused(
    tmp_path: Path, script: str
) -> None:
    path = write_state(tmp_path)
    change_schema(path, script)
    before = path.read_bytes()
    refusals(tmp_path)
    assert path.read_bytes() == before


def test_a_new_file_says_whose_it_is_and_one_of_an_earlier_version_gets_to(tmp_path: Path) -> None:
    path = write_state(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        ours = db.execute("PRAGMA application_id").fetchone()
        assert ours == (int.from_bytes(b"stbd", "big"),)
        db.execute("PRAGMA application_id = 0")
    assert len(read_submissions(tmp_path)) == 3
    Store(tmp_path, origin=ORIGIN, storyboard="film").close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == ours


@pytest.mark.parametrize(
    "table", ["submissions", "videos", "outputs", "folder", "passed", "uploads"]
)
def test_a_table_without_an_end_is_refused_soon(tmp_path: Path, table: str) -> None:
    path = write_state(tmp_path)
    make_endless(path, table)
    start = time.process_time()
    refusals(tmp_path, table)
    assert time.process_time() - start < 20  # which rows without end do not take


def test_a_query_without_an_end_is_ended(tmp_path: Path) -> None:
    path = write_state(tmp_path)
    with closing(sqlite3.connect(path)) as db, bounded(db, path):
        endless = (
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT sum(x) FROM n"
        )
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            db.execute(endless)


# What lies beside it


@pytest.mark.parametrize("command", ["plan", "status"])
def test_a_journal_beside_the_state_file_deletes_nothing(
    folder: Path, program: Program, victim: Path, command: str
) -> None:
    journal = make_journal(write_state(folder), victim)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    output = program(command, "film.yaml")
    assert output.code == 2
    assert f"{journal.name} is beside the state file" in output.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    refusals(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@POSIX
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_a_file_of_the_state_that_is_no_plain_file_is_refused(
    folder: Path, victim: Path, ending: str, kind: str
) -> None:
    path = write_state(folder)
    name = path.with_name(f"{path.name}{ending}")
    name.unlink(missing_ok=True)
    if kind == "link":
        name.symlink_to(victim)
    elif kind == "dangling link":
        name.symlink_to(victim.with_name("new.txt"))
    elif kind == "folder":
        name.mkdir()
    else:
        os.mkfifo(name)
    for error in refusals(folder):
        assert name.name in str(error)


def test_plan_and_status_make_and_change_nothing(folder: Path, program: Program) -> None:
    for has_log in (False, True):
        shutil.rmtree(folder, ignore_errors=True)
        write_state(folder)
        if has_log:  # as a render that was killed leaves it
            with closing(Store(folder, origin=ORIGIN, storyboard="film")) as store:
                store.remember({"manifest.json": "beef" * 16}, made_from="c0de" * 16)
                kept = {path.name: path.read_bytes() for path in folder.iterdir()}
            for name, content in kept.items():
                (folder / name).write_bytes(content)
        before = {path.name: path.stat().st_size for path in folder.iterdir()}
        for command in ("plan", "status"):
            assert program(command, "film.yaml").code == 0 or command == "status"
        assert {path.name: path.stat().st_size for path in folder.iterdir()} == before


@POSIX
def test_state_log_and_lock_are_the_user_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with (
        hold_lock(folder, now=NOW, is_private=True),
        closing(Store(folder, origin=ORIGIN, storyboard="film")),
    ):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(
        (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", ".lock", ".lock.json"), 0o600
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / FILE_NAME).chmod(0o644)
    Store(folder, origin=ORIGIN, storyboard="film").close()
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_a_state_file_that_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storyboard.state import schema

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "NONSENSE"))
    with pytest.raises(StateError, match="syntax error"):
        Store(tmp_path, origin=ORIGIN, storyboard="film")
    assert list(tmp_path.iterdir()) == []


# The lock


@POSIX
def test_a_lock_that_leads_elsewhere_is_refused(tmp_path: Path, victim: Path) -> None:
    for make in (
        lambda path: path.symlink_to(victim),
        lambda path: path.symlink_to(victim.with_name("new.txt")),
        lambda path: path.hardlink_to(victim),
        os.mkfifo,
        lambda path: path.mkdir(),
    ):
        folder = tmp_path / "film"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        make(folder / ".lock")
        with pytest.raises(StateError, match=r"\.lock is "), hold_lock(folder, now=NOW):
            pytest.fail("locked")


@POSIX
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe"])
def test_a_note_that_leads_elsewhere_is_replaced_and_not_read(
    tmp_path: Path, victim: Path, kind: str
) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    note = folder / ".lock.json"
    if kind == "pipe":
        os.mkfifo(note)
    else:
        note.symlink_to(victim if kind == "link" else victim.with_name("new.txt"))
    assert read_holder(folder, now=NOW) == "it left no note about itself"
    with hold_lock(folder, now=NOW):
        assert not note.is_symlink()
        assert f"pid {os.getpid()}" in read_holder(folder, now=NOW)
    assert not os.path.lexists(note)


# The folders and the videos


@POSIX
@pytest.mark.parametrize("kind", ["link", "dangling link", "file"])
def test_a_videos_folder_that_is_none_is_refused_by_name(
    folder: Path, victim: Path, kind: str
) -> None:
    folder.mkdir(parents=True)
    videos, part = folder / "videos", folder / ".1.part"
    part.write_bytes(b"a video")
    if kind == "file":
        videos.write_bytes(b"")
    elif kind == "link":
        videos.symlink_to(victim.parent, target_is_directory=True)
    else:
        videos.symlink_to(victim.parent / "new", target_is_directory=True)
    with pytest.raises(StateError) as error:
        move_into_place(folder, part, "videos/one.v001.mp4")
    assert str(error.value).startswith(f"{videos} ")
    assert part.read_bytes() == b"a video"


@POSIX
def test_a_partial_file_that_is_a_link_is_neither_moved_nor_written_through(
    folder: Path, victim: Path
) -> None:
    (folder / "videos").mkdir(parents=True)
    video = make_video("one", size_bytes=8)
    done = make_done(make_take("one"), video=video)
    partial_path(folder, done).symlink_to(victim)
    finish_moves(folder, [done])
    assert partial_path(folder, done).is_symlink()
    with pytest.raises(StateError):
        move_into_place(folder, partial_path(folder, done), video.path)


@POSIX
def test_a_pipe_in_the_place_of_a_video_is_not_waited_for(folder: Path) -> None:
    (folder / "videos").mkdir(parents=True)
    video = make_video("one", size_bytes=0)
    os.mkfifo(folder / video.path)
    assert not has_file(folder, video)
    assert not holds_video(folder / video.path, video)


def test_a_value_that_memory_does_not_suffice_for_is_a_damaged_file(folder: Path) -> None:
    """Python 3.10 cannot bound a value: the bound on SQLite's memory says it so."""
    with pytest.raises(StateError, match="a value in it is too large"), explain_errors(folder):
        raise MemoryError


def test_a_damaged_name_that_is_no_text_is_a_damaged_file(folder: Path) -> None:
    """SQLite quotes the name in its message, which Python cannot decode."""
    path = write_state(folder)
    change_schema(
        path,
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_master SET name = CAST(x'80' AS TEXT), sql = '' WHERE name = 'videos'",
    )
    for use in use_state(folder):
        with pytest.raises(StateError, match="database disk image is malformed"):
            use()


# Whatever it holds


COLUMNS = [
    (table, name)
    for table, names in (
        ("submissions", FIELDS),
        ("videos", VIDEO_ROW),
        ("outputs", ("name", "sha256", "made_from")),
        ("folder", ("origin", "storyboard")),
    )
    for name in names
]
CELLS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.binary(max_size=40)
    | st.sampled_from([value for values in BAD_VALUES.values() for value in values])
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_state(tmp_path_factory.mktemp("sound"), rows=4).read_bytes()


@pytest.fixture(scope="module")
def rubbish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder inside a folder in which nothing else may appear."""
    return tmp_path_factory.mktemp("rubbish") / "film"


def outcome(folder: Path) -> None:
    """Each use of the state file gives a value or a StateError, and makes nothing outside."""
    for use in use_state(folder):
        try:
            use()
        except StateError as error:
            assert str(error)
            assert error.next_step
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert all(path.name.startswith(FILE_NAME) for path in folder.iterdir())


def put_state(folder: Path, content: bytes) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(content)
    return folder / FILE_NAME


@fuzz(60)
@given(place=st.sampled_from(COLUMNS), value=CELLS)
def test_any_value_in_any_column_is_read_or_refused(
    sound: bytes, rubbish: Path, place: tuple[str, str], value: Any
) -> None:
    path = put_state(rubbish, sound)
    try:
        set_value(path, *place, value)
    except sqlite3.Error:
        return  # such a value cannot be put there
    outcome(rubbish)


@fuzz(60)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(
    sound: bytes, rubbish: Path, data: st.DataObject
) -> None:
    put_state(rubbish, data.draw(damaged(sound)))
    outcome(rubbish)
