"""What the measuring process says of a file, here without a process of its own."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from storyboard.videos.measure_child import read_tracks


def test_a_library_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymediainfo.MediaInfo.can_parse", lambda: False)
    assert read_tracks(io.BytesIO()) == {
        "problem": "the MediaInfo library cannot be loaded on this system"
    }
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    assert read_tracks(io.BytesIO()) == {"problem": "pymediainfo is not installed"}


def test_a_library_that_stumbles_does_not_condemn_a_paid_video(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(*_: Any, **__: Any) -> None:
        raise RuntimeError("An error occurred while opening")

    monkeypatch.setattr("pymediainfo.MediaInfo.parse", stumble)
    assert read_tracks(io.BytesIO()) == {"problem": "MediaInfo failed (RuntimeError)"}
