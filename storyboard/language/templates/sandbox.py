"""The Jinja environment of storyboard templates: what a template can reach, and what runs it.

Maps are looked up by key only. No other attribute of any object is there but
the members of macro files, the facts of a loop, and harmless methods of text.
Names are asked of the scope when they are used, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from typing import Any, cast

from jinja2 import StrictUndefined, Template, TemplateNotFound, Undefined
from jinja2.environment import TemplateModule
from jinja2.lexer import TokenStream
from jinja2.nodes import EvalContext
from jinja2.parser import Parser
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Joiner, missing

from storyboard.language.templates.access import GLOBALS, member, members
from storyboard.language.templates.arithmetic import INTERCEPTED, combine, negate
from storyboard.language.templates.bounds import (
    Meter,
    Method,
    Stop,
    brief,
    describe,
    need_length,
    printable,
    weigh,
)
from storyboard.language.templates.compiler import Generator, counted, examine, holds_only_macros
from storyboard.language.templates.filters import FILTERS, TESTS
from storyboard.language.templates.runtime import LATER, BoundedTemplate, LazyContext, Rendering
from storyboard.language.templates.scope import MAX_TEXT
from storyboard.language.templates.text import join_texts
from storyboard.language.templates.wording import plain_words, too_deep
from storyboard.reporting.suggest import did_you_mean

_MAP_METHODS = frozenset({"items", "keys", "values", "get", "update", "pop", "copy"})
_NOT_THE_SAME = frozenset({"now", "today", "random", "lipsum"})


class Sandbox(SandboxedEnvironment):
    """Compiles and runs templates; `rendering` is the one under way (one thread at a time)."""

    context_class = LazyContext
    template_class = BoundedTemplate
    code_generator_class = Generator
    intercepted_binops = INTERCEPTED
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=printable,
            autoescape=False,
            optimized=False,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters.clear()
        self.filters.update(FILTERS)
        self.tests.clear()
        self.tests.update(TESTS)
        self.files: dict[str, BoundedTemplate | Stop] = {}
        self.rendering: Rendering | None = None
        self._constant_modules: dict[str, TemplateModule] = {}
        self.eval_context = EvalContext(self)

    # Compiling

    def build(self, text: str, name: str | None = None) -> BoundedTemplate:
        """The text compiled; Stop or TemplateSyntaxError where it cannot be."""
        if len(text) > MAX_TEXT:
            raise Stop(
                "template-too-long",
                f"{len(text):,} characters are more than a template may have, {MAX_TEXT:,}",
            )
        try:
            tree = Parser(self, text, name).parse()
            examine(tree)
            source = StringIO()
            generator = Generator(self, name, None, source, optimized=False)
            generator.visit(tree)
            code = compile(source.getvalue(), "<template>", "exec")
        except (RecursionError, MemoryError):
            raise too_deep(None) from None
        except SyntaxError as error:
            # Python's own limits (20 loops within one another), or an argument named twice.
            if "nested" in str(error) or "indent" in str(error):
                raise too_deep(None) from None
            raise Stop(
                "template-syntax", f"the template cannot be compiled: {plain_words(error)}"
            ) from None
        template = cast(BoundedTemplate, BoundedTemplate.from_code(self, code, {}))
        template.names = frozenset(generator.names)
        template.files = frozenset(generator.files)
        template.is_constant = holds_only_macros(tree)
        return template

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = self.lexer.wrap(
            self.lexer.tokeniter(source, name, filename, state), name, filename
        )
        return TokenStream(counted(tokens), name, filename)

    # The rendering under way

    @property
    def now(self) -> Rendering:
        """The rendering under way."""
        assert self.rendering is not None  # noqa: S101 (a bug of ours otherwise)
        return self.rendering

    @property
    def meter(self) -> Meter:
        """Its bounds."""
        return self.now.meter

    def step(self) -> bool:
        """Count one loop round."""
        return self.now.meter.step()

    def weighed(self, value: Any) -> Any:
        """The value, counted; Stop where it is too large."""
        weigh(value, self.now.meter)
        return value

    def compared(self, value: Any) -> Any:
        """One side of a comparison."""
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()
        return self.weighed(value)

    def concat(self, parts: Iterable[str]) -> str:
        """The parts as one text, bounded while they come."""
        total = 0
        texts = []
        for part in parts:
            # What {% filter length %} makes comes here as it is.
            text = part if isinstance(part, str) else printable(part)
            total += len(text)
            need_length(total)
            texts.append(text)
        self.now.meter.charge(total)
        return "".join(texts)

    def joined(self, *values: object) -> str:
        """What `a ~ b` makes."""
        return cast(str, self.weighed(join_texts("", values)))

    def entries(self, value: Any) -> Any:
        """What a loop goes through."""
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()
        if isinstance(value, Mapping):
            return self.weighed(list(value))
        if isinstance(value, (str, list, tuple, range)):
            return value
        raise Stop(
            "template-error",
            f"{describe(value)} cannot be looped over; a list, a map or a text can",
            "count with range(...)" if isinstance(value, int) else None,
        )

    # Names

    def fetch(self, value: Any, name: str) -> Any:
        """The value of a name: what the template set, or what the scope says now."""
        if value is not LATER and value is not missing:
            return value
        if value is LATER:
            try:
                return self.now.scope.resolve(name)
            except KeyError:
                pass
            if f"{name}.j2" in self.files:
                return self.module_of(self._load_template(f"{name}.j2", None))
            if name in GLOBALS:
                return GLOBALS[name]
        return StrictUndefined(
            f"{brief(name)} is not defined", name=name, exc=self._unknown(name, self._all_names)
        )

    def follow(self, name: str, keys: Iterable[str]) -> str:
        """What `{{ name.key.key }}` prints, without a compiled template."""
        value, label = self.fetch(LATER, name), name
        for key in keys:
            value = self.getattr(value, key, label)
            label = f"{label}.{key}"
        return printable(value)

    def _all_names(self) -> list[str]:
        files = [name.removesuffix(".j2") for name in self.files]
        return [*self.now.scope.names(), *files, *GLOBALS]

    def _unknown(self, name: object, known: Callable[[], Iterable[object]]) -> Any:
        """What makes the exception of an undefined value; the suggestion only when it is raised."""

        def make(message: str) -> Stop:
            words = [word for word in known() if isinstance(word, str)]
            if name in _NOT_THE_SAME:
                return Stop(
                    "undefined-name", message, "templates make the same text everywhere and always"
                )
            hint = did_you_mean(str(name), words)
            listed = [word for word in words if word not in GLOBALS]
            if hint is None and 0 < len(listed) <= 12:
                hint = f"known: {', '.join(sorted(set(listed)))}"
            return Stop("undefined-name", message, hint)

        return make

    # Attributes and items

    def getattr(self, obj: Any, attribute: str, label: str | None = None) -> Any:
        """What `obj.attribute` is: a key of a map, or one of the few attributes that there are."""
        if isinstance(obj, (dict, Mapping)):  # a dict is quickly told, other mappings are not
            return self._key(obj, attribute, label)
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()
        if isinstance(obj, str):
            self.weighed(obj)
        found = member(obj, attribute)
        if found is not missing:
            return found
        what = f"{label} is {describe(obj)} and" if label else describe(obj)
        return self._no(f"{what} has no {brief(attribute)}", attribute, lambda: members(obj))

    def getitem(self, obj: Any, argument: Any, label: str | None = None) -> Any:
        """What `obj[argument]` is: a key of a map, or an entry of a list or a text."""
        for value in (obj, argument):
            if isinstance(value, Undefined):
                value._fail_with_undefined_error()
        self.weighed(argument)
        if isinstance(obj, Mapping):
            return self._key(obj, argument, label)
        if isinstance(obj, (str, list, tuple, range)) and isinstance(argument, int):
            if -len(obj) <= argument < len(obj):
                return obj[argument]
            message = (
                f"{label or describe(obj)} has {len(obj):,} entries, and none at {brief(argument)}"
            )
            return self._no(message, argument, list)
        if isinstance(argument, str):
            return self.getattr(obj, argument, label)
        return self._no(f"{label or describe(obj)} has no {brief(argument)}", argument, list)

    def _key(self, obj: Mapping[Any, Any], key: Any, label: str | None) -> Any:
        try:
            return obj[key]
        except (KeyError, TypeError):
            pass
        message = f"{label or describe(obj)} has no {brief(key)}"
        if key in _MAP_METHODS:
            message += "; maps are looked up by key only"
        return self._no(message, key, lambda: obj)

    def _no(self, message: str, name: Any, known: Callable[[], Iterable[object]]) -> Any:
        return StrictUndefined(message, name=str(name), exc=self._unknown(name, known))

    def cut(self, obj: Any, start: Any, stop: Any, step: Any) -> Any:
        """What `obj[start:stop:step]` is."""
        for value in (obj, start, stop, step):
            if isinstance(value, Undefined):
                value._fail_with_undefined_error()
        if not isinstance(obj, (str, list, tuple, range)):
            raise Stop("template-error", f"{describe(obj)} cannot be cut; a list or a text can")
        return self.weighed(obj[start:stop:step])

    # Calls and operators

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call what may be called: a macro, a block, a recursive loop, a method of the list."""
        meter = self.now.meter
        meter.step()
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        for value in (*args, *kwargs.values()):
            weigh(value, meter)
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()
        if isinstance(obj, LoopContext) and args:
            args = (self.entries(args[0]), *args[1:])
        if isinstance(obj, (Macro, BlockReference, LoopContext, Joiner)):
            meter.enter()
            try:
                return obj(*args, **kwargs)
            finally:
                meter.leave()
        if not isinstance(obj, Method):
            raise Stop("not-allowed", f"{describe(obj)} cannot be called")
        for value in (*args, *kwargs.values()):
            if isinstance(value, Undefined):
                value._fail_with_undefined_error()
        try:
            return self.weighed(obj.function(*args, **kwargs))
        except TypeError as error:
            raise Stop(
                "template-error", f"{obj.name}() cannot be called so: {plain_words(error)}"
            ) from None

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute `left operator right`."""
        return self.weighed(combine(operator, left, right))

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Compute `-arg` or `+arg`."""
        return negate(operator, arg)

    # Macro files

    def select_template(self, names: Any, parent: Any = None, globals: Any = None) -> Template:
        """The first of several macro files that is there."""
        if not isinstance(names, (list, tuple, Undefined)):
            raise Stop("template-error", f"a file is named by text, not {describe(names)}")
        return super().select_template(names, parent, globals)

    def _load_template(self, name: Any, globals: Any) -> BoundedTemplate:
        if isinstance(name, Undefined):
            name._fail_with_undefined_error()
        self.now.meter.step()
        found = self.files.get(name) if isinstance(name, str) else None
        if found is None:
            raise TemplateNotFound(str(name) if isinstance(name, str) else describe(name))
        if isinstance(found, Stop):
            raise found.again()
        return found

    def module_of(self, template: BoundedTemplate) -> TemplateModule:
        """The macros and variables of a macro file, as this rendering's scope makes them."""
        now, name = self.now, cast(str, template.name)
        modules = self._constant_modules if template.is_constant else now.modules
        module = modules.get(name)
        if module is None:
            if name in now.loading:
                circle = " -> ".join([*now.loading[now.loading.index(name) :], name])
                raise Stop(
                    "template-too-deep",
                    f"macro files need one another before any of them is read: {circle}",
                    "use the other file inside a macro only",
                )
            now.loading.append(name)
            try:
                module = modules[name] = template.make_module()
            finally:
                now.loading.pop()
        return module
