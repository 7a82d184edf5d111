"""JSON Schemas of the storyboard's own keys, each with a description and an example. Pure.

They stand in the order in which editors offer the keys. `limits` makes the
schemas of the models' parameters from the cards.
"""

from __future__ import annotations

from typing import Any

from storyboard.names import DEVICE, ID, MAX_ID_LENGTH, RESERVED_NAMES, TAKE_ENDING

Schema = dict[str, Any]

# Jinja reads these words as something else than a name.
_JINJA_WORDS = (
    *("true", "false", "none", "True", "False", "None", "self"),
    *("not", "and", "or", "in", "is", "if", "else"),
)

# $ alone would allow a line break at the end in Python.
_END = r"$(?!\n)"

_IS_TEMPLATE: Schema = {"$ref": "#/definitions/template"}

# Text with a Jinja expression, statement or comment. Without a description: editors show the
# first that they meet, and it would stand in place of the key's own.
TEMPLATE: Schema = {"type": "string", "pattern": r"\{[{%#]"}

_NO_TEMPLATE: Schema = {
    "pattern": r"^(?![\s\S]*\{[{%#])",
    "errorMessage": "this key is taken as it is written; templates do not work here",
}

_ID_RULES: Schema = {
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    "allOf": [
        {
            "pattern": f"^{ID}{_END}",
            "errorMessage": "an id is made of A-Z, a-z, 0-9, dot, underscore and hyphen, and "
            "begins with a letter or a digit",
        },
        {
            "pattern": rf"^(?![\s\S]*{TAKE_ENDING})",
            "errorMessage": "an id does not end in .t and a number, which is how takes are named",
        },
        {
            "pattern": f"^(?!{DEVICE})",
            "errorMessage": "Windows keeps this name for a device, and ids become file names",
        },
        {
            "pattern": r"^(?![\s\S]*\.$)",
            "errorMessage": "an id does not end with a dot, which Windows drops from file names",
        },
    ],
}

_VAR_NAMES: Schema = {
    "allOf": [
        {
            "pattern": f"^[A-Za-z_\\u0080-\\uffff][A-Za-z0-9_\\u0080-\\uffff]*{_END}",
            "errorMessage": "the name of a var is made of letters, digits and underscores, and "
            "does not begin with a digit",
        },
        {
            "not": {"enum": list(RESERVED_NAMES)},
            "errorMessage": "this name has a meaning in templates already",
        },
        {
            "not": {"enum": list(_JINJA_WORDS)},
            "errorMessage": "this name is a word of the template language",
        },
    ]
}


def _id(what: str, example: str, templated: str) -> Schema:
    return {
        "description": f"Names the {what}; unique in the file without regard to case.",
        "markdownDescription": f"Names the {what}; unique in the file without regard to case. "
        "Letters, digits, `.`, `_` and `-`, at most 100, or a template that renders to such.",
        "examples": [example, templated],
        "type": "string",
        "if": _IS_TEMPLATE,
        "else": _ID_RULES,
    }


def _text(description: str, *examples: str) -> Schema:
    return {"description": description, "examples": list(examples), "type": ["string", "null"]}


def _choice(description: str) -> Schema:
    return {
        "description": description,
        "default": False,
        "examples": [False, True],
        "if": _IS_TEMPLATE,
        "else": {"type": ["boolean", "null"]},
    }


# At the top

SCHEMA: Schema = {
    "description": "The address of this schema, as editors write it; storyboard ignores it.",
    "examples": ["../schemas/storyboard.schema.json"],
    "type": "string",
}

VERSION: Schema = {
    "description": "The version of the storyboard format.",
    "examples": [1],
    "const": 1,
    "errorMessage": "this program reads version 1 of the format",
}

TITLE: Schema = _text("A name for people; templates know it as title.", "Neon Harbor")

MODEL: Schema = {"description": "The model that renders the shots.", "type": "string"}

INCLUDE: Schema = {
    "description": "Files with vars, negatives, seeds and defaults that several storyboards "
    "share. They come first, in order; paths start at this file.",
    "examples": [["house-style.yaml"]],
    "type": "array",
    "items": {"type": "string", "minLength": 1, "allOf": [_NO_TEMPLATE]},
}

VARS: Schema = {
    "description": "Values for templates, by name; a value may use other vars.",
    "markdownDescription": "Values for templates, by name; a value may use other vars. "
    "A scene's vars add to the file's, a shot's to both; the nearest wins.",
    "examples": [{"hero": "a woman in a yellow raincoat"}],
    "type": "object",
    "propertyNames": _VAR_NAMES,
}

NEGATIVES: Schema = {
    "description": "Shared negative prompts, by the name that `negative` uses.",
    "examples": [{"base": "blurry, low quality, watermark"}],
    "type": "object",
    "propertyNames": {"minLength": 1},
    "additionalProperties": {"type": "string"},
}


def seeds(limits: Schema) -> Schema:
    """The shared seeds, each within `limits` or a template."""
    return {
        "description": "Shared seeds, by the name that `seed` uses.",
        "examples": [{"hero": 42}],
        "type": "object",
        "propertyNames": {
            "minLength": 1,
            "not": {"const": "auto"},
            "errorMessage": "auto makes a seed of the shot's id, so a shared seed needs another "
            "name",
        },
        "additionalProperties": {"if": _IS_TEMPLATE, "else": limits},
    }


