"""The notebook of the examples: its cells run in their order, and what each of them shows.

A kernel would bring twenty packages to run what `exec` runs; how a value is shown is the
method that notebooks ask for it, `_repr_html_`.
"""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NOTEBOOK = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))


def run_cells(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The id of each cell of code, what it prints, and the value of its last line, if it is one."""
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with redirect_stdout(printed):
            exec(compile(tree, cell["id"], "exec"), names)  # noqa: S102 (of our own notebook)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)  # noqa: S307 (as above)
        yield cell["id"], printed.getvalue(), value


def test_the_notebook_shows_a_plan_what_comes_of_it_and_the_page(film: Path) -> None:
    shutil.copy(EXAMPLES / "minimal.yaml", film.with_name("minimal.yaml"))
    shown = {name: (printed, value) for name, printed, value in run_cells(NOTEBOOK["cells"])}
    assert shown["load"] == ("", ())
    assert "lighthouse" in shown["plan"][1]._repr_html_()
    assert "0.50" in shown["plan"][1]._repr_html_()
    assert shown["render"][0].splitlines()[-1] == "OK renders/minimal.sandbox"
    assert "rendered" in shown["status"][1]._repr_html_()
    page = re.search(r'src="([^"]+)"', shown["page"][1]._repr_html_())
    assert page
    html = Path(page[1]).read_text("utf-8")
    (video,) = re.findall(r'class="play" href="([^"]+)"', html)
    assert (Path(page[1]).parent / video).is_file()


def test_the_notebook_is_one_that_programs_open_and_holds_no_output() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    for cell in NOTEBOOK["cells"]:
        assert cell.get("outputs", []) == []
        assert all(line.endswith("\n") for line in cell["source"][:-1])
