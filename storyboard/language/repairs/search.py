"""Finds the repairs that hold: each is tried on what was read, and nothing else may get worse.

Reads files and writes none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from storyboard.language.files import DISK, Files
from storyboard.language.repairs.apply import apart, apply_repairs, repairs_by_file
from storyboard.language.repairs.overlay import Overlay, TextFile, read_text_file
from storyboard.language.yaml.unquoted import MAX_COVERED
from storyboard.records import Problem, Storyboard

MAX_LOADS = 60
"""How often the storyboards are read again; a mistake of the syntax takes one, of others many."""

MAX_STEPS = 3
"""How many repairs in a row may be needed for one mistake: a key, then its value."""

_STOPPING = "yaml-syntax"
"""Where this is wrong with a file, the rest of it has not been read."""

_Name: TypeAlias = tuple[str, str, str]

Load: TypeAlias = Callable[[Files], Sequence[Storyboard]]
"""Reads the storyboards anew from some files."""


@dataclass(frozen=True, slots=True)
class RepairedFile:
    """A file as it is, and the text that it would hold with its repairs."""

    file: TextFile
    text: str


@dataclass(frozen=True, slots=True)
class RepairedFiles:
    """The files that can be repaired, by the names in messages, and what comes of it.

    `repaired` are the problems that are gone; `boards` are the storyboards afterwards.
    """

    files: Mapping[str, RepairedFile]
    repaired: tuple[Problem, ...]
    boards: tuple[Storyboard, ...]

    @property
    def problems_left(self) -> int:
        """How many problems stay, not counting warnings."""
        return len(_each_once(self.boards))


def find_repairs(load: Load) -> RepairedFiles:
    """All repairs of storyboards that hold, also of what comes to light only after others."""
    search = _Search(load, tuple(load(DISK)))
    while search.loads_left and (proposed := search.proposed()):
        search.keep_some(proposed)
    files = {
        name: RepairedFile(search.files[name], text)
        for name, text in search.texts.items()
        if text != search.files[name].text
    }
    repaired = tuple(sorted(search.repaired, key=lambda problem: problem.position))
    return RepairedFiles(files, repaired, search.boards)


@dataclass(slots=True)
class _Search:
    load: Load
    boards: tuple[Storyboard, ...]
    files: dict[str, TextFile] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    repaired: list[Problem] = field(default_factory=list)
    loads_left: int = MAX_LOADS
    refused: set[_Name] = field(default_factory=set)

    def proposed(self) -> list[Problem]:
        """The problems with repairs that can be tried together, and were not refused alone.

        Those of the syntax come first and for themselves, since more comes to light by them.
        """
        problems = list(filter(self._can_be_tried, _each_once(self.boards)))
        stops = [problem for problem in problems if problem.code == _STOPPING]
        return list(apart(stops or problems))

    def keep_some(self, problems: Sequence[Problem]) -> bool:
        """Keeps repairs that hold: all, else some of the first half, else of the second.

        What does not hold alone is refused. Whether any were kept: then positions have moved.
        """
        if not self.loads_left:
            return False
        self.loads_left -= 1
        if self._try(problems):
            return True
        groups = _together(problems)
        if len(groups) == 1:
            self.refused.update(map(_name, problems))
            return False
        middle = len(groups) // 2
        return any(map(self.keep_some, map(_flat, (groups[:middle], groups[middle:]))))

    def _try(self, problems: Sequence[Problem]) -> bool:
        """Keeps the repairs if they hold, perhaps with those of what they make wrong."""
        texts, boards = self.texts, self.boards
        wanted = list(problems)
        for _ in range(MAX_STEPS):
            texts = _repaired(texts, wanted)
            boards = tuple(self.load(Overlay(self._contents(texts))))
            if _is_better(self.boards, boards, problems):
                self.texts, self.boards = texts, boards
                self.repaired.extend(problems)
                return True
            came = _came(self.boards, boards)
            wanted = list(apart(filter(self._can_be_tried, came)))
            if not came or len(wanted) < len(came):
                break
        return False

    def _contents(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        return {
            DISK.real_path(self.files[name].path): self.files[name].encoded(text)
            for name, text in texts.items()
        }

    def _can_be_tried(self, problem: Problem) -> bool:
        """Whether all of its repairs lie in files whose text is at hand; reads the files."""
        names = {repair.position.path for repair in problem.repairs}
        is_new = bool(names) and _name(problem) not in self.refused
        return is_new and all(map(self._is_at_hand, names))

    def _is_at_hand(self, name: str) -> bool:
        if name not in self.files:
            text = next(board.sources[name] for board in self.boards if name in board.sources)
            if (file := read_text_file(Path(name), text)) is None:
                return False
            self.files[name], self.texts[name] = file, text
        return True


def _together(problems: Sequence[Problem]) -> list[list[Problem]]:
    """The problems by what repairs them, which is one where several rows show one mistake."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.repairs, []).append(problem)
    return list(groups.values())


def _flat(groups: Sequence[Sequence[Problem]]) -> list[Problem]:
    return [problem for group in groups for problem in group]


def _repaired(texts: Mapping[str, str], problems: Sequence[Problem]) -> dict[str, str]:
    changed = repairs_by_file(problems)
    return {name: apply_repairs(text, changed.get(name, ())) for name, text in texts.items()}


def _is_better(
    before: Sequence[Storyboard], after: Sequence[Storyboard], repaired: Sequence[Problem]
) -> bool:
    """Whether the repaired problems are gone, no others came, and no sound take has changed.

    Of a file that could not be read whole, what comes to light behind the repair was there before.
    """
    old, new = _count(before), _count(after)
    meant = Counter(map(_name, repaired))
    if any(new[name] > old[name] - count for name, count in meant.items()):
        return False
    pairs = zip(before, after, strict=True)
    if any(one.is_sound and _requests(one) != _requests(other) for one, other in pairs):
        return False
    if not (read_to := _read_to(repaired)):
        return not new - old
    stops = (problem for problem in _came(before, after) if problem.code == _STOPPING)
    return all(_spot(stop) > read_to.get(stop.position.path, (0, 0)) for stop in stops)


def _read_to(repaired: Sequence[Problem]) -> dict[str, tuple[int, int]]:
    """How far the files were read that could not be read whole, by their names."""
    stops: dict[str, tuple[int, int]] = {}
    for problem in repaired:
        if problem.code == _STOPPING:
            stops[problem.position.path] = _spot(problem)
    if sum(problem.code == "unquoted-template" for problem in repaired) >= MAX_COVERED:
        stops |= {problem.position.path: _spot(problem) for problem in repaired}
    return stops


def _came(before: Sequence[Storyboard], after: Sequence[Storyboard]) -> list[Problem]:
    old = _count(before)
    return [problem for problem in _each_once(after) if _name(problem) not in old]


def _requests(board: Storyboard) -> list[tuple[str, str]]:
    return [(take.id, take.fingerprint) for take in board.takes]


def _count(boards: Sequence[Storyboard]) -> Counter[_Name]:
    return Counter(map(_name, _each_once(boards)))


def _each_once(boards: Sequence[Storyboard]) -> list[Problem]:
    """The problems, no warnings; one of an included file once, whoever includes it."""
    found = {
        (problem.position, _name(problem)): problem
        for board in boards
        for problem in board.problems
        if not problem.is_warning
    }
    return list(found.values())


def _name(problem: Problem) -> _Name:
    """What tells one problem from another while positions move."""
    return problem.position.path, problem.code, problem.message


def _spot(problem: Problem) -> tuple[int, int]:
    return problem.position.line, problem.position.column
