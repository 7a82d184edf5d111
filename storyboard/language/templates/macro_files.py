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


class _Refused(Exception):
    """A macro file that is not used, and why."""

    def __init__(self, code: str, message: str, hint: str | None = None, line: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.line = line

    def problem(self, display_name: str) -> Problem:
        """The same as a problem of the file."""
        return Problem(Position(display_name, self.line, 1), self.code, str(self), self.hint)


def read_macro_files(folder: Path | None, display_name: str) -> MacroFiles:
    """The macro files of a folder; nothing where there is no folder."""
    found = MacroFiles()
    if folder is None or not folder.is_dir():
        return found
    try:
        home = folder.resolve(strict=True)
        paths = sorted(path for path in home.iterdir() if _is_macro_file(path))
    except (OSError, RuntimeError) as error:
        refused = _Refused("unreadable-file", f"{display_name} cannot be read: {_reason(error)}")
        found.problems.append(refused.problem(display_name))
        return found
    if len(paths) > MAX_FILES:
        message = f"{len(paths):,} files are more than {MAX_FILES:,}, the most there may be"
        found.problems.append(_Refused("too-many-files", message).problem(display_name))
    for path in paths[:MAX_FILES]:
        try:
            _check_name(path.name.removesuffix(SUFFIX))
            found.texts[path.name] = _read_text(path, home)
        except _Refused as refused:
            found.problems.append(refused.problem(f"{display_name}/{path.name}"))
    return found


def _is_macro_file(path: Path) -> bool:
    return path.name.endswith(SUFFIX) and not path.name.startswith(".")


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        message = f"{name!r} cannot be the name of a namespace; letters, digits and _ can"
        raise _Refused("macro-file-name", message, f"rename it: {_as_identifier(name)}{SUFFIX}")
    if name in TAKEN_NAMES:
        message = f"{name!r} already means something in templates, so no file may be called so"
        raise _Refused("macro-file-name", message, "rename it")


def _read_text(path: Path, home: Path) -> str:
    try:
        data = _read_bytes(path, home)
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"it is not UTF-8 text: byte 0x{data[error.start]:02x} stands in line {line}"
        raise _Refused("not-utf8", message, "save it as UTF-8", line) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise _Refused("unreadable-file", f"it cannot be read: {_reason(error)}") from None
    if len(text) > MAX_TEXT:
        message = f"{len(text):,} characters are more than {MAX_TEXT:,}, the most a file may have"
        raise _Refused("template-too-long", message)
    return text


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
