"""Uploaded files in the state file: noted before they are sent, and found again afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.errors import StateError
from storyboard.state.store import Store
from storyboard.state.uploads import Upload
from tests.made import HOUR, NOW

ORIGIN = "https://api.modellix.ai"
ACCOUNT, SHA256 = "ac" * 16, "c0de" * 16


def open_store(folder: Path) -> Store:
    return Store(folder, origin=ORIGIN, storyboard="film")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path)) as opened:
        yield opened


def begin(store: Store, account: str = ACCOUNT) -> Upload:
    return store.uploads.begin(account, sha256=SHA256, size_bytes=7, suffix=".png")


def finish(store: Store, upload: Upload) -> Upload:
    url = f"https://files.example/{upload.name}"
    times = {"uploaded_at": NOW, "expires_at": NOW + 100 * HOUR}
    return store.uploads.finish(upload, file_id="file-1", url=url, **times)


def test_an_upload_is_a_row_before_it_is_sent(tmp_path: Path, store: Store) -> None:
    begun = begin(store)
    assert begun == Upload(ACCOUNT, SHA256, begun.name, 7)
    with closing(open_store(tmp_path)) as other:
        assert other.uploads.of(ACCOUNT) == [begun]


def test_nobody_can_guess_the_name_of_an_upload(store: Store) -> None:
    names = {begin(store).name for _ in range(20)}
    assert len(names) == 20
    assert all(re.fullmatch(r"[0-9a-f]{32}\.png", name) for name in names)


def test_what_becomes_known_of_an_upload_is_written(tmp_path: Path, store: Store) -> None:
    first, second = begin(store), begin(store)
    finished = finish(store, second)
    assert finished.url == f"https://files.example/{second.name}"
    assert store.uploads.of(ACCOUNT) == [first, finished]
    forgotten = store.uploads.forget(finished)
    assert forgotten == replace(finished, is_deleted=True)
    with closing(open_store(tmp_path)) as other:
        assert other.uploads.of(ACCOUNT) == [first, forgotten]


def test_uploads_of_another_account_are_not_among_them(store: Store) -> None:
    begin(store, "beef" * 8)
    assert store.uploads.of(ACCOUNT) == []


def test_an_upload_belongs_to_the_transaction_around_it(store: Store) -> None:
    begun = begin(store)
    with pytest.raises(KeyboardInterrupt), store.transaction():
        finish(store, begun)
        begin(store)
        raise KeyboardInterrupt
    assert store.uploads.of(ACCOUNT) == [begun]


def test_each_state_file_has_a_salt_of_its_own_that_stays(tmp_path: Path, store: Store) -> None:
    salt = store.uploads.salt()
    assert re.fullmatch("[0-9a-f]{32}", salt)
    with closing(open_store(tmp_path)) as again:
        assert again.uploads.salt() == salt
    (tmp_path / "other").mkdir()
    with closing(open_store(tmp_path / "other")) as other:
        assert other.uploads.salt() != salt


@pytest.mark.parametrize(
    "change", ["DELETE FROM account_salt", "INSERT INTO account_salt SELECT * FROM account_salt"]
)
def test_a_file_has_exactly_one_salt(store: Store, change: str) -> None:
    store._db.execute(change)
    with pytest.raises(StateError, match="is damaged: in its table account_salt, it "):
        store.uploads.salt()
