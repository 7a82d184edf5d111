"""Finds the repairs that work: each is tried on the files read, and must make nothing else worse.

Reads files and writes none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from storyboard.language.files import DISK, Files
from storyboard.language.repairs.apply import apply_repairs, repairs_by_file, without_conflicts
from storyboard.language.repairs.overlay import Overlay, TextFile, read_text_file
from storyboard.language.yaml.unquoted import MAX_COVERED
from storyboard.records import Position, Problem, Storyboard

MAX_LOADS = 60
"""How often the storyboards may be reloaded. Trying all repairs together takes one reload."""

MAX_STOPS = 200
"""How many syntax errors are repaired. Each hides the next, and reading up to it is quick."""

MAX_STEPS = 3
"""How many repairs in a row one mistake may need, such as a key and then its value."""

_STOPPING = "yaml-syntax"
"""The code of a problem that keeps the rest of its file from being read."""

_Key: TypeAlias = tuple[str, int, str, str]

Load: TypeAlias = Callable[[Files], Sequence[Storyboard]]
"""Reloads the storyboards from some files."""


@dataclass(frozen=True, slots=True)
class RepairedFile:
    """A file as it is, and its text after the repairs."""

    file: TextFile
    text: str


@dataclass(frozen=True, slots=True)
class RepairedFiles:
    """The files that can be repaired, by display name, and the result.

    `repaired` are the problems that are gone; `boards` are the storyboards after the repairs.
    """

    files: Mapping[str, RepairedFile]
    repaired: tuple[Problem, ...]
    boards: tuple[Storyboard, ...]

    @property
    def problems_left(self) -> int:
        """How many problems remain, not counting warnings."""
        return len(_each_once(self.boards))


def find_repairs(load: Load) -> RepairedFiles:
    """Find all repairs that work, including those that only become visible after others."""
    search = _Search(load, tuple(load(DISK)))
    while search.may_load_again and (proposed := search.proposed()):
        search.keep_some(_together(proposed))
    files = {
        name: RepairedFile(search.files[name], text)
        for name, text in search.texts.items()
        if text != search.files[name].text
    }
    repaired = tuple(sorted(search.repaired, key=lambda problem: problem.position))
    return RepairedFiles(files, repaired, search.boards)


def keep_proven(boards: Sequence[Storyboard], load: Load) -> list[Storyboard]:
    """Return the storyboards as read, keeping only the repairs that work.

    The repairs can all be applied together. Problems that only become visible after them are left
    out.
    """
    if not any(problem.repairs for board in boards for problem in board.problems):
        return list(boards)
    found = find_repairs(lambda tree: boards if tree is DISK else load(tree))
    names = set(map(_key, found.repaired))
    problems = (problem for board in boards for problem in board.problems)
    together = without_conflicts(problem for problem in problems if _key(problem) in names)
    proven = {(problem.position, _key(problem)) for problem in together}
    return [_with_repairs_of(board, proven) for board in boards]


def _with_repairs_of(board: Storyboard, proven: Set[tuple[Position, _Key]]) -> Storyboard:
    problems = (
        problem
        if not problem.repairs or (problem.position, _key(problem)) in proven
        else replace(problem, repairs=())
        for problem in board.problems
    )
    return replace(board, problems=tuple(problems))


@dataclass(slots=True)
class _Search:
    load: Load
    boards: tuple[Storyboard, ...]
    files: dict[str, TextFile] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    repaired: list[Problem] = field(default_factory=list)
    loads_left: int = MAX_LOADS
    stops_left: int = MAX_STOPS
    refused: set[_Key] = field(default_factory=set)

    @property
    def may_load_again(self) -> bool:
        """Whether the storyboards may be reloaded once more."""
        return self.loads_left > 0 and self.stops_left > 0

    def proposed(self) -> list[Problem]:
        """Return problems whose repairs can be tried together and were not rejected on their own.

        Syntax errors come first and alone, because repairing them reveals more.
        """
        problems = list(filter(self._can_be_tried, _each_once(self.boards)))
        stops = [problem for problem in problems if problem.code == _STOPPING]
        return list(without_conflicts(stops or problems))

    def keep_some(self, groups: Sequence[Sequence[Problem]]) -> bool:
        """Keep the repairs that work: all of them, else some of the first half, else of the second.

        Each group has one repair; one that fails on its own is rejected. Returns whether any was
        kept; if so, positions have moved.
        """
        if not self.may_load_again:
            return False
        problems = [problem for group in groups for problem in group]
        if self._try(problems):
            return True
        if len(groups) == 1:
            self.refused.update(map(_key, problems))
            return False
        middle = len(groups) // 2
        return any(map(self.keep_some, (groups[:middle], groups[middle:])))

    def _try(self, problems: Sequence[Problem]) -> bool:
        """Keep the repairs if they work, alone or with repairs for the problems that they cause."""
        texts, boards = self.texts, self.boards
        wanted = list(problems)
        for _ in range(MAX_STEPS):
            texts = _repaired({**self.texts, **texts}, wanted)
            boards = self._load(texts, is_short=wanted[0].code == _STOPPING)
            if _is_better(self.boards, boards, problems):
                self.texts, self.boards = texts, boards
                self.repaired.extend(problems)
                return True
            came = _new_problems(self.boards, boards)
            wanted = list(without_conflicts(filter(self._can_be_tried, came)))
            if not wanted:
                break
        return False

    def _load(self, texts: Mapping[str, str], *, is_short: bool) -> tuple[Storyboard, ...]:
        """Reload the storyboards with the given texts in place of some files."""
        self.stops_left -= is_short
        self.loads_left -= not is_short
        contents = {
            DISK.real_path(self.files[name].path): self.files[name].encoded(text)
            for name, text in texts.items()
        }
        return tuple(self.load(Overlay(contents)))

    def _can_be_tried(self, problem: Problem) -> bool:
        """Whether the text of every file it repairs is available; reads the files."""
        names = {repair.position.path for repair in problem.repairs}
        is_new = bool(names) and _key(problem) not in self.refused
        return is_new and all(map(self._can_read, names))

    def _can_read(self, name: str) -> bool:
        if name not in self.files:
            texts = (board.texts[name] for board in self.boards if name in board.texts)
            text = next(texts, None)
            file = read_text_file(Path(name), text) if text is not None else None
            if file is None or text is None:
                return False
            self.files[name], self.texts[name] = file, text
        return True


def _together(problems: Sequence[Problem]) -> list[list[Problem]]:
    """Group the problems by their repairs; several rows can show one mistake, with one repair."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.repairs, []).append(problem)
    return list(groups.values())


