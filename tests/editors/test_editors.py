"""What people see who write a storyboard in an editor, word by word.

Left out where the servers are not at hand; `make editors` brings them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.editors.servers import (
    CURSOR,
    HERE,
    MODULES,
    SCHEMA,
    Editor,
    JsonService,
    Process,
    YamlServer,
)

pytestmark = pytest.mark.skipif(
    not MODULES.is_dir() or shutil.which("node") is None,
    reason="the editors' servers are not here; make editors brings them",
)

DEFINITIONS = json.loads((HERE.parents[1] / "schemas/storyboard.schema.json").read_text())[
    "definitions"
]
VALUES: dict[str, list[Any]] = {
    **{
        key: DEFINITIONS[f"parameter.{key}"]["examples"]
        for key in ("ratio", "resolution", "duration", "prompt_extend", "seed")
    },
    "skip": [False, True],
}
WRONG = {
    "version": 1,
    "model": "alibaba/wan2.7-t2v",
    "shots": [{"id": "a b", "ratio": "21:9", "audio_url": "x y", "duration": 1, "promt": "Rain"}],
}
MESSAGES = [
    "an id consists of A-Z, a-z, 0-9, dot, underscore and hyphen, and begins with a letter or a "
    "digit",
    "an address starts with http:// or https:// and a host, and contains no spaces; other "
    "characters are percent-encoded",
    'Value is not accepted. Valid values: "16:9", "9:16", "1:1", "4:3", "3:4", null.',
    f"Value is not accepted. Valid values: {', '.join(str(n) for n in range(2, 16))}, null.",
    "Property promt is not allowed.",
]


@pytest.fixture(
    scope="module", params=["yaml-language-server", "yaml-language-server-2", "vscode-json"]
)
def editor(request: pytest.FixtureRequest) -> Iterator[Editor]:
    if request.param == "vscode-json":
        with Process(HERE / "json_service.js") as process:
            yield JsonService(process)
    else:
        program = MODULES / request.param / "bin" / "yaml-language-server"
        with Process(program, "--stdio") as process:
            yield YamlServer(process)


def ask_value(editor: Editor, key: str) -> list[Any]:
    """The values that are offered for a key of a shot."""
    if isinstance(editor, JsonService):
        text = f'{{"version": 1, "shots": [{{"id": "a", "{key}": {CURSOR}}}]}}'
        return [json.loads(label) for label in editor.complete(text)]
    labels = editor.complete(f"version: 1\nshots:\n  - id: a\n    {key}: {CURSOR}\n")
    return [
        label if key in ("ratio", "resolution", "model") else json.loads(label) for label in labels
    ]


def ask_key(editor: Editor, key: str) -> str:
    """What is shown for a key of a shot."""
    name = f"{key[0]}{CURSOR}{key[1:]}"
    if isinstance(editor, JsonService):
        return editor.hover(f'{{"version": 1, "shots": [{{"{name}": null}}]}}')
    shown = editor.hover(f"version: 1\nshots:\n  - {name}: null\n")
    title, text = shown.split("\n\n", 1)
    assert title == "#### Storyboard, version 1"
    return re.split("\n\n(?:Allowed Values|Example|Source):", text)[0]


def as_text(editor: Editor, document: Any) -> str:
    """A document as it stands in that editor; block style, where the editor is for YAML."""
    text = json.dumps(document)
    return text if isinstance(editor, JsonService) else f"{text}\n"


def test_values_are_offered(editor: Editor) -> None:
    for key, values in VALUES.items():
        assert sorted(map(json.dumps, ask_value(editor, key))) == sorted(map(json.dumps, values))


def test_the_keys_of_a_frame_are_offered_and_its_values(editor: Editor) -> None:
    def offered(inside: str) -> list[str]:
        if isinstance(editor, JsonService):
            shot = f'{{"id": "a", "first_frame": {{{inside}}}}}'
            return editor.complete(f'{{"version": 1, "shots": [{shot}]}}')
        return editor.complete(f"version: 1\nshots:\n  - id: a\n    first_frame: {{{inside}}}\n")

    typed = "" if isinstance(editor, JsonService) else "t"  # the YAML server waits for a letter
    assert {"take", "frame"} <= {label.strip('"') for label in offered(typed + CURSOR)}
    labels = offered(f'"take": "a", "frame": {CURSOR}')
    assert {"last", "first"} <= {label.strip('"') for label in labels}


def test_every_key_is_explained_by_its_own_text(editor: Editor) -> None:
    schema = json.loads((HERE.parents[1] / "schemas" / "storyboard.schema.json").read_text())
    for key, value in schema["definitions"]["shot"]["properties"].items():
        known = (
            schema["definitions"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        )
        words = known.get("markdownDescription", known["description"])
        assert plain(ask_key(editor, key)) == plain(words), key


def plain(text: str) -> str:
    """Without what editors put in to print text as it is."""
    return re.sub(r"\\(\W)", r"\1", text)


def test_problems_are_told_in_the_words_of_storyboard(editor: Editor) -> None:
    told = editor.problems(as_text(editor, WRONG))
    assert set(MESSAGES) <= set(told)
    # An address that no model takes is told once more, for what another model takes.
    assert len(told) <= len(MESSAGES) + 1
    own_words = "a storyboard needs shots, or scenes that contain them"
    is_json = isinstance(editor, JsonService)  # which has words of its own for missing keys
    missing = 'Missing property "shots".' if is_json else own_words
    assert editor.problems(as_text(editor, {"version": 1})) == [missing]


def test_a_sound_storyboard_has_no_problems(editor: Editor) -> None:
    shots: list[dict[str, Any]] = [
        {"id": "a", "prompt": "{{ x }}", "duration": "{{ y }}", "seed": "auto"}
    ]
    frame = {"take": "a", "frame": "last"}
    shots.append({"id": "b", "first_frame": "frames/a.png", "last_frame": frame, "pause": True})
    shots.append({"id": "c", "references": ["hero", {"take": "b", "frame": 2.5}]})
    names = {"hero": "cast/hero.png", "end": {"take": "a"}}
    sound = {"version": 1, "vars": {"x": "Rain", "y": 5}, "references": names, "shots": shots}
    assert editor.problems(as_text(editor, sound)) == []
    if isinstance(editor, YamlServer):
        assert editor.problems(as_text(editor, {"$schema": SCHEMA, **sound})) == []
