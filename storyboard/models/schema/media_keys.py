"""JSON Schemas of pictures, sounds and clips in a storyboard: addresses and names. Pure."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

GIVE_ADDRESS = "give an https address; files beside the storyboard are not uploaded yet"
"""What a picture, a sound or a clip can be at present."""

_NO_FILE: Schema = {"not": {"type": "object"}, "errorMessage": GIVE_ADDRESS}

REFERENCE: Schema = {
    "if": {"type": "object"},
    "then": _NO_FILE,
    "else": {"type": "string", "minLength": 1},
}
"""A picture in a list: an address, or the name of a shared one; only its text can tell which."""

REFERENCES: Schema = {
    "description": "Shared pictures, sounds and clips; `first_frame`, `last_frame`, `references`, "
    "`audio` and `clip` refer to them by name.",
    "examples": [{"hero": "https://example.com/hero.png"}],
    "type": "object",
    "propertyNames": {"minLength": 1},
    "additionalProperties": {
        "if": {"$ref": "#/definitions/template"},
        "else": {
            "not": {"type": ["object", "array", "number", "boolean", "null"]},
            "pattern": r"^[Hh][Tt][Tt][Pp][Ss]://[!-~]+$(?!\n)",
            "errorMessage": GIVE_ADDRESS,
        },
    },
}


def media(limits: Schema) -> Schema:
    """Return the schema of a media word; whether its text is a name is checked later."""
    return {
        "if": {"type": "string"},
        "then": {"minLength": 1},
        "else": {"if": {"type": "object"}, "then": _NO_FILE, "else": limits},
    }