def _repaired(texts: Mapping[str, str], problems: Sequence[Problem]) -> dict[str, str]:
    changed = repairs_by_file(problems)
    return {name: apply_repairs(text, changed.get(name, ())) for name, text in texts.items()}


def _is_better(
    before: Sequence[Storyboard], after: Sequence[Storyboard], repaired: Sequence[Problem]
) -> bool:
    """Whether the repaired problems are gone, no new ones appeared, and no valid take changed.

    If a file could not be read in full, problems after the repaired place count as old.
    """
    old, new = _count(before), _count(after)
    meant = Counter(map(_key, repaired))
    if any(new[name] > old[name] - count for name, count in meant.items()):
        return False
    pairs = zip(before, after, strict=True)
    if any(one.is_sound and _requests(one) != _requests(other) for one, other in pairs):
        return False
    if not (read_to := _read_to(repaired)):
        return not new - old
    stops = (problem for problem in _new_problems(before, after) if problem.code == _STOPPING)
    return all(_line_and_column(stop) > read_to.get(stop.position.path, (0, 0)) for stop in stops)


def _read_to(repaired: Sequence[Problem]) -> dict[str, tuple[int, int]]:
    """Return how far each file that could not be read in full was read, by name."""
    stops: dict[str, tuple[int, int]] = {}
    for problem in repaired:
        if problem.code == _STOPPING:
            stops[problem.position.path] = _line_and_column(problem)
    if sum(problem.code == "unquoted-template" for problem in repaired) >= MAX_COVERED:
        stops |= {problem.position.path: _line_and_column(problem) for problem in repaired}
    return stops


def _new_problems(before: Sequence[Storyboard], after: Sequence[Storyboard]) -> list[Problem]:
    old = _count(before)
    return [problem for problem in _each_once(after) if _key(problem) not in old]


def _requests(board: Storyboard) -> list[tuple[str, str]]:
    return [(one.id, one.fingerprint) for take in board.takes for one in take.candidates]


def _count(boards: Sequence[Storyboard]) -> Counter[_Key]:
    return Counter(map(_key, _each_once(boards)))


def _each_once(boards: Sequence[Storyboard]) -> list[Problem]:
    """Return the problems without warnings; one in a shared included file counts once."""
    found = {
        (problem.position, _key(problem)): problem
        for board in boards
        for problem in board.problems
        if not problem.is_warning
    }
    return list(found.values())


def _key(problem: Problem) -> _Key:
    """Return what identifies a problem. Repairs can change its column, but never its line."""
    return problem.position.path, problem.position.line, problem.code, problem.message


def _line_and_column(problem: Problem) -> tuple[int, int]:
    return problem.position.line, problem.position.column
