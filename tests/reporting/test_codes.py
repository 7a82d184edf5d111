"""The registry of codes: whole, in order, and the one that the program uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.reporting.codes import FILE, Code, codes, find_code, number_of

PACKAGE = Path(__file__).parents[2] / "storyboard"
ROOMS = ("language", "models/schema")
"""Where problems are made."""

HYPHENATED = re.compile(r"(?!x-|[dmy-]+$)[a-z]+(-[a-z]+)+")
"""A code's name. The keys of a model card begin with x-; d-mmm-yy is a format of dates."""


def words_in(module: Path) -> Iterator[str]:
    """The hyphenated words that a module names; the beginning of one that it puts together."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            found = re.fullmatch(r"f['\"]([a-z]+-)\{\w+\}['\"]", ast.unparse(node))
            if found:
                yield found[1]
        elif isinstance(node, ast.Constant) and HYPHENATED.fullmatch(str(node.value)):
            yield str(node.value)


def test_the_codes_that_the_modules_name_are_those_of_the_registry() -> None:
    modules = [module for room in ROOMS for module in (PACKAGE / room).rglob("*.py")]
    assert codes().keys() == {word for module in modules for word in words_in(module)}


def test_each_section_is_read_and_the_numbers_rise() -> None:
    numbers = [code.number for code in codes().values()]
    assert numbers == re.findall(r"^## (\S+)", FILE.read_text("utf-8"), re.MULTILINE)
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("code", codes().values(), ids=lambda code: code.number)
def test_a_title_is_one_sentence(code: Code) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", code.title)
    assert len(code.title) <= 100


def test_a_code_is_found_by_number_and_name_in_any_case() -> None:
    code = codes()["unknown-key"]
    assert find_code("SB301") == find_code("sb301 ") == find_code("Unknown-Key") == code
    assert find_code("SB999") is None
    assert number_of("unknown-key") == "SB301"
    assert number_of("nothing-of-the-kind") is None
    assert [codes()[name].is_warning for name in ("same-request", "unknown-key")] == [True, False]
