"""What the engine may read of a storyboard's pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.read_scope import find_scope
from storyboard.project.pictures import file_reader


def test_a_picture_that_was_swapped_for_a_link_out_of_the_project_is_not_read(
    tmp_path: Path,
) -> None:
    film = tmp_path / "project" / "film.yaml"
    film.parent.mkdir()
    (tmp_path / "private.png").write_bytes(b"private")
    picture = film.with_name("pier.png")
    read = file_reader(film.parent, find_scope(film))

    picture.write_bytes(b"pier")
    assert read("pier.png") == b"pier"

    picture.unlink()
    picture.symlink_to(tmp_path / "private.png")
    with pytest.raises(OSError, match="is outside the project"):
        read("pier.png")
    with pytest.raises(OSError, match="is outside the project"):
        read("../private.png")


def test_a_folder_or_nothing_in_a_picture_s_place_is_told(tmp_path: Path) -> None:
    read = file_reader(tmp_path, find_scope(tmp_path / "film.yaml"))
    (tmp_path / "pier.png").mkdir()
    with pytest.raises(OSError, match="is a folder, not a file"):
        read("pier.png")
    with pytest.raises(OSError, match="there is no such file"):
        read("sea.png")
