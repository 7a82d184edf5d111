"""What a command's exit codes mean, for its help and the reference. Pure."""

from __future__ import annotations

from storyboard.errors import ExitCode

NO_RECORD = "there are videos, but no record of what was paid for them"
"""What `ExitCode.UNKNOWN` means where nothing that was sent can be in doubt."""


def exit_codes(*codes: ExitCode, **meanings: str) -> str:
    """The end of a command's help: its exit codes, beside 70 and 130, which all commands have.

    `codes` mean what they always mean, `meanings` say it for this command, by the names of
    `ExitCode`. A command that has only 0 and 2 needs none.
    """
    own = {ExitCode[name]: meaning for name, meaning in meanings.items()}
    usual = {code: code.meaning for code in (ExitCode.OK, ExitCode.USAGE, *codes)}
    rows = sorted({**usual, **own}.items())
    lines = (f"  {code.value:<4}{meaning}" for code, meaning in rows)
    return "\n".join(("\b", "Exit codes:", *lines))  # click does not wrap what follows a \b
