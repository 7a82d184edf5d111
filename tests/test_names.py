"""The rules of ids, paths and reserved names, which other rooms take from one module."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from storyboard.names import (
    ID,
    RESERVED_NAMES,
    check_id,
    find_spellings,
    fold,
    from_file_name,
    is_device,
    is_video_path,
    path_problem,
    portable_path,
    spelled_on_disk,
    take_id,
    to_file_name,
    video_path,
)

SCHEMAS = Path(__file__).parents[1] / "schemas"


@pytest.mark.parametrize(
    "text", ["a", "0010", "A.b_c-d", "a.t", "a.t1x", "at1", "console", "lpt", "com10", "x" * 100]
)
def test_these_are_ids(text: str) -> None:
    assert check_id(text) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "is empty"),
        ("x" * 101, "is 101 characters long, more than 100"),
        (
            "a b",
            "may contain only letters, digits, '.', '_' and '-', and must begin with a letter or",
        ),
        ("a\n", "may contain only letters"),
        (".a", "may contain only letters"),
        ("-a", "may contain only letters"),
        ("ä", "may contain only letters"),
        ("٣", "may contain only letters"),
        ("a/b", "may contain only letters"),
        ("CON", "is the name of a device on Windows"),
        ("nul.tar.gz", "is the name of a device on Windows"),
        ("Lpt9", "is the name of a device on Windows"),
        ("a.t1", "ends like the id of a take (.t1)"),
        ("a.T23", "ends like the id of a take (.t1)"),
        ("a.", "ends with a dot, which Windows drops from file names"),
    ],
)
def test_these_are_none_and_the_message_says_why(text: str, wrong: str) -> None:
    assert (check_id(text) or "").startswith(wrong)


def test_one_take_has_the_id_of_its_shot_and_several_are_numbered() -> None:
    assert take_id("walk", 1, 1) == "walk"
    assert [take_id("walk", number, 2) for number in (1, 2)] == ["walk.t1", "walk.t2"]


@pytest.mark.parametrize(
    "path", ["videos/hero.v001.mp4", "Straße #1 100%.mp4", "a/b/c.mp4", "con-1/x"]
)
def test_plain_paths_are_good(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "must be a plain path inside the output folder"),
        ("/x.mp4", "must be a plain path inside the output folder"),
        ("./x.mp4", "must be a plain path inside the output folder"),
        ("videos//x.mp4", "must be a plain path inside the output folder"),
        ("videos/", "must be a plain path inside the output folder"),
        ("C:/x.mp4", "contains a character that some systems do not allow in file names"),
        ("x.mp4:stream", "contains a character that some systems do not allow in file names"),
        ("x\x00.mp4", "contains a character that some systems do not allow in file names"),
        ("x\n.mp4", "contains a character that some systems do not allow in file names"),
        ("x\x85.mp4", "contains a character that some systems do not allow in file names"),
        ("videos./x.mp4", "contains a name that ends in a dot or a space"),
        ("x.mp4 ", "contains a name that ends in a dot or a space"),
        ("videos/NUL", "contains the name of a Windows device"),
        ("aux.v001.mp4", "contains the name of a Windows device"),
        ("videos/com1 .mp4", "contains the name of a Windows device"),
        ("CONIN$", "contains the name of a Windows device"),
    ],
)
def test_a_path_that_leads_elsewhere_is_named(path: str, reason: str) -> None:
    assert path_problem(path) == reason


@pytest.mark.parametrize("text", ["com0", "lpt0", "com10", "con-1", "a.con"])
def test_what_is_an_id_is_no_device_to_the_manifest_either(text: str) -> None:
    assert check_id(text) is None
    assert not is_device(text)


def test_a_videos_path_is_known_again_and_no_other_is() -> None:
    assert video_path("walk.t2", 7) == "videos/walk.t2.v007.mp4"
    assert is_video_path(video_path("walk", 1234))
    for path in (
        "videos/../walk.v001.mp4",
        "walk.v001.mp4",
        "videos/walk.mp4",
        "videos/a/b.v001.mp4",
    ):
        assert not is_video_path(path), path


def test_the_manifests_schema_has_the_same_rule_for_ids() -> None:
    schema = json.loads((SCHEMAS / "manifest.schema.json").read_text("utf-8"))
    take = schema["properties"]["takes"]["items"]["properties"]
    for key in ("id", "shot", "scene"):
        assert take[key]["pattern"] == f"^{ID}$(?!\\n)"


def test_no_var_may_have_a_reserved_name_by_the_editors_schema() -> None:
    schema = json.loads((SCHEMAS / "storyboard.schema.json").read_text("utf-8"))
    rules = schema["definitions"]["vars"]["propertyNames"]["allOf"]
    assert {"enum": list(RESERVED_NAMES)} in [rule.get("not") for rule in rules]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Film", "film"),
        ("caf\u00e9", "cafe\u0301"),
        ("CAF\u00c9", "cafe\u0301"),
        ("\u212b", "\u00e5"),
    ],
)
def test_names_that_differ_in_case_or_form_alone_are_folded_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold(one) != fold(f"{other}s")


def test_a_file_name_is_utf_8_on_the_disk_and_comes_back() -> None:
    for name in ("film", "caf\u00e9", "fil\udcff"):
        assert from_file_name(to_file_name(name)) == name
    assert to_file_name("\ud800") == "\ud800"


def test_a_portable_path_has_forward_slashes_and_valid_unicode() -> None:
    path = os.path.join("frames", to_file_name("caf\u00e9 \udcff.png"))  # noqa: PTH118 (text)
    assert portable_path(path) == "frames/caf\u00e9 ?.png"


def test_a_path_is_spelled_as_the_disk_has_it(tmp_path: Path) -> None:
    (tmp_path / "Rows").mkdir()
    (tmp_path / "Rows" / "cafe\u0301.csv").touch()
    assert spelled_on_disk(tmp_path, "rows/CAF\u00c9.csv") == "Rows/cafe\u0301.csv"
    assert spelled_on_disk(tmp_path / "Rows", "../rows/caf\u00e9.csv") == "../Rows/cafe\u0301.csv"
    assert spelled_on_disk(tmp_path, "rows/tea.csv") == "rows/tea.csv"
    assert spelled_on_disk(tmp_path, "a\0b/c") == "a\0b/c"
    assert find_spellings(tmp_path / "nothing", "a") == []
