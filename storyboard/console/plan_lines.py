"""A plan in words for people: `plan` prints them, `render` shows them before it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from storyboard.console.entries import Entry, entry_rows
from storyboard.console.printing import align
from storyboard.models.catalog import Catalog
from storyboard.models.words import SEED
from storyboard.planning.cost import Pricing, bill_of, requests_of, takes_to_submit
from storyboard.planning.states import HasFile, status_of
from storyboard.project.rendering import Prepared
from storyboard.project.workspace import Workspace
from storyboard.records import TO_SEND, Action, ActionKind, Plan, Take
from storyboard.reporting.amounts import count_text
from storyboard.reporting.statuses import count_statuses

_MAX_NAMED = 5
_MAX_SCENES = 10  # so that a question below them has the plan in sight


def describe_plan(film: Prepared, words: Sequence[str]) -> list[str]:
    """The plan as lines, the same as `storyboard plan` prints of it.

    `words` are the options that say which takes are planned, and from what.
    """
    space, plan, pricing = film.space, film.plan, film.pricing
    return [
        *plan_heads(space, plan, film.snapshot.has_file),
        *(f"  {row}" for row in align(plan_rows(plan, pricing))),
        *lines_below(space, plan, pricing, film.find_deleted(), words),
    ]


def lines_below(
    space: Workspace, plan: Plan, pricing: Pricing, deleted: Sequence[str], words: Sequence[str]
) -> list[str]:
    """What follows the takes of a plan: costs of scenes, what is left out, what to approve."""
    return [
        *scene_lines(plan, pricing),
        *left_out_lines(space, plan, deleted),
        *approval_lines(space, plan.actions, words),
    ]


def plan_heads(space: Workspace, plan: Plan, has_file: HasFile) -> list[str]:
    """What would be done, and what the takes are now, in numbers."""
    counts = Counter(action.kind for action in (*plan.actions, *plan.orphans))
    words = ", ".join(f"{counts[kind]:,} {kind.value}" for kind in ActionKind if counts[kind])
    lines = [f"{space.storyboard.display_name}: {words or 'no takes'}"]
    if any(action.submission for action in plan.actions):
        now = (status_of(action.submission, has_file=has_file) for action in plan.actions)
        lines.append(f"  now {count_statuses(now)}")
    return lines


def plan_rows(plan: Plan, pricing: Pricing) -> list[Sequence[str]]:
    """The takes in groups, with what is done about them, what it costs and why."""
    return entry_rows(_entries(plan, pricing))


def scene_lines(plan: Plan, pricing: Pricing) -> list[str]:
    """What each scene costs; nothing without a price, or where it all is in one scene."""
    scenes = takes_by_scene(plan)
    if not pricing.is_given or len(scenes) < 2:
        return []
    named = [(f"scene {scene}" if scene else "no scene", takes) for scene, takes in scenes.items()]
    if len(named) > _MAX_SCENES:
        rest = named[_MAX_SCENES - 1 :]
        takes = [take for _, some in rest for take in some]
        named = [*named[: _MAX_SCENES - 1], (count_text(len(rest), "more scene"), takes)]
    bills = [(name, bill_of(takes, pricing)) for name, takes in named]
    return [f"  {name}: {count_text(bill.takes, 'take')}, {bill.amounts}" for name, bill in bills]


def price_lines(plans: Iterable[tuple[Plan, Pricing]]) -> list[str]:
    """The days of the prices that the costs are reckoned with; nothing where there are none."""
    dates: dict[str, str] = {}
    for plan, pricing in plans:
        dates |= pricing.dates(requests_of(plan))
    days = sorted(set(dates.values()))
    if not days:
        return []
    return [f"prices as of {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")]


def takes_by_scene(plan: Plan) -> dict[str | None, list[Take]]:
    """The takes to submit, by their scene, in file order."""
    scenes: dict[str | None, list[Take]] = {}
    for take in takes_to_submit(plan):
        scenes.setdefault(take.scene, []).append(take)
    return scenes


def left_out_lines(space: Workspace, plan: Plan, deleted: Sequence[str]) -> list[str]:
    """What the plan leaves alone: takes not selected, skipped shots, deleted takes."""
    board = space.storyboard
    others = len(board.takes) - len(plan.actions)
    lines = []
    if others > 0:
        lines.append(
            f"  {count_text(others, 'take')} {'is' if others == 1 else 'are'} not selected"
        )
    if board.skipped:
        lines.append(f"  skipped: {_names(board.skipped)}")
    if deleted:
        lines.append(f"  no longer in the storyboard, but kept: {_names(deleted)}")
    return lines


def approval_lines(
    space: Workspace, actions: Iterable[Action], words: Sequence[str] = ()
) -> list[str]:
    """Which takes to look at before what follows them is sent, and the command to go on with.

    `words` are the options of the command besides, such as those that select takes.
    """
    names = list(dict.fromkeys(name for one in actions for name in one.to_approve))
    if not names:
        return []
    named = names if len(names) <= _MAX_NAMED + 1 else names[:_MAX_NAMED]
    whose = "its video" if len(names) == 1 else "their videos"
    past = [word for name in named for word in ("--past", name)]
    return [
        f"  to go on after {_names(names)}, look at {whose} in {space.videos}",
        f"    next: {space.command('render', *past, *words)}",
    ]


def trial_lines(
    plans: Iterable[Plan], catalog: Catalog, model: str | None, variant: str | None
) -> list[str]:
    """What to know of a plan of a variant, or on a `model` that is tried."""
    lines = []
    new = [take for plan in plans for take in takes_to_submit(plan)]
    if (model or variant) and any(_has_seed(take, catalog) for take in new):
        lines.append("a seed does not carry over to another resolution or model")
    if model is not None:
        lines.append(
            f"tried on {model}; to render it, write this model in the storyboard, or in a variant"
        )
    return lines


def _has_seed(take: Take, catalog: Catalog) -> bool:
    card = catalog.get(take.model)
    return card is not None and SEED in card.words_of(take.payload)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    named = names if more <= 1 else names[:_MAX_NAMED]
    return ", ".join(named) + (f" and {more:,} more" if more > 1 else "")


def _entries(plan: Plan, pricing: Pricing) -> Iterator[Entry]:
    for action in plan.actions:
        yield _entry(action, pricing)
    for action in plan.orphans:
        text = f"(not in this render) {action.reason}"
        yield Entry(action.kind.value, action.take.id, text, text)


def _entry(action: Action, pricing: Pricing) -> Entry:
    word, take = action.kind.value, action.take.id
    if action.same_as is not None:
        text = f"same request as {action.same_as}, rendered once"
        return Entry(word, take, text, text)
    others = others_in(action)
    is_routine = action.kind is ActionKind.KEEP or (action.change is not None and not others)
    is_paid = pricing.is_given and action.kind in TO_SEND
    cost = pricing.dearest(action.take) if is_paid else None
    more = "; its cost is unknown" if is_paid and cost is None else ""
    likeness = without_names(action) if others else action.change or action.reason
    return Entry(word, take, action.reason + more, likeness + more, is_routine, cost, bool(others))


def waiting_entry(word: str, action: Action) -> Entry:
    """A take that is not sent because of others, with this word for its status."""
    likeness = without_names(action)
    return Entry(word, action.take.id, action.reason, likeness, names_others=True)


def others_in(action: Action) -> set[str]:
    """The ids of other takes that the reason of an action names."""
    return {*(one.id for one in action.waits_for), *action.to_approve}


def without_names(action: Action) -> str:
    """The reason of an action, the same for all that it holds for, whichever others it names."""
    others, words = others_in(action), action.reason.split(" ")
    return " ".join("…" if word.strip(",;:") in others else word for word in words)
