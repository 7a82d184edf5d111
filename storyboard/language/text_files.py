"""Reads text files; a mistake in one is a problem, not an exception."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from storyboard.language.files import DISK, Files, NotAFile
from storyboard.names import from_file_name, valid_unicode
from storyboard.records import Position, Problem
from storyboard.reporting.lines import position_at
from storyboard.reporting.suggest import guess

MAX_BYTES = 64 * 1024 * 1024

# The characters YAML calls printable, without DEL and the C1 controls: in text, these nearly
# always mean a wrong encoding.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Git's conflict markers; some editors indent them with the surrounding text.
_CONFLICT = re.compile(r"^[ \t]*(?:<{7}|>{7})(?= |\r?$)", re.MULTILINE)

SLASH = "write / between folder and file, which works on every system"
DOWNLOAD = "download it, and name the file: nothing is read from the web"

_MAX_NAMES = 500  # among which the one that was meant is looked for, for each missing file

_ADDRESS = re.compile(r"(?:^|/)https?:/")

# How zip files (.xlsx, .ods, .numbers) and .xls files begin.
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


class FileText(NamedTuple):
    """A file's text without its byte order mark, or the problem with reading it.

    If there is a problem, `text` is the part that can be quoted; it may be empty.
    """

    text: str
    problem: Problem | None = None


def read_text(
    path: Path, display_name: str, *, max_bytes: int = MAX_BYTES, files: Files = DISK
) -> FileText:
    """Read a regular file's text: UTF-8 with or without a byte order mark, or UTF-16 with one."""
    data = read_bytes(path, display_name, max_bytes=max_bytes, files=files)
    return FileText("", data) if isinstance(data, Problem) else decode_text(data, display_name)


def read_bytes(
    path: Path, display_name: str, *, max_bytes: int = MAX_BYTES, files: Files = DISK
) -> bytes | Problem:
    """Read a regular file's content, or return the problem with reading it."""
    try:
        data = files.read_bytes(path, max_bytes)
    except NotAFile as error:
        return _unreadable(display_name, str(error))
    except FileNotFoundError:
        hint = _hint_for_missing(path, display_name, files)
        return _unreadable(display_name, "there is no such file", hint)
    except PermissionError:
        return _unreadable(display_name, "cannot be read: permission denied")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return _unreadable(display_name, f"cannot be read: {reason or type(error).__name__}")
    return data if len(data) <= max_bytes else _too_large(display_name, max_bytes)


def decode_text(data: bytes, display_name: str) -> FileText:
    """Decode a file's bytes in the same way as `read_text`."""
    if problem := _undecodable(data, display_name):
        return FileText("", problem)
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf16 else "utf-8"
    encoded = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = encoded.decode(encoding)
    except UnicodeDecodeError as error:
        if not is_utf16 and b"\0" in data:
            message = "is not a text file: it contains NUL bytes"
            return FileText("", file_problem(display_name, "not-text", message))
        readable = encoded.decode(encoding, errors="replace")
        index = len(encoded[: error.start].decode(encoding, errors="replace"))
        position = position_at(readable, index, display_name, width=1)
        number = len(data) - len(encoded) + error.start + 1
        where = f"byte {number:,} of the file (0x{encoded[error.start]:02X})"
        message = f"{where} is not {encoding.upper()}"
        problem = Problem(position, "wrong-encoding", message, hint="save the file as UTF-8")
        return FileText(readable, problem)
    problem = check_text(text, display_name)
    is_binary = problem is not None and problem.code == "not-text"
    return FileText("" if is_binary else text, problem)


def _undecodable(data: bytes, display_name: str) -> Problem | None:
    """Return the problem with a file that is too large, or whose first bytes rule out text."""
    if len(data) > MAX_BYTES:
        return _too_large(display_name, MAX_BYTES)
    if data.startswith(_PACKED):
        message = "is a spreadsheet or another compressed file, not text"
        hint = "export the sheet as CSV (UTF-8)"
        return file_problem(display_name, "not-text", message, hint)
    # UTF-32's byte order mark begins with UTF-16's.
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        message, hint = "is written in UTF-32", "save the file as UTF-8"
        return file_problem(display_name, "unreadable-file", message, hint)
    return None


def check_text(text: str, display_name: str) -> Problem | None:
    """Return the problem with a text that is empty or holds non-text characters, or None."""
    if found := _UNPRINTABLE.search(text):
        character = ord(found.group())
        position = position_at(text, found.start(), display_name, width=1)
        if character == 0:
            return Problem(
                position,
                "not-text",
                "contains a NUL character: it is not text, or is UTF-16 without a byte order mark",
                hint="save the file as UTF-8",
            )
        return Problem(
            position,
            "control-character",
            f"contains the character U+{character:04X}, which is not allowed in text files",
            hint="remove it or, in YAML and JSON, write it as an escape inside double quotes",
        )
    if not text.strip():
        return file_problem(display_name, "empty-file", "the file is empty")
    if ("<<<<<<<" in text or ">>>>>>>" in text) and (found := _CONFLICT.search(text)):
        return Problem(
            position_at(text, found.start() + len(found[0]) - 7, display_name),
            "conflict-marker",
            "a git conflict marker: lines of both sides are in this file",
            hint="keep one side, and remove the lines with <<<<<<<, ======= and >>>>>>>",
        )
    return None


def _too_large(display_name: str, max_bytes: int) -> Problem:
    mebibytes, rest = divmod(max_bytes, 1024 * 1024)
    size = f"{max_bytes:,} bytes" if rest else f"{mebibytes:,} MiB"
    message = f"is larger than {size}, the maximum size"
    return file_problem(display_name, "file-too-large", message)


def _hint_for_missing(path: Path, display_name: str, files: Files) -> str | None:
    """Return what was probably meant by a name; reads the names in the folder that it is in."""
    if is_address(display_name):
        return DOWNLOAD
    if "\\" in path.name:
        return SLASH
    known = names_beside(path, files)
    path = Path(from_file_name(path.name))
    # Its own name is a link to nothing, and one of broken Unicode cannot be written in a file.
    others = (name for name in known if name != path.name and name == valid_unicode(name))
    stems = _stems(tuple(others), _kind(path))
    meant = guess(path.stem, stems)
    stem = path.stem if path.stem in stems else meant.word if meant and meant.is_sure else None
    where = " in the same folder" if "/" in display_name else ""
    return f"did you mean '{stems[stem]}'{where}?" if stem else None


def names_beside(path: Path, files: Files) -> list[str]:
    """Return the names in a file's folder; none if it is unreadable or has too many to compare."""
    try:
        names = files.names_in(path.parent)
    except (OSError, ValueError):
        return []
    return [from_file_name(name) for name in names] if len(names) <= _MAX_NAMES else []


@lru_cache(maxsize=8)
def _stems(names: tuple[str, ...], kind: str) -> dict[str, str]:
    """Return the names of one kind of file by their stems."""
    return {path.stem: str(path) for path in map(Path, names) if _kind(path) == kind}


def _kind(path: Path) -> str:
    return path.suffix.casefold().replace(".yml", ".yaml")


def is_address(display_name: str) -> bool:
    """Return whether a file's name is an address of the web, as a path spells it."""
    return _ADDRESS.search(display_name) is not None


def _unreadable(display_name: str, message: str, hint: str | None = None) -> Problem:
    return file_problem(display_name, "unreadable-file", message, hint)


def file_problem(display_name: str, code: str, message: str, hint: str | None = None) -> Problem:
    """Return a problem with a file as a whole."""
    return Problem(Position(display_name, 1, 1), code, message, hint)
