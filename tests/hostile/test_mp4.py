"""A video that states absurd counts costs its own measuring, and nothing else."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import pytest

from storyboard.child_process import MAX_MEMORY_BYTES, limit_resources
from storyboard.errors import NotAVideo
from storyboard.videos.measure import measure_video
from storyboard.videos.measure_child import MAX_CPU_S
from tests.hostile.mp4 import fragmented_film


def test_a_few_samples_are_measured(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(fragmented_film(1, 50))
    assert (measure_video(path).width, measure_video(path).height) == (64, 48)


@pytest.mark.parametrize(("fragments", "samples"), [(1, 200_000_000), (50, 20_000_000)])
def test_absurd_counts_cost_a_few_seconds_and_no_more(
    fragments: int, samples: int, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(fragmented_film(fragments, samples))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with suppress(NotAVideo):
        measure_video(path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert after - before <= MAX_CPU_S + 2


def test_a_child_process_has_a_bound_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    limit_resources(MAX_CPU_S)
    assert limits[resource.RLIMIT_AS] == (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES)
    assert limits[resource.RLIMIT_CPU][0] == MAX_CPU_S
