"""The hook for pre-commit, run by pre-commit: on the files it is meant for, and no others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.commands.films import BROKEN, FILM
from tests.runner import commit, needs_bash, put_on_path

pytest.importorskip("pre_commit")


@needs_bash
def test_pre_commit_runs_the_hook_on_storyboards(tmp_path: Path, repo: Path) -> None:
    (hook,) = yaml.safe_load((repo / ".pre-commit-hooks.yaml").read_text("utf-8"))
    # Here the program is installed already; .ci/run lets pre-commit install it by itself.
    config = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config), "utf-8")
    (folder / "a film.storyboard.yaml").write_text(FILM, "utf-8")
    (folder / "rows.yaml").write_text(BROKEN, "utf-8")
    commit(folder, "all")
    environ = {**os.environ, **put_on_path(tmp_path / "bin", repo)}
    environ["PRE_COMMIT_HOME"] = str(tmp_path / "cache")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose"],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a film.storyboard.yaml: 2 shots, 3 takes" in done.stdout
    (folder / "a film.storyboard.yaml").write_text(BROKEN, "utf-8")
    done = run()
    assert done.returncode == 1
    assert "a film.storyboard.yaml:5:5: shots[0].promt: unknown key" in done.stdout
