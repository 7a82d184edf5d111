"""Writing repaired files: whole, where they lie, as they were shown, and nowhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.language.repairs.search import RepairedFile
from storyboard.project.repaired_files import write_repaired
from tests.language.repairs.fixing import HEAD, repair

WRONG = f"{HEAD}shots:\r\n  - {{id: pier, promt: x}}\r\n"
RIGHT = WRONG.replace("promt", "prompt")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "film.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + WRONG.encode())
    return path


def found(path: Path) -> list[RepairedFile]:
    return list(repair(path).files.values())


def test_the_file_keeps_its_mark_line_ends_and_permissions(film: Path) -> None:
    film.chmod(0o600)
    write_repaired(found(film), [film])
    assert film.read_bytes() == b"\xef\xbb\xbf" + RIGHT.encode()
    assert stat.S_IMODE(film.stat().st_mode) == 0o600
    assert os.listdir(film.parent) == ["film.yaml"]  # noqa: PTH208 (names)


def test_a_file_that_changed_after_it_was_shown_is_left_as_it_is(film: Path) -> None:
    repaired = found(film)
    film.write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="has changed since its repairs were shown"):
        write_repaired(repaired, [film])
    assert film.read_text("utf-8") == "mine"


def test_a_link_within_the_project_stays_a_link(film: Path) -> None:
    link = film.with_name("link.yaml")
    link.symlink_to("film.yaml")
    write_repaired(found(link), [link])
    assert link.is_symlink()
    assert b"prompt" in film.read_bytes()


def test_a_storyboard_behind_a_link_out_of_the_project_is_not_repaired(
    film: Path, tmp_path: Path
) -> None:
    film.rename(tmp_path / "outside.yaml")
    film.symlink_to(tmp_path / "outside.yaml")
    assert found(film) == []


def test_nothing_is_written_through_a_link_that_leads_out_by_now(
    film: Path, tmp_path: Path
) -> None:
    other = film.with_name("other.yaml")
    other.write_bytes(WRONG.encode())
    repaired = [*found(other), *found(film)]
    outside = film.rename(tmp_path / "outside.yaml")
    film.symlink_to(outside)
    with pytest.raises(UsageError, match=r"film\.yaml is outside the project"):
        write_repaired(repaired, [other, film])
    assert b"promt" in outside.read_bytes()
    assert b"promt" in other.read_bytes()


def test_a_write_protected_file_is_left_as_it_is(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for any user but root
    with pytest.raises(UsageError, match="is write-protected"):
        write_repaired(found(film), [film])
    assert b"promt" in film.read_bytes()
