"""What a render would cost, and the guards that stop it before it pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from storyboard.errors import Refused, UsageError
from storyboard.models.catalog import Catalog
from storyboard.records import ActionKind, Plan, SubmissionState, Take
from storyboard.reporting.amounts import count_text, span_text

CostOf = Callable[[Take], float | None]
"""What submitting a take costs in US dollars; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What would be submitted: takes, seconds of video, US dollars where a price is known."""

    takes: int
    seconds: float
    cost_usd: float | None

    @property
    def sentence(self) -> str:
        """The bill in words: "2 takes to submit, 10 s of video, about 0.80 USD"."""
        if not self.takes:
            return "nothing to submit"
        return f"{count_text(self.takes, 'take')} to submit, {self.amounts}"

    @property
    def amounts(self) -> str:
        """The seconds and the cost in words: "10 s of video, about 0.80 USD"."""
        cost = "" if self.cost_usd is None else f", about {self.cost_usd:.2f} USD"
        return f"{span_text(self.seconds)} of video{cost}"


@dataclass(frozen=True, slots=True)
class Caps:
    """What `--max-takes`, `--max-seconds` and `--max-cost` allow; None is no cap."""

    takes: int | None = None
    seconds: float | None = None
    cost_usd: float | None = None

    @property
    def are_given(self) -> bool:
        """Whether there is any cap."""
        return any(cap is not None for cap in (self.takes, self.seconds, self.cost_usd))


def bill_for(plans: Sequence[Plan], catalog: Catalog, *, price_usd: float | None) -> Bill:
    """What carrying out the plans would submit; `price_usd` is for a second of video."""
    actions = [action for plan in plans for action in plan.of_kind(ActionKind.SUBMIT)]
    return bill_of([action.take for action in actions], catalog, price_usd)


def bill_for_lost(plans: Sequence[Plan], catalog: Catalog, *, price_usd: float | None) -> Bill:
    """What `--rerender` would submit: takes that were paid for and whose video is lost."""
    actions = [
        action
        for plan in plans
        for action in plan.of_kind(ActionKind.ASK)
        if action.submission and action.submission.state is SubmissionState.SUCCEEDED
    ]
    return bill_of([action.take for action in actions], catalog, price_usd)


def length_s(takes: Iterable[Take], catalog: Catalog) -> float:
    """The length of the takes' videos together, as far as the model cards know it."""
    takes = list(takes)
    cards = {name: catalog.get(name) for name in {take.model for take in takes}}
    lengths = (
        card.expected_duration_s(take.payload)
        for take in takes
        if (card := cards[take.model]) is not None
    )
    return sum(length or 0.0 for length in lengths)


def bill_of(takes: Sequence[Take], catalog: Catalog, price_usd: float | None) -> Bill:
    """What submitting these takes comes to; `price_usd` is for a second of video."""
    seconds = length_s(takes, catalog)
    return Bill(len(takes), seconds, None if price_usd is None else seconds * price_usd)


def cost_of(take: Take, *, catalog: Catalog, price_usd: float | None) -> float | None:
    """What submitting a take costs; None without a price, or where its length is not known."""
    card = catalog.get(take.model)
    length = card.expected_duration_s(take.payload) if card else None
    return None if length is None or price_usd is None else length * price_usd


def check_caps(bill: Bill, caps: Caps) -> None:
    """Raises Refused for a bill over a cap, UsageError for `--max-cost` without a price."""
    if caps.cost_usd is not None and bill.cost_usd is None:
        raise UsageError(
            "--max-cost needs the price of a second of video",
            next_step="give the price in US dollars with --price",
        )
    for option, cap, value, unit in (
        ("--max-takes", caps.takes, bill.takes, "takes"),
        ("--max-seconds", caps.seconds, bill.seconds, "seconds of video"),
        ("--max-cost", caps.cost_usd, bill.cost_usd, "USD"),
    ):
        if cap is not None and value is not None and value > cap:
            raise Refused(
                f"this render would submit {value:,.10g} {unit}, which is more than "
                f"{option} {cap:,.10g} allows; nothing was sent",
                next_step="raise the cap, or pick fewer takes with --only, --tag or --scene",
            )
