"""JSON Schemas of pictures, sounds and clips: addresses, files, names and frames. Pure."""

from __future__ import annotations

from typing import Any

from storyboard.models.schema.keys import Schema, or_template, ref
from storyboard.models.words import PICTURES, WORDS

GIVE_ADDRESS = "only pictures can be files or frames; give an https address of a sound or a clip"
"""What a sound or a clip has to be."""

FRAME_WORDS = "first, last or a number of seconds"

FRAME_RULE = "the frame of a take is written {take: pier-1, frame: last}"

_IS_FRAME = ref("frame")
_NO_FRAME: Schema = {"not": {"type": "object"}, "errorMessage": GIVE_ADDRESS}

FRAME: Schema = {
    "type": "object",
    "if": {"required": ["take"]},
    "else": {"not": {"type": "object"}, "errorMessage": FRAME_RULE},
    "additionalProperties": False,
    "properties": {
        "take": {
            "description": "The take whose video has the frame. If its shot has several takes, "
            "the take is named: pier-1.t2.",
            "examples": ["pier-1", "pier-1.t2"],
            "type": ["string", "integer", "number"],
            "minLength": 1,
        },
        "frame": {
            "description": "Which frame: the first, the last, or the one that is shown after so "
            "many seconds.",
            "default": "last",
            "examples": ["last", "first", 2.5],
            "if": {"type": "number"},
            "then": {"minimum": 0},
            "else": or_template(
                {"enum": ["first", "last"], "errorMessage": f"{FRAME_WORDS} is needed"}
            ),
        },
    },
}
"""A frame of another take's video."""

REFERENCE: Schema = {
    "if": {"type": "object"},
    "then": _IS_FRAME,
    "else": {"type": "string", "minLength": 1},
}
"""A picture in a list; only its text can tell whether it is an address, a name or a file."""

REFERENCES: Schema = {
    "description": "Shared pictures, sounds and clips; `first_frame`, `last_frame`, `references`, "
    "`audio` and `clip` refer to them by name.",
    "markdownDescription": "Shared pictures, sounds and clips; `first_frame`, `last_frame`, "
    "`references`, `audio` and `clip` refer to them by name. Each is an https address; a picture "
    "can also be a file, relative to this one, or `{take: pier-1, frame: last}`.",
    "examples": [{"hero": "cast/hero.png"}, {"hero": "https://example.com/hero.png"}],
    "type": "object",
    "propertyNames": {"minLength": 1},
    "additionalProperties": REFERENCE,
}


def examples(word: str) -> list[Any]:
    """Return what editors offer for a media word before the examples of the models' cards."""
    if word not in PICTURES:
        return []
    return [["cast/hero.png"]] if WORDS[word] == "array" else ["cast/hero.png"]


def snippets(word: str) -> Schema:
    """Return the keywords by which editors offer a frame; they cannot show it as an example."""
    if word not in PICTURES or WORDS[word] == "array":
        return {}
    label, body = "frame of a take", {"take": "$1", "frame": "${2:last}"}
    about = "The first or last frame of another take, or the one after so many seconds"
    return {"defaultSnippets": [{"label": label, "description": about, "body": body}]}


def more_about(word: str) -> str:
    """Return what follows the description of a media word in Markdown; empty for sounds."""
    if word not in PICTURES:
        return ""
    each = "Each is a" if WORDS[word] == "array" else "A"
    return (
        f" {each} file, an https address, a name from `references`, or a frame of another take: "
        "`{take: pier-1, frame: last}`."
    )


def media(word: str, limits: Schema) -> Schema:
    """Return the schema of a media word; whether its text is a name is checked later."""
    frame = _IS_FRAME if word in PICTURES else _NO_FRAME
    return {
        "if": {"type": "string"},
        "then": {"minLength": 1},
        "else": {"if": {"type": "object"}, "then": frame, "else": limits},
    }
