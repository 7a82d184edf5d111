"""What a notebook shows of plans, statuses and pages: HTML in which all text is escaped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from storyboard.private import mask
from storyboard.reporting.quoting import visible

_MAX_ROWS = 200  # a notebook saves what it shows in its file


@dataclass(frozen=True, slots=True)
class Page:
    """The gallery that a render wrote; a notebook shows it with its videos."""

    path: Path

    def _repr_html_(self) -> str:
        """A frame with the gallery, whose address is relative to the current folder."""
        try:
            address = quote(os.path.relpath(self.path).replace(os.sep, "/"))
        except ValueError:  # on another drive
            address = self.path.resolve().as_uri()
        return (
            f'<iframe src="{escape(address)}" title="{_text(self.path.parent.name)}" '
            'style="width: 100%; height: 42rem; border: 0"></iframe>'
        )


def table_html(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, count: int
) -> str:
    """A table of the first rows that says how many there are in all; all content is text."""
    body = [_row("td", row) for row in islice(rows, _MAX_ROWS)]
    if count > _MAX_ROWS:
        body.append(_row("td", [f"and {count - _MAX_ROWS:,} more"]))
    return (
        f"<table><caption>{_text(caption)}</caption><thead>{_row('th', heads)}</thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _row(kind: str, texts: Sequence[str]) -> str:
    cells = "".join(f'<{kind} style="text-align: left">{_text(text)}</{kind}>' for text in texts)
    return f"<tr>{cells}</tr>"


def _text(text: str) -> str:
    """Text as HTML, with control characters and bidirectional marks made visible."""
    return escape(mask(visible(text)))
