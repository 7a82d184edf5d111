"""Dependencies run one way, down the list; nothing imports from a layer above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

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
    ("fingerprint", "atomic_files", "child_process", "threads"),
    ("replies",),
    ("private", "records", "errors", "names", "links"),
    ("money", "media", "json_values"),
)
"""From the top down; what stands on one line does not import from its neighbours."""

MAX_LINES = 400  # of a module
MAX_METHODS = 30  # of a class
PRINTING = {
    *("print", "pprint", "os.write", "traceback.print_exception", "traceback.print_exc"),
    *("click.echo", "click.secho", "click.echo_via_pager", "click.confirm", "click.prompt"),
    *("tqdm.write", "bar.write", "self._bar.write"),
}
PRINTERS = {"sys", *(name.partition(".")[0] for name in PRINTING)}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

PACKAGE = Path(__file__).parent.parent / "storyboard"
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@dataclass(frozen=True)
class Facts:
    """What the tests ask of a module; `names` are those that it imports anywhere."""

    names: frozenset[str]
    names_at_import: frozenset[str]
    is_writing: bool
    lines: int
    methods: Mapping[str, int]  # how many, by class


@cache
def facts() -> dict[Path, Facts]:
    """Those of all modules; kept, since several tests ask for them."""
    return {module: facts_of(module.read_text("utf-8")) for module in MODULES}


def facts_of(text: str) -> Facts:
    tree = ast.parse(text)
    nodes = tuple(ast.walk(tree))
    return Facts(
        frozenset(name for node in nodes for name in names_in(node)),
        frozenset(name for node in tree.body for name in names_in(node)),
        any(map(writes_to_a_stream, nodes)),
        len(text.splitlines()),
        {
            node.name: sum(isinstance(part, FUNCTIONS) for part in node.body)
            for node in nodes
            if isinstance(node, ast.ClassDef)
        },
    )


def names_in(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports, and what it imports from them by their full names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "." * node.level + (node.module or "")
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_imports_relatively() -> None:
    assert not [
        str(path) for path, known in facts().items() if any(n.startswith(".") for n in known.names)
    ]


def imported_parts(names: Iterable[str]) -> set[str]:
    parts = {name.split(".")[1] for name in names if name.startswith("storyboard.")}
    return parts - {"__version__"}


def test_a_module_imports_only_from_its_own_room_and_the_layers_below() -> None:
    wrong = {}
    for module, known in facts().items():
        part = part_of(module)
        if part not in ("__init__", "__main__"):
            others = imported_parts(known.names) - {part}
            wrong[module] = {name for name in others if layer_of(name) <= layer_of(part)}
    assert not {str(module): above for module, above in wrong.items() if above}


def test_no_modules_import_one_another_in_a_circle() -> None:
    names = {
        ".".join(("storyboard", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
        if path.name != "__init__.py"
    }
    known = facts()
    graph = {name: known[path].names_at_import & names.keys() for name, path in names.items()}
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
        str(module.relative_to(PACKAGE)) for module, known in facts().items() if known.is_writing
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
    if name_before_dots(node.func) not in PRINTERS:  # spelling all of them out takes a second
        return False
    name = ast.unparse(node.func)
    return (name.startswith("sys.std") and "write" in name) or name in PRINTING


def name_before_dots(node: ast.AST) -> str:
    """The name that an expression begins with, such as sys; empty if it begins with none."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_a_module_and_its_classes_can_be_read_at_a_sitting() -> None:
    assert not {str(path) for path, known in facts().items() if known.lines > MAX_LINES}
    for path, known in facts().items():
        assert not {name: n for name, n in known.methods.items() if n > MAX_METHODS}, path
