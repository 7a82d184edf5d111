"""`storyboard doctor`: key, connection, balance, limits, disk, clock and versions, with remedies.

Sends at most two free read requests, and nothing if there is no address to send them to.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click

from storyboard import __version__
from storyboard.api.credentials import (
    DEFAULT_BASE_URL,
    ApiKey,
    Credentials,
    find_base_url,
    find_key,
)
from storyboard.api.http.environment import check_environment
from storyboard.api.modellix.client import ModellixApi
from storyboard.console.exit_codes import exit_codes
from storyboard.console.health import (
    Level,
    Line,
    describe_limits,
    exit_code_of,
    fine,
    judge_balance,
    judge_clock,
    judge_disk,
    judge_key,
)
from storyboard.console.options import VariableOptions, base_url_option, json_option
from storyboard.console.printing import align, print_json, print_lines
from storyboard.console.read_storyboards import read_storyboards
from storyboard.errors import AccountError, ExitCode, StoryboardError, UsageError
from storyboard.language.retiring import RETIRING
from storyboard.models.catalog import load_catalog
from storyboard.names import find_storyboards
from storyboard.private import home_folder
from storyboard.sandbox import require_sandbox

MAX_FILMS = 50
"""How many storyboards are read for their models."""

LIBRARIES = (
    "pyyaml",
    "jsonschema",
    "jsonschema-rs",
    "requests",
    "urllib3",
    "idna",
    "tqdm",
    "rich",
    "jinja2",
    "click",
    "pymediainfo",
    "filelock",
)
"""The packages that the program needs, as pip and pyproject.toml name them."""


@click.command(
    epilog=exit_codes(
        OK="a render can start",
        INCOMPLETE="something on this machine prevents it",
        USAGE="wrong usage",
        ACCOUNT="the account or the connection prevents it",
    )
)
@base_url_option
@json_option
def command(base_url: str | None, as_json: bool) -> int:
    """Check everything that a render needs, and say what is wrong and how to fix it.

    Costs nothing, and works without a key.

    \b
    Example:
      storyboard doctor
    """
    lines = (*_check_account(base_url), *_check_machine(), *_check_models())
    code = exit_code_of(lines)
    if as_json:
        print_json({"checks": [_document(line) for line in lines]})
        return code
    rows = [(line.level.value, line.name, line.found) for line in lines]
    for line, text in zip(lines, align(rows), strict=True):
        print_lines([text, f"    next: {line.remedy}"] if line.remedy else [text])
    return code


def _check_account(base_url: str | None) -> Iterator[Line]:
    credentials: Credentials | None = None
    origin, address_problem = DEFAULT_BASE_URL, None
    try:
        origin = find_base_url(base_url, environ=os.environ)
        check_environment(origin)
    except (UsageError, AccountError) as error:
        address_problem = _problem("address", error)
    try:
        credentials = find_key(origin, environ=os.environ, home=home_folder())
        yield fine("key", f"from {credentials.source}")
    except AccountError as error:
        yield _problem("key", error)
    if address_problem is not None:
        yield address_problem
        return
    yield fine("address", origin)
    api = ModellixApi(origin, credentials.key if credentials else ApiKey(""))
    try:
        yield from _check_api(api, credentials)
    finally:
        api.close()


def _check_api(api: ModellixApi, credentials: Credentials | None) -> Iterator[Line]:
    try:
        checkup = api.check_up()
    except AccountError as error:
        yield _problem("connection", error)
        return
    yield fine("connection", "the API answers")
    if credentials is not None:
        yield judge_key(is_valid=checkup.is_key_valid, source=credentials.source)
        if checkup.is_key_valid:
            yield _check_balance(api)
    yield describe_limits(checkup.rate)
    yield judge_clock(checkup.clock_offset_s)


def _check_balance(api: ModellixApi) -> Line:
    try:
        return judge_balance(api.balance_usd())
    except AccountError as error:
        return _problem("balance", error)


def _check_machine() -> Iterator[Line]:
    yield _check_disk()
    yield fine("python", f"{platform.python_version()} on {platform.system()}")
    yield fine("storyboard", __version__)
    yield _check_libraries()
    yield _check_media_info()
    try:
        require_sandbox()
        yield fine("sandbox", "installed")
    except UsageError as error:
        yield Line("sandbox", Level.WARNING, _clause(error), error.next_step)


def _check_models() -> Iterator[Line]:
    """Warnings of models that go soon, of the storyboards in the current folder."""
    try:
        files = find_storyboards(Path.cwd())[:MAX_FILMS]
        boards = read_storyboards(files, load_catalog(), VariableOptions())
    except (OSError, StoryboardError):
        return  # what is wrong with them is for `validate`
    for board in boards:
        for problem in board.problems:
            if problem.code == RETIRING:
                found = f"{board.path.name}: {problem.message}"
                yield Line("model", Level.WARNING, found, problem.hint or "choose another model")
    if boards and not any(one.code == RETIRING for board in boards for one in board.problems):
        yield fine("models", "none of the storyboards here uses one that retires soon")


def _check_disk() -> Line:
    try:
        folder = str(Path.cwd())
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        return Line(
            "disk",
            Level.PROBLEM,
            f"the current folder cannot be used: {error.strerror}",
            "go to another folder",
        )
    return judge_disk(free_bytes, folder=folder, is_writable=os.access(folder, os.W_OK))


def _check_libraries() -> Line:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = ""
    missing = [name for name, version in versions.items() if not version]
    if missing:
        return Line(
            "libraries",
            Level.PROBLEM,
            f"not installed here: {', '.join(missing)}",
            "pip install --upgrade storyboard-render",
        )
    return fine("libraries", ", ".join(f"{name} {version}" for name, version in versions.items()))


def _check_media_info() -> Line:
    try:
        from pymediainfo import MediaInfo

        if MediaInfo.can_parse():
            return fine("measuring", "works")
    except ImportError:
        pass  # the libraries have a line of their own
    return Line(
        "measuring",
        Level.WARNING,
        "the MediaInfo library cannot be loaded, so the size and duration of videos stay unknown",
        "install it: libmediainfo0v5 on Debian and Ubuntu, libmediainfo elsewhere",
    )


def _problem(name: str, error: StoryboardError) -> Line:
    """A problem with the account or the connection to it, in the words of the error."""
    return Line(name, Level.PROBLEM, _clause(error), error.next_step, ExitCode.ACCOUNT)


def _clause(error: StoryboardError) -> str:
    return str(error).rstrip(".")


def _document(line: Line) -> dict[str, str | None]:
    return {
        "name": line.name,
        "level": line.level.value,
        "found": line.found,
        "remedy": line.remedy,
    }
