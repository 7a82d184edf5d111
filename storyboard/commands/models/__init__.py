"""`storyboard models`: which models the program knows, and what is known of each."""

from __future__ import annotations

import click

from storyboard.console.lazy_group import LazyGroup
from storyboard.console.printing import print_lines


@click.group(
    cls=LazyGroup,
    names=("add", "check", "list", "prices", "show"),
    package=__name__,
    invoke_without_command=True,
)
@click.pass_context
def command(context: click.Context) -> None:
    """The models that a storyboard can name.

    Each is described by its model card. To use a newer model, add a card.

    \b
    Examples:
      storyboard models list
      storyboard models show alibaba/wan2.7-t2v
      storyboard models add --from-service alibaba/wan2.7-t2v
    """
    if context.invoked_subcommand is None:
        print_lines(context.get_help().split("\n"))
