"""A line of the table: what was measured, against what, and whether the target is met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: wall and CPU time (user and system) in seconds, and its peak memory."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `cost` is that of what was measured, where it is a process of its own."""

    what: str
    against: str
    measured: str
    target: str
    is_met: bool
    cost: Cost | None = None


def at_most(value: float, most: float, unit: str, *, digits: int = 2) -> tuple[str, str, bool]:
    """A figure, its target and whether it keeps to it, for the fields of a `Row`."""
    return f"{value:.{digits}f} {unit}", f"at most {most:g} {unit}", value <= most
