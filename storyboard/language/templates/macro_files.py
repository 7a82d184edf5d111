"""Reads the `templates/` folder: each NAME.j2 is a namespace of macros.

Takes the folder; returns the texts by file name, and the problems with the files. Reads only
regular files directly inside the folder.
"""

from __future__ import annotations

import errno
import keyword
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from storyboard.language.files import Files
from storyboard.language.templates.scope import MAX_TEXT, SUFFIX
from storyboard.language.text_files import file_problem, read_text
from storyboard.names import RESERVED_NAMES, from_file_name
from storyboard.records import Problem

MAX_FILES = 1000
MAX_BYTES = 4 * MAX_TEXT  # the maximum size of that many characters in UTF-8

_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}

_JINJA_NAMES = (
    "and caller cycler dict else false if in is joiner kwargs loop namespace none not or range"
    " recursive self super true varargs"
)
TAKEN_NAMES = frozenset([*RESERVED_NAMES, *_JINJA_NAMES.split()])


class MacroFiles(NamedTuple):
    """The macro files of one folder by name, such as `camera.j2`, and what is wrong with others."""

    texts: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def read_macro_files(folder: Path | None, display_name: str, files: Files) -> MacroFiles:
    """Read the macro files of a folder; the result is empty if there is no folder."""
    if folder is None:
        return MacroFiles({})
    try:
        real = Path(files.real_path(folder))
        paths = sorted(real / name for name in files.names_in(real))
    except OSError as error:
        if error.errno in _NO_FOLDER:
            return MacroFiles({})
        message = f"{display_name} cannot be read: {error.strerror or error}"
        return MacroFiles({}, (file_problem(display_name, "unreadable-file", message),))
    paths = [path for path in paths if path.suffix == SUFFIX and not path.name.startswith(".")]
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    if len(paths) > MAX_FILES:
        message = f"{len(paths):,} files are more than {MAX_FILES:,}, the maximum"
        problems.append(file_problem(display_name, "too-many-files", message))
    for path in paths[:MAX_FILES]:
        name = unicodedata.normalize("NFC", from_file_name(path.stem))
        text = _read_file(path, name, f"{display_name}/{path.name}", files)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            texts[f"{name}{SUFFIX}"] = text
    return MacroFiles(texts, tuple(problems))


def _read_file(path: Path, name: str, display_name: str, files: Files) -> str | Problem:
    """Return the text of the macro file called `name` in templates, or why it is not used."""
    if not name.isidentifier() or keyword.iskeyword(name):
        message = f"{name!r} cannot be the name of a namespace; use only letters, digits and _"
        hint = f"rename it: {_as_identifier(name)}{SUFFIX}"
        return file_problem(display_name, "macro-file-name", message, hint)
    if name in TAKEN_NAMES:
        message = f"{name!r} already means something in templates, so no file can have that name"
        return file_problem(display_name, "macro-file-name", message, "rename it")
    try:
        is_outside = Path(files.real_path(path)).parent != path.parent
    except OSError:
        is_outside = False  # a link to itself; opening it reports that
    if is_outside:
        message = "cannot be read: it is a link that leads out of the folder"
        return file_problem(display_name, "unreadable-file", message)
    text, problem = read_text(path, display_name, max_bytes=MAX_BYTES, files=files)
    if problem is not None and problem.code != "empty-file":
        return problem
    if len(text) > MAX_TEXT:
        message = f"{len(text):,} characters are more than {MAX_TEXT:,}, the maximum for a file"
        return file_problem(display_name, "template-too-long", message)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_identifier(name: str) -> str:
    made = "".join(letter if letter.isalnum() else "_" for letter in name)
    return made if made.isidentifier() and not keyword.iskeyword(made) else f"m_{made}"
