"""A file of rows as values: what each format makes, and `rows` reads."""

from __future__ import annotations

from typing import NamedTuple

from storyboard.language.nodes import MappingNode
from storyboard.records import Problem


class Table(NamedTuple):
    """Rows of one file, their columns in order of appearance, and what is wrong."""

    rows: tuple[MappingNode, ...]
    columns: tuple[str, ...]
    problems: tuple[Problem, ...]
