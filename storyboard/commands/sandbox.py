"""`storyboard sandbox`: serves the local API until it is stopped."""

from __future__ import annotations

import re
import shlex
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.console.option_types import AMOUNT, ANY_WHOLE, COUNT_OR_NONE, DURATION, PORT
from storyboard.console.options import FILE, json_option, option, with_options
from storyboard.console.printing import align, print_json, print_lines, say
from storyboard.console.sandbox_options import SandboxOptions
from storyboard.console.signals import handling
from storyboard.errors import ExitCode, UsageError
from storyboard.private import KEY_VARIABLE, mask
from storyboard.sandbox import require_sandbox
from storyboard.sandbox.faults import FAULTS
from storyboard.sandbox.settings import DEFAULT_KEY, SandboxSettings

if TYPE_CHECKING:
    from storyboard.sandbox.ledger import Request


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """The limits and prices of the simulated account; named as in `SandboxSettings`."""

    max_in_flight: int = option(
        "--max-in-flight",
        type=COUNT_OR_NONE,
        default=2,
        show_default=True,
        help="How many tasks may be in flight.",
    )
    requests_per_minute: int = option(
        "--requests-per-minute",
        type=COUNT_OR_NONE,
        default=100,
        show_default=True,
        help="How many requests per minute are accepted.",
    )
    balance_usd: float = option(
        "--balance",
        type=AMOUNT,
        default=SandboxSettings().balance_usd,
        metavar="USD",
        help="The account's balance, in play money.",
    )
    price_per_second_usd: float = option(
        "--price",
        type=AMOUNT,
        default=SandboxSettings().price_per_second_usd,
        metavar="USD",
        help="What a second of video costs, in play money.",
    )
    retention_s: float | None = option(
        "--retention", type=DURATION, metavar="TIME", help="How long results are kept."
    )


@click.command()
@click.option("--port", type=PORT, default=0, help="The port to listen on; 0 picks a free one.")
@with_options(behaviour=SandboxOptions, account=AccountOptions)
@click.option(
    "--folder", type=FILE, metavar="DIR", help="Keep tasks and videos in this folder for next time."
)
@click.option(
    "--key",
    default=DEFAULT_KEY,
    show_default=True,
    metavar="KEY",
    help="The only key that is accepted.",
)
@click.option(
    "--seed", type=ANY_WHOLE, default=0, help="The seed of the faults that strike at random."
)
@json_option
def command(
    *,
    port: int,
    behaviour: SandboxOptions,
    account: AccountOptions,
    folder: Path | None,
    key: str,
    seed: int,
    as_json: bool,
) -> int:
    """Serve a local API for rehearsals: the real formats and limits, no key, no money.

    It listens only on this machine. Point any client at it with the environment
    variables that it prints. Ctrl-C stops it. To download from it, the vendor's own
    client needs --allow-insecure-http and --allow-private-network.

    \b
    Examples:
      storyboard sandbox --port 8765
      storyboard sandbox --fault lost_reply=0.1 --render-time 20s
    """
    require_sandbox()
    from storyboard.language.project_cards import load_catalog_here
    from storyboard.sandbox.server import SandboxServer

    if "list" in behaviour.faults:
        _print_faults(as_json=as_json)
        return ExitCode.OK
    settings = behaviour.settings(SandboxSettings(**asdict(account), seed=seed))
    _check_key(key)
    stopped = threading.Event()
    with (
        handling(lambda number, frame: stopped.set()),
        SandboxServer(
            folder,
            settings,
            api_key=key,
            catalog=load_catalog_here(),
            port=port,
            on_request=_say_request,
        ) as server,
    ):
        _announce(server.base_url, key, as_json=as_json)
        # Windows delivers Ctrl-C only between waits.
        while not stopped.wait(0.5):
            pass
    say("sandbox stopped")
    return ExitCode.OK


def _print_faults(*, as_json: bool) -> None:
    rows = [(name, stage.value, what) for name, (stage, what) in FAULTS.items()]
    if as_json:
        print_json({"faults": [{"name": name, "at": at, "does": what} for name, at, what in rows]})
    else:
        print_lines(align(rows))


def _check_key(key: str) -> None:
    """Raises UsageError for a key that no header can hold, or that must not be printed."""
    reason = ""
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        reason = "a key is printable ASCII characters without spaces"
    elif mask(key) not in (key, "***"):
        reason = f"it contains the key in {KEY_VARIABLE}, which must not be printed"
    if reason:
        raise UsageError(f"--key: {reason}", next_step="choose another one, such as --key sandbox")


def _announce(base_url: str, key: str, *, as_json: bool) -> None:
    environment = {"MODELLIX_BASE_URL": base_url}
    if key == mask(key):
        environment[KEY_VARIABLE] = key
    else:  # whoever has this environment has the key already, and nobody else may see it
        say(f"{KEY_VARIABLE} is already the key of the sandbox, so it is not printed")
    if as_json:
        print_json({"base_url": base_url, "environment": environment})
    else:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
        print_lines([f"The sandbox listens at {base_url}", *lines])
    # A program that started this and waits for the address gets it now, even through a pipe.
    sys.stdout.flush()


def _say_request(request: Request) -> None:
    time = datetime.fromtimestamp(request.at, tz=timezone.utc).strftime("%H:%M:%S")
    answer = str(request.status) if request.status else "cut"
    # Any program can send a path with terminal escapes: `say` makes them visible.
    say(f"{time}  {answer:>3}  {request.method} {request.path}  {request.note}".rstrip())
