from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.folder import data_folder


@pytest.mark.parametrize(
    ("platform", "below_home"),
    [
        ("linux", ".local/share/storyboard"),
        ("darwin", "Library/Application Support/storyboard"),
        ("win32", "AppData/Local/storyboard"),
    ],
)
def test_each_platform_has_its_place_for_the_users_own_cards(
    platform: str, below_home: str
) -> None:
    assert data_folder({}, platform) == Path.home() / below_home


def test_the_environment_may_name_another_place(tmp_path: Path) -> None:
    assert data_folder({"XDG_DATA_HOME": str(tmp_path)}, "darwin") == tmp_path / "storyboard"
    assert data_folder({"LOCALAPPDATA": str(tmp_path)}, "win32") == tmp_path / "storyboard"


def test_a_relative_place_is_none() -> None:
    assert data_folder({"XDG_DATA_HOME": "data"}, "linux") == data_folder({}, "linux")
