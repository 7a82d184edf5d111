"""The workflow for pull requests: what it may do, and its steps, run as a runner runs them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from storyboard import __version__
from storyboard.project.new_project.project_files import WORKFLOW, workflow_file
from tests.commands.films import FILM
from tests.runner import commit, needs_bash, put_on_path

DOCUMENT: dict[Any, Any] = yaml.safe_load(workflow_file()[WORKFLOW])
JOBS = DOCUMENT["jobs"]
STEPS = {step.get("name"): step for job in JOBS.values() for step in job["steps"]}


def test_it_runs_on_pull_requests_without_secrets_and_with_few_rights() -> None:
    assert DOCUMENT[True] == "pull_request"  # YAML 1.1 reads `on` so
    assert "secrets" not in workflow_file()[WORKFLOW]
    assert DOCUMENT["permissions"] == {}
    assert JOBS["report"]["permissions"] == {"contents": "read"}
    assert JOBS["comment"]["permissions"] == {"pull-requests": "write"}
    assert all("timeout-minutes" in job for job in JOBS.values())


def test_what_may_write_runs_nothing_of_the_pull_request() -> None:
    used = [step.get("uses", "") for step in JOBS["comment"]["steps"]]
    assert not any(use.startswith("actions/checkout") for use in used)
    assert "head.repo.full_name == github.repository" in JOBS["comment"]["if"]
    (checkout,) = [s for s in JOBS["report"]["steps"] if s.get("uses", "").startswith("actions/c")]
    assert checkout["with"]["persist-credentials"] is False


def test_the_actions_of_others_are_pinned_to_a_commit_whose_version_stands_beside_it() -> None:
    """Whoever moves a tag of theirs changes nothing here."""
    page = Path(__file__).parents[3].joinpath("docs/ci.md").read_text("utf-8")
    for text in (workflow_file()[WORKFLOW], page):
        used = re.findall(r"uses: (.*)", text)
        assert used
        for use in used:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_no_script_is_put_together_from_what_others_write() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")


def test_it_installs_at_least_the_version_that_wrote_it() -> None:
    wanted = f"storyboard-render[media]>={__version__}"
    assert STEPS["Install storyboard"]["run"] == f'pip install "{wanted}"'


def run_step(
    name: str, folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a step as GitHub's runner does: bash -e, with a file of the script."""
    script = folder.parent / "step.sh"
    script.write_text(STEPS[name]["run"], "utf-8")
    return subprocess.run(
        ["bash", "-e", script],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def environ(tmp_path: Path, repo: Path) -> dict[str, str]:
    """What a runner's environment has, with `storyboard` and a `gh` that notes its arguments."""
    found = put_on_path(tmp_path / "bin", repo)
    gh = tmp_path / "bin" / "gh"
    gh.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$*" >> "$GH_CALLS"\n'
        'case "$*" in *--paginate*) echo "$GH_ID";; esac\n',
        "utf-8",
    )
    gh.chmod(0o755)
    (tmp_path / "temp").mkdir()
    return {
        **found,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_WORKSPACE": str(tmp_path / "checkout"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GH_CALLS": str(tmp_path / "calls"),
        "GH_ID": "",
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


@needs_bash
def test_its_steps_report_on_every_storyboard(
    checkout: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "outside.yaml").write_text(FILM.replace("one", "outside"), "utf-8")
    (checkout / "a film").mkdir()
    (checkout / "a film" / "$(touch x).storyboard.yaml").write_text(FILM, "utf-8")
    (checkout / "-h.storyboard.yaml").write_text(FILM.replace("one", "```@all"), "utf-8")
    commit(checkout, "before")
    (checkout / "link.storyboard.yaml").symlink_to(tmp_path / "outside.yaml")
    (checkout / "pip.py").write_text("raise SystemExit('run')\n", "utf-8")
    commit(checkout, "after")
    assert run_step("Find the storyboards", checkout, environ).returncode == 0
    done = run_step("Report", checkout, environ)
    assert done.returncode != 0
    assert "::error file=-h.storyboard.yaml,line=6" in done.stdout
    summary = Path(environ["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    assert summary == (tmp_path / "temp/report.md").read_text("utf-8")
    assert summary.startswith("<!-- storyboard -->\n### Validation\n\n")
    assert "    -h.storyboard.yaml:6:9: a value without quotes cannot begin with `" in summary
    assert "    a film/$(touch x).storyboard.yaml: 2 shots, 3 takes" in summary
    assert "outside" not in summary
    assert not (checkout / "x").exists()
    shown = [line for line in summary.splitlines() if line and not line.startswith(("###", "<!--"))]
    assert all(line.startswith("    ") for line in shown)


@needs_bash
def test_its_steps_show_the_plan_and_what_changes(checkout: Path, environ: dict[str, str]) -> None:
    (checkout / "film.storyboard.yaml").write_text(FILM, "utf-8")
    commit(checkout, "before")
    (checkout / "film.storyboard.yaml").write_text(FILM.replace("dawn", "dusk"), "utf-8")
    commit(checkout, "after")
    assert run_step("Find the storyboards", checkout, environ).returncode == 0
    done = run_step("Report", checkout, environ)
    assert done.returncode == 0, done.stderr
    summary = Path(environ["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    assert "### Plan\n\n    film.storyboard.yaml: 3 submit\n      submit  one     new\n" in summary
    assert "### Changes\n\n    film.storyboard.yaml against HEAD^1: 2 changed\n" in summary


@needs_bash
@pytest.mark.parametrize("known", ["", "77"])
def test_one_comment_is_written_anew(checkout: Path, environ: dict[str, str], known: str) -> None:
    more = {"GH_ID": known, "COMMENTS": "repos/o/r/issues/5/comments", "EDIT": "repos/o/r/comments"}
    done = run_step("Comment", checkout, {**environ, **more})
    assert done.returncode == 0, done.stderr
    call = Path(environ["GH_CALLS"]).read_text("utf-8").splitlines()[-1]
    how = "PATCH repos/o/r/comments/77" if known else "POST repos/o/r/issues/5/comments"
    assert call == f"api --method {how} -F body=@report.md"
