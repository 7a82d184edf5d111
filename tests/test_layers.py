"""Dependencies run one way, down the list; nothing imports from a layer above its own."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from storyboard.cli import COMMANDS

LAYERS = (
    ("cli", "__main__"),
    ("commands",),
    ("recovery",),
    ("console",),
    ("library",),
    ("project",),
    ("sandbox",),
    ("engine", "outputs"),
    ("planning", "videos"),
    ("state", "api", "language"),
    ("models",),
    ("reporting",),
    ("fingerprint", "atomic_files", "child_process"),
    ("replies",),
    ("private", "records", "errors", "names", "links"),
    ("money", "media"),
)
"""From the top down; what stands on one line does not import from its neighbours."""

MAX_LINES = 400  # of a module
MAX_METHODS = 30  # of a class
PRINTING = {
    *("print", "pprint", "os.write", "traceback.print_exception", "traceback.print_exc"),
    *("click.echo", "click.secho", "click.echo_via_pager", "click.confirm", "click.prompt"),
    *("tqdm.write", "bar.write", "self._bar.write"),
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

PACKAGE = Path(__file__).parent.parent / "storyboard"
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def nodes_of(module: Path) -> tuple[ast.AST, ...]:
    """All that a module consists of, itself first; kept, since several tests ask for it."""
    return tuple(ast.walk(ast.parse(module.read_text("utf-8"))))


def imported_parts(module: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes_of(module):
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
def test_a_module_imports_only_from_its_own_room_and_the_layers_below(module: Path) -> None:
    part = part_of(module)
    if part in ("__init__", "__main__"):
        return
    others = imported_parts(module) - {part}
    wrong = {name for name in others if layer_of(name) <= layer_of(part)}
    assert not wrong, f"{module.name} stands in {part} and imports from beside or above: {wrong}"


def imported_modules(module: Path, known: set[str]) -> set[str]:
    """The modules of the package that a module imports when it is imported itself."""
    names: set[str] = set()
    tree = nodes_of(module)[0]
    assert isinstance(tree, ast.Module)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
            names.add(node.module)
    return names & known


def test_no_modules_import_one_another_in_a_circle() -> None:
    names = {
        ".".join(("storyboard", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
        if path.name != "__init__.py"
    }
    graph = {name: imported_modules(path, set(names)) for name, path in names.items()}
    order = TopologicalSorter(graph)
    order.prepare()  # raises CycleError, which names the circle


def test_commands_holds_one_module_for_each_command_and_nothing_else() -> None:
    folder = PACKAGE / "commands"
    # A command that holds others is a folder with a module for each of those.
    paths = [*folder.glob("*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    assert {path.stem for path in paths} - {"__init__"} == set(COMMANDS)


def test_every_part_of_the_package_has_a_layer() -> None:
    parts = {part_of(module) for module in MODULES} - {"__init__"}
    assert parts == {name for layer in LAYERS for name in layer}


def test_only_the_state_speaks_sqlite() -> None:
    users = {part_of(m) for m in MODULES if "import sqlite3" in m.read_text("utf-8")}
    assert users == {"state"}


def test_everything_that_is_printed_goes_through_one_module() -> None:
    writers = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        if any(map(writes_to_a_stream, nodes_of(module)))
    }
    assert writers == {
        "console/printing.py",
        "console/signals.py",  # within a signal handler, with words of our own
        "videos/measure_child.py",  # its stdout is a pipe to the program
        "videos/frame_child.py",  # as above
        "language/rows/xlsx/child.py",  # as above
        "sandbox/clips/picture_child.py",  # as above
    }


def writes_to_a_stream(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Name, ast.Attribute)):
        return False
    name = ast.unparse(node.func)
    return (name.startswith("sys.std") and "write" in name) or name in PRINTING


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_and_its_classes_can_be_read_at_a_sitting(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= MAX_LINES
    for node in nodes_of(module):
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, FUNCTIONS)]
            assert len(methods) <= MAX_METHODS, node.name
