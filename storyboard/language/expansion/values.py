"""Reads the values of settings, with their templates rendered. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import NoReturn, ParamSpec, TypeVar

from storyboard.fingerprint import whole_numbers
from storyboard.language.expansion.cascade import Setting
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.nodes import Node, ScalarNode, ScalarValue
from storyboard.language.rows.values import column_like
from storyboard.language.spellings import as_switch, as_thousands
from storyboard.language.templates.fault import SPACED_NAME, TemplateFault
from storyboard.language.templates.scope import SUFFIX
from storyboard.language.validation.check import Origin
from storyboard.language.yaml.scalars import read_plain
from storyboard.records import Json, Problem
from storyboard.reporting.suggest import closest
from storyboard.reporting.value_paths import cell_path, format_value

_T = TypeVar("_T")
_P = ParamSpec("_P")

Report = Callable[[Problem], None]


class NotReadable(Exception):
    """A setting's value cannot be read; `problems` has at least one reason."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


def attempt(
    report: Report, read: Callable[_P, _T], *args: _P.args, **options: _P.kwargs
) -> _T | None:
    """Return the result of `read`, or report the problems of its NotReadable and return None."""
    try:
        return read(*args, **options)
    except NotReadable as error:
        for problem in error.problems:
            report(problem)
    return None


def read_all(readers: Iterable[Callable[[], _T]]) -> list[_T]:
    """Return the results of all readers. Raises NotReadable with all their problems."""
    problems: list[Problem] = []
    values = []
    for read in readers:
        try:
            values.append(read())
        except NotReadable as error:
            problems.extend(error.problems)
    if problems:
        raise NotReadable(*problems)
    return values


def read_text(setting: Setting, scope: ShotScope, *, prints_lists: bool = False) -> str:
    """Return a setting's text, rendered; empty for null. Raises NotReadable.

    With `prints_lists`, a list prints so that `spellings.as_list` finds its entries.
    """
    node = setting.node
    if not isinstance(node, ScalarNode) or node.value is None:
        return ""
    try:
        return scope.render_text(node, prints_lists=prints_lists)
    except TemplateFault as fault:
        raise NotReadable(_problem_of(fault, setting, scope)) from None


def read_value(
    setting: Setting,
    scope: ShotScope,
    *,
    is_text: bool,
    allows: Callable[[float], bool] = lambda number: False,
) -> ScalarValue:
    """Return a setting's scalar value, rendered; None for null. Raises NotReadable.

    `is_text` says whether the key takes text. If not, the result of a template is read as a YAML
    scalar, so '{{ 7 }}' is the number 7. `allows` says which numbers are possible: `1.000` is
    rejected if 1000 is allowed.
    """
    node = setting.node
    if not isinstance(node, ScalarNode) or node.value is None:
        return None  # not a scalar; the schema has reported it
    if not is_text and not isinstance(node.value, str):
        return node.value
    if not node.is_template:
        return node.text
    text = read_text(setting, scope).strip()
    if is_text:
        return text
    thousands = as_thousands(text)
    if thousands is not None and allows(thousands):
        _fail_for_thousands(setting, scope, text, thousands, allows)
    try:
        return read_plain(text)
    except ValueError as error:
        fail(setting, scope, text, "unusable-number", str(error))


def _fail_for_thousands(
    setting: Setting, scope: ShotScope, text: str, thousands: int, allows: Callable[[float], bool]
) -> NoReturn:
    words, hint = f"{format_value(text)} is not allowed", f"write {thousands}"
    if text.count(".") == 1:
        small = whole_numbers(float(text))
        words = f"{format_value(text)} may mean {small}, or {thousands} with a thousands separator"
        if isinstance(small, (int, float)) and allows(small):
            hint = f"write {small} or {thousands}, whichever you mean"
    fail(setting, scope, text, "wrong-form", words, hint=hint)


def read_switch(setting: Setting, scope: ShotScope) -> ScalarValue:
    """Return a value as `read_value` does; a template may also say `yes`, `Off` or 1."""
    value = read_value(setting, scope, is_text=False)
    return as_switch(value) if setting.is_template else value


def read_node(setting: Setting, scope: ShotScope) -> Json:
    """Return a setting as plain data with every string rendered. Raises NotReadable."""
    try:
        return scope.render_node(setting.node)
    except TemplateFault as fault:
        raise NotReadable(_problem_of(fault, setting, scope)) from None


def fail(
    setting: Setting,
    scope: ShotScope,
    value: object,
    code: str,
    words: str,
    *,
    hint: str | None = None,
) -> NoReturn:
    """Raise NotReadable for a value read from a setting; `words` follow the setting's path."""
    origin = origin_of(setting, scope, value)
    raise NotReadable(origin.problem(code, f"{setting.where}: {words}", hint))


def origin_of(setting: Setting, scope: ShotScope, value: object) -> Origin:
    """Return where a value read from a setting was written, and the row it was made from."""
    node = setting.node
    return Origin(scope.position_of(node), _rendered_text(node, value), scope.row_of(node))


def _rendered_text(node: Node, value: object) -> str | None:
    """Return the value as text if it differs from what the file says, else None."""
    if isinstance(node, ScalarNode) and not node.is_template:
        return value if isinstance(value, str) and value != node.text.strip() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _problem_of(fault: TemplateFault, setting: Setting, scope: ShotScope) -> Problem:
    where = fault.where or setting.where
    position = fault.position or setting.node.position
    is_in_macros = position.path.endswith(SUFFIX)
    message = f"{fault.message} (used in {where})" if is_in_macros else f"{where}: {fault.message}"
    # A name that a table lacks is missing in every row, so no single row is at fault.
    row = None if scope.is_of_all_rows(fault) else scope.row_of(setting.node)
    hint = _hint_for_row(fault, scope) or _hint_for_column(fault, setting, scope.columns)
    hint = hint or fault.hint
    return Problem(position, fault.code, message, hint, row=row)


def _hint_for_row(fault: TemplateFault, scope: ShotScope) -> str | None:
    """Explain an undefined name by the row that is used, or by the lack of one."""
    if not fault.message.endswith("is not defined") or fault.name is None:
        return None
    if fault.name == "row" and "shot" in scope.names():
        return "this shot has no rows; name its table under rows:"
    column = column_like(fault.name, scope.columns)
    return f"did you mean {cell_path(column)}?" if column else None


def _hint_for_column(
    fault: TemplateFault, setting: Setting, columns: Collection[str]
) -> str | None:
    """Show how to write a column whose name is not valid in a template, if that is the fault."""
    odd = [name for name in columns if not name.isidentifier()]
    if fault.code == SPACED_NAME and fault.name not in columns:
        guess = closest(str(fault.name), columns)
        return f"did you mean {cell_path(guess)}?" if guess else None
    if fault.code == "template-syntax":
        text = setting.node.text if isinstance(setting.node, ScalarNode) else ""
        named = [name for name in odd if re.search(rf"(?:row\.|{{{{ ?){re.escape(name)}", text)]
        return f"write {cell_path(max(named, key=len))}" if named else None
    guesses = (name for name in odd if fault.hint == f"did you mean '{name}'?")
    return next((f"did you mean {cell_path(name)}?" for name in guesses), None)
