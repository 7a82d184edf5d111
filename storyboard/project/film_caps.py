"""What a film's caps need before a render: the costs of everything that counts towards them."""

from __future__ import annotations

from datetime import datetime, timezone

from storyboard.errors import Refused
from storyboard.names import SANDBOX
from storyboard.planning.cost import requests_of
from storyboard.planning.spending import DAY, cost_of_submission
from storyboard.project.rendering import Prepared


def check_film_caps(film: Prepared) -> None:
    """Gives earlier submissions of a film with caps their missing estimates, at today's price.

    Raises Refused before anything is sent if a cost that counts towards a cap is unknown.
    In the sandbox, and if nothing can be submitted, no cap is checked.
    """
    caps, requests = film.space.storyboard.caps, requests_of(film.plan)
    if not caps.are_given or not requests or film.space.origin == SANDBOX:
        return
    new = {one.model for one in requests if film.pricing.cost(one) is None}
    _refuse_unknown(film, new, "is to be submitted")
    since = datetime.now(timezone.utc) - DAY
    lacking = [
        (one, film.pricing.cost(one))
        for one in film.store.submissions()
        if cost_of_submission(one) is None and (caps.film is not None or one.sent_at > since)
    ]
    _refuse_unknown(film, {one.model for one, cost in lacking if cost is None}, "was submitted")
    with film.store.transaction():
        for one, cost in lacking:
            film.store.estimate(one, cost or 0)


def _refuse_unknown(film: Prepared, models: set[str], what: str) -> None:
    if not models:
        return
    gone = sorted(name for name in models if film.pricing.catalog.get_usable(name) is None)
    raise Refused(
        f"caps of {film.space.storyboard.path} needs to know what everything costs, and "
        f"something of unknown cost {what} with {', '.join(sorted(models))}; nothing was sent",
        next_step=f"bring the card of {', '.join(gone)} back: without it no price can be applied"
        if gone
        else "give its price under prices: in the storyboard, or with --prices FILE",
    )
