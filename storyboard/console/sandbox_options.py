"""Options that say how the sandbox behaves: those of `sandbox`, and of `render --sandbox`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from storyboard.console.completers import complete_faults
from storyboard.console.option_types import DURATION, Choice
from storyboard.console.options import given_flags, option
from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.records import Json
    from storyboard.sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves; what is not given has its default."""

    render_time_s: float | None = option(
        "--render-time",
        type=DURATION,
        metavar="TIME",
        help="How long a task takes in the sandbox, if not 2s.",
    )
    spread_s: float | None = option(
        "--spread",
        type=DURATION,
        metavar="TIME",
        help="How much the time of a task may differ from --render-time.",
    )
    clip_size: str | None = option(
        "--clip-size",
        type=Choice(["small", "preview", "full"]),
        help="How large the sandbox draws its videos: small is the quickest, for long storyboards; "
        "full is the model's own size. If not given, preview.",
    )
    faults: tuple[str, ...] = option(
        "--fault",
        multiple=True,
        metavar="NAME=PROBABILITY",
        shell_complete=complete_faults,
        help="Make something go wrong in the sandbox: lost_reply=0.1 strikes at random, "
        "error_500=@2,5 at the second and fifth request. storyboard sandbox --fault list names "
        "them all.",
    )

    def settings_for_render(self, *, is_sandbox: bool) -> SandboxSettings | None:
        """How the sandbox behaves in a render; None for one that `is_sandbox` says is not in it.

        Raises UsageError if options are given there, because that render would cost money.
        """
        if is_sandbox:
            from storyboard.sandbox.settings import UNLIMITED

            return self.settings(UNLIMITED)
        if flags := given_flags(self):
            raise UsageError(
                f"{' and '.join(flags)} {'is' if len(flags) == 1 else 'are'} for the sandbox, "
                "and this render is not in it",
                next_step="add --sandbox to rehearse, or leave it out to render for money",
            )
        return None

    def settings(self, usual: SandboxSettings) -> SandboxSettings:
        """The `usual` settings, changed as given. Raises UsageError for an unknown fault."""
        from storyboard.sandbox.faults import fault_from_text, faults_from_json
        from storyboard.sandbox.settings import ClipSize

        try:
            wanted: dict[str, Json] = dict(map(fault_from_text, self.faults))
            faults = faults_from_json({"seed": usual.seed, **wanted})
        except ValueError as error:
            raise UsageError(
                f"--fault: {error}", next_step="storyboard sandbox --fault list"
            ) from None
        changes: dict[str, Any] = {
            "render_time_s": self.render_time_s,
            "render_time_spread_s": self.spread_s,
            "clip_size": self.clip_size and ClipSize(self.clip_size),
        }
        given = {name: value for name, value in changes.items() if value is not None}
        return replace(usual, faults=faults, **given)
