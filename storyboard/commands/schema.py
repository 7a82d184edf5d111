"""`storyboard schema`: the schemas, printed, regenerated, or compared with the model cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from storyboard.atomic_files import write_atomically
from storyboard.console.completers import complete_schemas
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import FILE, json_option
from storyboard.console.printing import align, print_json, print_lines, print_safe, say
from storyboard.errors import ExitCode, UsageError
from storyboard.language.project_cards import load_catalog_here
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.models.folder import schemas_folder
from storyboard.models.schema.generate import differences, generate, schema_path, schema_text
from storyboard.reporting import quoting
from storyboard.reporting.suggest import did_you_mean

WRITTEN = ("manifest", "events", "card")
"""The schemas that are not generated: they describe our own files, not a model's limits."""


@click.command(
    epilog=exit_codes(INCOMPLETE="a schema file is out of date (with --check)", USAGE="wrong usage")
)
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_schemas)
@click.option("--list", "mode", flag_value="list", help="List the schemas and their files.")
@click.option("--write", "mode", flag_value="write", help="Regenerate the schema files.")
@click.option(
    "--check", "mode", flag_value="check", help="Exit with 1 if a schema file is out of date."
)
@click.option(
    "--folder",
    type=FILE,
    metavar="DIR",
    help="The folder with models/ and the schemas, if not the program's own.",
)
@json_option
def command(*, name: str | None, mode: str | None, folder: Path | None, as_json: bool) -> int:
    """Print a JSON Schema: storyboard, include, manifest, events, card, or a model's name.

    A model's schema describes its requests. That, storyboard and include are generated from
    the model cards, which include those in models/ beside the storyboards of the current
    folder and your own; card describes a model card.

    \b
    Examples:
      storyboard schema > storyboard.schema.json
      storyboard schema alibaba/wan2.7-t2v
    """
    if mode and name:
        raise UsageError(
            f"--{mode} applies to all schemas, but {name!r} is one of them",
            next_step=f"omit the name or --{mode}",
        )
    if folder is None and mode is None:
        catalog = load_catalog_here()
    else:
        catalog = load_catalog((folder or schemas_folder()) / "models")
    folder = folder or schemas_folder()
    if mode:
        act = {"list": _list, "write": _write, "check": _check}[mode]
        return act(folder, catalog, as_json=as_json)
    name = name or "storyboard"
    schema = _read(name, folder, catalog)
    if as_json:
        print_json({"name": name, "schema": schema})
    else:
        print_safe(quoting.json_text(schema))
    return ExitCode.OK


def _read(name: str, folder: Path, catalog: Catalog) -> dict[str, Any]:
    if name in WRITTEN:
        return _read_written(schema_path(folder, name))
    known = generate(catalog)
    if name not in known:
        hint = did_you_mean(name, (*known, *WRITTEN))
        raise UsageError(
            f"there is no schema {name!r}" + (f"; {hint}" if hint else ""),
            next_step="storyboard schema --list names them all",
        )
    return known[name]


def _read_written(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(schema, dict):
        raise UsageError(f"{path} contains no schema")
    return schema


def _list(folder: Path, catalog: Catalog, *, as_json: bool) -> int:
    files = {name: schema_path(folder, name) for name in (*generate(catalog), *WRITTEN)}
    if as_json:
        print_json({"schemas": [{"name": name, "path": str(files[name])} for name in files]})
    else:
        print_lines(align((name, str(path)) for name, path in files.items()))
    return ExitCode.OK


def _write(folder: Path, catalog: Catalog, *, as_json: bool) -> int:
    schemas = generate(catalog)  # all of them, before the first file is changed
    changed = [
        path
        for name, schema in schemas.items()
        if write_atomically(path := schema_path(folder, name), schema_text(schema))
    ]
    left_over = list(differences(folder, catalog))
    for path in left_over:
        path.unlink(missing_ok=True)
    if as_json:
        print_json({"written": _texts(changed), "removed": _texts(left_over)})
    else:
        for path in changed:
            say(f"{path}: written")
        for path in left_over:
            say(f"{path}: removed, because its model card is gone")
        if not changed and not left_over:
            say("all schemas are current")
    return ExitCode.OK


def _check(folder: Path, catalog: Catalog, *, as_json: bool) -> int:
    found = differences(folder, catalog)
    if as_json:
        differing = [{"path": str(path), "reason": reason} for path, reason in found.items()]
        print_json({"differing": differing})
    for path, reason in found.items():
        say(f"{path}: {reason}")
    if not found:
        say("all schemas are current")
        return ExitCode.OK
    say("    next: storyboard schema --write")
    return ExitCode.INCOMPLETE


def _texts(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]
