"""A command with others below it, each imported when it is called or described."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import click


class LazyGroup(click.Group):
    """Has the commands `names`, each a module of `package` with a click command `command`."""

    def __init__(self, *arguments: Any, names: Iterable[str], package: str, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._names = list(names)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in their order."""
        return self._names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None if there is none of that name."""
        if cmd_name not in self._names:
            return None
        command = importlib.import_module(f"{self._package}.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 (a bug of ours otherwise)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Raises UsageError, with the name that is meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from storyboard.reporting.suggest import did_you_mean

            if hint := did_you_mean(args[0], self._names):
                raise click.UsageError(f"{error.message.rstrip('.')}; {hint}", ctx) from None
            raise
