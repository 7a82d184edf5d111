"""Dependencies run one way, down the list; nothing imports from a layer above its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LAYERS = (
    ("cli", "__main__"),
    ("commands",),
    ("sandbox",),
    ("engine", "outputs"),
    ("plan", "matching", "settle", "store", "state_rows", "api", "lock", "git", "changes"),
    ("models", "spec"),
    ("records", "errors", "bulk"),
)
"""From the top down. The sandbox is a client's other side: commands start it, it uses the cards."""

PACKAGE = Path(__file__).parent.parent / "storyboard"
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names.add(node.module or "")
            if node.module == "storyboard":
                names.update(f"storyboard.{alias.name}" for alias in node.names)
    parts = {name.split(".")[1] for name in names if name.startswith("storyboard.")}
    return parts - {"__version__"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_own_layer_and_below(module: Path) -> None:
    part = part_of(module)
    if part == "__init__":
        return
    above = {name for name in imported_parts(module) if layer_of(name) < layer_of(part)}
    assert not above, f"{module.name} stands in {part} and imports from above: {above}"


def test_every_part_of_the_package_has_a_layer() -> None:
    parts = {part_of(module) for module in MODULES} - {"__init__"}
    assert parts == {name for layer in LAYERS for name in layer}


def test_only_the_store_speaks_sqlite() -> None:
    users = [m.name for m in MODULES if "import sqlite3" in m.read_text("utf-8")]
    assert users == ["store.py"]


def test_only_commands_and_cli_print() -> None:
    for module in MODULES:
        if part_of(module) in ("commands", "cli"):
            continue
        calls = [
            node.func
            for node in ast.walk(ast.parse(module.read_text("utf-8")))
            if isinstance(node, ast.Call)
        ]
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        assert "print" not in names, module
