"""What other clones have spent, as far as their manifests told."""

from __future__ import annotations

from pathlib import Path

from storyboard.library.films import find_workspace
from storyboard.project.spent import spent_elsewhere
from tests.commands.films import FILM


def test_what_another_clone_has_told_counts_where_a_manifest_tells_less(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text(FILM, "utf-8")
    space = find_workspace(
        film, variant=None, sandbox=False, output=None, state=None, base_url=None
    )
    assert spent_elsewhere(space, [], 5, is_foreign=True) == 5
