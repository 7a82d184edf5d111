"""The page of commands, from click's objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc

import click

from storyboard.cli import COMMANDS, group
from storyboard.errors import ExitCode

_INTRO = """
# Commands

This page lists every command with its usage, examples, options and exit codes. Results go to
stdout, everything else to stderr. With `--json`, a command prints one document with a
`schema_version`. `FILE` can be left out in a folder with exactly one `*.storyboard.yaml`.

A command exits with 0 when it is done and with 2 for wrong usage or a storyboard with problems. If
it has other exit codes, they are listed with it. [Exit codes](#exit-codes) has all of them.
""".strip()

_EXIT_CODE = re.compile(r"^ +(\d+) +(.*)$", re.MULTILINE)

_UNWRAPPED = "\b\n"
"""What a paragraph begins with that click does not wrap: examples."""


def commands_page() -> str:
    """Each command with its usage, examples and options, and the exit codes of all."""
    parent = click.Context(group, info_name="storyboard")
    parts = [_INTRO, "\n".join(_list())]
    for name in COMMANDS:
        command = group.get_command(parent, name)
        assert command is not None
        parts.append("\n\n".join(_section(command, click.Context(command, parent, name))))
    parts += ["## Exit codes", "\n".join(_exit_codes())]
    return "\n\n".join(parts)


def _list() -> Iterator[str]:
    yield "| command | |"
    yield "|---|---|"
    for name, words in COMMANDS.items():
        yield f"| [{name}](#storyboard-{name}) | {_cell(words)} |"


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    """The command, and below it those that it holds."""
    yield from _command(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _section(inner, click.Context(inner, context, name))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = [context.command_path, *command.collect_usage_pieces(context)]
    yield f"## {context.command_path}"
    yield f"```text\n{' '.join(usage)}\n```"
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith(_UNWRAPPED):
            _, *lines = paragraph.removeprefix(_UNWRAPPED).split("\n")
            examples = "\n".join(map(str.strip, lines))
            yield f"```sh\n{examples}\n```"
        else:
            yield " ".join(paragraph.split())
    options = [one for one in command.params if isinstance(one, click.Option)]
    records = filter(None, (one.get_help_record(context) for one in options))
    lines = [f"| `{_cell(flags)}` | {_cell(words)} |" for flags, words in records]
    if lines:
        yield "\n".join(["| option | |", "|---|---|", *lines])
    if command.epilog:
        rows = (f"| {code} | {_cell(words)} |" for code, words in exit_codes_of(command).items())
        yield "\n".join(["| exit code | |", "|---|---|", *rows])


def exit_codes_of(command: click.Command) -> dict[int, str]:
    """The exit codes in the help of a command, with what they mean there."""
    return {int(code): words for code, words in _EXIT_CODE.findall(command.epilog or "")}


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _exit_codes() -> Iterator[str]:
    yield "Every command can also exit with 70 or 130."
    yield ""
    yield "| code | meaning |"
    yield "|---|---|"
    yield from (f"| {code.value} | {code.meaning} |" for code in ExitCode)
