"""Options that several commands share, so that a word means the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from storyboard.planning.plan import PlanOptions
    from storyboard.planning.selection import Selection
    from storyboard.project.workspace import Folders

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

FILE = click.Path(path_type=Path)
"""A file the user names; what is wrong with it is told by whoever reads it, in our voice."""


def _all(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


variable_options = _all(
    click.option(
        "--var", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a var, as text."
    ),
    click.option(
        "--vars",
        "variable_files",
        multiple=True,
        type=FILE,
        metavar="FILE",
        help="Set vars from a YAML file.",
    ),
)

folder_options = _all(
    click.option("--sandbox", is_flag=True, help="Use the local sandbox: no key, no money."),
    click.option("--output", type=FILE, metavar="DIR", help="The output folder itself."),
    click.option(
        "--state",
        "state",
        type=FILE,
        metavar="DIR",
        help="Where the state file lies, if not in the output folder.",
    ),
    click.option("--base-url", metavar="URL", help="The API's origin, if not the vendor's own."),
)

selection_options = _all(
    click.option("--only", multiple=True, metavar="PATTERN", help="Only these takes or shots."),
    click.option("--except", "without", multiple=True, metavar="PATTERN", help="Not these."),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only shots with this tag."),
    click.option("--scene", "scenes", multiple=True, metavar="ID", help="Only this scene."),
)

plan_options = _all(
    click.option("--retry-failed", is_flag=True, help="Submit failed and rejected takes again."),
    click.option("--rerender", is_flag=True, help="Submit again what was paid and is gone."),
    click.option("--force", is_flag=True, help="Make new versions of everything selected."),
    click.option("--no-download", is_flag=True, help="Leave the videos at the API."),
    click.option(
        "--from-manifest", is_flag=True, help="Take the payloads from the manifest, not the file."
    ),
    click.option(
        "--price",
        type=click.FloatRange(min=0),
        metavar="USD",
        help="The price of one second of video, for costs; prices change, so none is built in.",
    ),
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
strict_option = click.option("--strict", is_flag=True, help="Let warnings stop the command too.")


def parse_folders(options: dict[str, Any]) -> Folders:
    """The `folder_options` out of a command's keyword arguments."""
    from storyboard.project.workspace import Folders

    return Folders(*(options.pop(name) for name in ("sandbox", "output", "state", "base_url")))


def parse_selection(options: dict[str, Any]) -> Selection:
    """The `selection_options` out of a command's keyword arguments."""
    from storyboard.planning.selection import Selection

    return Selection(*(options.pop(name) for name in ("only", "without", "tags", "scenes")))


def parse_plan_options(options: dict[str, Any]) -> PlanOptions:
    """The `plan_options` that a plan knows, out of a command's keyword arguments."""
    from storyboard.planning.plan import PlanOptions

    return PlanOptions(
        retry_failed=options.pop("retry_failed"),
        rerender=options.pop("rerender"),
        force=options.pop("force"),
        download=not options.pop("no_download"),
    )
