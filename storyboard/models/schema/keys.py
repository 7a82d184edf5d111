"""JSON Schemas of the storyboard's own keys, each with a description and an example. Pure.

They are in the order in which editors offer the keys. `limits` makes the schemas of the models'
parameters from the cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storyboard.models.schema.validator import TEMPLATE_MARK
from storyboard.names import DEVICE, FOLDER_ENDING, ID, MAX_ID_LENGTH, RESERVED_NAMES, TAKE_ENDING

Schema = dict[str, Any]

# Jinja does not read these words as names.
JINJA_WORDS = (
    *("true", "false", "none", "True", "False", "None", "self"),
    *("not", "and", "or", "in", "is", "if", "else"),
)

# In Python, $ alone would allow a line break at the end.
_END = r"$(?!\n)"


def ref(name: str) -> Schema:
    """Return a reference to a definition of the same schema."""
    return {"$ref": f"#/definitions/{name}"}


def or_template(limits: Mapping[str, Any]) -> Schema:
    """Return a schema that accepts any template, and otherwise what `limits` accepts."""
    return {"if": ref("template"), "else": dict(limits)}


# Text with a Jinja expression, statement or comment. It has no description, because editors show
# the first one they find, which would hide the key's own.
TEMPLATE: Schema = {"type": "string", "pattern": TEMPLATE_MARK}

_NO_TEMPLATE: Schema = {
    "pattern": r"^(?![\s\S]*\{[{%#])",
    "errorMessage": "templates do not work here; this value is used as written",
}

_PLAIN_TEXT: Schema = {"type": "string", "minLength": 1, "allOf": [_NO_TEMPLATE]}

_ID_RULES: Schema = {
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    "allOf": [
        {
            "pattern": f"^{ID}{_END}",
            "errorMessage": "an id consists of A-Z, a-z, 0-9, dot, underscore and hyphen, and "
            "begins with a letter or a digit",
        },
        {
            "pattern": rf"^(?![\s\S]*{TAKE_ENDING})",
            "errorMessage": "an id cannot end in .t and a number, which is how takes are named",
        },
        {
            "pattern": f"^(?!{DEVICE})",
            "errorMessage": "Windows reserves this name for a device, and ids become file names",
        },
        {
            "pattern": r"^(?![\s\S]*\.$)",
            "errorMessage": "an id cannot end with a dot, which Windows drops from file names",
        },
    ],
}

_VAR_NAMES: Schema = {
    "allOf": [
        {
            "pattern": f"^[A-Za-z_\\u0080-\\uffff][A-Za-z0-9_\\u0080-\\uffff]*{_END}",
            "errorMessage": "the name of a var consists of letters, digits and underscores, and "
            "does not begin with a digit",
        },
        {
            "not": {"enum": list(RESERVED_NAMES)},
            "errorMessage": "this name already has a meaning in templates",
        },
        {
            "not": {"enum": list(JINJA_WORDS)},
            "errorMessage": "this name is a keyword of the template language",
        },
    ]
}


def _id(what: str, example: str, templated: str) -> Schema:
    return {
        "description": f"The {what}'s name; unique in the file, ignoring case.",
        "markdownDescription": f"The {what}'s name; unique in the file, ignoring case. "
        "At most 100 letters, digits, `.`, `_` and `-`, or a template that renders to such a name.",
        "examples": [example, templated],
        "type": "string",
        **or_template(_ID_RULES),
    }


def _text(description: str, *examples: str) -> Schema:
    return {"description": description, "examples": list(examples), "type": ["string", "null"]}


def _choice(description: str) -> Schema:
    return {
        "description": description,
        "default": False,
        "examples": [False, True],
        **or_template({"type": ["boolean", "null"]}),
    }


# At the top

SCHEMA: Schema = {
    "description": "The address of this schema, for editors; storyboard ignores it.",
    "examples": ["../schemas/storyboard.schema.json"],
    "type": "string",
}

VERSION: Schema = {
    "description": "The version of the storyboard format.",
    "examples": [1],
    "const": 1,
    "errorMessage": "storyboard reads version 1 of the format",
}

TITLE: Schema = _text("A title for people; `title` in templates.", "Neon Harbor")

MAX_CANDIDATES = 5
"""How many models a shot may name; the next is used once the one before it fails or is refused."""


def model(names: Schema, offered: Sequence[str]) -> Schema:
    """Return the schema of a model: one of `names` or a list of them; editors offer `offered`."""
    rule = "no model has this name; storyboard models list shows them all"
    one = {"type": "string", "errorMessage": rule, **names}
    return {
        "description": "The model that renders the shots; or a list, whose next one is submitted "
        "only once the one before it has failed or was refused.",
        "examples": [*offered, [*offered[:2]]],
        "if": {"type": "array"},
        "then": {
            "items": one,
            "allOf": [
                {"minItems": 1},
                {
                    "maxItems": MAX_CANDIDATES,
                    "errorMessage": f"it may name at most {MAX_CANDIDATES} models",
                },
                {"uniqueItems": True, "errorMessage": "it may name each model once"},
            ],
        },
        "else": one,
    }


INCLUDE: Schema = {
    "description": "Files with vars, negatives, seeds and defaults that several storyboards "
    "share. They are applied first, in order; paths are relative to this file.",
    "examples": [["house-style.yaml"]],
    "type": "array",
    "items": _PLAIN_TEXT,
}

VARS: Schema = {
    "description": "Values for templates, by name; a value can use other vars.",
    "markdownDescription": "Values for templates, by name; a value can use other vars. "
    "A scene adds its vars to the file's, and a shot adds its vars to both; the nearest wins.",
    "examples": [{"hero": "a woman in a yellow raincoat"}],
    "type": "object",
    "propertyNames": _VAR_NAMES,
}

NEGATIVES: Schema = {
    "description": "Shared negative prompts; `negative` refers to them by name.",
    "examples": [{"base": "blurry, low quality, watermark"}],
    "type": "object",
    "propertyNames": {"minLength": 1},
    "additionalProperties": {"type": "string"},
}


def seeds(limits: Schema) -> Schema:
    """Return the schema of the shared seeds, each within `limits` or a template."""
    return {
        "description": "Shared seeds; `seed` refers to them by name.",
        "examples": [{"hero": 42}],
        "type": "object",
        "propertyNames": {
            "minLength": 1,
            "not": {"const": "auto"},
            "errorMessage": "auto derives a seed from the shot's id, so a shared seed needs "
            "another name",
        },
        "additionalProperties": or_template(limits),
    }


VARIANTS: Schema = {
    "description": "Settings by name; --variant NAME puts them above every other level.",
    "markdownDescription": "Settings by name. With `--variant draft`, those of `draft` replace "
    "what the file, its scenes and its shots say, and everything goes into a folder of its own, "
    "`renders/film.draft`. A seed does not carry over to another resolution or model.",
    "examples": [{"draft": {"duration": 3, "takes": 1}}],
    "type": "object",
    "propertyNames": {
        **_ID_RULES,
        "allOf": [
            *_ID_RULES["allOf"],
            {
                "not": {"pattern": FOLDER_ENDING},
                "errorMessage": "a variant names a folder, and those that end in sandbox, in "
                "storyboard or in a hyphen and a number are the film's own",
            },
        ],
    },
    "additionalProperties": ref("variant"),
}

DEFAULTS = "Values for every shot below that does not set its own."

VARIANT = "What replaces the settings of every shot in this variant."


SCENES: Schema = {
    "description": "Groups of shots, each with its own vars and defaults.",
    "examples": [[{"id": "pier", "shots": [{"id": "dawn", "prompt": "A pier at dawn"}]}]],
    "type": "array",
    "minItems": 1,
    "items": ref("scene"),
}

SHOTS: Schema = {
    "description": "The shots, in the film's order.",
    "examples": [[{"id": "dawn", "prompt": "A pier at dawn"}]],
    "type": "array",
    "minItems": 1,
    "items": ref("shot"),
    "defaultSnippets": [
        {"label": "shot", "description": "A new shot", "body": {"id": "$1", "prompt": "$2"}}
    ],
}

NOT_BOTH: Schema = {
    "not": {},
    "errorMessage": "a storyboard has either scenes or shots at the top, not both",
}

NEITHER = "a storyboard needs shots, or scenes that contain them"


IF_MISSING: Schema = {
    "description": "What becomes of a setting that a shot's model does not have: drop leaves it "
    "out, with a warning. Without this it is a problem.",
    "examples": [{"seed": "drop", "negative_prompt": "drop"}],
    "type": "object",
    "additionalProperties": {"enum": ["drop"]},
}


# In a scene

SCENE: Schema = {
    "description": "A group of shots.",
    "type": "object",
    "required": ["id", "shots"],
    "additionalProperties": False,
    "properties": {
        "id": _id("scene", "pier", "{{ place | slug }}"),
        "title": _text("A title for people; `scene.title` in templates.", "The pier at night"),
        "vars": ref("vars"),
        "defaults": ref("defaults"),
        "shots": ref("shots"),
    },
}


# In defaults and in a shot

SHARED: Schema = {
    "negative": {
        "description": "Shared negative prompts: names from `negatives`, in a list or with commas.",
        "examples": ["base", ["base", "people"]],
        "type": ["string", "array", "null"],
        "items": {"type": "string", "minLength": 1},
    },
    "prompt_prefix": _text("Put before the prompt, exactly as written.", "{{ look }}, "),
    "prompt_suffix": _text("Put after the prompt, exactly as written.", ". Style: {{ look }}"),
    "takes": {
        "description": "How many takes to make of the shot; take k uses seed + k - 1.",
        "default": 1,
        "examples": [3],
        **or_template({"type": ["integer", "null"], "minimum": 1}),
    },
    "model": model({}, ()),
    "tags": {
        "description": "Words for selecting shots with --tag: a list, or text with commas.",
        "examples": [["hero", "night"], "hero, night"],
        "type": ["string", "array", "null"],
        "items": {"type": "string", "minLength": 1},
    },
    "notes": _text("Notes for people; never sent.", "Match the light of the previous shot."),
    "meta": {
        "description": "Values of your own for outputs and templates; sent only where a template "
        "uses them.",
        "examples": [{"slate": "12A"}],
        "type": ["object", "null"],
    },
    "skip": _choice("Leaves the shot out."),
    "locked": _choice("Keeps the shot's current video, whatever changes around it."),
    "pause": _choice(
        "Shots that show a frame of this one wait until you have seen its video: render --past ID."
    ),
}


# In a shot only; so is `vars`, which is a definition of its own.

SHOT_ONLY: Schema = {
    "id": _id("shot", "establishing", "city-{{ matrix.city | slug }}"),
    "title": _text("A title for people; `shot.title` in templates.", "The boat casts off"),
    "matrix": {
        "description": "One shot for each combination of the lists; the first varies slowest.",
        "markdownDescription": "One shot for each combination of the lists; the first varies "
        "slowest. `exclude` drops the combinations that match all the keys it names, `include` "
        "adds combinations. Templates use `matrix.city`.",
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
        "markdownDescription": "One shot for each row: a CSV, TSV, XLSX, JSON, JSONL, YAML, "
        "Markdown or text file (one prompt per line), or the rows themselves. Templates use "
        "`row.name`. The path is relative to this file; `key` leads to a list inside a JSON or "
        "YAML file, and `sheet` names the sheet of a workbook.",
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
                "description": "The file with the rows.",
                "examples": ["board.json"],
                **_PLAIN_TEXT,
            },
            "key": {
                "description": "The key of the list in the file; use dots for nested keys.",
                "examples": ["clips", "project.clips"],
                **_PLAIN_TEXT,
            },
            "sheet": {
                "description": "The sheet, in a workbook (.xlsx) that has several.",
                "examples": ["Shots"],
                **_PLAIN_TEXT,
            },
        },
        "minItems": 1,
        "items": {"type": ["object", "string"]},
    },
}

OWN_KEYS = frozenset((*SHARED, *SHOT_ONLY, "vars"))
"""The storyboard's own keys in a shot; no parameter of a model can have such a name."""
