"""Loads a storyboard from a path: runs the stages in order and collects every problem.

Reads the storyboard, the files it includes, its rows and its macros, and
nothing else. Whatever is wrong with a file is a problem, not an exception.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from storyboard.language.expansion.cascade import Layer, Setting, settings_under
from storyboard.language.expansion.context import ExpansionContext
from storyboard.language.expansion.expand import expand_storyboard
from storyboard.language.expansion.lengths import describe_largest
from storyboard.language.expansion.payload import TracedPayload
from storyboard.language.expansion.shared import SharedValues
from storyboard.language.expansion.unused import find_unused
from storyboard.language.expansion.var_names import find_clashes, levels, vars_of
from storyboard.language.files import DISK, Files
from storyboard.language.ignores import silence
from storyboard.language.inputs import Inputs
from storyboard.language.nodes import MappingNode, Node
from storyboard.language.read_scope import find_scope
from storyboard.language.repairs.proposals import with_repairs
from storyboard.language.uses import with_uses
from storyboard.language.validation.check import check_payload
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.names import film_name, from_file_name
from storyboard.records import Problem, Storyboard, Take
from storyboard.reporting.problems import tidy
from storyboard.reporting.suggest import limited_suggestions


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
) -> Storyboard:
    """The storyboard at `path`, expanded and checked twice: its shape, and every payload.

    `display_name` is the name for messages, as the user typed it. `overrides` are
    the vars of the command line; they beat every level. What the storyboard
    reads lies in its project or in `allowed_paths`, and comes from `files`. `content`
    is the storyboard itself where it stands in no file; `path` then says where its
    relative paths begin. Raises UsageError where a model card is broken.
    """
    scope = find_scope(path, allowed=allowed_paths, files=files)
    inputs = Inputs(path, display_name or str(path), catalog, scope, content=content)
    root = inputs.read_storyboard()
    expanded = _Expanded(None, (), {}, ())
    if root is not None:
        given = {
            name: Setting(node, name, node.position) for name, node in (overrides or {}).items()
        }
        expanded = _expand(root, inputs, catalog, given)
    problems = with_repairs(
        tidy(silence(inputs.problems, inputs.yaml_texts)), inputs.own_texts, inputs.display_name
    )
    return Storyboard(
        path=path,
        name=_name_of(path),
        title=expanded.title,
        takes=expanded.takes,
        problems=with_uses(problems, inputs.yaml_sources, inputs.include_positions),
        sources=inputs.sources,
        workbooks=inputs.workbooks,
        scene_titles=expanded.scene_titles,
        skipped=expanded.skipped,
    )


def _name_of(path: Path) -> str:
    """The storyboard's name; a file name need not be Unicode, what is made of the name must."""
    name = from_file_name(film_name(path.stem)).encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", name)


class _Expanded(NamedTuple):
    """What a storyboard's nodes become; `scene_titles` by the scenes' ids."""

    title: str | None
    takes: tuple[Take, ...]
    scene_titles: Mapping[str, str]
    skipped: tuple[str, ...]


def _expand(
    root: MappingNode, inputs: Inputs, catalog: Catalog, overrides: Mapping[str, Setting]
) -> _Expanded:
    """What the nodes say; what is wrong goes to `inputs.problems`."""
    included = inputs.read_includes(root)
    templates = inputs.read_templates()
    files = [*included, root]
    file_levels = [levels(file) for file in files]
    variables = [found for file in file_levels for found in vars_of(file)]
    variables += overrides.items()
    shared = _gather_shared(files, catalog)
    context = ExpansionContext(
        templates=templates,
        cards=catalog,
        shared=shared,
        read_rows=inputs.read_rows,
        check_payload=_check_payload,
        overrides=Layer(overrides),
        sources=inputs.sources,
        report=inputs.problems.append,
    )
    inputs.problems.extend(find_clashes(variables, templates.namespaces))
    title, takes = expand_storyboard(files, context)
    *others, own = file_levels
    inputs.problems.extend(find_unused(own, others, overrides, shared, templates.names_used))
    return _Expanded(title, tuple(takes), context.scene_titles, tuple(context.skipped))


def _gather_shared(files: Sequence[MappingNode], catalog: Catalog) -> SharedValues:
    negatives: dict[str, Setting] = {}
    seeds: dict[str, Setting] = {}
    for file in files:
        negatives.update(settings_under(file, "negatives", ""))
        seeds.update(settings_under(file, "seeds", ""))
    parameters = (card.parameters.keys() for card in catalog.cards())
    return SharedValues(negatives, seeds, frozenset[str]().union(*parameters))


def _check_payload(traced: TracedPayload, card: ModelCard, take: Take) -> Iterable[Problem]:
    why_long = partial(describe_largest, traced)
    return check_payload(take.payload, card, traced.origin_of, take.id, why_long=why_long)
