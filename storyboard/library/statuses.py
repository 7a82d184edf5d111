"""What is known of each take, for programs; sends nothing and takes no lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from storyboard.library.films import FilePath, find_workspace, tell
from storyboard.library.notebook import Page, table_html
from storyboard.outputs import OUTPUTS
from storyboard.project.known import read_known
from storyboard.records import Storyboard, TakeState
from storyboard.reporting.statuses import STATUS_WORDS, count_statuses


@dataclass(frozen=True, slots=True)
class FilmStatus:
    """The takes of `file` with what is known about them in `folder`.

    `orphans` are open or paid submissions for takes that are no longer in the storyboard.
    `waiting` says, by take id, why a take that shows frames of others is not sent yet.
    """

    file: Path
    folder: Path
    takes: tuple[TakeState, ...]
    orphans: tuple[TakeState, ...] = ()
    waiting: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        """The gallery that shows the takes; a render writes it."""
        return Page(page_path(self.folder))

    @property
    def sentence(self) -> str:
        """How many takes have each status: "7 rendered, 1 failed"."""
        return count_statuses(state.status for state in self.takes)

    def __repr__(self) -> str:
        return f"<FilmStatus of {self.file}: {self.sentence}>"

    def _repr_html_(self) -> str:
        states = (*self.takes, *self.orphans)
        rows = (
            (STATUS_WORDS[state.status], state.take.id, self._reason(state)) for state in states
        )
        heads = ("status", "take", "why")
        return table_html(f"{self.file}: {self.sentence}", heads, rows, count=len(states))

    def _reason(self, state: TakeState) -> str:
        reason = state.submission.reason if state.submission else None
        return reason or self.waiting.get(state.take.id, "")


def page_path(folder: Path) -> Path:
    """The path of an output folder's gallery, the only output that is HTML."""
    return folder / next(name for name in OUTPUTS if name.endswith(".html"))


def status(
    film: Storyboard | FilePath,
    *,
    variant: str | None = None,
    sandbox: bool = False,
    output: FilePath | None = None,
    state: FilePath | None = None,
    base_url: str | None = None,
) -> FilmStatus:
    """What is known of each take now, even while a render runs, as the command `status` shows it.

    Raises InvalidStoryboard if the storyboard has problems, and StoryboardError if its
    folder cannot be used.
    """
    space = find_workspace(
        film, variant=variant, sandbox=sandbox, output=output, state=state, base_url=base_url
    )
    known = read_known(space, datetime.now(timezone.utc), tell=tell)
    path, folder = space.storyboard.path, space.folder
    waiting = {name: action.reason for name, action in known.waiting.items()}
    return FilmStatus(path, folder, tuple(known.states), tuple(known.orphans), waiting)