SCENES: Schema = {
    "description": "Groups of shots, each with vars and defaults of its own.",
    "examples": [[{"id": "pier", "shots": [{"id": "dawn", "prompt": "A pier at dawn"}]}]],
    "type": "array",
    "minItems": 1,
    "items": {"$ref": "#/definitions/scene"},
}

SHOTS: Schema = {
    "description": "The shots, in the film's order.",
    "examples": [[{"id": "dawn", "prompt": "A pier at dawn"}]],
    "type": "array",
    "minItems": 1,
    "items": {"$ref": "#/definitions/shot"},
    "defaultSnippets": [
        {"label": "shot", "description": "A new shot", "body": {"id": "$1", "prompt": "$2"}}
    ],
}

NOT_BOTH: Schema = {
    "not": {},
    "errorMessage": "a storyboard has either scenes or shots at the top, not both",
}

NEITHER = "a storyboard needs shots, or scenes that hold them"


# In a scene

SCENE: Schema = {
    "description": "A group of shots.",
    "type": "object",
    "required": ["id", "shots"],
    "additionalProperties": False,
    "properties": {
        "id": _id("scene", "pier", "{{ place | slug }}"),
        "title": _text("A name for people; templates know it as scene.title.", "The pier at night"),
        "vars": {"$ref": "#/definitions/vars"},
        "defaults": {"$ref": "#/definitions/defaults"},
        "shots": {"$ref": "#/definitions/shots"},
    },
}


# In defaults and in a shot

SHARED: Schema = {
    "negative": {
        "description": "Shared negative prompts: names from `negatives`, as a list or with commas.",
        "examples": ["base", ["base", "people"]],
        "type": ["string", "array", "null"],
        "items": {"type": "string", "minLength": 1},
    },
    "prompt_prefix": _text("Goes before the prompt, as it is written.", "{{ look }}, "),
    "prompt_suffix": _text("Goes after the prompt, as it is written.", ". Style: {{ look }}"),
    "takes": {
        "description": "How many takes of the shot; take k uses seed + k - 1.",
        "default": 1,
        "examples": [3],
        "if": _IS_TEMPLATE,
        "else": {"type": ["integer", "null"], "minimum": 1},
    },
    "model": MODEL,
    "tags": {
        "description": "Words to select shots by, with --tag: a list, or one text with commas.",
        "examples": [["hero", "night"], "hero, night"],
        "type": ["string", "array", "null"],
        "items": {"type": "string", "minLength": 1},
    },
    "notes": _text("For people; never sent.", "Match the light of the shot before."),
    "meta": {
        "description": "Free values for outputs and templates; never sent by themselves.",
        "examples": [{"slate": "12A"}],
        "type": ["object", "null"],
    },
    "skip": _choice("Leaves the shot out."),
    "locked": _choice("Keeps the video the shot has, whatever changes around it."),
}


# In a shot only. `vars` is a definition of its own.

SHOT_ONLY: Schema = {
    "id": _id("shot", "establishing", "city-{{ matrix.city | slug }}"),
    "title": _text("A name for people; templates know it as shot.title.", "The boat casts off"),
    "matrix": {
        "description": "One shot for each combination of the lists; the first turns slowest.",
        "markdownDescription": "One shot for each combination of the lists; the first turns "
        "slowest. `exclude` drops the combinations that match on all the keys it names, `include` "
        "adds combinations. Templates say `matrix.city`.",
        "examples": [{"city": ["Osaka", "Porto"], "light": ["dawn", "night"]}],
        "type": "object",
        "minProperties": 1,
        "properties": {
            "exclude": {
                "description": "Combinations to leave out.",
                "examples": [[{"city": "Porto", "light": "dawn"}]],
                "type": "array",
                "items": {"type": "object", "minProperties": 1},
            },
            "include": {
                "description": "Combinations to add.",
                "examples": [[{"city": "Oslo", "light": "noon"}]],
                "type": "array",
                "items": {"type": "object", "minProperties": 1},
            },
        },
        "additionalProperties": {
            "description": "The values of one axis.",
            "type": "array",
            "minItems": 1,
        },
    },
    "rows": {
        "description": "One shot for each row: a file, or the rows themselves.",
        "markdownDescription": "One shot for each row: a file of CSV, TSV, XLSX, JSON, JSONL, "
        "YAML, Markdown or text (one prompt a line), or the rows themselves. Templates say "
        "`row.name`. The path starts at this file; `key` names the list where it lies deeper in "
        "JSON or YAML, `sheet` the sheet of a workbook.",
        "examples": [
            "products.csv",
            {"file": "board.json", "key": "clips"},
            {"file": "shots.xlsx", "sheet": "Shots"},
            [{"name": "Lamp", "seconds": 5}],
        ],
        "type": ["string", "object", "array"],
        "minLength": 1,
        "allOf": [_NO_TEMPLATE],
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {
                "description": "The file that holds the rows.",
                "examples": ["board.json"],
                "type": "string",
                "minLength": 1,
                "allOf": [_NO_TEMPLATE],
            },
            "key": {
                "description": "The key of the list in the file; dots lead deeper.",
                "examples": ["clips", "project.clips"],
                "type": "string",
                "minLength": 1,
                "allOf": [_NO_TEMPLATE],
            },
            "sheet": {
                "description": "The sheet of a workbook (.xlsx) that has several.",
                "examples": ["Shots"],
                "type": "string",
                "minLength": 1,
                "allOf": [_NO_TEMPLATE],
            },
        },
        "minItems": 1,
        "items": {"type": ["object", "string"]},
    },
    "vars": {"$ref": "#/definitions/vars"},
}
