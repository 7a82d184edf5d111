"""How the sandbox behaves: the limits of its account, its prices, its speed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from storyboard.sandbox.faults import Faults

DEFAULT_KEY = "sandbox"
"""The key of a sandbox that is given none; everybody knows it."""


class ClipSize(Enum):
    """How large and fluent the videos are: the smaller, the sooner they are drawn."""

    SMALL = "small"
    PREVIEW = "preview"
    FULL = "full"  # as the model's own


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the server behaves. The limits of a request are not here: the model card has them.

    `max_in_flight` and `requests_per_minute` start as the smallest account's.
    Tasks take `render_time_s`, give or take `render_time_spread_s`.
    `retention_s` None means what the model card says; `retry_after_s` None
    sends no Retry-After.
    """

    render_time_s: float = 2.0
    render_time_spread_s: float = 0.0
    clip_size: ClipSize = ClipSize.PREVIEW
    max_in_flight: int = 2
    requests_per_minute: int = 100
    balance_usd: float = 1_000_000.0
    price_per_second_usd: float = 0.1
    retention_s: float | None = None
    retry_after_s: int | None = None
    max_body_bytes: int = 1_048_576
    seed: int = 0
    faults: Faults = field(default_factory=Faults)


UNLIMITED = SandboxSettings(max_in_flight=1_000_000, requests_per_minute=6_000)
"""For a render's own sandbox: no account to wait for, and no more polls than a machine bears."""
