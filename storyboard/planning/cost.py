"""What a render would cost, and the guards that stop it before it pays.

Sums compared with a cap are whole millionths of a US dollar; see `money`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from storyboard.errors import Refused
from storyboard.models.catalog import Catalog
from storyboard.models.words import RESOLUTION, SOUND
from storyboard.money import Kind, Per, Price, to_micros, to_usd
from storyboard.records import (
    TO_SEND,
    ActionKind,
    Plan,
    Storyboard,
    Submission,
    SubmissionState,
    Take,
)
from storyboard.reporting.amounts import count_text, span_text, usd_text

CostOf = Callable[[Take], int | None]
"""The cost of submitting a take, in millionths of a US dollar; None if unknown."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """What submissions cost: `per_second` for a second of any model, or else as `prices` say."""

    catalog: Catalog
    prices: Mapping[str, Price] = field(default_factory=dict)
    per_second: Price | None = None

    @property
    def is_given(self) -> bool:
        """Whether any price is given."""
        return self.per_second is not None or bool(self.prices)

    def cost(self, sent: Take | Submission) -> int | None:
        """The cost of a request in micros; None if its price, or what that needs, is unknown."""
        price = self.per_second or self.prices.get(sent.model)
        card = self.catalog.get(sent.model)
        if price is None or card is None:
            return None
        length, said = card.expected_duration_s(sent.payload), card.words_of(sent.payload)
        resolution, sound = said.get(RESOLUTION), said.get(SOUND)
        return price.cost_micros(
            duration_s=None if length is None else Decimal(str(length)),
            resolution=resolution if isinstance(resolution, str) else None,
            has_sound=sound if isinstance(sound, bool) else None,
        )

    def dearest(self, take: Take) -> int | None:
        """The cost of a take if all its fallbacks are submitted as well."""
        costs = [self.cost(one) for one in take.candidates]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def dates(self, requests: Iterable[Take]) -> dict[str, str]:
        """The date of each price used for the requests' costs, by model."""
        models = {} if self.per_second else dict.fromkeys(one.model for one in requests)
        return {name: f"{self.prices[name].as_of}" for name in models if name in self.prices}


def pricing_for(board: Storyboard, catalog: Catalog, price_usd: float | None) -> Pricing:
    """The storyboard's prices, or `price_usd` per second of any model, which takes precedence."""
    return Pricing(catalog, board.prices) if price_usd is None else one_price(catalog, price_usd)


def one_price(catalog: Catalog, price_usd: float) -> Pricing:
    """The same price per second for every model."""
    rate: dict[Kind, Decimal] = {(None, None): Decimal(str(price_usd))}
    return Pricing(catalog, {}, Price(Per.SECOND, rate, date.min, {}))


@dataclass(frozen=True, slots=True)
class Bill:
    """What would be submitted: takes, seconds of video, and the cost as far as it is known.

    `unknown` counts the takes whose cost is not known; `is_priced` says whether any price is
    given. `fallbacks` are further submissions, each for the case that the model before it
    fails. All the other numbers include them, since a failed task may be billed too.
    """

    takes: int
    seconds: float
    known_micros: int = 0
    unknown: int = 0
    is_priced: bool = False
    fallbacks: int = 0

    @property
    def may_pay(self) -> bool:
        """Whether anything that costs money may be submitted."""
        return bool(self.takes or self.fallbacks)

    @property
    def cost_usd(self) -> float | None:
        """The cost in US dollars; None if part of it is unknown."""
        return None if self.unknown or not self.is_priced else to_usd(self.known_micros)

    @property
    def sentence(self) -> str:
        """The bill in words: "2 takes to submit, 10 s of video, about 0.80 USD"."""
        if not self.may_pay:
            return "nothing to submit"
        takes = count_text(self.takes, "take") if self.takes else "nothing"
        return f"{takes} to submit, {self.amounts}"

    @property
    def amounts(self) -> str:
        """The seconds and the cost in words: "10 s of video, about 0.80 USD"."""
        amounts = f"{span_text(self.seconds)} of video{self._cost}"
        if not self.fallbacks:
            return amounts
        return f"at most {amounts}, if {count_text(self.fallbacks, 'fallback')} must be submitted"

    @property
    def _cost(self) -> str:
        if not self.is_priced:
            return ""
        if self.unknown == self.takes + self.fallbacks > 0:
            return ", cost unknown"
        more = (
            f" and the unknown cost of {count_text(self.unknown, 'take')}" if self.unknown else ""
        )
        return f", about {usd_text(self.known_micros)}{more}"


@dataclass(frozen=True, slots=True)
class Caps:
    """What `--max-takes`, `--max-seconds` and `--max-cost` allow; None is no cap."""

    takes: int | None = None
    seconds: float | None = None
    cost_usd: float | None = None

    @property
    def are_given(self) -> bool:
        """Whether any cap is set."""
        return any(cap is not None for cap in (self.takes, self.seconds, self.cost_usd))

    @property
    def cost_micros(self) -> int | None:
        """The most that may be spent, in micros."""
        return None if self.cost_usd is None else to_micros(self.cost_usd)


