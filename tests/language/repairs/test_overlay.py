"""Files as bytes: their encoding, their mark and their line ends stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.repairs.overlay import Overlay, read_text_file

TEXT = "id: é\r\nprompt: x\nseed: 5\r"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ],
)
def test_another_text_has_the_mark_the_encoding_and_the_line_ends_of_the_file(
    mark: bytes, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "film.yaml"
    path.write_bytes(mark + TEXT.encode(encoding))
    file = read_text_file(path, TEXT)
    assert file is not None
    assert file.encoded(TEXT) == path.read_bytes()
    assert file.encoded("ü\r\n") == mark + "ü\r\n".encode(encoding)


def test_a_file_that_holds_another_text_by_now_is_not_given(tmp_path: Path) -> None:
    path = tmp_path / "film.yaml"
    path.write_text("id: b\n", "utf-8")
    assert read_text_file(path, "id: a\n") is None
    assert read_text_file(tmp_path / "gone.yaml", "id: a\n") is None


def test_an_overlay_is_found_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text("old", "utf-8")
    (tmp_path / "link.yaml").symlink_to("film.yaml")
    files = Overlay({str((tmp_path / "film.yaml").resolve()): b"new"})
    assert files.read_bytes(tmp_path / "link.yaml", 100) == b"new"
