"""The Jinja environment of storyboard templates: runs them, and limits what they can reach.

Maps are looked up by key only. The only attributes available on other objects are the members of
macro files, the facts of a loop, and harmless text methods. The scope is asked for a name only
when the name is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from storyboard.language.spellings import print_list
from storyboard.language.templates import syntax
from storyboard.language.templates.bounds import (
    Meter,
    Method,
    brief,
    describe,
    need_defined,
    need_flat,
    need_operands,
    need_plain,
    printable,
)
from storyboard.language.templates.fault import TemplateFault, plain_words
from storyboard.language.templates.filters import BARE_FILTERS, FILTERS, TESTS, join_texts
from storyboard.language.templates.members import CALLABLE, GLOBALS, attribute_of, attributes_of
from storyboard.language.templates.pieces import SLOT
from storyboard.language.templates.scope import MAX_TEXT, SUFFIX, Scope
from storyboard.reporting.suggest import Suggestion, guess

UNRESOLVED: Any = object()
"""Stands for a name whose value has not been requested from the scope yet."""

_ADDED_ARGUMENTS = frozenset({"_loop_vars", "_block_vars"})  # by compiled code, to any call
_MAP_METHODS = frozenset({"items", "keys", "values", "get", "update", "pop", "copy"})
_NOT_DETERMINISTIC = frozenset({"now", "today", "random", "lipsum"})


class LazyContext(Context):
    """Knows what the template itself has set; `Sandbox.look_up` resolves all other names.

    Each template that begins is counted, because files may include one another endlessly.
    """

    def __init__(self, environment: Sandbox, *args: Any, **kwargs: Any) -> None:
        environment.meter.step()
        super().__init__(environment, *args, **kwargs)

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name that the template has set, else UNRESOLVED."""
        found = super().resolve_or_missing(key)
        return UNRESOLVED if found is missing else found


