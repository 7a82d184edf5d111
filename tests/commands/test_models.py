"""`models`: what the program knows of each model."""

from __future__ import annotations

from storyboard.models.catalog import load_catalog
from tests.commands.films import Program

NAME = "alibaba/wan2.7-t2v"
LIMITS = (
    "720P or 1080P; 16:9, 9:16, 1:1, 4:3 or 3:4; 2 to 15 s; "
    "with audio, negative_prompt, seed and sound"
)


def test_each_model_is_a_line_with_its_limits(program: Program) -> None:
    output = program("models", "list")
    assert (output.code, output.err) == (0, "")
    lines = [[part for part in line.split("  ") if part] for line in output.out.splitlines()]
    assert [line[0] for line in lines] == list(load_catalog().names())
    (wan,) = (line for line in lines if line[0] == NAME)
    assert [part.strip() for part in wan] == [NAME, "text", LIMITS, "high confidence"]
    (gone,) = (line for line in lines if line[0] == "kling/kling-v1-t2v")
    assert gone[-1].strip() == "retires 2026-08-03"


def test_the_list_as_json(program: Program) -> None:
    output = program("models", "list", "--json")
    assert output.json["schema_version"] == 1
    (wan,) = (model for model in output.json["models"] if model["name"] == NAME)
    assert wan == {
        "name": NAME,
        "title": "Wan 2.7 text to video",
        "kind": "text",
        "service": "modellix",
        "limits": LIMITS,
        "source": "https://docs.modellix.ai/alibaba/wan-2-7-t2v",
        "read": "2026-11-22",
        "confidence": "high",
        "retires": None,
        "usual_render_s": None,
        "card": None,
        "owner": "program",
        "replaces": None,
    }


def test_one_model_is_shown_with_each_parameter(program: Program) -> None:
    output = program("models", "show", NAME)
    assert (output.code, output.err) == (0, "")
    lines = output.out.splitlines()
    assert lines[0] == f"{NAME}: Wan 2.7 text to video"
    assert "source      https://docs.modellix.ai/alibaba/wan-2-7-t2v" in lines
    assert "retires     not known" in lines
    words = (
        "resolution; ratio; duration; seed; negative_prompt; sound: always true; audio: audio_url"
    )
    assert f"words       {words}" in lines
    assert "prompt           text of 1 to 5,000 characters; required" in lines
    assert "duration         a whole number from 2 to 15; default 5" in lines


def test_a_model_of_pictures_says_what_can_stand_for_one(program: Program) -> None:
    row = "pictures    a file, an https address, a name from references, or a frame of a take"
    assert row in program("models", "show", "vidu/viduq3-mix-r2v").out.splitlines()
    assert "pictures" not in program("models", "show", NAME).out


def test_one_model_as_json_has_its_limits_as_json_schema(program: Program) -> None:
    document = program("models", "show", NAME, "--json").json
    assert (document["name"], document["service"]) == (NAME, "modellix")
    assert document["parameters"]["negative_prompt"]["maxLength"] == 500


def test_an_unknown_model_gets_a_suggestion(program: Program) -> None:
    output = program("models", "show", "alibaba/wan2.7-t2")
    assert (output.code, output.out) == (2, "")
    assert output.err == (
        "error: there is no model 'alibaba/wan2.7-t2'; did you mean 'alibaba/wan2.7-t2v'?\n"
        "    next: storyboard models list names them all\n"
    )


def test_without_a_command_the_group_explains_itself(program: Program) -> None:
    output = program("models")
    assert (output.code, output.err) == (0, "")
    assert "  storyboard models list\n" in output.out
