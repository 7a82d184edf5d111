"""The page of the format, from the storyboard's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import yaml

from storyboard.models.catalog import load_catalog
from storyboard.models.schema.storyboard import include_schema, storyboard_schema
from storyboard.models.schema.words import allowed_words, spelled

Schema: TypeAlias = "Mapping[str, Any]"

_INTRO = """
# The storyboard format, version 1

This page lists every key of a storyboard: what it does, what it takes, its default and an example.
A storyboard is a YAML file with either `shots` or `scenes` at the top. `defaults` apply to every
shot below them; of the file, the scene and the shot, the nearest one wins, and a variant that
`--variant` names beats them all. Every string is a
[Jinja](https://jinja.palletsprojects.com/templates/) template, except where this page says
otherwise. Editors with a YAML language server show the same text from the schema that
`storyboard schema` prints.
""".strip()

_PARAMETERS = """
These keys are allowed in a shot, in the `defaults` of the file and of a scene, and in a variant.
`null` cancels a default.
""".strip()

_INCLUDED = """
A file named by `include` contains what several storyboards share, and no shots. These keys are
allowed:
""".strip()


ONE_OR_MORE = {"type": "array"}
"""How the schema of a key begins that takes one value, or a list of such."""


def format_page() -> str:
    """Every key of a storyboard: what it does, what it takes, its default, an example."""
    cards = load_catalog().cards()
    schema, included = storyboard_schema(cards), include_schema(cards)
    known = schema["definitions"]
    scene, shot, defaults = known["scene"], known["shot"], known["defaults"]
    own = {key: one for key, one in shot["properties"].items() if key not in defaults["properties"]}
    parts = [
        _INTRO,
        "## The file",
        *_keys(schema["properties"], schema["required"], known),
        "## A scene",
        *_keys(scene["properties"], scene["required"], known),
        "## A shot",
        *_keys(own, shot["required"], known),
        "## A shot, or defaults",
        _PARAMETERS,
        *_keys(defaults["properties"], (), known),
        "## An included file",
        f"{_INCLUDED} {', '.join(f'`{key}`' for key in included['properties'])}.",
    ]
    return "\n\n".join(parts)


def _keys(schemas: Schema, required: Any, known: Schema) -> Iterator[str]:
    for key, schema in schemas.items():
        yield from _key(key, _resolved(schema, known), is_needed=key in required)


def _key(key: str, schema: Schema, *, is_needed: bool) -> Iterator[str]:
    yield f"### `{key}`"
    words = schema.get("markdownDescription", schema.get("description", ""))
    yield words
    facts = [] if "\n" in words else [f"Takes {_allowed(schema)}."]
    if is_needed:
        facts.append("Required.")
    elif "default" in schema and "\n" not in words:
        facts.append(f"Default: `{spelled(schema['default'])}`.")
    if facts:
        yield " ".join(facts)
    if schema.get("if") == ONE_OR_MORE:  # each of them is named above
        schema = {**schema, "examples": [schema["examples"][0], schema["examples"][-1]]}
    if examples := _examples(key, schema):
        yield f"```yaml\n{examples}```"
    for inner, one in schema.get("properties", {}).items() if key in ("matrix", "rows") else ():
        yield f"`{key}.{inner}`: {one['description']}"


def _allowed(schema: Schema) -> str:
    """What a key takes; a template where the schema says so."""
    if "const" in schema:
        return f"`{schema['const']}`"
    allowed = allowed_words(schema if "type" in schema else schema.get("else", schema))
    if schema.get("if") == ONE_OR_MORE:
        names = [f"'{name}'" for name in schema["examples"][:-1]]
        return f"{', '.join(names)}, or a list of them"
    is_number = schema.get("if") and "type" not in schema
    return f"{allowed}, or a template that renders to one" if is_number else allowed


def _examples(key: str, schema: Schema) -> str:
    """The first example of a model's parameter, and all of the storyboard's own keys."""
    examples = schema.get("examples") or schema.get("enum") or []
    shown = examples[:1] if "markdownDescription" in schema and "default" in schema else examples
    return "# or\n".join(_line(key, one) for one in shown)


def _line(key: str, value: object) -> str:
    """A key with a value as YAML; short lists and mappings stand in brackets."""
    options = {"sort_keys": False, "allow_unicode": True, "width": 90}
    if isinstance(value, (list, dict)):
        return yaml.safe_dump({key: value}, default_flow_style=None, **options)
    return f"{key}: {yaml.safe_dump(value, **options)}".removesuffix("...\n")


def _resolved(schema: Schema, known: Schema) -> Schema:
    reference = schema.get("$ref")
    return known[reference.rsplit("/", 1)[1]] if reference else schema
