"""Completion for PowerShell, as click provides it for other shells.

Only recent versions of click support PowerShell, and they split the command line by the
rules of Unix shells, so that a Windows path loses its backslashes. Here PowerShell's own
parser splits it.
"""

from __future__ import annotations

import os
from typing import Any

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

VARIABLE = "_STORYBOARD_COMPLETE"
"""The environment variable with which every shell's script asks for completions."""

_SCRIPT = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { $_.Value } else { $_.Extent.Text } })
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_CWORD = $wordToComplete
    try {
        & %(prog_name)s 2>$null | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if ($type -eq 'plain') {
                [System.Management.Automation.CompletionResult]::new(
                    $value, $value, 'ParameterValue', $help)
            }
        }
    } finally {
        $env:%(complete_var)s = $env:COMP_WORDS = $env:COMP_CWORD = $null
    }
}
"""


@add_completion_class
class PowerShellComplete(ShellComplete):
    """PowerShell 5.1 and later; if nothing is offered, it completes files by itself."""

    name = "powershell"
    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one being completed, without the program, and that word."""
        _, *words = os.environ.get("COMP_WORDS", "").split("\n")
        return words, os.environ.get("COMP_CWORD", "")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """A line for the script: type, value, and the text that is shown beside it."""
        return f"{item.type}\t{item.value}\t{item.help or item.value}"
