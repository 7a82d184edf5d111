"""Saves the plan of workspaces in a file, and makes a render follow such a file exactly."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from storyboard.atomic_files import write_atomically
from storyboard.errors import Refused, StateError, UsageError
from storyboard.language.files import DISK, NotAFile
from storyboard.names import path_problem, portable_path, split_variant, to_file_name
from storyboard.planning.cost import Bill, Caps, check_caps
from storyboard.planning.saved_plan import (
    MAX_BYTES,
    PlanArguments,
    SavedPlan,
    SavedStoryboard,
    digest_of_actions,
    digest_of_takes,
    parse_plan,
    plan_text,
)
from storyboard.project.rendering import Prepared
from storyboard.project.workspace import Workspace
from storyboard.records import Plan

_ANEW = "see what a render would do now with: storyboard plan; save that with --out"


def save_plan(
    path: Path,
    planned: Sequence[tuple[Workspace, Plan]],
    *,
    arguments: PlanArguments,
    caps: Caps,
    bill: Bill,
) -> None:
    """Writes what the plans amount to into a file, which may only replace another saved plan.

    Raises UsageError if it cannot be written.
    """
    if os.path.lexists(path):
        _check_is_plan(path)
    saved = SavedPlan(
        id=secrets.token_hex(16),
        made_at=datetime.now(timezone.utc),
        arguments=arguments,
        caps=caps,
        bill=bill,
        storyboards=tuple(_save_storyboard(path.parent, *one) for one in planned),
    )
    try:
        write_atomically(path, plan_text(saved))
    except StateError as error:
        raise UsageError(str(error), next_step="name another file with --out") from error


def _save_storyboard(folder: Path, space: Workspace, plan: Plan) -> SavedStoryboard:
    return SavedStoryboard(
        name=space.storyboard.name,
        file=_path_below(folder, space.storyboard.path),
        origin=space.origin,
        folders=_folders_of(space),
        takes_sha256=digest_of_takes(space.storyboard.takes),
        actions_sha256=digest_of_actions(plan),
    )


def read_plan(path: Path) -> SavedPlan:
    """The plan in a file. Raises UsageError if it cannot be read or is not a plan."""
    try:
        data = DISK.read_bytes(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
        return parse_plan(data)
    except NotAFile as error:
        reason = f"it {error}"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError as error:
        reason = str(error)
    raise UsageError(
        f"{path} cannot be used as a plan: {reason}",
        next_step="save one with: storyboard plan FILE --out plan.json",
    )


def files_of(plan: SavedPlan, path: Path) -> tuple[Path, ...]:
    """The storyboards of the plan in the file `path`, which must be in its folder.

    Raises UsageError if one is not: only the user may name files elsewhere.
    """
    files = []
    for one in plan.storyboards:
        file = None if one.file is None else path.parent / to_file_name(one.file)
        if file is None or _path_below(path.parent, file) is None:
            command = shlex.join(["storyboard", "render", "FILE", "--plan", str(path)])
            raise UsageError(
                f"the plan {path} is for {one.name}, which is not in the same folder",
                next_step=f"name the storyboard too: {command}",
            )
        files.append(file)
    return tuple(files)


def check_plan(
    saved: SavedPlan, films: Sequence[Prepared], bill: Bill, *, price_usd: float | None
) -> None:
    """Raises Refused if the render of `films` is not what the plan says, or was already done."""
    names = [one.name for one in saved.storyboards]
    given = [film.space.storyboard.name for film in films]
    if names != given:
        raise Refused(
            f"the plan is for {', '.join(names)}, not for {', '.join(given)}",
            next_step=_other_variant(names, given)
            or "name the same storyboards, in the same order",
        )
    for one, film in zip(saved.storyboards, films, strict=True):
        _check_film(saved, one, film)
    check_caps(bill, saved.caps)
    known_usd = saved.arguments.price_usd
    if price_usd is not None and price_usd != known_usd:
        made = "without a price" if known_usd is None else f"at a price of {known_usd} USD a second"
        raise Refused(
            f"the plan was made {made}, not at {price_usd}; nothing was sent", next_step=_ANEW
        )
    if bill != saved.bill:
        raise Refused(
            f"the plan was made for {saved.bill.sentence}, but this render would be "
            f"{bill.sentence}; nothing was sent",
            next_step=_ANEW,
        )


def _other_variant(names: Sequence[str], given: Sequence[str]) -> str | None:
    """How to name the plan's storyboards, if the same ones were read as another variant."""
    films, variants = zip(*map(split_variant, names), strict=True)
    if films != tuple(split_variant(name)[0] for name in given):
        return None
    variant = variants[0]
    if variant is None:
        return "leave --variant out, as when the plan was made"
    return f"give --variant {shlex.quote(variant)}, as when the plan was made"


def _check_film(saved: SavedPlan, one: SavedStoryboard, film: Prepared) -> None:
    space = film.space
    if one.origin != space.origin:
        raise Refused(
            f"the plan was made for {one.origin}, but this render goes to {space.origin}",
            next_step="give the --sandbox or --base-url that the plan was made with",
        )
    if one.folders != _folders_of(space):
        raise Refused(
            f"the plan was made for an output folder other than {space.folder}",
            next_step="give the --output and --state that the plan was made with",
        )
    if begun_at := film.store.plan_begun_at(saved.id):
        raise Refused(
            f"this plan was started at {begun_at:%Y-%m-%d %H:%M:%S} UTC, and a plan is carried out "
            "only once; nothing was sent",
            next_step=_ANEW,
        )
    what = ""
    if one.takes_sha256 != digest_of_takes(space.storyboard.takes):
        what = f"{space.storyboard.display_name}, or a var given to it, has changed since"
    elif one.actions_sha256 != digest_of_actions(film.plan):
        what = f"what was rendered of {space.storyboard.display_name} has changed since"
    if what:
        raise Refused(
            f"{what} at {saved.made_at:%Y-%m-%d %H:%M:%S} UTC, when the plan was made; "
            "nothing was sent",
            next_step=_ANEW,
        )


def begin_plan(saved: SavedPlan, films: Sequence[Prepared]) -> None:
    """Records in every folder that the plan is being carried out, before anything is sent."""
    for film in films:
        film.store.begin_plan(saved.id, now=datetime.now(timezone.utc))


def _check_is_plan(path: Path) -> None:
    try:
        read_plan(path)
    except UsageError:
        raise UsageError(
            f"{path} exists and is not a saved plan, so it is not overwritten",
            next_step="name another file with --out",
        ) from None


def _folders_of(space: Workspace) -> tuple[str, str]:
    """The output and state folders relative to the storyboard: the same in every clone."""
    start = os.path.realpath(space.storyboard.path.parent)
    folders = (space.real_folder, space.state.resolve())
    output, state = (portable_path(os.path.relpath(folder, start)) for folder in folders)
    return output, state


def _path_below(folder: Path, file: Path) -> str | None:
    """The path of a file relative to a folder that contains it, with links resolved; else None."""
    try:
        found = Path(os.path.realpath(file)).relative_to(os.path.realpath(folder))
    except ValueError:
        return None
    path = portable_path(str(found))
    is_plain = path_problem(path) is None and to_file_name(path) == str(found).replace(os.sep, "/")
    return path if is_plain else None
