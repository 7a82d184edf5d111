"""Maps the columns of a list to the keys of a shot, by name and by the cells' content. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from storyboard.language.rows.values import RowValues
from storyboard.language.spellings import as_seconds, as_switch
from storyboard.language.templates.slug import slug
from storyboard.language.validation.hints import FOREIGN_NAMES
from storyboard.language.yaml.scalars import read_plain
from storyboard.models.card import ModelCard
from storyboard.models.schema.validator import compile_check
from storyboard.names import check_id
from storyboard.records import Json

_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id",
        "shot_id",
        "shot",
        "shot_number",
        "shot_nr",
        "number",
        "no",
        "nr",
        "sku",
        "code",
        "key",
        "scene_id",
        "scene",
        "scene_number",
        "scene_nr",
        "scene_no",
    ),
    "title": ("title",),
    "prompt": (
        "prompt",
        "visual_prompt",
        "text_prompt",
        "positive_prompt",
        "image_prompt",
        "visual_description",
        "shot_description",
        "visuals",
        "visual",
        "description",
        "description_action",
        "action_description",
        "action",
    ),
    "negative_prompt": ("negative_prompt", "negative", "neg_prompt", "prompt_negative"),
    "resolution": ("resolution",),
    "ratio": ("ratio",),
    "duration": (
        "duration",
        "duration_s",
        "duration_sec",
        "duration_secs",
        "duration_in_seconds",
        "sec",
        "secs",
        "length_s",
        "length_sec",
        "length_secs",
        "length_seconds",
        "length_in_seconds",
    ),
    "seed": ("seed",),
    "audio_url": ("audio_url", "music_url", "sound_url"),
    "prompt_extend": ("prompt_extend",),
    "tags": ("tags", "tag", "labels", "keywords"),
    "notes": ("notes", "remarks"),
}
"""The keys that a column may fill, with the names such a column may have, likeliest first."""

_FILLERS = frozenset(
    {"shot", "scene", "clip", "video", "ai", "full", "final", "en", "english", "optional"}
)
"""Words beside the one that says what a column is: Scene Description, Video Prompt (EN)."""

_WITH_FILLERS = frozenset({"title", "prompt", "duration", "notes"})
"""The keys whose columns may have them; a shot's size is no resolution, its code no id."""

_MAX_CANDIDATES = 10  # columns that may mean one key
_MAX_SLUG = 40  # characters; what makes a longer one is a sentence, not a name

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")

_SHAPES: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "resolution": {" | upper": str.upper},
    "ratio": {" | replace('x', ':')": lambda text: text.replace("x", ":")},
}
"""Filters that can turn the cells of a column into values of its key."""


class Column(NamedTuple):
    """A column that fills a shot's key: its name, and the template that reads its cell."""

    key: str
    name: str
    template: str


class Columns(NamedTuple):
    """The columns of a list: those that fill a key, and those whose cells do not fit it.

    `misfits` maps a column to its key and to a cell that is not a valid value; `others`
    are the names of the columns that fill no key.
    """

    used: tuple[Column, ...]
    misfits: Mapping[str, tuple[str, Json]]
    others: tuple[str, ...]

    @property
    def has_prompt(self) -> bool:
        """Whether one of the columns is the prompt."""
        return any(column.key == "prompt" for column in self.used)


