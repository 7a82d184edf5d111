"""`storyboard sandbox`: serves the local API until it is stopped."""

from __future__ import annotations

import re
import shlex
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.console.durations import DURATION
from storyboard.console.numbers import AMOUNT, ANY_WHOLE, COUNT_OR_NONE, PORT
from storyboard.console.options import FILE, json_option, with_options
from storyboard.console.printing import align, print_json, print_lines, say
from storyboard.console.sandbox_options import SandboxOptions
from storyboard.console.signals import handling
from storyboard.errors import ExitCode, UsageError
from storyboard.private import KEY_VARIABLE, mask
from storyboard.sandbox import require_sandbox

if TYPE_CHECKING:
    from storyboard.sandbox.ledger import Request


@click.command()
@click.option("--port", type=PORT, default=0, help="The port to listen on; 0 picks a free one.")
@with_options(behaviour=SandboxOptions)
@click.option(
    "--max-in-flight",
    type=COUNT_OR_NONE,
    default=2,
    show_default=True,
    help="How many tasks may be in flight.",
)
@click.option(
    "--requests-per-minute",
    type=COUNT_OR_NONE,
    default=100,
    show_default=True,
    help="How many requests per minute are accepted.",
)
@click.option("--balance", type=AMOUNT, metavar="USD", help="The account's balance, in play money.")
@click.option(
    "--price", type=AMOUNT, metavar="USD", help="What a second of video costs, in play money."
)
@click.option("--retention", type=DURATION, metavar="TIME", help="How long results are kept.")
@click.option(
    "--folder", type=FILE, metavar="DIR", help="Keep tasks and videos in this folder for next time."
)
@click.option(
    "--key",
    default="sandbox",
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
    max_in_flight: int,
    requests_per_minute: int,
    balance: float | None,
    price: float | None,
    retention: float | None,
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
    from storyboard.sandbox.faults import FAULTS
    from storyboard.sandbox.server import SandboxServer
    from storyboard.sandbox.settings import SandboxSettings

    if "list" in behaviour.faults:
        rows = [(name, stage.value, what) for name, (stage, what) in FAULTS.items()]
        if as_json:
            print_json(
                {"faults": [dict(zip(("name", "at", "does"), row, strict=True)) for row in rows]}
            )
        else:
            print_lines(align(rows))
        return ExitCode.OK
    usual = SandboxSettings()
    settings = behaviour.settings(
        SandboxSettings(
            max_in_flight=max_in_flight,
            requests_per_minute=requests_per_minute,
            balance_usd=usual.balance_usd if balance is None else balance,
            price_per_second_usd=usual.price_per_second_usd if price is None else price,
            retention_s=retention,
            seed=seed,
        )
    )
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise UsageError(
            "--key: a key is printable ASCII characters without spaces",
            next_step="choose another one, such as --key sandbox",
        )
    if mask(key) not in (key, "***"):
        raise UsageError(
            f"--key: it contains the key in {KEY_VARIABLE}, which must not be printed",
            next_step="choose another one, such as --key sandbox",
        )
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
