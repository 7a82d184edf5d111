"""The page of problems and warnings: the registry, with a list of all codes before it."""

from __future__ import annotations

import re

from storyboard.reporting.codes import FILE, codes


def problems_page() -> str:
    """The registry as a page; its chapters are one level deeper than in its own file."""
    head, *sections = re.split(r"^(?=##? SB)", FILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = ["| code | name | |", "|---|---|---|"]
    for code in codes().values():
        anchor = f"{code.number.lower()}-{code.name}"
        lines.append(f"| [{code.number}](#{anchor}) | {code.name} | {code.title} |")
    chapters = "".join(f"#{section}" for section in sections)
    return "\n".join([head.rstrip(), "", *lines, "", chapters])
