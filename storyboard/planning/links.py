"""How long others can still download the videos of a plan's takes. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from storyboard.records import Plan, SubmissionState
from storyboard.reporting.amounts import count_text, time_left


class Links(NamedTuple):
    """How many videos were rendered, how many links still work, and when the first one expires.

    `first_ends_at` is None if no expiry is known.
    """

    videos: int
    alive: int
    first_ends_at: datetime | None

    def sentences(self, now: datetime) -> list[str]:
        """What a colleague with a clone can get, in words; empty if nothing was rendered."""
        if not self.videos:
            return []
        if not self.alive:
            one = "it" if self.videos == 1 else "them"
            lost = f"there is no working link to {count_text(self.videos, 'video')}"
            return [f"{lost}; a clone gets {one} by copying videos/"]
        some = "" if self.alive == self.videos else f" of {self.videos:,}"
        until = f" for {time_left(now, self.first_ends_at)}" if self.first_ends_at else ""
        first = ", the first" if until and self.alive > 1 else ""
        left = f"{count_text(self.alive, 'video')}{some}{first}{until}"
        return [f"a clone can still download {left}; copying videos/ is enough, too"]


NO_LINKS = Links(0, 0, None)


def links_of(plan: Plan, *, now: datetime) -> Links:
    """The links to the rendered videos of a plan's takes, each submission once."""
    rendered = {
        id(one): one
        for action in plan.actions
        if (one := action.submission) is not None and one.state is SubmissionState.SUCCEEDED
    }
    alive = [one for one in rendered.values() if one.has_live_link(now)]
    ends = [one.url_expires_at for one in alive if one.url_expires_at is not None]
    return Links(len(rendered), len(alive), min(ends, default=None))
