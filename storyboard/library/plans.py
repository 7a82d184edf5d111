"""What a render would do, for programs; sends nothing and takes no lock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storyboard.language.project_cards import load_catalog_beside
from storyboard.library.checks import check_amounts, check_selection
from storyboard.library.films import FilePath, find_workspace, tell
from storyboard.library.notebook import table_html
from storyboard.planning.cost import Bill
from storyboard.planning.plan import PlanOptions
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import Selection
from storyboard.project.preview import preview_render
from storyboard.records import Action, Storyboard

EVERY_TAKE = Selection()
AS_USUAL = PlanOptions()


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """What a render of `file` into `folder` would do, and what it would submit.

    `actions` has the selected takes in file order; `orphans` has what was paid for takes
    that are no longer in the storyboard or not selected.
    """

    file: Path
    folder: Path
    actions: tuple[Action, ...]
    orphans: tuple[Action, ...]
    bill: Bill

    def __repr__(self) -> str:
        return f"<FilmPlan of {self.file}: {self.bill.sentence}>"

    def _repr_html_(self) -> str:
        rows = ((one.kind.value, one.take.id, _reason(one)) for one in self._all)
        heads = ("action", "take", "why")
        caption = f"{self.file}: {self.bill.sentence}"
        return table_html(caption, heads, rows, count=len(self._all))

    @property
    def _all(self) -> tuple[Action, ...]:
        return (*self.actions, *self.orphans)


def _reason(action: Action) -> str:
    same = action.same_as
    return action.reason if same is None else f"same request as {same}, rendered once"


def plan(
    film: Storyboard | FilePath,
    *,
    variant: str | None = None,
    select: Selection = EVERY_TAKE,
    options: PlanOptions = AS_USUAL,
    price_usd: float | None = None,
    sandbox: bool = False,
    output: FilePath | None = None,
    state: FilePath | None = None,
    base_url: str | None = None,
) -> FilmPlan:
    """What `render` would do with the same arguments, and why, as the command `plan` shows it.

    `price_usd` is what a second of video costs, in place of the storyboard's prices. Raises
    InvalidStoryboard where the storyboard has problems, and StoryboardError where its folder
    cannot be used.
    """
    check_amounts(price_usd=price_usd)
    check_selection(select)
    space = find_workspace(
        film, variant=variant, sandbox=sandbox, output=output, state=state, base_url=base_url
    )
    catalog = load_catalog_beside(space.storyboard.path, space.storyboard.allowed_paths)
    arguments = PlanArguments(select, options, price_usd=price_usd)
    found = preview_render(space, arguments, catalog, tell=tell)
    actions, orphans = found.plan.actions, found.plan.orphans
    return FilmPlan(space.storyboard.path, space.folder, actions, orphans, found.bill)
