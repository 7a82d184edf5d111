"""Options that several commands share: each declared once, with its type and its help.

A class has the options that belong together, one field each. `with_options` adds
them to a command, which receives each class as one value:

    @with_options(variables=VariableOptions, where=FolderOptions)
    def command(*, variables: VariableOptions, where: FolderOptions) -> int: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from storyboard.console.completers import (
    complete_models,
    complete_scenes,
    complete_tags,
    complete_takes,
    complete_variants,
)
from storyboard.console.option_types import AMOUNT, COUNT, COUNT_OR_NONE, Choice
from storyboard.names import from_file_name, spelled_path

if TYPE_CHECKING:
    from storyboard.planning.cost import Caps
    from storyboard.planning.saved_plan import PlanArguments
    from storyboard.planning.selection import Selection
    from storyboard.project.workspace import Folders

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)
"""A file the user names; the code that reads it reports what is wrong, in our words."""

_OPTION = "option"
_BASE_URL_HELP = "The API's address, if not the vendor's own."


def option(flag: str, *more_flags: str, **attributes: Any) -> Any:
    """A field of an options class. `attributes` are those of `click.option`."""
    default = () if attributes.get("multiple") else False if attributes.get("is_flag") else None
    declared = ((flag, *more_flags), attributes)
    return field(default=attributes.get("default", default), metadata={_OPTION: declared})


def given_flags(options: Any) -> list[str]:
    """The flags of an options value that were given, once or more often."""
    given = (one for one in fields(options) if getattr(options, one.name) != one.default)
    return [one.metadata[_OPTION][0][0] for one in given]


def given_words(options: Any) -> list[str]:
    """The options of a value that were given, as they are typed."""
    words: list[str] = []
    for one in fields(options):
        flag, given = one.metadata[_OPTION][0][0], getattr(options, one.name)
        if given is True:
            words.append(flag)
        elif given is not None and given is not False:
            values = given if isinstance(given, tuple) else (given,)
            words += [word for value in values for word in (flag, str(value))]
    return words


def with_options(**kinds: type[Any]) -> Callable[[Command], Command]:
    """A decorator that adds the options of each class and passes their values by its name."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_values(*arguments: Any, **values: Any) -> Any:
            for parameter, kind in kinds.items():
                values[parameter] = kind(**{one.name: values.pop(one.name) for one in fields(kind)})
            return command(*arguments, **values)

        decorated: Any = with_values
        for one in reversed([one for kind in kinds.values() for one in fields(kind)]):
            flags, attributes = one.metadata[_OPTION]
            decorated = click.option(*flags, one.name, **attributes)(decorated)
        return decorated  # type: ignore[no-any-return] # click keeps the command's own type

    return decorate


@dataclass(frozen=True, slots=True)
class VariableOptions:
    """What storyboards are read with: vars, additional folders, a variant."""

    assignments: tuple[str, ...] = option(
        "--var", multiple=True, metavar="NAME=VALUE", help="Set a var, as text."
    )
    variable_files: tuple[Path, ...] = option(
        "--vars", multiple=True, type=FILE, metavar="FILE", help="Set vars from a YAML file."
    )
    allowed_paths: tuple[Path, ...] = option(
        "--allow-path",
        multiple=True,
        type=FILE,
        metavar="DIR",
        help="Let storyboards read files in this folder too.",
    )
    variant: str | None = option(
        "--variant",
        metavar="NAME",
        shell_complete=complete_variants,
        help="Read this variant of the storyboard, which has an output folder of its own.",
    )

    @property
    def words(self) -> list[str]:
        """The options as they are typed, but for the variant, which belongs to the storyboard."""
        return given_words(replace(self, variant=None))


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What storyboards are read as if they said it."""

    model: str | None = option(
        "--model",
        metavar="NAME",
        shell_complete=complete_models,
        help="Try every shot on this model: what would not fit, and what it would cost.",
    )


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """Where the outputs go, and which API makes them."""

    sandbox: bool = option(
        "--sandbox", is_flag=True, help="Use the local sandbox: no key, no money."
    )
    output: Path | None = option(  # noqa: RUF009 (it makes a field)
        "--output", type=FILE, metavar="DIR", help="The output folder, instead of renders/NAME."
    )
    state: Path | None = option(  # noqa: RUF009 (it makes a field)
        "--state",
        type=FILE,
        metavar="DIR",
        help="Where the state file is kept, if not in the output folder.",
    )
    base_url: str | None = option("--base-url", metavar="URL", help=_BASE_URL_HELP)

    @property
    def folders(self) -> Folders:
        """The folders as a workspace takes them."""
        from storyboard.project.workspace import Folders

        output = None if self.output is None else spelled_path(self.output)
        state = None if self.state is None else spelled_path(self.state)
        return Folders(self.sandbox, output, state, self.base_url)


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Which takes a command works on."""

    only: tuple[str, ...] = option(
        "--only",
        multiple=True,
        metavar="PATTERN",
        shell_complete=complete_takes,
        help="Only takes or shots whose id matches.",
    )
    without: tuple[str, ...] = option(
        "--except",
        multiple=True,
        metavar="PATTERN",
        shell_complete=complete_takes,
        help="No takes or shots whose id matches.",
    )
    tags: tuple[str, ...] = option(
        "--tag",
        multiple=True,
        metavar="TAG",
        shell_complete=complete_tags,
        help="Only shots with this tag.",
    )
    scenes: tuple[str, ...] = option(
        "--scene",
        multiple=True,
        metavar="ID",
        shell_complete=complete_scenes,
        help="Only this scene.",
    )
    changed: bool = option(
        "--changed", is_flag=True, help="Only takes that were edited since they were last sent."
    )
    failed: bool = option(
        "--failed",
        is_flag=True,
        help="Only takes that failed or were rejected; --retry-failed sends them again.",
    )
    limit: int | None = option(
        "--limit",
        type=COUNT,
        metavar="N",
        help="Only the first N of the selected takes, in file order.",
    )
    with_parents: bool = option(
        "--with-parents",
        is_flag=True,
        help="Also select the takes whose frames these use, even if other options exclude them.",
    )

    @property
    def selection(self) -> Selection:
        """The selection as planning takes it."""
        from storyboard.planning.selection import Selection

        return Selection(
            tuple(map(from_file_name, self.only)),
            tuple(map(from_file_name, self.without)),
            tuple(map(from_file_name, self.tags)),
            tuple(map(from_file_name, self.scenes)),
            self.changed,
            self.failed,
            self.limit,
            self.with_parents,
        )


