"""Vars from the command line: `--var NAME=VALUE` and `--vars FILE`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from storyboard.language.nodes import Entry, MappingNode, Node, ScalarNode
from storyboard.language.validation.check import check_file
from storyboard.language.yaml.source import read_source
from storyboard.models.catalog import Catalog
from storyboard.models.schema.keys import VARS
from storyboard.models.schema.storyboard import include_schema
from storyboard.records import Position, Problem


def read_overrides(
    assignments: Iterable[str], files: Iterable[Path]
) -> tuple[dict[str, Node], list[Problem], dict[str, str]]:
    """Read vars from `--vars FILE` (typed) and `--var NAME=VALUE` (text); `--var` takes precedence.

    Also returns their problems, and the texts of the files for quoting.
    """
    variables: dict[str, Node] = {}
    problems: list[Problem] = []
    sources = [read_source(path, str(path)) for path in files]
    for source in sources:
        problems.extend(source.problems)
        if isinstance(source.root, MappingNode):
            problems.extend(check_file(source.root, VARS, display_name=source.display_name))
            variables.update(source.root)
        elif source.root is not None:
            message = "a file of vars is a mapping of names to values"
            problems.append(Problem(source.root.position, "wrong-type", message))
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        position = Position(f"--var {name}", 1, 1)
        node = ScalarNode(text, text, position, is_plain=False, text_line=1)
        found = _check_assignment(name, equals, node)
        problems.extend(found)
        if not found:
            variables[name] = node
    return variables, problems, {source.display_name: source.text for source in sources}


def read_price_files(
    files: Iterable[Path], catalog: Catalog
) -> tuple[list[MappingNode], list[Problem], dict[str, str]]:
    """Read the files of `--prices`; a storyboard may also include them. Only their prices count.

    Also returns their problems, and the texts of the files for quoting.
    """
    roots: list[MappingNode] = []
    problems: list[Problem] = []
    sources = [read_source(path, str(path)) for path in files]
    for source in sources:
        problems.extend(source.problems)
        if source.root is None:
            continue
        schema = include_schema(catalog.cards())
        found = check_file(source.root, schema, display_name=source.display_name)
        problems.extend(found)
        if isinstance(source.root, MappingNode):
            roots.append(source.root)
            if source.root.get("prices") is None and not found:
                words = "missing key 'prices': a file of prices has them under that key"
                problems.append(Problem(source.root.first_key_position, "missing-key", words))
    return roots, problems, {source.display_name: source.text for source in sources}


def _check_assignment(name: str, equals: str, node: ScalarNode) -> tuple[Problem, ...]:
    if not equals:
        message = f"{name!r} is not NAME=VALUE"
        return (Problem(node.position, "bad-var", message, f"write --var {name}=VALUE"),)
    try:
        f"{name}{node.text}".encode()
    except UnicodeEncodeError:
        return (Problem(node.position, "bad-var", "contains bytes that are not characters"),)
    root = MappingNode({name: Entry(node.position, node)}, node.position)
    return check_file(root, VARS, display_name=node.position.path)
