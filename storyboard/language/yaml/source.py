"""The first stage: reads YAML files into values with positions.

A path or a text comes in, a `Source` goes out. A mistake in the file is a problem in the
`Source`. Reads no file except the one it is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from storyboard.language.files import DISK, Files
from storyboard.language.nodes import Node, ScalarNode
from storyboard.language.text_files import check_text, decode_text, file_problem, read_text
from storyboard.language.yaml.aliases import Alias
from storyboard.language.yaml.compose import Composer
from storyboard.language.yaml.parse_state import Stop
from storyboard.language.yaml.unquoted import Covered
from storyboard.records import Problem

LOADER: Any = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


class Source(NamedTuple):
    """One file as read.

    `display_name` is the file's name in messages, `text` the part that can be quoted. `root` is
    None if the file could not be read or parsed to its end. `aliases` are in file order.
    """

    display_name: str
    text: str
    root: Node | None
    problems: tuple[Problem, ...] = ()
    aliases: tuple[Alias, ...] = ()


def read_source(
    path: Path, display_name: str, *, content: bytes | None = None, files: Files = DISK
) -> Source:
    """Read one YAML file. A mistake in it is a problem, never an exception.

    `content` is the file's content, if it has been read already.
    """
    if content is None:
        file = read_text(path, display_name, files=files)
    else:
        file = decode_text(content, display_name)
    if file.problem is not None:
        return Source(display_name, file.text, None, (file.problem,))
    return _parse(file.text, display_name)


def parse_source(text: str, display_name: str) -> Source:
    """Read YAML from a text; `display_name` names it in messages."""
    text = text.removeprefix("\ufeff")
    problem = check_text(text, display_name)
    if problem is not None:
        return Source(display_name, text, None, (problem,))
    return _parse(text, display_name)


def _parse(text: str, display_name: str) -> Source:
    covered = Covered(text, display_name)
    while (composed := _compose(covered, display_name)) is None:
        pass  # a template was covered; start again
    root, found, aliases = composed
    problems = [*covered.problems, *found]
    if root is None or (isinstance(root, ScalarNode) and root.value is None):
        if not problems:
            problems.append(file_problem(display_name, "empty-file", "the file contains no values"))
        root = None
    return Source(display_name, text, root, tuple(problems), tuple(aliases))


def _compose(
    covered: Covered, display_name: str
) -> tuple[Node | None, list[Problem], list[Alias]] | None:
    """Return the root, the problems and the aliases; or None to try again.

    The root is None if the text cannot be read to its end.
    """
    events = yaml.parse(covered.parsed, Loader=LOADER)
    composer = Composer(events, covered, display_name)
    state = composer.state
    try:
        return composer.compose(), state.problems, composer.anchors.aliases
    except Stop as stop:
        template = stop.template
    # ValueError: the pure Python parser turns escapes and version numbers into characters and
    # integers without checking their size.
    except (yaml.YAMLError, ValueError) as error:
        from storyboard.language.yaml.errors import syntax_problem, unquoted_template

        template = unquoted_template(error, covered.parsed)
        if template is None:
            state.problems.append(syntax_problem(error, state, composer.last))
    if template is not None and covered.cover(template, state):
        return None
    return None, state.problems, composer.anchors.aliases
