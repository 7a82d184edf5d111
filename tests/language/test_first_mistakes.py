"""What people get wrong in their first storyboards: each message contains the repair.

The folder holds a file for each mistake with its expected output. Here stands what has to be
written instead, and with it the file has to be sound.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from storyboard.reporting.problems import format_problems
from tests.language.boards import compare, load, told
from tests.language.test_load import CASES

FOLDER = CASES / "first-mistakes"


class Repair(NamedTuple):
    """What the output has to say, and what to replace in the file by what."""

    said: str
    wrong: str
    right: str


REPAIRS = {
    "colon-in-prompt": Repair(
        'write prompt: "Wide shot: a pier at night"',
        "prompt: Wide shot: a pier at night",
        'prompt: "Wide shot: a pier at night"',
    ),
    "colon-without-space": Repair(
        "write prompt: A pier at night", "prompt:A pier at night", "prompt: A pier at night"
    ),
    "column-name": Repair("did you mean 'Prompt'?", "row.promt", "row.Prompt"),
    "hyphen-without-space": Repair("write - id:", "-id", "- id"),
    "id-with-space": Repair("write my-pier", "my pier", "my-pier"),
    "key-name": Repair("did you mean 'prompt'?", "promt", "prompt"),
    "list-without-hyphens": Repair(
        "begin each entry with a hyphen and a space", "    id", "  - id"
    ),
    "lower-case": Repair("did you mean '1080P'?", "1080p", "1080P"),
    "merge-marks": Repair(
        "keep one side, and remove the lines with <<<<<<<, ======= and >>>>>>>",
        """<<<<<<< HEAD
  - id: pier
    prompt: A pier at night
=======
  - id: pier
    prompt: A pier at dawn
>>>>>>> dawn
""",
        """  - id: pier
    prompt: A pier at dawn
""",
    ),
    "model-name": Repair("did you mean 'alibaba/wan2.7-t2v'?", "wan2.7-t2v", "alibaba/wan2.7-t2v"),
    "no-prompt": Repair(
        "add prompt: to the shot", "duration: 5", "duration: 5\n    prompt: A pier at night"
    ),
    "no-version": Repair("add version: 1", "model:", "version: 1\nmodel:"),
    "ratio-with-x": Repair("did you mean '16:9'?", "16x9", "16:9"),
    "seconds-as-text": Repair("write 5", "5s", "5"),
    "smart-quotes": Repair("write straight quotes, or none", "“A pier at night”", '"A pier"'),
    "tab": Repair("use spaces", "\t", "    "),
    "unquoted-template": Repair(
        'write prompt: "{{ hero }} walks along the pier"',
        "{{ hero }} walks along the pier",
        '"{{ hero }} walks along the pier"',
    ),
    "yes": Repair("write true", "yes", "true"),
}


@pytest.mark.parametrize("name", REPAIRS)
def test_the_message_of_a_first_mistake_contains_its_repair(name: str, tmp_path: Path) -> None:
    case = FOLDER / f"{name}.yaml"
    board = load(case, display_name=case.name)
    text = format_problems(board.problems, board.sources, style="text")
    compare(f"{text}\n", case.with_suffix(".expected"))
    repair = REPAIRS[name]
    assert f"hint: {repair.said}\n" in f"{text}\n"
    written = case.read_text("utf-8")
    assert repair.wrong in written
    (tmp_path / "shots.csv").write_bytes((FOLDER / "shots.csv").read_bytes())
    repaired = tmp_path / case.name
    repaired.write_text(written.replace(repair.wrong, repair.right, 1), "utf-8")
    board = load(repaired)
    assert told(board) == []
    assert len(board.takes) == 1


def test_each_file_of_first_mistakes_is_tried() -> None:
    assert {case.stem for case in FOLDER.glob("*.yaml")} == set(REPAIRS)
