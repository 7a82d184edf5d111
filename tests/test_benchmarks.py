"""The benchmarks can be imported: neither mypy nor any other test looks at them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import benchmarks

MODULES = sorted(path.stem for path in Path(benchmarks.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_benchmarks_can_be_imported(name: str) -> None:
    try:
        import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("benchmarks", "storyboard", "tests"):
            raise
        pytest.skip(f"{error.name} is not installed")  # it comes with an extra
