"""Problems for programs: JSON, GitHub's workflow commands, SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote as percent_encoded

from storyboard import __version__
from storyboard.records import Position, Problem, Repair, RowSource, Use
from storyboard.reporting import quoting
from storyboard.reporting.codes import codes, number_of
from storyboard.reporting.problem_text import describe_row, describe_uses
from storyboard.reporting.quoting import printable

SCHEMA_VERSION = 1


def json_text(problems: Sequence[Problem]) -> str:
    """One JSON document, safe to print."""
    warnings = sum(problem.is_warning for problem in problems)
    document = {
        "schema_version": SCHEMA_VERSION,
        "problems": [
            {
                **_span(problem.position),
                "severity": problem.severity.value,
                "code": _rule_id(problem.code),
                "name": problem.code,
                "message": problem.message,
                "hint": problem.hint,
                "shown": problem.rendered,
                "row": _row(problem.row),
                "uses": list(map(_use, problem.uses)),
                "repairs": list(map(_repair, problem.repairs)),
            }
            for problem in problems
        ],
        "summary": {"problems": len(problems) - warnings, "warnings": warnings},
    }
    return quoting.json_text(document)


def _span(position: Position) -> dict[str, Any]:
    return {
        "path": position.path,
        "line": position.line,
        "column": position.column,
        "end_column": position.column + position.width,
    }


def _row(row: RowSource | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"path": row.position.path, "line": row.position.line, "cells": dict(row.cells)}


def _use(use: Use) -> dict[str, Any]:
    position = use.position
    return {"path": position.path, "line": position.line, "column": position.column, "by": use.by}


def _repair(repair: Repair) -> dict[str, Any]:
    """The replacement for `column` to `end_column` of a line, as `fix --json` writes it."""
    return {**_span(repair.position), "text": repair.text}


def github_text(problems: Sequence[Problem]) -> str:
    """One workflow command per problem, which GitHub shows beside the line in a pull request.

    Source: "Workflow commands for GitHub Actions"; the escapes are those of its
    own toolkit (`%` first, then line breaks, and in properties `:` and `,`).
    """
    return "\n".join(_command(problem) for problem in problems)


def sarif_text(problems: Sequence[Problem]) -> str:
    """One SARIF 2.1.0 log with one run, and a rule for each code that occurs.

    Source: OASIS, "Static Analysis Results Interchange Format Version 2.1.0".
    """
    names = sorted({problem.code for problem in problems}, key=_rule_id)
    run = {
        "tool": {
            "driver": {
                "name": "storyboard",
                "version": __version__,
                "rules": list(map(_rule, names)),
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, names.index(problem.code)) for problem in problems],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return quoting.json_text(log)


def _rule_id(name: str) -> str:
    return number_of(name) or name


def _rule(name: str) -> dict[str, Any]:
    code = codes().get(name)
    title = code.title if code else name.replace("-", " ")
    rule: dict[str, Any] = {"id": _rule_id(name), "name": name, "shortDescription": {"text": title}}
    if code and code.explanation:
        rule["help"] = {"text": code.explanation, "markdown": code.explanation}
    return rule


def _command(problem: Problem) -> str:
    position = problem.position
    kind = "warning" if problem.is_warning else "error"
    where = (
        f"file={_property(position.path)},line={position.line},col={position.column},"
        f"endColumn={position.column + position.width},title={_property(_rule_id(problem.code))}"
    )
    words = [problem.message]
    if problem.rendered is not None:
        words.append(f'rendered: "{problem.rendered}"')
    if problem.row is not None:
        words.append(f"row: {describe_row(problem.row)}")
    if problem.uses:
        words.append(f"used: {describe_uses(problem.uses)}")
    if problem.hint is not None:
        words.append(f"hint: {problem.hint}")
    # Only the breaks between these lines are kept; those inside a text are escaped.
    return f"::{kind} {where}::" + "%0A".join(_data(printable(word)) for word in words)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    words = problem.message if problem.hint is None else f"{problem.message} ({problem.hint})"
    result: dict[str, Any] = {
        "ruleId": _rule_id(problem.code),
        "ruleIndex": rule,
        "level": "warning" if problem.is_warning else "error",
        "message": {"text": printable(words)},
        "locations": [_location(problem.position)],
    }
    related = [(use.position, printable(use.by)) for use in problem.uses]
    if problem.row is not None:
        related.append((problem.row.position, describe_row(problem.row)))
    if related:
        result["relatedLocations"] = [
            {**_location(position), "message": {"text": text}} for position, text in related
        ]
    if problem.repairs:
        result["fixes"] = [_fix(problem)]
    return result


def _fix(problem: Problem) -> dict[str, Any]:
    """All repairs of a problem as one SARIF fix: a list of replacements for each file."""
    files: dict[str, list[Repair]] = {}
    for repair in problem.repairs:
        files.setdefault(repair.position.path, []).append(repair)
    words = problem.hint or "the one way to write it"
    return {
        "description": {"text": printable(words)},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(path)},
                "replacements": [
                    {
                        "deletedRegion": _region(repair.position),
                        "insertedContent": {"text": repair.text},
                    }
                    for repair in repairs
                ],
            }
            for path, repairs in files.items()
        ],
    }


def _location(position: Position) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(position.path)},
            "region": _region(position),
        }
    }


def _region(position: Position) -> dict[str, int]:
    return {
        "startLine": position.line,
        "startColumn": position.column,
        "endColumn": position.column + position.width,
    }


def _uri(display_name: str) -> str:
    """A relative reference, or a file URI if the name is an absolute path."""
    path = PurePath(display_name)
    if path.is_absolute():
        return path.as_uri()
    return percent_encoded(path.as_posix(), errors="replace")