def map_columns(rows: Sequence[RowValues], card: ModelCard) -> Columns:
    """The columns of the rows, each with the key that it fills."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shots_first = sorted(names, key=lambda name: "shot" not in _normalized(name).split("_"))
    spellings, essences = _by(_normalized, names), _by(_without_fillers, shots_first)
    used: list[Column] = []
    misfits: dict[str, tuple[str, Json]] = {}
    for key in _NAMES:
        for name in _candidates(key, spellings, essences):
            template = _template(key, name, rows, card)
            if template is not None:
                used.append(Column(key, name, template))
                break
            if key != "id" and (cells := _filled(name, rows)):
                misfits[name] = key, cells[0]
    taken = {column.name for column in used}
    return Columns(tuple(used), misfits, tuple(name for name in names if name not in taken))


def cell_template(column: str) -> str:
    """How a template refers to a cell: `row.seconds`, `row['Shot Size']`; safe for any name."""
    if column.isidentifier() and column.isascii():
        return f"row.{column}"
    plain = "".join(
        char if char.isalnum() or char in " _-.,:;()/" else escape(char) for char in column
    )
    return f"row['{plain}']"


def escape(char: str) -> str:
    """The escape for a character that cannot appear itself in quotes, valid in Jinja and YAML."""
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _by(spell: Callable[[str], str], names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The names of columns by a spelling of theirs."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(spell(name), []).append(name)
    return found


def _candidates(
    key: str, spellings: Mapping[str, Sequence[str]], essences: Mapping[str, Sequence[str]]
) -> list[str]:
    """The columns whose names mean the key, likeliest first."""
    meant: list[Sequence[str]] = []
    for word in _NAMES[key]:
        meant.append(spellings.get(word, ()))
        meant.append(essences.get(word, ()) if key in _WITH_FILLERS else ())
    meant += [spellings.get(foreign, ()) for foreign, own in FOREIGN_NAMES.items() if own == key]
    return list(dict.fromkeys(name for names in meant for name in names))[:_MAX_CANDIDATES]


def _normalized(name: str) -> str:
    words = name if name.isupper() else _CAPITAL.sub("_", name)
    return _BETWEEN.sub("_", words).strip("_").casefold()


def _without_fillers(name: str) -> str:
    return "_".join(word for word in _normalized(name).split("_") if word not in _FILLERS)


def _template(key: str, name: str, rows: Sequence[RowValues], card: ModelCard) -> str | None:
    """The template that fills the key from the column; None if no cell is a value of the key."""
    cells = _filled(name, rows)
    cell = cell_template(name)
    if any(name not in row for row in rows):
        cell += " | default('')"
    if key == "id":
        return _id_template(cell, cells) if len(cells) == len(rows) else None
    if key == "tags" and any(isinstance(found, list) for found in cells):
        is_list_of_texts = all(
            isinstance(found, list) and all(isinstance(tag, str) for tag in found)
            for found in cells
        )
        return f"{{{{ {cell} | join(', ') }}}}" if is_list_of_texts else None
    if not cells or any(isinstance(found, list | dict) for found in cells):
        return None
    fits = _check_of(key, card)
    shapes: dict[str, Callable[[str], str]] = {"": str.strip, **_SHAPES.get(key, {})}
    counts = {
        shape: sum(fits(change(_text(found))) for found in cells)
        for shape, change in shapes.items()
    }
    shape = max(counts, key=lambda shape: counts[shape])
    return f"{{{{ {cell}{shape} }}}}" if counts[shape] else None


def _id_template(cell: str, cells: Sequence[Json]) -> str | None:
    if not all(isinstance(found, str | int) for found in cells):
        return None
    texts = [_text(found) for found in cells]
    if _are_ids(texts):
        return f"{{{{ {cell} }}}}"
    slugs = [slug(text) for text in texts]
    is_short = all(len(one) <= _MAX_SLUG for one in slugs)
    return f"{{{{ {cell} | slug }}}}" if is_short and _are_ids(slugs) else None


def _are_ids(texts: Sequence[str]) -> bool:
    is_sound = all(check_id(text) is None for text in texts)
    return is_sound and len({text.casefold() for text in texts}) == len(texts)


def _check_of(key: str, card: ModelCard) -> Callable[[str], bool]:
    """A function that tells whether a cell, read as a take reads it, is a value of the key."""
    parameter = card.parameters.get(key)
    if parameter is None:
        return lambda text: True
    schema = {"$schema": card.request_schema["$schema"], **parameter.limits}
    is_valid, type_ = compile_check(schema), parameter.type

    def fits(text: str) -> bool:
        try:
            value: object = text if type_ == "string" else read_plain(text)
        except ValueError:
            return False
        value = as_seconds(value) if key == "duration" else value
        return is_valid(as_switch(value) if type_ == "boolean" else value)

    return fits


def _filled(name: str, rows: Sequence[RowValues]) -> list[Json]:
    """The cells of a column that are not empty."""
    cells = (row[name] for row in rows if name in row)
    return [cell for cell in cells if cell is not None and _text(cell)]


def _text(cell: Json) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.strip() if isinstance(cell, str) else str(cell)
