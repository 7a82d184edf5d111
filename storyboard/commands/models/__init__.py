"""`storyboard models`: which models the program knows, and what is known of each."""

from __future__ import annotations

import click

from storyboard.commands.models.add import add_model
from storyboard.commands.models.check import check_models
from storyboard.commands.models.list import list_models
from storyboard.commands.models.prices import print_prices
from storyboard.commands.models.show import show_model
from storyboard.console.printing import print_lines


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The models that a storyboard can name.

    What is known of each stands on its model card. A model that came later is added with a
    card of its own.

    \b
    Examples:
      storyboard models list
      storyboard models show alibaba/wan2.7-t2v
      storyboard models add --from-service alibaba/wan2.7-t2v
    """
    if context.invoked_subcommand is None:
        print_lines(context.get_help().split("\n"))


for _command in (list_models, show_model, add_model, check_models, print_prices):
    command.add_command(_command)
