"""Reads the `templates/` folder: each NAME.j2 is a namespace of macros.

In: the folder. Out: the texts by file name, and what is wrong with the files.
Reads nothing but regular files that lie in the folder themselves.
"""

from __future__ import annotations

import keyword
import stat
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.language.templates.scope import MAX_TEXT, SUFFIX
from storyboard.records import Position, Problem

MAX_FILES = 1000
MAX_BYTES = 4 * MAX_TEXT  # the most that so many characters need in UTF-8

_SCOPE_NAMES = "matrix meta row scene shot take title"
_JINJA_NAMES = (
    "and caller cycler dict else false if in is joiner kwargs loop namespace none not or range"
    " recursive self super true varargs"
)
TAKEN_NAMES = frozenset(f"{_SCOPE_NAMES} {_JINJA_NAMES}".split())


@dataclass(slots=True)
class MacroFiles:
    """The macro files of one folder. `texts` is by file name, `camera.j2`."""

    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_macro_files(folder: Path | None, display_name: str) -> MacroFiles:
    """The macro files of a folder; nothing where there is no folder."""
    found = MacroFiles()
    if folder is None or not folder.is_dir():
        return found
    try:
        home = folder.resolve(strict=True)
        paths = sorted(path for path in home.iterdir() if _is_macro_file(path))
    except (OSError, RuntimeError) as error:
        _note(
            found,
            display_name,
            "unreadable-file",
            f"{display_name} cannot be read: {_reason(error)}",
        )
        return found
    if len(paths) > MAX_FILES:
        message = f"{len(paths):,} files are more than {MAX_FILES:,}, the most there may be"
        _note(found, display_name, "too-many-files", message)
        paths = paths[:MAX_FILES]
    for path in paths:
        _read_one(path, home, f"{display_name}/{path.name}", found)
    return found


def _is_macro_file(path: Path) -> bool:
    return path.name.endswith(SUFFIX) and not path.name.startswith(".")


def _read_one(path: Path, home: Path, display_name: str, found: MacroFiles) -> None:
    name = path.name.removesuffix(SUFFIX)
    if not name.isidentifier() or keyword.iskeyword(name):
        _note(
            found,
            display_name,
            "macro-file-name",
            f"{name!r} cannot be the name of a namespace; letters, digits and _ can",
            f"rename it: {_as_identifier(name)}{SUFFIX}",
        )
        return
    if name in TAKEN_NAMES:
        message = f"{name!r} already means something in templates, so no file may be called so"
        _note(found, display_name, "macro-file-name", message, "rename it")
        return
    try:
        data = _read_bytes(path, home)
    except (OSError, RuntimeError, ValueError) as error:
        _note(found, display_name, "unreadable-file", f"it cannot be read: {_reason(error)}")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"it is not UTF-8 text: byte 0x{data[error.start]:02x} stands in line {line}"
        _note(found, display_name, "not-utf8", message, "save it as UTF-8", line=line)
        return
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        message = f"{len(text):,} characters are more than {MAX_TEXT:,}, the most a file may have"
        _note(found, display_name, "template-too-long", message)
        return
    found.texts[path.name] = text


def _read_bytes(path: Path, home: Path) -> bytes:
    real = path.resolve(strict=True)
    if real.parent != home:
        raise ValueError("it is a link that leads out of the folder")
    # Looked at before it is opened: opening a pipe would wait for ever.
    if not stat.S_ISREG(real.stat().st_mode):
        raise ValueError("it is not a regular file")
    with real.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
    return data


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "no such file").lower()
    return "it is a link to itself" if isinstance(error, RuntimeError) else str(error)


def _as_identifier(name: str) -> str:
    made = "".join(letter if letter.isalnum() else "_" for letter in name)
    return made if made.isidentifier() and not keyword.iskeyword(made) else f"m_{made}"


def _note(
    found: MacroFiles,
    display_name: str,
    code: str,
    message: str,
    hint: str | None = None,
    *,
    line: int = 1,
) -> None:
    found.problems.append(Problem(Position(display_name, line, 1), code, message, hint))
