"""Reads the files of one storyboard, each once: itself, its includes, its rows and macros."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from storyboard.errors import UsageError
from storyboard.language.expansion.cascade import Setting
from storyboard.language.named_models import named_models
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.pictures.files import PictureFiles
from storyboard.language.read_scope import HOLDS_KEY, ReadScope
from storyboard.language.rows.read import FORMATS, WORKBOOK, Rows, collect, read_rows, rows_in
from storyboard.language.rows.shapes import FILE
from storyboard.language.rows.values import RowValues
from storyboard.language.templates.scope import SUFFIX
from storyboard.language.templates.templates import Templates
from storyboard.language.text_files import file_problem
from storyboard.language.validation.check import check_file
from storyboard.language.yaml.source import Source, read_source
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.schema.storyboard import include_schema, storyboard_schema
from storyboard.models.words import WORDS
from storyboard.names import Spellings, spelled_on_disk, to_file_name
from storyboard.records import Position, Problem
from storyboard.reporting.value_paths import format_value

MAX_LEVELS = 50
"""How many levels deep included files may include others."""

_PLAIN_NAME = re.compile(r"\w[\w./-]*(?: [\w./-]+)*")
"""A file name that needs no quotes in YAML."""

_MakeSchema: TypeAlias = Callable[
    [Sequence[ModelCard], Sequence[str], Sequence[str]], dict[str, Any]
]

_NOT_YAML = (*(FORMATS.keys() - {".yaml", ".yml"}), WORKBOOK, SUFFIX)


class Inputs:
    """Reads the files that a storyboard names, and collects their texts and problems.

    `display_name` is the storyboard's name in messages; other files are named relative to it.
    `sources` maps these names to the texts. A file outside `scope` is not opened and has no text.
    `workbooks` is as in `Storyboard`. `pictures` are read once a shot names them. `content` is the
    storyboard itself, if it does not come from a file. `include_positions` maps each included
    file's name to the settings that include it.
    """

    def __init__(
        self,
        path: Path,
        display_name: str,
        catalog: Catalog,
        scope: ReadScope,
        *,
        content: bytes | None = None,
    ) -> None:
        self.problems: list[Problem] = []
        self.sources: dict[str, str] = {}
        self.workbooks: dict[str, tuple[str, bytes]] = {}
        self._path = path
        self._content = content
        self.display_name = display_name
        self._catalog = catalog
        self._unchecked: list[tuple[Source, _MakeSchema, int]] = []
        self._scope = scope
        self._files = scope.files
        self._spellings = Spellings(scope.files.names_in)
        self._rows: dict[tuple[str, str | None, str | None], Rows] = {}
        self._included: dict[str, str] = {}  # real path to display name
        self.yaml_sources: list[Source] = []
        self.include_positions: dict[str, Position] = {}
        self._own_includes: list[str] = []
        self._paths = {self.display_name: path}
        self.pictures = PictureFiles(path.parent, scope, self._resolve_in)

    @property
    def yaml_texts(self) -> dict[str, str]:
        """The YAML texts by name."""
        return {name: text for name, text in self.sources.items() if not name.endswith(_NOT_YAML)}

    @property
    def own_texts(self) -> dict[str, str]:
        """The texts of the storyboard and of the files it includes from its own project.

        Empty if the storyboard does not come from a file.
        """
        names = [self.display_name, *self._own_includes] if self._content is None else []
        return {name: self.sources[name] for name in names}

    def read_storyboard(self) -> MappingNode | None:
        """Return the mapping in the storyboard's own file, or None if it holds something else."""
        source = self._read_yaml(self._path, self.display_name, self._content)
        self.problems.extend(source.problems)
        return self._mapping_in(source, storyboard_schema)

    def read_includes(self, root: MappingNode) -> list[MappingNode]:
        """Return the included files in order, each once; a file follows those it includes."""
        return self._read_includes(
            self._path, self.display_name, root, (self._real_path(self._path),)
        )

    def check(self, files: Sequence[MappingNode], *, model: str | None) -> tuple[ModelCard, ...]:
        """Check the shape of every file read; return the cards of the models in use.

        These are `model` and those that `files` name. If no known model is named, returns all
        cards.
        """
        found = map(self._catalog.get, [*named_models(files), *([model] if model else ())])
        cards = tuple(card for card in found if card) or self._catalog.cards()
        names = tuple(sorted({*self._catalog.names(), *(card.name for card in cards)}))
        lacked = tuple(self._lacked(files, cards))
        # Problems with the same position stay in the order in which they are reported.
        for source, make_schema, index in reversed(self._unchecked):
            if source.root is not None:
                self.problems[index:index] = check_file(
                    source.root,
                    _schema(make_schema, cards, names, lacked),
                    display_name=source.display_name,
                    models_with=self._models_with,
                )
        return cards

    def _lacked(self, files: Sequence[MappingNode], cards: Sequence[ModelCard]) -> list[str]:
        """Return the settings that `files` drop and that only models not named here have."""
        nodes = (file.get("if_missing") for file in files)
        dropped = {name for node in nodes if isinstance(node, MappingNode) for name in node.entries}
        known = WORDS.keys() | {name for card in cards for name in card.settings}
        return [name for name in sorted(dropped - known) if self._models_with(name)]

    def _models_with(self, setting: str) -> list[str]:
        """Return the models that have `setting`."""
        try:
            return [card.name for card in self._catalog.cards() if setting in card.settings]
        except UsageError:  # a broken card that no shot needs
            return []

    def read_rows(self, node: Node, where: str) -> list[RowValues]:
        """Return the rows that a shot holds or names a file for; `where` is the setting's path."""
        if isinstance(node, SequenceNode):
            own = collect(rows_in(node, where), is_table=False)
            self.problems.extend(own.problems)
            return list(own.rows)
        file: Node | None = node
        key = sheet = None
        if isinstance(node, MappingNode):
            file, key, sheet = map(node.get, ("file", "key", "sheet"))
            where = f"{where}.file"
        if not isinstance(file, ScalarNode) or not file.text:
            return []  # the schema has reported it
        path, display_name = self._resolve(self._path, self.display_name, file.text)
        texts = [part.text if isinstance(part, ScalarNode) else None for part in (key, sheet)]
        rows = self._read_rows(path, display_name, *texts)
        setting = Setting(file, where, file.position)
        problems = [_with_file(problem, file.text) for problem in rows.problems]
        self.problems.extend(_at_setting(problems, rows.text, setting))
        return list(rows.rows)

    def read_templates(self) -> Templates:
        """Return the template engine, with the macros in the folder beside the storyboard."""
        folder, display_name = _beside(self._path, self.display_name, "templates")
        refusal = self._refusal(folder, display_name)
        templates = Templates(
            None if refusal else folder, display_name=display_name, files=self._files
        )
        self.problems.extend([refusal] if refusal else templates.problems)
        for name, text in templates.sources.items():
            if self._scope.holds_key(text):
                self.problems.append(_holds_key(name))
            else:
                self.sources[name] = text
        return templates

    def _read_includes(
        self, path: Path, display_name: str, root: MappingNode, above: tuple[str, ...]
    ) -> list[MappingNode]:
        found: list[MappingNode] = []
        for setting in _names_of_includes(root):
            name = str(setting.node.data)
            target, target_name = self._resolve(path, display_name, name)
            real = self._real_path(target)
            if real in above:
                circle = [*above[above.index(real) :], real]
                steps = " -> ".join(os.path.basename(step) for step in circle)  # noqa: PTH119 (real paths as text)
                words = f"the file includes itself: {steps}"
                hint = "break the cycle: remove one of these includes"
                self._report(setting, "circular-include", words, hint)
            elif len(above) > MAX_LEVELS:
                words = f"files include one another more than {MAX_LEVELS} levels deep"
                self._report(setting, "nested-too-deep", words)
            elif real in self._included:
                # Already read; this name becomes another name of the same source.
                self.sources.setdefault(target_name, self.sources[self._included[real]])
            else:
                self._included[real] = target_name
                node = self._read_include(target, target_name, setting)
                if node is not None:
                    inner = (*above, real)
                    found.extend(self._read_includes(target, target_name, node, inner))
                    found.append(node)
        return found

    def _read_include(self, path: Path, display_name: str, setting: Setting) -> MappingNode | None:
        source = self._read_yaml(path, display_name)
        self.include_positions[display_name] = setting.node.position
        if Path(self._real_path(path)).is_relative_to(self._scope.project):
            self._own_includes.append(display_name)
        self.problems.extend(_at_setting(source.problems, source.text, setting))
        return self._mapping_in(source, include_schema)

    def _read_yaml(self, path: Path, display_name: str, content: bytes | None = None) -> Source:
        if refusal := self._refusal(path, display_name):
            source = Source(display_name, "", None, (refusal,))
        else:
            source = read_source(path, display_name, content=content, files=self._files)
            if self._scope.holds_key(source.text):
                source = Source(display_name, "", None, (_holds_key(display_name),))
        self.sources[display_name] = source.text
        self._paths[display_name] = path
        self.yaml_sources.append(source)
        return source

    def _read_rows(self, path: Path, display_name: str, key: str | None, sheet: str | None) -> Rows:
        """Return the rows of a file; each file, key and sheet is read once."""
        known = self._rows.get((display_name, key, sheet))
        if known is not None:
            return known
        # Each sheet of a workbook has its own lines.
        name = display_name if sheet is None else f"{display_name} [{sheet}]"
        if refusal := self._refusal(path, display_name):
            rows = Rows("", problems=(refusal,))
        else:
            rows = read_rows(path, name, key=key, sheet=sheet, files=self._files)
            if self._scope.holds_key(rows.text):
                rows = Rows("", problems=(_holds_key(display_name),))
        self._rows[display_name, key, sheet] = rows
        self.sources[name] = rows.text
        if rows.content is not None:
            self.workbooks[name] = (display_name, rows.content)
        return rows

    def _resolve_in(self, file: str, name: str) -> tuple[Path, str]:
        """Resolve `name` in the file with the display name `file`."""
        file = file if file in self._paths else self.display_name
        return self._resolve(self._paths[file], file, name)

    def _resolve(self, path: Path, display_name: str, name: str) -> tuple[Path, str]:
        """Resolve `name` in the file `path`, in any spelling; return a path and a display name."""
        found = _beside(path, display_name, to_file_name(name))
        if self._scope.refusal(found[0]) is None and not self._files.exists(found[0]):
            spelled = spelled_on_disk(
                path.parent, name, exists=self._files.exists, spellings=self._spellings
            )
            return _beside(path, display_name, spelled)
        return found

    def _real_path(self, path: Path) -> str:
        """Return the path with symbolic links resolved, or unchanged if the system refuses it."""
        try:
            return self._files.real_path(path)
        except (OSError, ValueError):
            return str(path)

    def _refusal(self, path: Path, display_name: str) -> Problem | None:
        """Return the problem with a file that must not be opened, or None."""
        refusal = self._scope.refusal(path)
        if refusal is None:
            return None
        return file_problem(display_name, "outside-project", *refusal)

    def _mapping_in(self, source: Source, make_schema: _MakeSchema) -> MappingNode | None:
        """Return the mapping that a file holds; `check` checks it later."""
        if source.root is not None:
            self._unchecked.append((source, make_schema, len(self.problems)))
        return source.root if isinstance(source.root, MappingNode) else None

    def _report(self, setting: Setting, code: str, words: str, hint: str | None = None) -> None:
        message = f"{setting.where}: {words}"
        self.problems.append(Problem(setting.node.position, code, message, hint))


