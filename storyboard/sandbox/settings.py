"""How the sandbox behaves: its account limits, prices and speed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from storyboard.sandbox.faults import Faults

DEFAULT_KEY = "sandbox"
"""The default key of a sandbox; everybody knows it."""


class ClipSize(Enum):
    """The size and frame rate of the videos; smaller ones are drawn sooner."""

    SMALL = "small"
    PREVIEW = "preview"
    FULL = "full"  # like the model's own


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the server behaves. Limits on a request are in the model card, not here.

    `max_in_flight` and `requests_per_minute` default to those of the smallest account.
    Tasks take `render_time_s`, plus or minus `render_time_spread_s`. If `retention_s`
    is None, the model card decides; if `retry_after_s` is None, no Retry-After is sent.
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
"""For a render's own sandbox: no account limits, but no more polls than a machine can take."""
