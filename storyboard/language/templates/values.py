"""The filters on lists, maps and numbers, unguarded.

Jinja's own are used where they cannot grow what they get; lists come out as
lists, never as generators, so that every value can be weighed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jinja2 import Undefined
from jinja2.filters import (
    do_dictsort,
    do_filesizeformat,
    do_max,
    do_min,
    do_sort,
    make_attrgetter,
    sync_do_unique,
)
from jinja2.runtime import Context

from storyboard.language.templates.bounds import (
    Stop,
    brief,
    describe,
    need_a_number,
    printable,
)
from storyboard.language.templates.guard import need_known
from storyboard.language.templates.text import join_texts

if TYPE_CHECKING:
    from storyboard.language.templates.sandbox import Sandbox

MAX_PARTS = 10_000  # of batch and slice
MAX_DIGITS = 30  # of round and int


class Group(NamedTuple):
    """One group of `groupby`: also unpacked as `for key, rows in ...`."""

    grouper: object
    list: list[object]


def _entries(value: object) -> list[Any]:
    """The entries of a list, the keys of a map, the characters of a text."""
    if isinstance(value, (list, tuple, str, range, Mapping)):
        return list(value)
    raise Stop("template-error", f"a list is needed here, not {describe(value)}")


def _getter(context: Context, attribute: str | int | None) -> Callable[[Any], Any]:
    return make_attrgetter(context.environment, attribute)


def _first(context: Context, value: Any) -> object:
    return next(iter(_entries(value)), None)


def _last(context: Context, value: Any) -> object:
    return next(iter(reversed(_entries(value))), None)


def _length(context: Context, value: Any) -> int:
    return len(value) if isinstance(value, (str, range, Mapping)) else len(_entries(value))


def _list(context: Context, value: Any) -> object:
    return _entries(value)


def _reverse(context: Context, value: Any) -> object:
    return value[::-1] if isinstance(value, str) else _entries(value)[::-1]


def _join(context: Context, value: Any, d: object = "", attribute: Any = None) -> str:
    entries = _entries(value)
    if attribute is not None:
        entries = list(map(_getter(context, attribute), entries))
    return join_texts(printable(d), entries)


def _sort(context: Context, value: Any, *args: Any, **kwargs: Any) -> object:
    return do_sort(context.environment, _entries(value), *args, **kwargs)


def _unique(context: Context, value: Any, *args: Any, **kwargs: Any) -> object:
    return list(sync_do_unique(context.environment, _entries(value), *args, **kwargs))


def _min(context: Context, value: Any, *args: Any, **kwargs: Any) -> object:
    return do_min(context.environment, _entries(value), *args, **kwargs)


def _max(context: Context, value: Any, *args: Any, **kwargs: Any) -> object:
    return do_max(context.environment, _entries(value), *args, **kwargs)


def _sum(context: Context, value: Any, attribute: Any = None, start: Any = 0) -> object:
    entries = _entries(value)
    if attribute is not None:
        entries = list(map(_getter(context, attribute), entries))
    for entry in (start, *entries):
        if isinstance(entry, Undefined):
            entry._fail_with_undefined_error()
        need_a_number(entry, "sum")
    return sum(entries, start)


def _parts(count: object, name: str) -> int:
    if not isinstance(count, int) or not 1 <= count <= MAX_PARTS:
        raise Stop("template-error", f"{name} takes a whole number from 1 to {MAX_PARTS:,}")
    return count


def _batch(context: Context, value: Any, linecount: int, fill_with: Any = None) -> object:
    size = _parts(linecount, "batch")
    entries = _entries(value)
    rows = [entries[start : start + size] for start in range(0, len(entries), size)]
    if rows and fill_with is not None:
        rows[-1] += [fill_with] * (size - len(rows[-1]))
    return rows


def _slice(context: Context, value: Any, slices: int, fill_with: Any = None) -> object:
    count = _parts(slices, "slice")
    entries = _entries(value)
    size, longer = divmod(len(entries), count)
    columns = []
    for number in range(count):
        start = number * size + min(number, longer)
        column = entries[start : start + size + (number < longer)]
        if fill_with is not None and number >= longer and longer:
            column.append(fill_with)
        columns.append(column)
    return columns


def _groupby(
    context: Context, value: Any, attribute: Any, default: Any = None, case_sensitive: bool = False
) -> object:
    get = make_attrgetter(context.environment, attribute, default=default)
    groups: dict[Any, Group] = {}
    for entry in _entries(value):
        key = get(entry)
        if isinstance(key, Undefined):
            key._fail_with_undefined_error()
        folded = key.lower() if isinstance(key, str) and not case_sensitive else key
        groups.setdefault(folded, Group(key, [])).list.append(entry)
    return [groups[folded] for folded in sorted(groups)]


def _items(context: Context, value: Any) -> object:
    if not isinstance(value, Mapping):
        raise Stop("template-error", f"items takes a map, not {describe(value)}")
    return [(key, value[key]) for key in value]


def _dictsort(context: Context, value: Any, *args: Any, **kwargs: Any) -> object:
    return do_dictsort(dict(cast("list[Any]", _items(context, value))), *args, **kwargs)


def _map(
    context: Context,
    value: Any,
    name: str | None = None,
    *args: Any,
    attribute: Any = None,
    default: Any = None,
    **kwargs: Any,
) -> object:
    environment = cast("Sandbox", context.environment)
    if attribute is not None:
        change = make_attrgetter(environment, attribute, default=default)
    else:
        need_known(name, environment.filters, "filter")

        def change(entry: Any) -> Any:
            return environment.call_filter(cast(str, name), entry, args, kwargs, context)

    return [change(entry) for entry in _entries(value) if environment.step()]


def _chosen(*, keep: bool, by_attribute: bool) -> Callable[..., object]:
    def choose(context: Context, value: Any, *args: Any) -> object:
        environment = cast("Sandbox", context.environment)
        get: Callable[[Any], Any] = lambda entry: entry  # noqa: E731 (its type is stated)
        if by_attribute:
            if not args:
                raise Stop("template-error", "the name of a key is missing")
            get, args = _getter(context, args[0]), args[1:]
        name, args = (args[0], args[1:]) if args else ("true", ())
        if name == "true" and not args:
            return [entry for entry in _entries(value) if bool(get(entry)) is keep]
        need_known(name, environment.tests, "test")
        return [
            entry
            for entry in _entries(value)
            if environment.step()
            and bool(environment.call_test(name, get(entry), args, {}, context)) is keep
        ]

    return choose


def _tojson(context: Context, value: Any, indent: int | None = None) -> str:
    def plain(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        raise Stop("not-printable", f"{describe(value)} cannot be written as JSON")

    if indent is not None and not (isinstance(indent, int) and 0 <= indent <= 8):
        raise Stop("template-error", "tojson takes an indent from 0 to 8")
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=plain)


def _int(context: Context, value: Any, default: Any = 0, base: int = 10) -> object:
    if isinstance(value, str):
        if len(value) > MAX_DIGITS + 10:
            raise Stop("template-too-large", f"{brief(value)} is too long for a number")
        try:
            return int(value, base)
        except ValueError:
            pass
    try:
        return int(value) if isinstance(value, int) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        return default


def _float(context: Context, value: Any, default: Any = 0.0) -> object:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return default


def _round(context: Context, value: Any, precision: int = 0, method: str = "common") -> object:
    number = need_a_number(value, "round")
    if not isinstance(precision, int) or abs(precision) > MAX_DIGITS:
        raise Stop("template-error", f"round takes a precision up to {MAX_DIGITS}")
    if method == "common":
        return round(number, precision)
    if method not in ("ceil", "floor"):
        raise Stop("template-error", "round takes one of 'common', 'ceil', 'floor'")
    factor = 10.0**precision
    scaled = number * factor
    whole = scaled // 1 if method == "floor" else -(-scaled // 1)
    return whole / factor


def _abs(context: Context, value: Any) -> object:
    return abs(need_a_number(value, "abs"))


def _filesizeformat(context: Context, value: Any, binary: bool = False) -> str:
    return do_filesizeformat(need_a_number(value, "filesizeformat"), binary)


def choose_default(
    context: Context, value: Any, default_value: Any = "", boolean: bool = False
) -> Any:
    """The value, or `default_value` where it is undefined (or false, with `boolean`)."""
    missing = isinstance(value, Undefined) or (boolean and not value)
    return default_value if missing else value


VALUE_FILTERS: dict[str, Callable[..., object]] = {
    "abs": _abs,
    "batch": _batch,
    "count": _length,
    "dictsort": _dictsort,
    "filesizeformat": _filesizeformat,
    "first": _first,
    "float": _float,
    "groupby": _groupby,
    "int": _int,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _list,
    "map": _map,
    "max": _max,
    "min": _min,
    "reject": _chosen(keep=False, by_attribute=False),
    "rejectattr": _chosen(keep=False, by_attribute=True),
    "reverse": _reverse,
    "round": _round,
    "select": _chosen(keep=True, by_attribute=False),
    "selectattr": _chosen(keep=True, by_attribute=True),
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
    "tojson": _tojson,
    "unique": _unique,
}
"""They get the context, then the value as it is."""