@lru_cache(maxsize=4)
def _schema(
    make_schema: _MakeSchema,
    cards: tuple[ModelCard, ...],
    names: tuple[str, ...],
    lacked: tuple[str, ...],
) -> dict[str, Any]:
    """Return a schema that nobody changes, made once for files that use the same models.

    That of all models takes 0.1 s, and a storyboard is read dozens of times while it is repaired.
    """
    return make_schema(cards, names, lacked)


def _holds_key(display_name: str) -> Problem:
    return file_problem(display_name, "holds-key", *HOLDS_KEY)


def _names_of_includes(root: MappingNode) -> list[Setting]:
    node = root.get("include")
    names = Setting(node, "include", node.position).items if node else ()
    return [name for name in names if isinstance(name.node.data, str) and name.node.data]


def _with_file(problem: Problem, name: str) -> Problem:
    """Return the problem with the name of the rows file in its hint, if `FILE` is there."""
    if problem.hint is None or FILE not in problem.hint or not _PLAIN_NAME.fullmatch(name):
        return problem
    return replace(problem, hint=problem.hint.replace(FILE, f"file: {name}"))


def _at_setting(problems: Sequence[Problem], text: str, setting: Setting) -> Sequence[Problem]:
    """Return a file's problems, moved to the setting that names the file if it has no text."""
    if text:
        return problems
    name = format_value(setting.node.data)
    return [
        Problem(
            setting.node.position,
            problem.code,
            f"{setting.where}: {name}: {problem.message}",
            problem.hint,
            severity=problem.severity,
        )
        for problem in problems
    ]


def _beside(path: Path, display_name: str, name: str) -> tuple[Path, str]:
    """Return the path and the display name of the file that `path` calls `name`."""
    display_name = os.path.normpath(os.path.join(os.path.dirname(display_name), name))  # noqa: PTH118, PTH120 (a display name, not a path)
    return path.parent / name, display_name
