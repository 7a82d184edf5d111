"""The action for GitHub: its inputs, and its check, run as a runner runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.films import BROKEN, FILM
from tests.runner import commit, needs_bash, put_on_path

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent.parent / "action.yml").read_text("utf-8")
)
INSTALL, CHECK = DOCUMENT["runs"]["steps"]
DEFAULTS = {name.upper(): declared["default"] for name, declared in DOCUMENT["inputs"].items()}


def test_every_input_has_a_default_and_reaches_the_script_by_its_environment_alone() -> None:
    assert CHECK["env"] == {name: f"${{{{ inputs.{name.lower()} }}}}" for name in DEFAULTS}
    assert all(declared["description"] for declared in DOCUMENT["inputs"].values())
    for step in (INSTALL, CHECK):
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "a film").mkdir(parents=True)
    (folder / "a film" / "$(touch x).storyboard.yaml").write_text(FILM, "utf-8")
    (folder / "-h.storyboard.yml").write_text(FILM, "utf-8")
    (folder / "other.yaml").write_text(BROKEN, "utf-8")
    (tmp_path / "outside").write_text(BROKEN, "utf-8")
    (folder / "link.storyboard.yaml").symlink_to(tmp_path / "outside")
    commit(folder, "all")
    return folder


class Check:
    """The check of the action, run by bash with its inputs."""

    def __init__(self, folder: Path, repo: Path) -> None:
        self.folder = folder
        self.summary = folder.parent / "summary.md"
        self._environ = {**DEFAULTS, "GITHUB_STEP_SUMMARY": str(self.summary)}
        self._environ |= put_on_path(folder.parent / "bin", repo)

    def __call__(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
            cwd=self.folder,
            env={**os.environ, **self._environ, **inputs},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def check(checkout: Path, repo: Path) -> Check:
    return Check(checkout, repo)


@needs_bash
def test_sound_storyboards_pass_and_their_plan_is_in_the_summary(check: Check) -> None:
    done = check(PRICE="0.5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    summary = check.summary.read_text("utf-8")
    assert summary.startswith("### Storyboards\n\n    -h.storyboard.yml: 3 submit\n")
    assert "    a film/$(touch x).storyboard.yaml: 3 submit\n" in summary
    assert "about 6.00 USD" in summary
    assert "link" not in summary
    assert not (check.folder / "x").exists()


@needs_bash
def test_problems_become_annotations_and_fail_the_check(check: Check) -> None:
    done = check(FILES="*.yaml\n", PLAN="false")
    assert done.returncode == 2
    assert "::error file=other.yaml,line=5" in done.stdout
    assert not check.summary.exists()


@needs_bash
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"STRICT": "$(touch x)"}, "the input strict is true or false"),
        ({"PLAN": "yes"}, "the input plan is true or false"),
        ({"PRICE": "1 --yes"}, "the input price is a number"),
        ({"FILES": "\n\n"}, "the input files names nothing"),
        ({"FILES": "*.nothing; touch x"}, "no storyboard has a name like the input files"),
        ({"FILES": "link.storyboard.yaml"}, "no storyboard has a name like the input files"),
    ],
)
def test_an_input_of_another_kind_is_named(
    check: Check, inputs: dict[str, str], message: str
) -> None:
    done = check(**inputs)
    assert done.returncode == 2
    assert f"::error::{message}" in done.stdout
    assert not (check.folder / "x").exists()
