from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.outputs import OUTPUTS
from storyboard.outputs.write import make_output
from tests.outputs.states import make_manifest


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_is_the_same_for_the_same_manifest(name: str) -> None:
    assert make_output(name, make_manifest())
    assert make_output(name, make_manifest()) == make_output(name, make_manifest())


def test_the_list_of_outputs_imports_none_of_them(repo: Path) -> None:
    code = "import sys, storyboard.outputs; print({'jinja2', 'jsonschema'} & {*sys.modules})"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
