"""Loads a storyboard from a path: runs the stages in order and collects every problem.

Reads the storyboard, the files it includes, its rows and its macros, and nothing else. A mistake
in a file is a problem, not an exception.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import NamedTuple

from storyboard.errors import BrokenCard
from storyboard.language.expansion.cascade import Layer, Setting, merge_layers, settings_under
from storyboard.language.expansion.context import ExpansionContext
from storyboard.language.expansion.expand import expand_storyboard
from storyboard.language.expansion.shared import SharedKind, SharedValues
from storyboard.language.expansion.unused import UNUSED_VAR, find_unused
from storyboard.language.expansion.values import Report
from storyboard.language.expansion.var_names import find_clashes, levels, vars_of
from storyboard.language.expansion.variants import (
    MAX_VARIANTS,
    check_variants,
    model_layer,
    only_of_variants,
    read_variants,
    unknown_variant,
)
from storyboard.language.files import DISK, Files, ListedOnce
from storyboard.language.ignores import silence
from storyboard.language.inputs import Inputs
from storyboard.language.nodes import MappingNode, Node
from storyboard.language.pictures.film import check_pictures
from storyboard.language.prices import old_prices, read_caps, read_prices
from storyboard.language.read_scope import find_scope
from storyboard.language.repairs.proposals import with_repairs
from storyboard.language.retiring import find_retiring
from storyboard.language.uses import with_uses
from storyboard.models.card import ModelCard
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.models.words import REFERENCES, WORDS
from storyboard.money import NO_CAPS, Price
from storyboard.names import film_name, from_file_name, valid_unicode, variant_name
from storyboard.records import Position, Problem, Storyboard, Take
from storyboard.reporting.problems import tidy
from storyboard.reporting.suggest import limited_suggestions


class Reading(NamedTuple):
    """How to read a storyboard: as one of its variants, or with another model for every shot.

    With `checks_variants`, a problem in any variant is a problem of the storyboard. If `today` is
    given, models that retire soon cause a warning.
    """

    variant: str | None = None
    model: str | None = None
    checks_variants: bool = False
    today: date | None = None


AS_WRITTEN = Reading()


@limited_suggestions()
def load_storyboard(
    path: Path,
    catalog: Catalog,
    *,
    display_name: str | None = None,
    overrides: Mapping[str, Node] | None = None,
    allowed_paths: Sequence[Path] = (),
    content: bytes | None = None,
    files: Files = DISK,
    reading: Reading = AS_WRITTEN,
    price_files: Sequence[MappingNode] = (),
) -> Storyboard:
    """Return the storyboard at `path`, expanded, with its shape and every payload checked.

    `display_name` is the name for messages, as the user typed it. `overrides` are the vars from
    the command line; they beat every level. The storyboard may read files in its project and in
    `allowed_paths`; they come from `files`. `content` is the storyboard itself if it does not
    come from a file; relative paths then start from `path`. Prices in `price_files` beat the
    storyboard's own. Raises UsageError if a model card is broken.
    """
    scope = find_scope(path, allowed=allowed_paths, files=ListedOnce(files))
    inputs = Inputs(path, display_name or str(path), catalog, scope, content=content)
    expanded, variants, is_whole = _Expanded(None, (), {}, ()), tuple[str, ...](), False
    prices, caps = dict[str, Price](), NO_CAPS
    try:
        root = inputs.read_storyboard()
        if root is None:
            inputs.check((), model=None)
        else:
            given = {
                name: Setting(node, name, node.position) for name, node in (overrides or {}).items()
            }
            film = _Film(root, inputs, catalog, given, model=reading.model)
            expanded = _expand(film, reading)
            models = frozenset(one.model for take in expanded.takes for one in take.candidates)
            if reading.today:
                inputs.problems += find_retiring(film.files, models, catalog, reading.today)
            prices, caps = _prices(film, models, reading, price_files), read_caps(root)
            variants, is_whole = tuple(film.variants), film.is_read_whole(reading)
    except BrokenCard as broken:
        if broken.owner is Owner.PROGRAM:
            raise
        inputs.problems = [_card_problem(broken)]  # other checks depend on the card
    left = silence(inputs.problems, inputs.yaml_texts, is_whole=is_whole)
    problems = with_repairs(tidy(left), inputs.own_texts, inputs.display_name)
    return Storyboard(
        path=path,
        name=variant_name(_name_of(path), reading.variant),
        title=expanded.title,
        takes=expanded.takes,
        problems=with_uses(problems, inputs.yaml_sources, inputs.include_positions),
        sources=inputs.sources,
        workbooks=inputs.workbooks,
        scene_titles=expanded.scene_titles,
        skipped=expanded.skipped,
        variant=reading.variant,
        variants=variants,
        prices=prices,
        caps=caps,
        allowed_paths=tuple(allowed_paths),
    )


def _card_problem(broken: BrokenCard) -> Problem:
    message = f"the card of {broken.name} cannot be used: {broken.reason}"
    position = Position(broken.path, broken.line or 1, 1)
    return Problem(position, "broken-card", message, "correct the card, or name another model")


def _name_of(path: Path) -> str:
    """Return the storyboard's name in valid Unicode; a file name need not be."""
    return unicodedata.normalize("NFC", valid_unicode(from_file_name(film_name(path.stem))))