class Sandbox(SandboxedEnvironment):
    """Compiles and runs templates, in one thread.

    `scope` is that of the text being rendered. `modules` are the macro files that it has read.
    `prints_lists` says whether it may print a list. `read` returns the text and the file name of
    a macro file, or None; `files` are their names.
    """

    context_class = LazyContext
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self, read: Callable[[str], tuple[str, str] | None], files: Iterable[str]) -> None:
        super().__init__(
            loader=FunctionLoader(lambda name: (found := read(name)) and (*found, lambda: True)),
            undefined=StrictUndefined,
            finalize=_finalize,
            autoescape=False,
            optimized=False,
            keep_trailing_newline=True,
            cache_size=-1,
        )
        self.globals.clear()
        operations = {
            syntax.LOOKUP: self.look_up,
            syntax.JOINED: self.join,
            syntax.SLICE: _slice,
            syntax.ROUNDS: self.rounds,
            syntax.PRINTED: self.print,
            syntax.MODULE: self.module_of,
        }
        self.filters = {**FILTERS, **BARE_FILTERS, **operations}
        self.tests = {**TESTS}
        self.files = frozenset(files)
        self.meter = Meter()
        self.scope: Scope | None = None
        self.prints_lists = False
        self.modules: dict[str, TemplateModule] = {}
        self._loading: list[str] = []
        self._constant: dict[str, bool] = {}
        self._constant_modules: dict[str, TemplateModule] = {}

    # Compiling

    def parse_checked(self, source: str, name: str | None = None) -> nodes.Template:
        """Return the syntax tree of a text; raise a fault if the text is invalid."""
        if len(source) > MAX_TEXT:
            words = (
                f"{len(source):,} characters are more than {MAX_TEXT:,}, the maximum for a template"
            )
            raise TemplateFault("template-too-long", words, 1)
        tree = self.parse(source, name)
        syntax.check_tree(tree)
        if name is not None:
            self._constant[name] = syntax.holds_only_macros(tree)
        return tree

    def compile(self, source: Any, name: Any = None, filename: Any = None, *args: Any) -> Any:
        """Compile a text with its limits built in."""
        tree = self.parse_checked(source, name) if isinstance(source, str) else source
        return super().compile(syntax.Bounding().visit(tree), name, filename, *args)

    # Names, attributes and items

    def look_up(self, value: Any, name: str | None, *keys: Any) -> Any:
        """Return `name.key[key]`; `value` is what the template has set under the name."""
        if value is UNRESOLVED:
            value = self._resolve(str(name))
        for number, key in enumerate(keys):
            found = _member(value, key)
            value = _no_member(value, key, name, keys[:number]) if found is missing else found
        return value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute`: a key of a map, or one of the few attributes available."""
        return self.look_up(obj, None, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return `obj[argument]`; used by filters, which may go through many."""
        return self.meter.count(self.look_up(obj, None, argument))

    def _resolve(self, name: str) -> Any:
        assert self.scope is not None  # noqa: S101 (nothing is looked up outside a rendering)
        try:
            return self.scope.resolve(name)
        except KeyError:
            pass
        if name + SUFFIX in self.files:
            return self.module_of(name + SUFFIX)
        if name in GLOBALS:
            return GLOBALS[name]
        files = [file.removesuffix(SUFFIX) for file in self.files]
        names = self.scope.names
        return _undefined(f"{name!r} is not defined", name, lambda: [*names(), *files, *GLOBALS])

    # Calls and operators

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call it: a macro, a block, a loop, or a function on the list."""
        return isinstance(obj, CALLABLE)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function that may be called, and count the call."""
        need_defined(obj)
        if not self.is_safe_callable(obj):
            raise TemplateFault("not-in-templates", f"{describe(obj)} cannot be called")
        self.meter.step()
        if isinstance(obj, Method):
            self.meter.spend(obj.text_length)
        named = (value for name, value in kwargs.items() if name not in _ADDED_ARGUMENTS)
        for value in (*args, *named):
            need_flat(value)
            if isinstance(obj, Method):
                need_plain(value)
        if isinstance(obj, LoopContext) and args:
            args = (self.rounds(args[0]), *args[1:])
        try:
            self.meter.enter()
            return self.meter.count(super().call(context, obj, *args, **kwargs))
        except (TypeError, ValueError) as error:
            if not isinstance(obj, Method):
                raise
            words = f"{obj.name}() cannot be called this way: {plain_words(error)}"
            raise TemplateFault("template-error", words) from None
        finally:
            self.meter.leave()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute `left operator right`."""
        need_operands(operator, left, right)
        try:
            made = super().call_binop(context, operator, left, right)
            if isinstance(made, complex):
                raise TypeError("a negative number has no such root")
            return self.meter.count(made)
        except TypeError:
            words = f"{describe(left)} {operator} {describe(right)} cannot be computed"
            is_text = isinstance(left, str) or isinstance(right, str)
            hint = "a ~ b joins anything as text; a | int turns text into a number"
            raise TemplateFault("template-error", words, hint=hint if is_text else None) from None

    # The operations that `syntax.Bounding` puts into templates

    def print(self, value: Any) -> str:
        """Return a value as it prints."""
        return self.meter.count(self.text_of(value))

    def text_of(self, value: Any) -> str:
        """Return a value as it prints, without counting it."""
        if self.prints_lists and isinstance(value, (list, tuple)):
            return print_list(map(printable, value))
        return printable(value)

    def join(self, *values: Any) -> str:
        """Return the text of `a ~ b ~ c`."""
        return self.meter.count(join_texts("", values))

    def rounds(self, value: Any) -> Any:
        """Return what a loop goes through, and count its rounds."""
        need_defined(value)
        if not isinstance(value, (str, list, tuple, range, Mapping)):
            hint = "to count, use range(...)" if isinstance(value, int) else None
            words = f"{describe(value)} cannot be looped over; only lists, mappings and text can"
            raise TemplateFault("template-error", words, hint=hint)
        self.meter.step(len(value))
        return list(value) if isinstance(value, Mapping) else value

    def module_of(self, name: Any) -> TemplateModule:
        """Return the macros and variables of a macro file, as this rendering's scope makes them."""
        if isinstance(name, str) and name in self._constant_modules:
            return self._constant_modules[name]
        template = self.get_template(name)
        # A file with only macros is the same in every rendering: macros look names up when
        # called.
        modules = self._constant_modules if self._constant[name] else self.modules
        if name not in modules:
            if name in self._loading:
                circle = " -> ".join([*self._loading[self._loading.index(name) :], name])
                raise TemplateFault(
                    "template-too-deep",
                    f"macro files need one another before any of them is read: {circle}",
                    hint="use the other file only inside a macro",
                )
            self._loading.append(name)
            try:
                modules[name] = template.make_module()
            finally:
                self._loading.pop()
        return modules[name]


@pass_context
def _finalize(context: Context, value: Any) -> str:
    """Return what Jinja prints. It takes the context, so nothing is folded during compilation."""
    sandbox: Any = context.environment
    printed: str = sandbox.print(value)
    return printed


def _slice(*bounds: Any) -> slice:
    """Return the key that `a[b:c]` asks for."""
    for bound in bounds:
        need_defined(bound)
    return slice(*bounds)


def _member(obj: Any, key: Any) -> Any:
    """Return `obj.key` or `obj[key]`, or Jinja's `missing` if a template finds nothing."""
    if isinstance(obj, (dict, Mapping)):  # a dict is recognized quickly, other mappings are not
        try:
            return obj[key]
        except (KeyError, TypeError):
            need_defined(key)
            return missing
    need_defined(obj)
    need_defined(key)
    if isinstance(obj, (str, list, tuple, range)) and isinstance(key, (int, slice)):
        is_there = isinstance(key, slice) or -len(obj) <= key < len(obj)
        return obj[key] if is_there else missing
    return attribute_of(obj, key) if isinstance(key, str) else missing


def _no_member(obj: Any, key: Any, name: str | None, keys: tuple[Any, ...]) -> StrictUndefined:
    """Return an undefined value for what is missing in `obj`, which is `name.keys`."""
    is_named = name and not name.startswith(SLOT) and all(isinstance(each, str) for each in keys)
    if isinstance(key, slice):
        words = f"{describe(obj)} cannot be sliced; only lists and text can"
        raise TemplateFault("template-error", words)
    label = ".".join([str(name), *keys]) if is_named else None
    what, kind = label or describe(obj), describe(obj)
    if isinstance(obj, Mapping):
        is_method = isinstance(key, str) and key in _MAP_METHODS
        note = "; mappings are looked up by key only" if is_method else ""
        return _undefined(f"{what} has no {brief(key)}{note}", key, lambda: obj, of=label)
    if isinstance(obj, (str, list, tuple, range)) and isinstance(key, int):
        words = f"{what} has {len(obj):,} entries, and none at {brief(key)}"
        return _undefined(words, key, list)
    what = f"{label} is {kind} and" if label and isinstance(key, str) else what
    return _undefined(f"{what} has no {brief(key)}", key, lambda: attributes_of(obj))


def _undefined(
    message: str, name: Any, known: Callable[[], Iterable[object]], *, of: str | None = None
) -> StrictUndefined:
    """Return an undefined value; using it is a fault, and only then is a suggestion made.

    `known` returns the names that are defined, in the map `of` if it has a name.
    """

    def make(message: str) -> TemplateFault:
        return TemplateFault("undefined-name", message, hint=_suggest(name, known(), of))

    exc: Any = make
    return StrictUndefined(message, name=str(name), exc=exc)


def _suggest(name: object, known: Iterable[object], of: str | None) -> str | None:
    if isinstance(name, str) and name in _NOT_DETERMINISTIC:
        return "templates always make the same text, on every machine"
    words = [word for word in known if isinstance(word, str)]
    listed = {word for word in words if word not in GLOBALS}
    found = guess(str(name), words)
    if found is None:
        return f"known: {', '.join(sorted(listed))}" if 0 < len(listed) <= 12 else None
    if of and not found.word.isidentifier():
        return f"did you mean {of}[{found.word!r}]?"
    hint = f"did you mean '{found.word}'?"
    return Suggestion.of(hint, name, found.word) if found.is_sure else hint
