"""The command line: the list of commands, the one error boundary, the exit codes."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from storyboard import __version__
from storyboard.console import streams
from storyboard.console.lazy_group import LazyGroup
from storyboard.errors import ExitCode, StoryboardError, worst_of

COMMANDS = {
    "init": "Create a project: a storyboard, macros, and what git and editors need.",
    "validate": "Check storyboards for problems and warnings; sends nothing.",
    "fix": "Repair mistakes that have one right answer, shown as a diff first.",
    "explain": "Explain a problem or a warning by its code.",
    "list": "List the takes with their scenes and tags.",
    "show": "Show the exact payloads that would be sent.",
    "plan": "Show what a render would do, and why.",
    "diff": "Show which takes a change adds, changes and removes.",
    "render": "Render storyboards: submit, download, write the manifest.",
    "status": "Show each take's state, even while a render runs.",
    "resolve": "Decide by hand about a take whose outcome is unknown.",
    "reconcile": "Look unknown outcomes up in the account's request log.",
    "adopt": "Adopt the results of another folder or manifest; sends nothing.",
    "models": "List the models that a storyboard can name, with their limits.",
    "schema": "Print the JSON Schemas of storyboards, requests and manifests.",
    "sandbox": "Serve a local API for rehearsals: no key, no money, no network.",
    "completion": "Print the script that sets up completion in a shell.",
    "doctor": "Check key, connection, balance, disk and versions, with remedies.",
}
"""Each command is a module of `storyboard.commands`, imported when it is called."""


_COMPLETE = "_STORYBOARD_COMPLETE"  # as click derives it from the program's name


class _Commands(LazyGroup):
    """Describes the commands without importing them, to keep startup fast."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _help_width() -> int:
    """The width of help texts, computed as click does but without importing three compressors."""
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size().columns or 80
    except (ValueError, OSError):
        columns = 80
    return max(min(columns, 80) - 2, 50)


@click.group(
    cls=_Commands,
    names=COMMANDS,
    package="storyboard.commands",
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _help_width()},
    invoke_without_command=True,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Render storyboards in bulk through a text-to-video API, paying for nothing twice."""
    if context.invoked_subcommand is None:
        from storyboard.console.printing import print_lines

        print_lines(context.get_help().split("\n"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and end the process with its exit code."""
    # The objects built from a long storyboard live until the end. By default Python keeps
    # searching all of them for garbage: that takes a third of the time and finds nothing.
    gc.set_threshold(100_000, 50, 100)
    streams.open_missing()
    code = run(arguments)
    if reason := streams.flush():
        _say(f"error: not all of the output could be written: {reason}.")
        code = worst_of(ExitCode(code), ExitCode.INCOMPLETE)
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the only place that maps exceptions to codes."""
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # If a terminal cannot show a character of the user's text, it shows its number
            # instead, and a JSON document stays valid.
            stream.reconfigure(errors=streams.JSON_ESCAPES)
    if os.environ.get(_COMPLETE, "").startswith("powershell"):
        importlib.import_module("storyboard.console.powershell")  # click handles the other shells
    try:
        code = group.main(arguments, prog_name="storyboard", standalone_mode=False)
        return int(code) if isinstance(code, int) else ExitCode.OK
    except StoryboardError as error:
        return _report(error.exit_code, str(error), error.next_step, as_json=as_json)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        help_command = f"{context.command_path} --help" if context else None
        return _report(ExitCode.USAGE, error.format_message(), help_command, as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        next_step = "run it again; a render picks up where it left off"
        return _print_error(ExitCode.INTERRUPTED, "interrupted.", next_step, as_json=as_json)
    except Exception as error:
        if isinstance(error, OSError) and _is_about_output(error):
            streams.give_up(sys.stdout, error)
            return ExitCode.OK
        if isinstance(error, OSError) and not _has_current_folder():
            sentence = "the current folder is gone or cannot be read"
            return _report(ExitCode.USAGE, sentence, "go to another folder", as_json=as_json)
        return _report_bug(error, as_json=as_json)


def _report(code: ExitCode, sentence: str, next_step: str | None, *, as_json: bool) -> ExitCode:
    """Report why the command ended; with `as_json`, also as its one document on stdout."""
    message = f"{sentence.rstrip('.')}{'' if sentence.endswith('?') else '.'}"
    _say(f"error: {message}", *([f"    next: {next_step}"] if next_step else ()))
    return _print_error(code, message, next_step, as_json=as_json)


def _print_error(code: ExitCode, message: str, next_step: str | None, *, as_json: bool) -> ExitCode:
    """With `as_json`, print why the command ended as its one document on stdout."""
    if as_json:
        from storyboard.console.printing import print_json

        print_json({"error": {"code": code.value, "message": message, "next": next_step}})
    return code


def _is_about_output(error: OSError) -> bool:
    """Whether click failed to print the help or version; our own printing never raises."""
    import traceback

    return traceback.extract_tb(error.__traceback__)[-1].name == click.echo.__name__


def _has_current_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 (only whether there is one)
    except OSError:
        return False
    return True


def _report_bug(error: Exception, *, as_json: bool) -> ExitCode:
    import traceback

    _say(*"".join(traceback.format_exception(error)).rstrip("\n").split("\n"))
    sentence = f"this is a bug in storyboard ({type(error).__name__}); what was saved is safe"
    next_step = "report it with the traceback on stderr"
    return _report(ExitCode.BUG, sentence, next_step, as_json=as_json)


def _say(*lines: str) -> None:
    from storyboard.console.printing import say

    say(*lines)
