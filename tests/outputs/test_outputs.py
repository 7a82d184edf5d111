from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.outputs import OUTPUTS
from tests.outputs.states import make_manifest

FILES = {"manifest": "manifest.json", "gallery": "index.html"}


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_writes_its_file_once(tmp_path: Path, name: str) -> None:
    manifest = make_manifest()
    assert OUTPUTS[name](manifest, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [FILES[name]]
    assert not OUTPUTS[name](manifest, tmp_path)


def test_the_list_of_outputs_imports_none_of_them(repo: Path) -> None:
    code = "import sys, storyboard.outputs; print({'jinja2', 'jsonschema'} & {*sys.modules})"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
