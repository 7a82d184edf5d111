"""Two storyboards that have one instance of every problem and of every warning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storyboard.console.options import VariableOptions
from storyboard.console.read_storyboards import read_storyboards
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.records import Severity
from storyboard.reporting.codes import codes
from storyboard.reporting.problems import format_problems
from tests.language.boards import compare
from tests.language.test_load import CASES, REPO, two_models

ELSEWHERE = {"file-too-large", "too-many-files", "too-many-rows", "templates-too-costly"} | {
    "missing-extra"
}
"""What needs more than a file in git should hold, or ends the search for all the rest."""

OF_CARDS = {"broken-card", "retiring-model"}
"""What a model card does, and no storyboard."""


def four_models(folder: Path) -> Catalog:
    """Two models, and two that take pictures."""
    two_models(folder)
    (folder / "models/google").mkdir()
    for name in ("alibaba/wan2.7-i2v.yaml", "google/veo-3.1-lite-i2v.yaml"):
        shutil.copy(REPO / "schemas" / "models" / name, folder / "models" / name)
    return load_catalog(folder / "models")


@pytest.mark.parametrize("severity", Severity)
def test_every_code_is_told_at_its_place(
    severity: Severity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "this-key-was-never-valid-000")
    monkeypatch.chdir(CASES / "every" / f"{severity.value}s")
    is_problem = severity is Severity.PROBLEM
    given = {"assignments": ("hero a woman",), "variant": "draft"} if is_problem else {}
    variables = VariableOptions(**given)
    (board,) = read_storyboards([Path("film.yaml")], four_models(tmp_path), variables)
    text = format_problems(board.problems, board.sources)
    compare(f"{text}\n", Path("film.expected"))
    made = {problem.code for problem in board.problems if problem.severity is severity}
    known = {code.name for code in codes().values() if code.severity is severity}
    assert made == known - ELSEWHERE - OF_CARDS
