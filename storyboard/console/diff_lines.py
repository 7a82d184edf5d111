"""What differs between two versions of a storyboard, as text and as Markdown.

Both say the same; Markdown shows text from the files as code, in which GitHub
interprets neither HTML nor mentions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from storyboard.planning.cost import Bill
from storyboard.planning.diff import ChangeGroup, ChangeKind, FieldChange, TakeChange, group_changes
from storyboard.planning.edits import Edit
from storyboard.reporting.amounts import count_text
from storyboard.reporting.quoting import visible

Code = Callable[[str], str]
"""Sets text from a file apart from our own words."""

_MAX_NAMED = 3  # takes of a group that are named
_MAX_ENTRIES = 150  # of Markdown: a comment on GitHub can have 65,536 characters
_LOCKED = "locked, so the video stays as it is"


def text_lines(title: str, changes: Sequence[TakeChange], bill: Bill) -> list[str]:
    """The differences as lines for a terminal."""
    width = max((len(change.kind.value) for change in changes), default=0)
    return [
        f"{title}: {_counts(changes)}",
        *(
            f"  {group.kind.value:<{width}}  {_describe(group, str)}"
            for group in group_changes(changes)
        ),
        _cost(bill),
    ]


def markdown_lines(title: str, changes: Sequence[TakeChange], bill: Bill) -> list[str]:
    """The differences as Markdown, for a comment on a pull request; long lists are cut."""
    groups = group_changes(changes)
    lines = [
        f"### {code_span(title)}: {_counts(changes)}",
        "",
        *(
            f"- **{group.kind.value}** {_describe(group, code_span)}"
            for group in groups[:_MAX_ENTRIES]
        ),
    ]
    if len(groups) > _MAX_ENTRIES:
        lines.append(f"- and {count_text(len(groups) - _MAX_ENTRIES, 'more difference')}")
    return [*lines, *([""] if groups else ()), f"{_cost(bill)}."]


def code_span(text: str) -> str:
    """The text as code in a line of Markdown, whatever it contains."""
    line = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    padding = " " if "`" in line or not line.strip() else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def _counts(changes: Sequence[TakeChange]) -> str:
    counts = Counter(change.kind for change in changes)
    words = [f"{counts[kind]:,} {kind.value}" for kind in ChangeKind if counts[kind]]
    return ", ".join(words) or "no take differs"


def _cost(bill: Bill) -> str:
    if not bill.takes:
        return "no new requests, so nothing to pay for"
    return f"{count_text(bill.takes, 'new request')}, {bill.amounts}"


def _describe(group: ChangeGroup, code: Code) -> str:
    """One group without its kind: what changed, in which takes, and whether it costs nothing."""
    if group.field and group.edit:
        return _describe_edit(group.field, group.edit, group.changes, code)
    if group.kind is ChangeKind.RENAMED:
        first = group.changes[0]
        old = first.old or first.take
        more = len(group.changes) - 1
        others = f" and {count_text(more, 'more take')}" if more else ""
        return f"{code(old.id)} to {code(first.take.id)}{others}: same request, costs nothing"
    ids = [code(change.take.id) for change in islice(group.changes, _MAX_NAMED)]
    more = len(group.changes) - len(ids)
    position = group.changes[0].take.position
    source = f" ({code(f'{position.path}:{position.line}')})" if len(group.changes) > 1 else ""
    named = ", ".join(ids) + (f" and {more:,} more" if more else "") + source
    is_new = any(change.is_new_request for change in group.changes)
    is_known = group.kind is ChangeKind.ADDED and not is_new
    return f"{named}: same request as before, costs nothing" if is_known else named


def _describe_edit(
    field: FieldChange, edit: Edit, changes: Sequence[TakeChange], code: Code
) -> str:
    what = f"{code(field.field)}: {code(edit.old)} to {code(edit.new)}"
    if field.old is None:
        what = f"{code(field.field)}: {code(edit.new)}, was not set"
    elif field.new is None:
        what = f"{code(field.field)}: no longer set, was {code(edit.old)}"
    example = code(changes[0].take.id)
    where = example if len(changes) == 1 else f"{len(changes):,} takes, as in {example}"
    return f"{what}, in {where}{_note(field, changes)}"


def _note(field: FieldChange, changes: Sequence[TakeChange]) -> str:
    """Why the changes cost nothing, if none of them does."""
    if field.field == "locked":
        return "; storyboard plan says what a render would do"
    if not field.is_sent:
        return "; not part of the request, costs nothing"
    if changes[0].keeps_video:
        return f"; {_LOCKED}"
    is_new = any(change.is_new_request for change in changes)
    return "" if is_new else "; same request as another take before, costs nothing"
