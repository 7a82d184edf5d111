"""The first stage: YAML files as values that remember their place.

A path or a text comes in, a `Source` goes out; whatever is wrong with the file
is a problem in it. Touches no file but the one it is asked to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from storyboard.language.nodes import Node, ScalarNode
from storyboard.language.text_files import MAX_BYTES, check_text, read_text
from storyboard.language.yaml.convert import NodeBuilder, Stop, UnquotedTemplate, depth_problem
from storyboard.language.yaml.frames import TextKeys
from storyboard.language.yaml.patches import Patches
from storyboard.language.yaml.positions import mark_position
from storyboard.models.yamltext import is_too_deep
from storyboard.records import Position, Problem

LOADER: Any = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader

_PROSE = frozenset({"prompt", "negative_prompt", "prompt_prefix", "prompt_suffix", "title"})

TEXT_KEYS = _PROSE | {
    "id",
    "audio_url",
    "resolution",
    "ratio",
    "tags",
    "notes",
    "model",
    "include",
    "rows",
    "negative",
}
"""Keys whose plain values are their spelling, wherever they stand; lists under them too."""


class Source(NamedTuple):
    """One file as it was read.

    `display_name` is the file's name in messages, `text` what can be quoted of it.
    `root` is None where the file could not be read or parsed to its end.
    """

    path: Path
    display_name: str
    text: str
    root: Node | None
    problems: tuple[Problem, ...] = ()


def read_source(
    path: Path,
    display_name: str,
    *,
    max_bytes: int = MAX_BYTES,
    text_keys: frozenset[str] = TEXT_KEYS,
) -> Source:
    """Read one YAML file. Whatever is wrong with it is a problem, never an exception."""
    file = read_text(path, display_name, max_bytes=max_bytes)
    if file.problem is not None:
        return Source(path, display_name, file.text, None, (file.problem,))
    return _parse(file.text, display_name, path, text_keys)


def parse_source(
    text: str, display_name: str, *, path: Path | None = None, text_keys: frozenset[str] = TEXT_KEYS
) -> Source:
    """Read YAML from a text; `display_name` names it in messages."""
    path = Path(display_name) if path is None else path
    text = text.removeprefix("\ufeff")
    problem = check_text(text, display_name)
    if problem is not None:
        return Source(path, display_name, text, None, (problem,))
    return _parse(text, display_name, path, text_keys)


def _parse(text: str, display_name: str, path: Path, text_keys: frozenset[str]) -> Source:
    keys = TextKeys(
        names=text_keys,
        mappings=frozenset({"negatives"}),
        prose=_PROSE & text_keys,
        prose_mappings=frozenset({"vars"}),
    )
    patches = Patches(text, display_name)
    while True:
        builder = NodeBuilder(
            patches.parsed, display_name, keys, stand_ins=patches.values, restore=patches.restore
        )
        final = _feed(builder, patches)
        if final is not None:
            break
    problems = [*patches.problems, *builder.reading.problems, *final]
    is_whole = all(problem.code == "several-documents" for problem in final)
    root = builder.root if is_whole else None
    if root is None or (isinstance(root, ScalarNode) and root.value is None):
        if not problems:
            problems.append(_nothing(display_name))
        root = None
    return Source(path, display_name, text, root, tuple(problems))


def _feed(builder: NodeBuilder, patches: Patches) -> list[Problem] | None:
    """Parse into the builder; the problem that ended it, if any, or None to begin again."""
    text = patches.parsed
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except Stop as stop:
        return [stop.problem]
    except UnquotedTemplate as template:
        return None if patches.add(template.index, builder) else []
    # ValueError: the pure parser turns escapes and version numbers into
    # characters and integers without looking at their size.
    except (yaml.YAMLError, ValueError) as error:
        from storyboard.language.yaml.errors import syntax_problem, unquoted_template

        if is_too_deep(error) and isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            return [depth_problem(mark_position(error.problem_mark, patches.display_name, 1))]
        index = unquoted_template(error, text)
        if index is not None:
            return None if patches.add(index, builder) else []
        return [syntax_problem(error, text, patches.display_name, builder.last)]
    return []


def _nothing(display_name: str) -> Problem:
    return Problem(Position(display_name, 1, 1), "empty-file", "the file holds no values")
