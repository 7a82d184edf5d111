"""`storyboard completion`: the script that sets up completion in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from storyboard.console import powershell
from storyboard.console.option_types import Choice
from storyboard.console.options import json_option
from storyboard.console.printing import print_json, print_lines
from storyboard.errors import ExitCode

_NAME = "storyboard"
_HOW = {
    "bash": 'add to ~/.bashrc: eval "$(storyboard completion bash)"',
    "zsh": 'add to ~/.zshrc, after compinit: eval "$(storyboard completion zsh)"',
    "fish": "run once: storyboard completion fish > ~/.config/fish/completions/storyboard.fish",
    powershell.PowerShellComplete.name: (
        "put into the file that $PROFILE names: "
        "storyboard completion powershell | Out-String | Invoke-Expression"
    ),
}
"""How to set up completion in each shell, for later sessions too."""


@click.command()
@click.argument("shell", type=Choice(list(_HOW)))
@json_option
@click.pass_context
def command(context: click.Context, *, shell: str, as_json: bool) -> int:
    """Print the script that completes options, takes, scenes, tags and faults.

    Its last line says where to put it.

    \b
    Example:
      storyboard completion bash
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (click has three of them, and the fourth is ours)
    script = kind(context.find_root().command, {}, _NAME, powershell.VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "how": _HOW[shell], "script": script})
    else:
        # Last, because zsh reads the first line of a completion script itself.
        print_lines([*script.rstrip("\n").split("\n"), f"# To complete: {_HOW[shell]}"])
    return ExitCode.OK
