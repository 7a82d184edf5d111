"""What goes wrong, and how often: seeded mixtures of every fault that the sandbox knows. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace

from storyboard.sandbox.faults import FAULTS, Faults, Stage

KINDS = tuple(name for name in FAULTS if name not in ("never_ends", "no_video"))
"""All but those with which a render would not end, or not for ten minutes."""

_LIKELY = {
    Stage.UPLOAD: 0.2,
    Stage.SUBMIT: 0.1,
    Stage.TASK: 0.05,
    Stage.POLL: 0.12,
    Stage.RESULT: 0.3,
    Stage.DOWNLOAD: 0.2,
}
"""The highest chance of one fault, by what it strikes."""

_STORMS = (
    "lost_reply",
    "reset_before",
    "error_500",
    "error_503",
    "error_500_after",
    "same_task_id",
)

EACH_ONCE = Faults(
    upload_error=(2,),
    upload_rate_limited=(4,),
    upload_lost_reply=(6,),
    interim_reply=(2, 10),
    reset_before=(3,),
    slow=(4,),
    error_500=(6,),
    rate_limited=(7,),
    error_503=(9,),
    lost_reply=(12,),
    garbled_reply=(15,),
    error_500_after=(18,),
    same_task_id=(21,),
    task_fails=(2,),
    task_canceled=(4,),
    poll_reset=(3,),
    poll_error=(6,),
    poll_rate_limited=(9,),
    poll_missing=(12,),
    poll_interim=(2, 10, 14),
    poll_stray=(5, 11, 13),
    late_link=(2, 3),
    odd_link=tuple(range(4, 12)),
    download_error=(2,),
    download_cut=(4,),
    download_drops=(9, 10, 11),
    download_interim=(3, 12),
    html_instead=(6,),
    expired_links=(8,),
    slow_s=0.2,
)
"""Every fault early on, with good answers between them."""


def make_weather(rng: random.Random, *, missing: Collection[str] = ()) -> Faults:
    """Some of the faults, each with a chance of its own; those that never struck are likely."""
    chances: dict[str, float] = {}
    for name in KINDS:
        likely = _LIKELY[FAULTS[name][0]]
        chance = rng.uniform(0.0, likely) if rng.random() < 0.6 else 0.0
        chances[name] = likely if name in missing else chance
    return replace(
        Faults(**chances),  # type: ignore[arg-type]
        seed=rng.randrange(2**31),
        slow_s=rng.uniform(0.01, 0.2),
        cut_after_bytes=rng.randrange(1, 20_000),
    )


def make_storm(rng: random.Random) -> Faults:
    """An outage: every submission goes wrong, in one way that leaves it unknown."""
    return replace(make_weather(rng), **{rng.choice(_STORMS): 1.0})  # type: ignore[arg-type]
