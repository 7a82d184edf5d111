"""A plan in a file: a digest of its actions, its cost limit and what it depends on. Pure.

The file holds no address that anything is sent to and no folder that anything is
written to: those are given again with `render` and compared. It comes from outside,
and it is small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any, TypeAlias

from storyboard.fingerprint import canonical_json, whole_numbers
from storyboard.models.schema.validator import compile_check
from storyboard.money import MAX_MICROS
from storyboard.names import path_problem
from storyboard.planning.cost import Bill, Caps
from storyboard.planning.plan import PlanOptions
from storyboard.planning.selection import Selection
from storyboard.records import Action, Json, Plan, Take

SCHEMA_VERSION = 3
MAX_BYTES = 1024 * 1024
KIND = "storyboard-plan"

_MAX_ITEMS = 1000
_MAX_TEXT = 4096


@dataclass(frozen=True, slots=True)
class SavedStoryboard:
    """One storyboard of a saved plan.

    `file` is its path from the plan's folder, with forward slashes, or None if it is
    not inside it. `folders` are its output and state folders, relative to the
    storyboard. The digests are of its takes, and of what is done about them.
    """

    name: str
    file: str | None
    origin: str
    folders: tuple[str, str]
    takes_sha256: str
    actions_sha256: str


@dataclass(frozen=True, slots=True)
class PlanArguments:
    """What a plan is made for: which takes, what may be paid for again, and at what price.

    `is_fresh` says that takes are rendered even if a folder beside this one has them. `price_usd`
    is per second of any model, and overrides the storyboard's prices.
    """

    selection: Selection
    options: PlanOptions
    from_manifest: bool = False
    is_fresh: bool = False
    price_usd: float | None = None


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was saved. `id` is unique to it, and is carried out only once."""

    id: str
    made_at: datetime
    arguments: PlanArguments
    caps: Caps
    bill: Bill
    storyboards: tuple[SavedStoryboard, ...]


def digest_of_takes(takes: Sequence[Take]) -> str:
    """A digest of what a render makes of takes: their requests, and where they belong."""
    return _digest(
        [
            [one.id, one.scene, one.fingerprint, one.is_locked, one.is_paused, *_fallbacks_of(one)]
            for one in takes
        ]
    )


def digest_of_actions(plan: Plan) -> str:
    """A digest of what a plan does, and about which tasks.

    Any payment since the plan was made changes it, because the take then has another task.
    """
    return _digest([[*map(_facts, plan.actions)], [*map(_facts, plan.orphans)]])


def _facts(action: Action) -> Json:
    take, task = action.take, action.submission.task_id if action.submission else None
    facts = [action.kind.value, take.id, take.fingerprint, action.same_as, task]
    return [*facts, *_fallbacks_of(take)]


def _fallbacks_of(take: Take) -> list[Json]:
    return [one.fingerprint for one in take.fallbacks]


def _digest(value: Json) -> str:
    return hashlib.sha256(canonical_json(value).encode(errors="surrogatepass")).hexdigest()


def plan_text(plan: SavedPlan) -> str:
    """The content of a plan's file."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        **asdict(plan),
        "made_at": plan.made_at.isoformat(timespec="seconds"),
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def parse_plan(data: bytes) -> SavedPlan:
    """The plan in the bytes of a file. Raises ValueError with the reason if there is none."""
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise ValueError("it is not a plan saved by storyboard")
    if document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError("another version of storyboard saved it")
    if not compile_check(_SCHEMA)(document):
        raise ValueError("a value in it was changed, or is missing")
    for one in document["storyboards"]:
        if one["file"] is not None and (reason := path_problem(one["file"])):
            raise ValueError(f"the path of a storyboard in it {reason}")
    try:
        return _read(document)
    except (ValueError, OverflowError):
        raise ValueError("it does not say when it was made") from None


def _refuse(text: str) -> float:
    raise ValueError(text)


def _read(document: Mapping[str, Any]) -> SavedPlan:
    arguments = document["arguments"]
    # JSON Schema accepts a whole float as an integer, but a slice does not.
    selection: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else whole_numbers(value)
        for name, value in arguments["selection"].items()
    }
    made_at = datetime.fromisoformat(document["made_at"])
    return SavedPlan(
        id=document["id"],
        made_at=made_at.astimezone(timezone.utc),
        arguments=PlanArguments(
            selection=Selection(**selection),
            options=PlanOptions(**arguments["options"]),
            from_manifest=arguments["from_manifest"],
            is_fresh=arguments["is_fresh"],
            price_usd=arguments["price_usd"],
        ),
        caps=Caps(**document["caps"]),
        bill=Bill(**document["bill"]),
        storyboards=tuple(
            SavedStoryboard(**{**one, "folders": tuple(one["folders"])})
            for one in document["storyboards"]
        ),
    )


_Schema: TypeAlias = dict[str, Json]


def _object(**properties: Json) -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def _or_null(schema: _Schema) -> _Schema:
    return {"anyOf": [{"type": "null"}, schema]}


_BOOLEAN: _Schema = {"type": "boolean"}
_TEXT: _Schema = {"type": "string", "minLength": 1, "maxLength": _MAX_TEXT}
_TEXTS: _Schema = {"type": "array", "items": {**_TEXT, "minLength": 0}, "maxItems": _MAX_ITEMS}
_COUNT: _Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
_NUMBER: _Schema = {"type": "number", "minimum": 0, "maximum": 1e15}
_SHA256: _Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

_SCHEMA: _Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        schema_version={"const": SCHEMA_VERSION},
        kind={"const": KIND},
        id={"type": "string", "pattern": "^[0-9a-f]{32}$"},
        made_at={"type": "string", "maxLength": 40, "pattern": r"^[0-9T:+-]+$"},
        arguments=_object(
            selection=_object(
                only=_TEXTS,
                without=_TEXTS,
                tags=_TEXTS,
                scenes=_TEXTS,
                changed=_BOOLEAN,
                failed=_BOOLEAN,
                limit=_or_null({**_COUNT, "minimum": 1}),
                with_parents=_BOOLEAN,
            ),
            options=_object(
                retry_failed=_BOOLEAN, rerender=_BOOLEAN, force=_BOOLEAN, download=_BOOLEAN
            ),
            from_manifest=_BOOLEAN,
            is_fresh=_BOOLEAN,
            price_usd=_or_null(_NUMBER),
        ),
        caps=_object(takes=_or_null(_COUNT), seconds=_or_null(_NUMBER), cost_usd=_or_null(_NUMBER)),
        bill=_object(
            takes=_COUNT,
            seconds=_NUMBER,
            known_micros={**_COUNT, "maximum": MAX_MICROS * 100_000},
            unknown=_COUNT,
            is_priced=_BOOLEAN,
            fallbacks=_COUNT,
        ),
        storyboards={
            "type": "array",
            "minItems": 1,
            "maxItems": _MAX_ITEMS,
            "items": _object(
                name=_TEXT,
                file=_or_null(_TEXT),
                origin=_TEXT,
                folders={"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
                takes_sha256=_SHA256,
                actions_sha256=_SHA256,
            ),
        },
    ),
}