class _Film:
    """A storyboard's nodes after reading its files; expands them as written or as a variant."""

    def __init__(
        self,
        root: MappingNode,
        inputs: Inputs,
        catalog: Catalog,
        overrides: Mapping[str, Setting],
        *,
        model: str | None,
    ) -> None:
        self.inputs = inputs
        self.files = [*inputs.read_includes(root), root]
        self.variants = read_variants(self.files)
        self._catalog = catalog
        self._overrides = overrides
        self._templates = inputs.read_templates()
        self._levels = [levels(file) for file in self.files]
        self._shared = _gather_shared(self.files, inputs.check(self.files, model=model))

    def expand(self, report: Report, *above: Layer) -> _Expanded:
        """Expand the takes with the layers `above` over every level except command-line vars."""
        context = ExpansionContext(
            templates=self._templates,
            cards=self._catalog,
            shared=self._shared,
            pictures=self.inputs.pictures,
            read_rows=self.inputs.read_rows,
            overrides=merge_layers([*above, Layer(self._overrides)]),
            sources=self.inputs.sources,
            report=report,
        )
        title, takes = expand_storyboard(self.files, context)
        frames = [frame for _, frame in context.frames]
        for problem in check_pictures(context.files, frames, self.inputs.pictures.content_of):
            report(problem)
        return _Expanded(title, tuple(takes), context.scene_titles, tuple(context.skipped))

    def problems_of_variants(self) -> dict[str, tuple[Problem, ...]]:
        """Return the problems with the takes of each variant, by variant name."""
        found: dict[str, list[Problem]] = {name: [] for name in self.variants}
        for name, layer in self.variants.items():
            self.expand(found[name].append, layer)
        return {name: tidy(problems) for name, problems in found.items()}

    def find_wrong_names(self) -> Iterable[Problem]:
        """Find problems with the names of variants and vars."""
        variables = [found for file in self._levels for found in vars_of(file)]
        variables += self._overrides.items()
        clashes = find_clashes(variables, self._templates.namespaces)
        return [*check_variants(self.files), *clashes]

    def find_unused(self, *, is_whole: bool) -> list[Problem]:
        """Warn about what nothing uses; call this after all takes are made.

        If only part of the files was expanded (`is_whole` is false), warns only about vars, whose
        uses are found by reading templates.
        """
        *others, own = self._levels
        names_used = self._templates.names_used
        found = find_unused(own, others, self._overrides, self._shared, names_used)
        return [one for one in found if is_whole or one.code == UNUSED_VAR]

    def is_read_whole(self, reading: Reading) -> bool:
        """Whether a reading expands everything in the files."""
        is_as_written = reading.variant is None and reading.model is None
        return is_as_written and (reading.checks_variants or not self.variants)


class _Expanded(NamedTuple):
    """What a storyboard's nodes expand to; `scene_titles` maps scene ids to titles."""

    title: str | None
    takes: tuple[Take, ...]
    scene_titles: Mapping[str, str]
    skipped: tuple[str, ...]


def _expand(film: _Film, reading: Reading) -> _Expanded:
    """Expand the film as `reading` says; problems are added to those of its inputs."""
    problems, variants = film.inputs.problems, film.variants
    problems.extend(film.find_wrong_names())
    above = [model_layer(reading.model)] if reading.model is not None else []
    if reading.variant in variants:
        above.insert(0, variants[reading.variant])
    elif reading.variant is not None:
        problems.append(unknown_variant(reading.variant, [*variants], film.files[-1]))
    expanded = film.expand(problems.append, *above)
    if reading.checks_variants and len(variants) <= MAX_VARIANTS:
        problems.extend(only_of_variants(tidy(problems), film.problems_of_variants()))
    problems.extend(film.find_unused(is_whole=film.is_read_whole(reading)))
    return expanded


def _prices(
    film: _Film, models: frozenset[str], reading: Reading, price_files: Sequence[MappingNode]
) -> dict[str, Price]:
    """Return the price of each model that has one; warns of outdated prices of `models`."""
    problems = film.inputs.problems
    written = read_prices([*film.files, *price_files], problems.append)
    problems += old_prices(
        written, models, today=reading.today or datetime.now(timezone.utc).date()
    )
    return {name: one.price for name, one in written.items()}


def _gather_shared(files: Sequence[MappingNode], cards: Iterable[ModelCard]) -> SharedValues:
    def under(key: str) -> dict[str, Setting]:
        return {name: one for file in files for name, one in settings_under(file, key, "").items()}

    dropped = frozenset(under("if_missing"))
    return SharedValues(
        SharedKind("negative", under("negatives")),
        SharedKind("seed", under("seeds")),
        SharedKind("reference", under(REFERENCES)),
        parameters=dropped.union(WORDS, *(card.settings for card in cards)),
        dropped=dropped,
    )