def takes_to_submit(plan: Plan) -> list[Take]:
    """The takes that the plan would submit, in file order, those that wait included."""
    return [one.take for one in plan.actions if one.kind in TO_SEND and one.same_as is None]


def fallbacks_to_submit(plan: Plan) -> list[Take]:
    """The fallbacks that a plan may submit besides its takes, each request once.

    They follow a task that fails: one of this render, or one that it resumes.
    """
    kinds = (*TO_SEND, ActionKind.RESUME)
    return _fallbacks_of(one.take for one in plan.actions if one.kind in kinds)


def requests_of(plan: Plan) -> list[Take]:
    """Everything that a plan may submit, including the fallbacks."""
    return [*takes_to_submit(plan), *fallbacks_to_submit(plan)]


def takes_lost(plan: Plan) -> list[Take]:
    """The takes that `--rerender` would submit: they were paid for, and their videos are lost."""
    return [
        action.take
        for action in plan.of_kind(ActionKind.ASK)
        if action.submission and action.submission.state is SubmissionState.SUCCEEDED
    ]


def length_s(takes: Iterable[Take], catalog: Catalog) -> float:
    """The total length of the takes' videos, as far as the model cards know it."""
    takes = list(takes)
    cards = {name: catalog.get(name) for name in {take.model for take in takes}}
    lengths = (
        card.expected_duration_s(take.payload)
        for take in takes
        if (card := cards[take.model]) is not None
    )
    return sum(length or 0.0 for length in lengths)


def bill_for(plan: Plan, pricing: Pricing) -> Bill:
    """The bill for a plan, including the fallbacks of the tasks that it resumes."""
    return _bill(takes_to_submit(plan), fallbacks_to_submit(plan), pricing)


def bill_of(takes: Sequence[Take], pricing: Pricing) -> Bill:
    """The bill for submitting these takes with all their fallbacks."""
    return _bill(takes, _fallbacks_of(takes), pricing)


def _fallbacks_of(takes: Iterable[Take]) -> list[Take]:
    """The fallbacks that may be submitted besides these takes, each request once."""
    takes = list(takes)
    own = {take.fingerprint for take in takes}
    fallbacks = (one for take in takes for one in take.fallbacks if one.fingerprint not in own)
    return list({one.fingerprint: one for one in fallbacks}.values())


def _bill(takes: Sequence[Take], fallbacks: Sequence[Take], pricing: Pricing) -> Bill:
    requests = [*takes, *fallbacks]
    costs = [pricing.cost(one) for one in requests] if pricing.is_given else []
    known = [cost for cost in costs if cost is not None]
    return Bill(
        takes=len(takes),
        seconds=length_s(requests, pricing.catalog),
        known_micros=sum(known),
        unknown=len(requests) - len(known),
        is_priced=pricing.is_given,
        fallbacks=len(fallbacks),
    )


def sum_bills(bills: Iterable[Bill]) -> Bill:
    """The sum of several bills."""
    bills = list(bills)
    return Bill(
        takes=sum(bill.takes for bill in bills),
        seconds=sum(bill.seconds for bill in bills),
        known_micros=sum(bill.known_micros for bill in bills),
        unknown=sum(bill.unknown for bill in bills),
        is_priced=any(bill.is_priced for bill in bills),
        fallbacks=sum(bill.fallbacks for bill in bills),
    )


def check_caps(bill: Bill, caps: Caps) -> None:
    """Raises Refused if a bill exceeds a cap, or if a capped cost is not known."""
    if caps.cost_usd is not None and bill.unknown:
        raise Refused(
            f"--max-cost needs to know what every take costs, and of {bill.unknown:,} the price is "
            "unknown; nothing was sent",
            next_step="give prices under prices: in the storyboard or with --prices FILE, or one "
            "price for a second of all with --price",
        )
    for option, cap, value, unit in (
        ("--max-takes", caps.takes, bill.takes, "takes"),
        ("--max-seconds", caps.seconds, bill.seconds, "seconds of video"),
    ):
        if cap is not None and value > cap:
            is_dearest = bool(bill.fallbacks) and unit != "takes"
            raise _over(f"{value:,.10g} {unit}", f"{option} {cap:,.10g}", is_dearest=is_dearest)
    if caps.cost_micros is not None and bill.known_micros > caps.cost_micros:
        cost = f"{to_usd(bill.known_micros):,.10g} USD"
        is_dearest = bool(bill.fallbacks)
        raise _over(cost, f"--max-cost {caps.cost_usd:,.10g}", is_dearest=is_dearest)


def _over(amount: str, cap: str, *, is_dearest: bool) -> Refused:
    case = ", in the dearest case," if is_dearest else ""
    return Refused(
        f"this render would{case} submit {amount}, which is more than {cap} allows; "
        "nothing was sent",
        next_step="raise the cap, or pick fewer takes with --only, --tag or --scene",
    )
