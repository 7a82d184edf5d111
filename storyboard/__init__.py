"""storyboard: render storyboards in bulk through a text-to-video API.

Read `records.py` first: it defines the values that travel from stage to stage. The
names below are the public API; each is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storyboard.engine.job import Progress, Step
    from storyboard.errors import (
        AccountError,
        ExitCode,
        Locked,
        Refused,
        StoryboardError,
        UsageError,
    )
    from storyboard.library.films import InvalidStoryboard, load
    from storyboard.library.notebook import Page
    from storyboard.library.plans import FilmPlan, plan
    from storyboard.library.renders import Ended, render
    from storyboard.library.statuses import FilmStatus, status
    from storyboard.planning.plan import PlanOptions
    from storyboard.planning.selection import Selection
    from storyboard.records import ActionKind, Storyboard, TakeStatus
    from storyboard.sandbox.settings import SandboxSettings

__version__ = "0.1.0"

__all__ = [
    "AccountError",
    "ActionKind",
    "Ended",
    "ExitCode",
    "FilmPlan",
    "FilmStatus",
    "InvalidStoryboard",
    "Locked",
    "Page",
    "PlanOptions",
    "Progress",
    "Refused",
    "SandboxSettings",
    "Selection",
    "Step",
    "Storyboard",
    "StoryboardError",
    "TakeStatus",
    "UsageError",
    "load",
    "plan",
    "render",
    "status",
]

_MODULES = {
    "engine.job": ("Progress", "Step"),
    "errors": ("AccountError", "ExitCode", "Locked", "Refused", "StoryboardError", "UsageError"),
    "library.films": ("InvalidStoryboard", "load"),
    "library.notebook": ("Page",),
    "library.plans": ("FilmPlan", "plan"),
    "library.renders": ("Ended", "render"),
    "library.statuses": ("FilmStatus", "status"),
    "planning.plan": ("PlanOptions",),
    "planning.selection": ("Selection",),
    "records": ("ActionKind", "Storyboard", "TakeStatus"),
    "sandbox.settings": ("SandboxSettings",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"storyboard.{module}"), name)
    raise AttributeError(f"module 'storyboard' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
