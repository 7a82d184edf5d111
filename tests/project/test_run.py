"""What is frozen with each submission of the pictures that a storyboard names."""

from __future__ import annotations

from pathlib import Path

from storyboard.language.read_scope import find_scope
from storyboard.project.git import possible_ids
from storyboard.project.pictures import file_reader
from storyboard.project.run import ids_of_pictures
from tests.language.boards import load_text
from tests.language.pictures.made import png

FILM = """version: 1
shots:
  - id: a
    prompt: A pier
    model: [alibaba/wan2.7-i2v, minimax/minimax-i2v-01]
    first_frame: pier.png
  - {id: b, prompt: A pier, model: alibaba/wan2.7-i2v, first_frame: {take: a}, last_frame: sea.png}
"""


def test_a_picture_that_has_changed_since_it_was_read_differs_from_every_commit(
    tmp_path: Path,
) -> None:
    read = file_reader(tmp_path, find_scope(tmp_path / "film.yaml"))
    board = load_text(tmp_path, FILM, pier_png=png(16, 9), sea_png=png(9, 16))
    assert ids_of_pictures(board, read) == {
        tmp_path / "pier.png": possible_ids(png(16, 9)),
        tmp_path / "sea.png": possible_ids(png(9, 16)),
    }
    (tmp_path / "pier.png").write_bytes(png(8, 8))
    (tmp_path / "sea.png").unlink()
    assert set(ids_of_pictures(board, read).values()) == {frozenset()}
