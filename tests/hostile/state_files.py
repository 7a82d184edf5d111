"""State files, and what lies beside them, as somebody who means harm would write them."""

from __future__ import annotations

import os
import re
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

from storyboard.records import SubmissionState
from storyboard.state.files import FILE_NAME
from storyboard.state.store import Store
from tests.made import NOW, make_done, make_submission, make_take

ORIGIN = "https://api.modellix.ai"
ACCOUNT = "ac" * 16
URL = "https://files.example/file-1.png"
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_PAGE_BYTES = 4096
_INTERIOR_TABLE = 5


def write_state(folder: Path, *, rows: int = 3) -> Path:
    """A sound state file: the first of its submissions has a video, the others are under way."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Store(folder, origin=ORIGIN, storyboard="film")) as store:
        with store.transaction():
            store.adopt(make_done(make_take("one"), id=0))
            for number in range(2, rows + 1):
                state = SubmissionState.ACCEPTED
                store.adopt(make_submission(make_take(f"shot-{number}"), state, id=0))
            store.let_pass("one", "c0de" * 16)
            begun = store.uploads.begin(ACCOUNT, sha256="c0de" * 16, size_bytes=7, suffix=".png")
            store.uploads.finish(begun, file_id="file-1", url=URL, uploaded_at=NOW, expires_at=NOW)
        store.remember({"manifest.json": "c0de" * 16}, made_from="beef" * 16)
    return folder / FILE_NAME


def set_value(path: Path, table: str, column: str, value: Any) -> None:
    """Puts a value into the first row, of whatever type it is: its column converts nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        found = "SELECT sql FROM sqlite_master WHERE name = ?"
        [(declared,)] = db.execute(found, (table,))
        columns = re.sub(r"(TEXT|REAL|INTEGER)(?! PRIMARY)( NOT NULL)?", "BLOB", declared)
        _declare(db, table, columns)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        first = f"(SELECT min(rowid) FROM {table})"  # noqa: S608 (names of ours)
        db.execute(f'UPDATE {table} SET "{column}" = ? WHERE rowid = {first}', (value,))  # noqa: S608
        _declare(db, table, declared)


def _declare(db: sqlite3.Connection, table: str, sql: str) -> None:
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, table))


def change_schema(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(script)


def make_journal(path: Path, victim: Path) -> Path:
    """A rollback journal beside the state file that names `victim` as its super-journal.

    SQLite plays such a journal back when it opens the file, and then deletes
    the super-journal.
    """
    pages = path.stat().st_size // _PAGE_BYTES
    head = _JOURNAL_MAGIC + struct.pack(">IIIII", 0, 1, pages, 512, _PAGE_BYTES)
    name = os.fsencode(victim)
    tail = struct.pack(">I", 0x40000000 // _PAGE_BYTES + 1) + name
    tail += struct.pack(">II", len(name), sum(name)) + _JOURNAL_MAGIC
    journal = path.with_name(f"{path.name}-journal")
    journal.write_bytes(head.ljust(512, b"\0") + tail)
    return journal


def make_endless(path: Path, table: str, *, levels: int = 8) -> None:
    """Gives a table more rows than anybody could read: few pages, each named many times over.

    The tree above the table's first page gets `levels` more floors, and each
    page of a floor names the same page of the floor below 300 times.
    """
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[
            0
        ]
    data = bytearray(path.read_bytes())
    start = (root - 1) * _PAGE_BYTES
    pages = [bytes(data[start : start + _PAGE_BYTES])]  # from the bottom up
    first_new = len(data) // _PAGE_BYTES + 1
    pages += [_interior_page(first_new + level) for level in range(levels)]
    data[start : start + _PAGE_BYTES] = pages.pop()
    data += b"".join(pages)
    count = len(data) // _PAGE_BYTES
    data[28:32] = struct.pack(">I", count)  # how many pages the file has
    path.write_bytes(data)


def _interior_page(child: int, *, times: int = 300) -> bytes:
    cell = struct.pack(">IB", child, 1)
    cells = [_PAGE_BYTES - len(cell) * number for number in range(1, times + 1)]
    head = struct.pack(">BHHHBI", _INTERIOR_TABLE, 0, times, cells[-1], 0, child)
    head += struct.pack(f">{times}H", *cells)
    body = cell * times
    return head + bytes(_PAGE_BYTES - len(head) - len(body)) + body
