"""Documents as YAML that still reads as the same documents once its lines are escaped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from storyboard.reporting.quoting import visible


class _Dumper(yaml.SafeDumper):
    """Puts text with control characters in double quotes, where an escape is read as one."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    acts = any(visible(line) != line for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if acts else None)


_Dumper.add_representer(str, _represent_text)


def yaml_lines(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """The documents as lines of YAML, keys in their order, for `print_lines`."""
    text = yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=sys.maxsize,  # a folded line could look like a command to a CI service
    )
    return str(text).rstrip("\n").split("\n")
