"""The rules for names: ids, names reserved in templates, and portable file names.

Ids of shots and takes become file names, so they use only what every system
allows. Everything that reads, checks or describes a name takes its rule from
here: the editor's schema, the expansion, the manifest, the model cards. File
names are compared with `fold` and are stored on disk as UTF-8, whatever the
locale. Imports nothing else from the project.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ID = "[A-Za-z0-9][A-Za-z0-9._-]*"
"""The characters of an id, as a regular expression that JSON Schema understands too."""

MAX_ID_LENGTH = 100

TAKE_ENDING = r"\.[tT][0-9]+$"
"""The ending of a take's id; a shot's id may therefore not end like this."""

# Source: "Naming Files, Paths, and Namespaces", Windows documentation. A suffix
# does not help: NUL.tar is the device too. Spelled out, because JSON Schema has no flags.
DEVICE = (
    "(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|"
    r"(?:[cC][oO][mM]|[lL][pP][tT])[1-9])(?:\.|$)"
)
"""An id that names a Windows device, matched at its beginning."""

# Spelled out, because JSON Schema has no flags.
FOLDER_ENDING = (
    r"(?:^|\.)(?:[sS][aA][nN][dD][bB][oO][xX]|[sS][tT][oO][rR][yY][bB][oO][aA][rR][dD])$|-[0-9]+$"
)
"""Endings of a film's own folders: for the sandbox, for a host and port, for a whole stem."""

RESERVED_NAMES = ("matrix", "row", "meta", "shot", "scene", "take", "title")
"""Names that templates define themselves; no var may use one."""

MODEL = f"{ID}(?:/{ID})*"
"""The name of a model: the provider's name, then its own."""

_STORYBOARD = "storyboard"

STORYBOARD_ENDINGS = (f".{_STORYBOARD}.yaml", f".{_STORYBOARD}.yml")
"""Endings, in lower case, of the storyboards that commands find without being given a name."""

SANDBOX = "sandbox"
"""The origin of everything that the sandbox renders, whatever its port; nothing is paid there."""

TASK_ID = "[!-~]{1,512}"
"""A provider's task id as the manifest and the state file may hold it."""

ENDPOINT = "(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+"
"""The path of a request below the API's origin; no segment is hidden or leads upwards."""

USER_ID = "[A-Za-z0-9_-]{8,128}"
"""What the header X-Mdlx-User-Id may contain."""

_ID = re.compile(ID)
_TAKE_ENDING = re.compile(TAKE_ENDING)
_DEVICE = re.compile(DEVICE)
# Devices that file names can spell but ids cannot: superscript digits, CONIN$ and CONOUT$, a space.
_DEVICE_FILE = re.compile(
    r"(con|prn|aux|nul|(com|lpt)[1-9¹²³]|conin\$|conout\$)\s*(\.|$)", re.IGNORECASE
)
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\]')
_VIDEO_PATH = re.compile(rf"videos/(?!{DEVICE}){ID}\.v[0-9]{{3,9}}\.mp4")
_MAX_VIDEO_PATH = 150  # characters; the id of a take has at most 120


def check_id(text: str) -> str | None:
    """What is wrong with an id, as the end of a sentence; None if it is valid."""
    if not text:
        return "is empty"
    if len(text) > MAX_ID_LENGTH:
        return f"is {len(text):,} characters long, more than {MAX_ID_LENGTH}"
    if not _ID.fullmatch(text):
        return (
            "may contain only letters, digits, '.', '_' and '-', and must begin with a letter or "
            "digit"
        )
    if _DEVICE.match(text):
        return "is the name of a device on Windows"
    if _TAKE_ENDING.search(text):
        return "ends like the id of a take (.t1)"
    if text.endswith("."):
        return "ends with a dot, which Windows drops from file names"
    return None


def find_storyboards(folder: Path) -> list[Path]:
    """The files in a folder named like storyboards, sorted; none if it cannot be read."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 (names)
    except OSError:
        return []
    return [folder / name for name in names if name.casefold().endswith(STORYBOARD_ENDINGS)]


def film_name(stem: str) -> str:
    """The storyboard's name, given the file's name without its last suffix.

    `film.storyboard.yaml` is called `film`, as `film.yaml` is.
    """
    name, dot, ending = stem.rpartition(".")
    return name if name and dot and ending.casefold() == _STORYBOARD else stem


def is_same_film(one: str, other: str) -> bool:
    """Whether two names mean the same storyboard; either may be the file's whole stem."""
    return fold(film_name(one)) == fold(film_name(other))


