"""Prices out of the account's model list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from storyboard.api.account import read_models
from storyboard.commands.models.prices import price_lines
from storyboard.errors import ExitCode
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program

NAME = "alibaba/wan2.7-t2v"


def test_the_printed_file_is_one_that_a_plan_takes(
    program: Program, film: Path, server: SandboxServer
) -> None:
    printed = program("models", "prices", "--from-service")
    assert f"  {NAME}: {{per_second: 0.1}}\n" in printed.out
    Path("prices.yaml").write_text(printed.out, "utf-8")
    planned = program("plan", film, "--prices", "prices.yaml", "--json").json
    assert planned["cost_usd"] == 0.6
    document = program("models", "prices", "--from-service", "--json").json
    assert document["prices"][NAME]["most_usd"] == 0.1


def test_without_a_source_and_without_a_key_it_says_what_to_do(
    program: Program, film: Path
) -> None:
    assert program("models", "prices").code == ExitCode.USAGE
    assert program("models", "prices", "--from-service").code == ExitCode.ACCOUNT


@pytest.mark.parametrize(
    ("price", "line"),
    [
        ({"fixed": 0.0621, "unit": "$/sec"}, "  a/b: {per_second: 0.0621}"),
        ({"min": "0.06", "max": "0.09", "unit": "$/sec"},
         "  a/b: {per_second: 0.09}  # 0.06 to 0.09"),
        ({"fixed": 1, "unit": "USD/video"}, "  a/b: {per_clip: 1}"),
        ({"fixed": 1, "unit": "$/1k tokens"}, "  # a/b: 1 to 1, in $/1k tokens"),
        ({"fixed": 1}, "  # a/b: 1 to 1, in no unit"),
        ({"fixed": -1, "unit": "$/sec"}, "  # a/b: the list gives no price"),
        ({"fixed": "NaN", "unit": "$/sec"}, "  # a/b: the list gives no price"),
        ({"min": 2, "max": 1, "unit": "$/sec"}, "  # a/b: the list gives no price"),
        ({"fixed": 1, "unit": "$/sec\nx: 1"}, "  # a/b: 1 to 1, in $/sec x: 1"),
        ("free", "  # a/b: the list gives no price"),
        (None, "  # a/b: the list gives no price"),
    ],
)  # fmt: skip
def test_a_price_is_taken_for_what_it_is_or_not_at_all(price: Any, line: str) -> None:
    models = read_models({"models": [{"slug": "a/b", "price": price}]})
    assert [*price_lines(models, date(2026, 11, 26))][2:] == [line]
