"""Turns YAML events into nodes with positions, in one recursive pass like PyYAML's composer.

Takes events from either of PyYAML's parsers; neither recurses. The depth is limited here, before
anything is built from the events. PyYAML's own composer is not used: it stops at the first
unknown alias, forgets where an alias is, and takes two thirds of the time of this pass without
creating a single value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from typing import Any

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from storyboard.language.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)
from storyboard.language.yaml.aliases import Anchors, retyped
from storyboard.language.yaml.convert import (
    check_comment,
    check_escapes,
    check_tag,
    plain_value,
    tagged_value,
)
from storyboard.language.yaml.parse_state import MAX_LEVELS, OpenCollection, ParseState, Stop
from storyboard.language.yaml.positions import mark_position, value_index, value_position
from storyboard.language.yaml.scalars import SCALAR_TAGS
from storyboard.language.yaml.text_keys import OTHER, ROLES, TEXT, Role
from storyboard.language.yaml.unquoted import Covered
from storyboard.records import Position
from storyboard.reporting.lines import line_end

_MERGE = "<<"
_MAPPING_TAGS = ("!", "!!map")
_LIST_TAGS = ("!", "!!seq")


class _KeyKind(Enum):
    """What a key says to do with the value under it."""

    ENTRY = "entry"
    MERGE = "merge"
    NONE = "none"  # the key is a mistake, already reported


class Composer:
    """Builds one root node from events; problems are collected in `state`.

    `last` is the event before the one that failed, used to explain the failure; `anchors`
    resolves the aliases.
    """

    def __init__(self, events: Iterator[Event], covered: Covered, display_name: str) -> None:
        self.state = ParseState(covered.parsed, display_name)
        self.last: Any = None
        self._next = self._remembered(events).__next__
        self._covered = covered
        self.anchors = Anchors(self.state)
        self._anchored_prose: list[tuple[str, str, Position]] = []

    def compose(self) -> Node | None:
        """Return the root of the first document; a second one is a problem.

        Raises:
            Stop: too deep, too many aliases, or a template that is not in quotes.
            YAMLError, ValueError: from the parser.
        """
        root = None
        while type(event := self._next()) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                if root is not None:
                    self._report_document(event)
                    break
                root = self._value(self._next(), OTHER)
        self.anchors.warn_of_unused(self._anchored_prose)
        return root

    def _remembered(self, events: Iterator[Event]) -> Iterator[Any]:
        for event in events:
            yield event
            self.last = event

    def _value(self, event: Any, role: Role) -> Node:
        kind = type(event)
        if kind is ScalarEvent:
            return self._scalar(event, role)
        if kind is AliasEvent:
            return retyped(self._repeated(event)[0], role)
        read = self._mapping if kind is MappingStartEvent else self._sequence
        node = read(event, role)
        if event.anchor is not None:
            self.anchors.nodes[event.anchor] = node
        return node

    # Collections

    def _sequence(self, event: Any, role: Role) -> SequenceNode:
        collection = self._enter(event, _LIST_TAGS)
        role = TEXT if role.is_text else OTHER
        collection.number = 0
        items: list[Node] = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._value(event, role))
            collection.number = len(items)
        return SequenceNode(tuple(items), self._leave(event))

    def _mapping(self, event: Any, role: Role) -> MappingNode:
        index = value_index(self.state.text, event)
        if self.state.text.startswith(("{#", "{%"), index):
            raise Stop(index)
        collection = self._enter(event, _MAPPING_TAGS)
        while type(event := self._next()) is not MappingEndEvent:
            kind = self._key(event, collection)
            event = self._next()
            key = collection.key or ""
            key_role = ROLES.get(key, OTHER)
            if role.holds_text:
                key_role = role.child(key_role)
            node = self._value(event, key_role)
            if key_role.is_prose or role.holds_prose:
                check_comment(event, node, self.state, is_prose=key_role.is_prose)
                if event.anchor is not None and isinstance(node, ScalarNode) and node.is_plain:
                    prose = (event.anchor, self.state.path, node.position)
                    self._anchored_prose.append(prose)
            if kind is _KeyKind.ENTRY:
                collection.entries[key] = Entry(collection.key_position, node)
                if collection.merged:
                    collection.merged.discard(key)
            elif kind is _KeyKind.MERGE:
                self._merge(collection, node, role)
            collection.key = None
        return MappingNode(collection.entries, self._leave(event))

    def _enter(self, event: Any, tags: Collection[str]) -> OpenCollection:
        state = self.state
        position = value_position(state.text, event, state.display_name)
        if len(state.open) >= MAX_LEVELS:
            state.stop_at_depth(position)
        if event.anchor is not None:
            self.anchors.nodes[event.anchor] = None
        if event.tag is not None:
            check_tag(event, tags, state)
        index = value_index(state.text, event)
        collection = OpenCollection(index, position, bool(event.flow_style), position)
        state.open.append(collection)
        return collection

    def _leave(self, event: Any) -> Position:
        collection = self.state.open.pop()
        path, line, column, _ = collection.position
        if event.end_mark.line + 1 == line:
            width = event.end_mark.column - column + 1
        else:
            width = line_end(self.state.text, collection.index) - collection.index
        return Position(path, line, column, max(width, 1))

    # Keys

    def _key(self, event: Any, collection: OpenCollection) -> _KeyKind:
        if type(event) is ScalarEvent:
            return self._scalar_key(event, collection)
        if type(event) is AliasEvent:
            node, position = self._repeated(event)
            if isinstance(node, ScalarNode):
                return self._set_key(collection, node.text, position)
        else:
            index = collection.index
            is_template = event.start_mark.index == index + 1
            if is_template and self.state.text.startswith("{{", index):
                raise Stop(index)
            position = self._value(event, OTHER).position
        return self._reject_key(collection, position)

    def _scalar_key(self, event: Any, collection: OpenCollection) -> _KeyKind:
        position = value_position(self.state.text, event, self.state.display_name)
        key = event.value
        if self._covered.stand_ins:
            key = self._covered.restored(key, event.style)
        is_plain = not event.style and event.tag is None
        if event.anchor is not None:
            node = ScalarNode(key, key, position, is_plain, position.line)
            self.anchors.nodes[event.anchor] = node
        if is_plain and key == _MERGE:
            return self._merge_key(collection, position)
        kind = self._set_key(collection, key, position)
        if event.tag is not None:
            check_tag(event, SCALAR_TAGS, self.state)
        return kind

    def _set_key(self, collection: OpenCollection, key: str, position: Position) -> _KeyKind:
        collection.key, collection.key_position = key, position
        earlier = collection.entries.get(key)
        if earlier is None or (collection.merged and key in collection.merged):
            return _KeyKind.ENTRY
        # PyYAML silently keeps the last of two equal keys.
        self.state.report(
            position,
            "repeated-key",
            f"repeated key; the first one is on line {earlier.key_position.line}",
        )
        return _KeyKind.NONE

    def _merge_key(self, collection: OpenCollection, position: Position) -> _KeyKind:
        collection.key, collection.key_position = _MERGE, position
        if collection.merged is None:
            collection.merged = set()
        else:
            hint = "merge several with one list: <<: [*first, *second]"
            self.state.report(position, "repeated-key", "a second << in one mapping", hint=hint)
        return _KeyKind.MERGE

    def _reject_key(self, collection: OpenCollection, position: Position) -> _KeyKind:
        self.state.report(
            position,
            "key-not-text",
            "a key must be text, not a mapping or a list",
            hint="a value that begins with { or [ needs quotes",
        )
        collection.key, collection.key_position = "?", position
        return _KeyKind.NONE

    def _merge(self, collection: OpenCollection, node: Node, role: Role) -> None:
        """Add the entries of a mapping, or of a list of mappings, except existing keys."""
        for base in node.items if isinstance(node, SequenceNode) else (node,):
            if not isinstance(base, MappingNode):
                self.state.report(
                    base.position,
                    "bad-merge",
                    "<< takes a mapping or a list of mappings",
                    hint='a key that is really named << needs quotes: "<<"',
                )
                continue
            for key, entry in base.entries.items():
                if key not in collection.entries:
                    value = retyped(entry.value, role.child(ROLES.get(key, OTHER)))
                    collection.entries[key] = Entry(entry.key_position, value)
                    if collection.merged is not None:
                        collection.merged.add(key)

    # Scalars and aliases

    def _scalar(self, event: Any, role: Role) -> ScalarNode:
        state, covered = self.state, self._covered
        position = value_position(state.text, event, state.display_name)
        style, text = event.style, event.value
        if covered.values and (index := value_index(state.text, event)) in covered.values:
            style, text = "", covered.values[index]
        if covered.stand_ins:
            text = covered.restored(text, style)
        is_plain = not style and event.tag is None
        value: ScalarValue = text
        if is_plain:
            value = plain_value(text, position, state, is_text=role.is_text)
        elif event.tag is not None:
            value = tagged_value(event, text, position, state)
        if style == '"' and not text.isascii():
            check_escapes(text, position, state)
        text_line = position.line + 1 if style in ("|", ">") else position.line
        node = ScalarNode(value, text, position, is_plain, text_line)
        if event.anchor is not None:
            self.anchors.nodes[event.anchor] = node
        return node

    def _repeated(self, event: Any) -> tuple[Node, Position]:
        width = len(event.anchor) + 1
        position = mark_position(event.start_mark, self.state.display_name, width)
        return self.anchors.repeat(event.anchor, position), position

    def _report_document(self, event: Any) -> None:
        self.state.report(
            mark_position(event.start_mark, self.state.display_name, 3),
            "several-documents",
            "a second document begins here; a file can contain only one document",
            hint="remove this line, or move what follows it to a file of its own",
        )
