"""Reads the `templates/` folder: each NAME.j2 is a namespace of macros.

Takes the folder; returns the texts by file name, and the problems with the files. Reads only
regular files directly inside the folder.
"""

from __future__ import annotations

import errno
import keyword
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.language.files import Files
from storyboard.language.templates.scope import MAX_TEXT, SUFFIX
from storyboard.language.text_files import read_text
from storyboard.names import RESERVED_NAMES, from_file_name
from storyboard.records import Position, Problem

MAX_FILES = 1000
MAX_BYTES = 4 * MAX_TEXT  # the maximum size of that many characters in UTF-8

_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}

_JINJA_NAMES = (
    "and caller cycler dict else false if in is joiner kwargs loop namespace none not or range"
    " recursive self super true varargs"
)
TAKEN_NAMES = frozenset([*RESERVED_NAMES, *_JINJA_NAMES.split()])


@dataclass(slots=True)
class MacroFiles:
    """The macro files of one folder. `texts` is by file name, such as `camera.j2`."""

    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, display_name: str, code: str, message: str, hint: str | None = None) -> None:
        """Report a file that is not used, and why."""
        self.problems.append(Problem(Position(display_name, 1, 1), code, message, hint))


def read_macro_files(folder: Path | None, display_name: str, files: Files) -> MacroFiles:
    """Read the macro files of a folder; the result is empty if there is no folder."""
    found = MacroFiles()
    if folder is None:
        return found
    try:
        real = Path(files.real_path(folder))
        paths = sorted(real / name for name in files.names_in(real))
    except OSError as error:
        if error.errno in _NO_FOLDER:
            return found
        reason = error.strerror or error
        found.refuse(display_name, "unreadable-file", f"{display_name} cannot be read: {reason}")
        return found
    paths = [path for path in paths if path.suffix == SUFFIX and not path.name.startswith(".")]
    if len(paths) > MAX_FILES:
        message = f"{len(paths):,} files are more than {MAX_FILES:,}, the maximum"
        found.refuse(display_name, "too-many-files", message)
    for path in paths[:MAX_FILES]:
        _read_file(path, f"{display_name}/{path.name}", found, files)
    return found


def _read_file(path: Path, display_name: str, found: MacroFiles, files: Files) -> None:
    name = unicodedata.normalize("NFC", from_file_name(path.stem))
    if not name.isidentifier() or keyword.iskeyword(name):
        message = f"{name!r} cannot be the name of a namespace; use only letters, digits and _"
        hint = f"rename it: {_as_identifier(name)}{SUFFIX}"
        return found.refuse(display_name, "macro-file-name", message, hint)
    if name in TAKEN_NAMES:
        message = f"{name!r} already means something in templates, so no file can have that name"
        return found.refuse(display_name, "macro-file-name", message, "rename it")
    try:
        is_outside = Path(files.real_path(path)).parent != path.parent
    except OSError:
        is_outside = False  # a link to itself; opening it reports that
    if is_outside:
        message = "cannot be read: it is a link that leads out of the folder"
        return found.refuse(display_name, "unreadable-file", message)
    text, problem = read_text(path, display_name, max_bytes=MAX_BYTES, files=files)
    if problem is not None and problem.code != "empty-file":
        found.problems.append(problem)
    elif len(text) > MAX_TEXT:
        message = f"{len(text):,} characters are more than {MAX_TEXT:,}, the maximum for a file"
        found.refuse(display_name, "template-too-long", message)
    else:
        found.texts[f"{name}{SUFFIX}"] = text.replace("\r\n", "\n").replace("\r", "\n")
    return None


def _as_identifier(name: str) -> str:
    made = "".join(letter if letter.isalnum() else "_" for letter in name)
    return made if made.isidentifier() and not keyword.iskeyword(made) else f"m_{made}"
