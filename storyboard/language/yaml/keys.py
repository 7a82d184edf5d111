"""Keys of YAML mappings: each once, each text, and `<<` for merging."""

from __future__ import annotations

from storyboard.language.nodes import Entry, MappingNode, Node, SequenceNode
from storyboard.language.yaml.aliases import retyped
from storyboard.language.yaml.frames import Frame, Reading
from storyboard.records import Position

MERGE = "<<"


def set_key(reading: Reading, frame: Frame, key: str, position: Position) -> None:
    """Make `key` the one that waits for its value; a repeated one's value is dropped."""
    frame.key, frame.key_position = key, position
    frame.is_merge = frame.is_dropped = False
    earlier = frame.entries.get(key)
    if earlier is not None and not (frame.merged and key in frame.merged):
        # PyYAML keeps the last of two equal keys without a word.
        frame.is_dropped = True
        reading.report(
            position,
            "repeated-key",
            f"repeated key; the first one is on line {earlier.key_position.line}",
        )


def set_merge_key(reading: Reading, frame: Frame, position: Position) -> None:
    """Make the value that comes next one to merge."""
    frame.key, frame.key_position = MERGE, position
    frame.is_merge, frame.is_dropped = True, False
    if frame.merged is None:
        frame.merged = set()
    else:
        hint = "merge several with one list: <<: [*first, *second]"
        reading.report(position, "repeated-key", "a second << in one mapping", hint=hint)


def set_odd_key(reading: Reading, frame: Frame, position: Position) -> None:
    """Report a mapping or a list as a key; its value is dropped."""
    reading.report(
        position,
        "key-not-text",
        "a key must be text, not a mapping or a list",
        hint="a value that begins with { or [ needs quotes",
    )
    frame.key, frame.key_position = "?", position
    frame.is_merge, frame.is_dropped = False, True


def merge(reading: Reading, frame: Frame, node: Node) -> None:
    """Add the entries of a mapping, or of a list of them, whose keys are not there yet."""
    merged = frame.merged if frame.merged is not None else set()
    for base in node.items if isinstance(node, SequenceNode) else (node,):
        if not isinstance(base, MappingNode):
            reading.report(
                base.position,
                "bad-merge",
                "<< takes a mapping or a list of mappings",
                hint='a key that is really named << needs quotes: "<<"',
            )
            continue
        for key, entry in base.entries.items():
            if key not in frame.entries:
                value = retyped(
                    entry.value,
                    is_text=frame.is_text or key in reading.keys.names,
                    values_are_text=key in reading.keys.mappings,
                )
                frame.entries[key] = Entry(entry.key_position, value)
                merged.add(key)