@dataclass(frozen=True, slots=True)
class PriceOptions:
    """What costs are computed from."""

    price_usd: float | None = option(
        "--price",
        type=AMOUNT,
        metavar="USD",
        help="What one second of video costs you, of any model; beats all other prices.",
    )
    price_files: tuple[Path, ...] = option(
        "--prices",
        multiple=True,
        type=FILE,
        metavar="FILE",
        help="A YAML file with the prices of models; beats those of the storyboard.",
    )

    @property
    def price_words(self) -> list[str]:
        """The files of prices as they are typed."""
        return [word for file in self.price_files for word in ("--prices", str(file))]


@dataclass(frozen=True, slots=True)
class PlanningOptions(PriceOptions):
    """What a plan is made from, and what it may pay for again."""

    retry_failed: bool = option(
        "--retry-failed", is_flag=True, help="Submit failed and rejected takes again."
    )
    rerender: bool = option(
        "--rerender",
        is_flag=True,
        help="Submit again what was paid for but can no longer be downloaded.",
    )
    force: bool = option(
        "--force", is_flag=True, help="Render everything selected again, as new versions."
    )
    no_download: bool = option("--no-download", is_flag=True, help="Do not download the videos.")
    from_manifest: bool = option(
        "--from-manifest",
        is_flag=True,
        help="Send the payloads of the manifest instead of the storyboard's.",
    )
    fresh: bool = option(
        "--fresh", is_flag=True, help="Render again even what another folder beside this one has."
    )


def plan_arguments(which: SelectionOptions, planning: PlanningOptions) -> PlanArguments:
    """What a plan is made for, according to the options."""
    from storyboard.planning.plan import PlanOptions
    from storyboard.planning.saved_plan import PlanArguments

    return PlanArguments(
        which.selection,
        PlanOptions(
            retry_failed=planning.retry_failed,
            rerender=planning.rerender,
            force=planning.force,
            download=not planning.no_download,
        ),
        from_manifest=planning.from_manifest,
        is_fresh=planning.fresh,
        price_usd=planning.price_usd,
    )


def plan_words(arguments: PlanArguments) -> list[str]:
    """The options that say which takes a plan is made for, and from what, as they are typed."""
    words = given_words(SelectionOptions(**asdict(arguments.selection)))
    return [*words, "--from-manifest"] if arguments.from_manifest else words


@dataclass(frozen=True, slots=True)
class CapOptions:
    """The most that may be paid for."""

    max_takes: int | None = option(
        "--max-takes",
        type=COUNT_OR_NONE,
        metavar="N",
        help="Refuse to submit more takes than this.",
    )
    max_seconds: float | None = option(
        "--max-seconds",
        type=AMOUNT,
        metavar="S",
        help="Refuse to submit more seconds of video than this.",
    )
    max_cost_usd: float | None = option(
        "--max-cost", type=AMOUNT, metavar="USD", help="Refuse to spend more than this."
    )

    @property
    def caps(self) -> Caps:
        """The caps as planning takes them."""
        from storyboard.planning.cost import Caps

        return Caps(self.max_takes, self.max_seconds, self.max_cost_usd)


@dataclass(frozen=True, slots=True)
class PaymentOptions(CapOptions):
    """What may be paid for, and whether to ask first."""

    yes: bool = option("--yes", "-y", is_flag=True, help="Do not ask before paying.")


def format_option(*words: str, help: str) -> Callable[[Command], Command]:
    """How results are printed: one of `words`, of which the first is the default."""
    choice = Choice(words)
    return click.option(
        "--format", "style", type=choice, default=words[0], show_default=True, help=help
    )


base_url_option = click.option("--base-url", metavar="URL", help=_BASE_URL_HELP)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as problems.")
