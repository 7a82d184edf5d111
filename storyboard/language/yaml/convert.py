"""From YAML events to nodes that know their place, in one pass without recursion.

Takes the events of either of PyYAML's parsers. Neither recurses before events
are composed (the C parser's own composer crashes near 30,000 levels), so the
depth is bounded here, while nothing has been built on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import yaml

from storyboard.language.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)
from storyboard.language.yaml.aliases import Measures, retyped
from storyboard.language.yaml.frames import Frame, Reading, TextKeys
from storyboard.language.yaml.keys import MERGE, merge, set_key, set_merge_key, set_odd_key
from storyboard.language.yaml.positions import mark_position, position_after, value_index
from storyboard.language.yaml.tags import read_tag
from storyboard.language.yaml.values import (
    check_escapes,
    plain_value,
    report_tag,
    value_with_tag,
    warn_of_comment,
)
from storyboard.records import Position, Problem
from storyboard.reporting.lines import line_end
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import shorten

MAX_LEVELS = 64
MAX_ALIASED = 1_000_000
"""How many values aliases and merges may add to those that are written out."""


class Stop(Exception):
    """The file cannot be read any further; holds the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class UnquotedTemplate(Exception):
    """`{{` where a value begins, which YAML takes for two mappings. Holds its index."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class NodeBuilder:
    """Gathers events into one root node, and the problems on the way into a list."""

    def __init__(
        self,
        text: str,
        display_name: str,
        keys: TextKeys,
        *,
        stand_ins: Mapping[int, str],
        restore: Mapping[int, str],
    ) -> None:
        """Build over `text`, the one that is parsed.

        `stand_ins` are the values, by index, that stand for unreadable ones;
        `restore` are characters to put back into what was read.
        """
        self.root: Node | None = None
        self.last: Any = None
        """The event before the one that failed, for explaining the failure."""
        self.reading = Reading(text, display_name, keys)
        self._stand_ins = stand_ins
        self._restore = restore
        self._anchors: dict[str, Node | None] = {}  # None while what it names is still open
        self._measures = Measures()
        self._aliased = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Add one event.

        Raises:
            Stop: nesting, aliases or documents beyond what is read.
            UnquotedTemplate: a template that is not in quotes.
        """
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open_mapping(event)
        elif kind is yaml.SequenceStartEvent:
            self._open_list(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._start_document(event)
        self.last = event

    def _start_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            _stop(
                mark_position(event.start_mark, self.reading.display_name, 3),
                "several-documents",
                "a second document begins here; only files of one document are read",
                hint="remove this line, or move what follows it to a file of its own",
            )

    # Scalars

    def _scalar(self, event: Any) -> None:
        reading = self.reading
        frame = reading.frames[-1] if reading.frames else None
        position = self._position(event)
        if frame is not None and frame.items is None and frame.key is None:
            self._key(frame, event, position)
            return
        style, text = event.style, event.value
        if self._stand_ins and (index := value_index(reading.text, event)) in self._stand_ins:
            style, text = "", self._stand_ins[index]
        if self._restore:
            text = text.translate(self._restore)
        is_plain = not style and event.tag is None
        value: ScalarValue = text
        if style == '"' and not text.isascii():
            check_escapes(text, position, reading)
        if event.tag is not None:
            value = value_with_tag(event, text, position, reading)
        elif is_plain:
            value = plain_value(text, position, reading, is_text=reading.takes_text(frame))
            if type(value) is str and not event.style:
                warn_of_comment(event, text, reading)
        text_line = position.line + 1 if style in ("|", ">") else position.line
        node = ScalarNode(value, text, position, is_plain, text_line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node)

    def _key(self, frame: Frame, event: Any, position: Position) -> None:
        key = event.value.translate(self._restore) if self._restore else event.value
        is_plain = not event.style and event.tag is None
        if event.anchor is not None:
            self._anchors[event.anchor] = ScalarNode(key, key, position, is_plain, position.line)
        if is_plain and key == MERGE:
            set_merge_key(self.reading, frame, position)
        else:
            set_key(self.reading, frame, key, position)
        if event.tag is not None:
            tag = read_tag(event.tag)
            if not tag.is_for_scalars:
                report_tag(tag, event, self.reading)

    # Mappings and lists

    def _open_mapping(self, event: Any) -> None:
        text = self.reading.text
        parent = self.reading.top
        new = self._new_frame(event)
        if text.startswith(("{#", "{%"), new.index):
            raise UnquotedTemplate(new.index)
        if parent is not None and parent.awaits_key:
            if new.index == parent.index + 1 and text.startswith("{{", parent.index):
                raise UnquotedTemplate(parent.index)
            new.is_odd_key = True
        elif parent is not None and parent.items is None:
            keys = self.reading.keys
            new.is_text = parent.key in keys.mappings
            new.is_prose = new.is_text or parent.key in keys.prose_mappings
        if event.tag is not None and not (tag := read_tag(event.tag)).is_for_mappings:
            report_tag(tag, event, self.reading)
        self.reading.frames.append(new)

    def _open_list(self, event: Any) -> None:
        parent = self.reading.top
        new = self._new_frame(event)
        new.items = []
        new.is_text = self.reading.takes_text(parent)
        new.is_odd_key = parent is not None and parent.awaits_key
        if event.tag is not None and not (tag := read_tag(event.tag)).is_for_lists:
            report_tag(tag, event, self.reading)
        self.reading.frames.append(new)

    def _new_frame(self, event: Any) -> Frame:
        position = self._position(event)
        if len(self.reading.frames) >= MAX_LEVELS:
            _stop_at_depth(position)
        index = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            index = value_index(self.reading.text, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        return Frame(index, position, event.anchor, bool(event.flow_style))

    def _close(self, event: Any) -> None:
        frame = self.reading.frames.pop()
        position = frame.position
        if event.end_mark.line + 1 == position.line:
            width = event.end_mark.column - position.column + 1
        else:
            width = line_end(self.reading.text, frame.index) - frame.index
        position = Position(position.path, position.line, position.column, max(width, 1))
        node: Node
        if frame.items is None:
            node = MappingNode(frame.entries, position)
        else:
            node = SequenceNode(tuple(frame.items), position)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        if frame.is_odd_key:
            set_odd_key(self.reading, self.reading.frames[-1], position)
        else:
            self._add(node)

    def _add(self, node: Node) -> None:
        frames = self.reading.frames
        if not frames:
            self.root = node
            return
        frame = frames[-1]
        if frame.items is not None:
            frame.items.append(node)
            return
        if frame.is_merge:
            merge(self.reading, frame, node)
        elif not frame.is_dropped and frame.key is not None and frame.key_position is not None:
            frame.entries[frame.key] = Entry(frame.key_position, node)
            if frame.merged:
                frame.merged.discard(frame.key)
        frame.key = None

    # Aliases

    def _alias(self, event: Any) -> None:
        reading = self.reading
        frame = reading.top
        position = mark_position(event.start_mark, reading.display_name, len(event.anchor) + 1)
        node = self._anchors.get(event.anchor) or self._no_node(event.anchor, position)
        size, height = self._measures.of(node)
        self._aliased += size
        if len(reading.frames) + height > MAX_LEVELS:
            _stop_at_depth(position)
        if self._aliased > MAX_ALIASED:
            _stop(
                position,
                "too-many-aliases",
                f"the aliases up to here repeat more than {MAX_ALIASED:,} values",
            )
        if frame is None or not frame.awaits_key:
            key = frame.key if frame is not None else None
            is_text = reading.takes_text(frame)
            values_are_text = key is not None and key in reading.keys.mappings
            self._add(retyped(node, is_text=is_text, values_are_text=values_are_text))
        elif isinstance(node, ScalarNode):
            set_key(reading, frame, node.text, position)
        else:
            set_odd_key(reading, frame, position)

    def _no_node(self, name: str, position: Position) -> ScalarNode:
        """What stands for an alias that means nothing, once that is reported."""
        alias = f"*{shorten(name, 60)}"
        if name in self._anchors:
            self.reading.report(position, "alias-circle", f"{alias} stands inside itself")
        else:
            self.reading.report(
                position,
                "unknown-alias",
                f"{alias} repeats an anchor that is not above it",
                hint=did_you_mean(name, self._anchors)
                or "a value that begins with * needs quotes, unless it repeats an &anchor",
            )
        return ScalarNode(alias, alias, position, False, position.line)

    def _position(self, event: Any) -> Position:
        """The place of a value, its anchor and tag left out."""
        start, end = event.start_mark, event.end_mark
        is_bare = event.anchor is None and event.tag is None
        if is_bare and end.line == start.line:
            width = end.column - start.column
            return Position(self.reading.display_name, start.line + 1, start.column + 1, width or 1)
        text = self.reading.text
        if not is_bare:
            index = value_index(text, event)
            width = max(min(end.index, line_end(text, index)) - index, 1)
            return position_after(text, start, index, self.reading.display_name, width=width)
        width = line_end(text, start.index) - start.index
        return Position(self.reading.display_name, start.line + 1, start.column + 1, width or 1)


def _stop(position: Position, code: str, message: str, *, hint: str | None = None) -> NoReturn:
    raise Stop(Problem(position, code, message, hint))


def _stop_at_depth(position: Position) -> NoReturn:
    raise Stop(depth_problem(position))


def depth_problem(position: Position) -> Problem:
    """What is wrong with a file that goes deeper than is read."""
    return Problem(position, "nested-too-deep", f"nested more than {MAX_LEVELS} levels deep")
