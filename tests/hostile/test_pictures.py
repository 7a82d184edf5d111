"""Pictures that a storyboard names: nothing outside the project is read, and no file does harm."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from storyboard.language.pictures.child import MAX_PIXELS
from storyboard.reporting.problems import format_problems
from tests.language.boards import load_text
from tests.language.pictures.made import chunk, png

HEAD = "version: 1\nmodel: alibaba/wan2.7-i2v\n"


def problems_of(folder: Path, *names: str, **files: bytes) -> list[str]:
    """What is told of a film whose shots begin with these files, as it is printed."""
    shots = "".join(
        f"  - {{id: s{number}, prompt: A pier {number}, first_frame: {name}}}\n"
        for number, name in enumerate(names)
    )
    board = load_text(folder, f"{HEAD}shots:\n{shots}", **files)
    return format_problems(board.problems, {}, style="concise").splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project; beside it, a picture that is nobody's business."""
    (tmp_path / "outside.png").write_bytes(png(16, 9))
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "pier.png").write_bytes(png(16, 9))
    return folder


def test_a_link_leads_to_no_file_outside_the_project(project: Path) -> None:
    (project / "link.png").symlink_to("../outside.png")
    (project / "links").symlink_to("..")
    (project / "git").symlink_to(".git")
    names = ("link.png", "links/outside.png", "../outside.png", "git/pier.png", "/etc/passwd")
    lines = problems_of(project, *names)
    assert len(lines) == len(names)
    assert all("[SB108]" in line for line in lines)


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes have no names there")
def test_devices_and_pipes_are_not_opened(project: Path) -> None:
    os.mkfifo(project / "pipe.png")
    (project / "zero.png").symlink_to("/dev/zero")
    (project / "loop.png").symlink_to("loop.png")
    lines = problems_of(project, "pipe.png", "zero.png", "loop.png")
    assert "is a pipe, not a file" in lines[0]
    assert "is outside the project" in lines[1]
    assert "cannot be read" in lines[2] or "no such file" in lines[2]


@pytest.mark.parametrize("name", ["\\a\\e[31mpier.png", "\\u202egnp.exe", "a\\0.png", "x" * 5000])
def test_a_name_that_is_no_name_is_told_without_being_printed(project: Path, name: str) -> None:
    (line,) = problems_of(project, f'"{name}"')
    assert line.isprintable()
    assert "[SB101]" in line or "[SB512]" in line


def test_pictures_that_state_or_hold_too_much_harm_no_other(project: Path) -> None:
    side = 100_000
    files = {
        "good_png": png(16, 9),
        "states_png": png(side, MAX_PIXELS // side + 1, rows=1),
        "widest_png": png(2**31 - 1, 2**31 - 1, rows=0),
        "words_png": with_a_text_of(64 << 20),
        "profile_png": png(16, 9)[:33] + chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(1 << 26))),
    }
    names = [name.replace("_", ".") for name in files]
    lines = problems_of(project, *names, **files)
    assert not [line for line in lines if "'good.png'" in line]
    assert {line.split("'")[1] for line in lines} >= {"states.png", "widest.png"}
    assert all("[SB516]" in line for line in lines)


def with_a_text_of(size_bytes: int) -> bytes:
    text = b"Comment\0\0" + zlib.compress(bytes(size_bytes))
    return png(16, 9)[:33] + chunk(b"zTXt", text) + png(16, 9)[33:]


def test_a_picture_of_many_frames_is_told_and_not_unrolled(project: Path) -> None:
    head = struct.pack(">II", 2**31 - 1, 0)
    content = png(16, 9)
    moving = content[:33] + chunk(b"acTL", head) + content[33:]
    for line in problems_of(project, "moving.png", moving_png=moving):
        assert "[SB516]" in line or "[SB223]" in line


def test_a_file_beyond_the_bound_is_not_read_whole(project: Path) -> None:
    with (project / "large.png").open("wb") as file:
        file.truncate(1 << 34)
    (line,) = problems_of(project, "large.png")
    assert "is larger than 64 MiB, the maximum size [SB106]" in line


def test_a_mapping_written_by_hand_is_no_file(project: Path) -> None:
    lines = problems_of(project, f"{{sha256: {'0' * 64}}}")
    assert any("the frame of a take is written" in line for line in lines)