def variant_name(film: str, variant: str | None) -> str:
    """The name of one variant of a film, `film/draft`; a film's own name never has a slash."""
    return film if variant is None else f"{film}/{variant}"


def split_variant(name: str) -> tuple[str, str | None]:
    """The film and the variant in a name that `variant_name` made."""
    film, _, variant = name.partition("/")
    return film, variant or None


def take_id(shot: str, number: int, takes: int) -> str:
    """The id of take `number` (from 1) of a shot with `takes` takes."""
    return shot if takes == 1 else f"{shot}.t{number}"


def video_path(take: str, version: int) -> str:
    """Where a take's video goes, relative to the output folder."""
    return f"videos/{take}.v{version:03d}.mp4"


def is_video_path(path: str) -> bool:
    """Whether a path is one that `video_path` could have made."""
    return len(path) <= _MAX_VIDEO_PATH and _VIDEO_PATH.fullmatch(path) is not None


def is_device(file_name: str) -> bool:
    """Whether Windows takes a file name for a device."""
    return _DEVICE_FILE.match(file_name) is not None


def path_problem(path: str) -> str | None:
    """Why a path is unportable or leads out of the output folder; None if it is fine."""
    if _NOT_IN_FILE_NAMES.search(path):
        return "contains a character that some systems do not allow in file names"
    for name in path.split("/"):
        if name in ("", ".", ".."):
            return "must be a plain path inside the output folder"
        if name.endswith((".", " ")):
            return "contains a name that ends in a dot or a space"
        if is_device(name):
            return "contains the name of a Windows device"
    return None


def fold(name: str) -> str:
    """A name in the form used for comparing: case and Unicode form make no difference.

    "é" may be one character or two: macOS, archives and git convert between them.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def to_file_name(name: str) -> str:
    """The name in the form that the system's functions need to store it as UTF-8."""
    try:
        return os.fsdecode(name.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # half a surrogate pair: no file has such a name
        return name


def from_file_name(file_name: str) -> str:
    """The name of a file on disk, read as UTF-8 whatever the locale."""
    return os.fsencode(file_name).decode("utf-8", "surrogateescape")


def as_argument(path: Path) -> str:
    """A path as a command line takes it: one that begins with a dash would be an option."""
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def portable_path(path: str) -> str:
    """A path on this system as any file can hold it: with forward slashes, in valid Unicode."""
    return valid_unicode(from_file_name(path).replace(os.sep, "/"))


def valid_unicode(text: str) -> str:
    """The text with "?" for each lone surrogate, which a reply or a file name can contain."""
    return text.encode("utf-8", "replace").decode()


def find_spellings(folder: Path, name: str) -> list[str]:
    """The entries of a folder that spell a name in any way, sorted; empty if it is unreadable."""
    return Spellings(os.listdir).find(folder, name)


class Spellings:
    """Finds names in folders however they are spelled; reads each folder only once.

    Otherwise many missing files in a folder of many others would cost their product.
    """

    def __init__(self, names_in: Callable[[Path], list[str]]) -> None:
        self._names_in = names_in
        self._folded: dict[Path, dict[str, list[str]]] = {}

    def find(self, folder: Path, name: str) -> list[str]:
        """Return the entries that spell a name in any way, sorted; none if it is unreadable."""
        if folder not in self._folded:
            self._folded[folder] = self._read(folder)
        return self._folded[folder].get(fold(name), [])

    def _read(self, folder: Path) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        with suppress(OSError, ValueError):
            for name in sorted(self._names_in(folder)):
                found.setdefault(fold(from_file_name(name)), []).append(name)
        return found


def spelled_path(path: Path) -> Path:
    """A path from the command line, its last name spelled as on disk if exactly one matches."""
    if not path.name or os.path.lexists(path):
        return path
    found = find_spellings(path.parent, from_file_name(path.name))
    return path.with_name(found[0]) if len(found) == 1 else path


def spelled_on_disk(
    folder: Path,
    name: str,
    *,
    exists: Callable[[Path], bool] = os.path.lexists,
    spellings: Spellings | None = None,
) -> str:
    """A path below a folder, spelled as on disk; unchanged if there is not exactly one match.

    Reads the folders along the path; the caller has checked that this is allowed.
    """
    spellings = spellings or Spellings(os.listdir)
    parts = to_file_name(name).split("/")
    for number, part in enumerate(parts):
        if part not in ("", ".", "..") and not exists(folder / part):
            found = spellings.find(folder, from_file_name(part))
            if len(found) != 1:
                return name
            parts[number] = found[0]
        folder /= parts[number]
    return "/".join(parts)
