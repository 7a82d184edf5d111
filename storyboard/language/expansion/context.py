"""The state carried from file to take: the context of an expansion, a section, a shot entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from storyboard.language.expansion.cascade import Layer, Setting, merge_layers
from storyboard.language.expansion.contents import FrameContent, UsedFile
from storyboard.language.expansion.ids import Claim
from storyboard.language.expansion.payload import PayloadInputs
from storyboard.language.expansion.shared import SharedValues
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import Report
from storyboard.language.nodes import MappingNode, Node
from storyboard.language.pictures.files import PictureFiles
from storyboard.language.rows.values import RowValues
from storyboard.language.templates.templates import Templates
from storyboard.models.catalog import Catalog
from storyboard.records import Json, Position, Take


@dataclass(slots=True)
class ExpansionContext:
    """What the expansion of one storyboard shares: functions, problems and counters.

    `overrides` are the vars from the command line, which beat every level. `read_rows` returns
    the rows in a node, or in the file it names. Problems go to `report`; none stops the
    expansion.
    """

    templates: Templates
    cards: Catalog
    shared: SharedValues
    pictures: PictureFiles
    read_rows: Callable[[Node, str], Iterable[RowValues]]
    overrides: Layer
    sources: Mapping[str, str]
    report: Report
    shots: int = 0
    takes: int = 0
    current: tuple[str, Position] | None = None
    """The take being expanded, or the shot if its id is not known yet; and its position."""
    shot_ids: dict[str, Claim] = field(default_factory=dict)
    scene_ids: dict[str, Claim] = field(default_factory=dict)
    scene_titles: dict[str, str] = field(default_factory=dict)
    """The titles of scenes, by scene id."""
    skipped: dict[str, None] = field(default_factory=dict)
    """The ids of skipped shots, as written, in file order."""
    first_takes: dict[str, str] = field(default_factory=dict)
    """The id of the first take that makes each request, by fingerprint."""
    frames: list[tuple[Take, FrameContent]] = field(default_factory=list)
    """The frames in the takes' requests, each with the take (or its fallback) that shows it."""
    files: list[UsedFile] = field(default_factory=list)
    """The files in the takes' requests."""
    has_gaps: bool = False
    """Whether a shot has no takes because of a problem, so that its id may be unknown."""


class Section(NamedTuple):
    """A part of the file and what applies in it: the file, a scene or an entry under `shots`.

    `layer` is the cascade down to here. `facts` are the names that templates know besides the
    vars (`scene`, `title`). `scene` is the scene's id.
    """

    layer: Layer
    facts: Mapping[str, Json]
    scene: str | None = None

    def narrowed(self, layer: Layer, context: ExpansionContext) -> Section:
        """Return the section inside this one with `layer` added."""
        return self._replace(layer=merge_layers((self.layer, layer, context.overrides)))

    def scope(self, context: ExpansionContext, **facts: Json) -> ShotScope:
        """Return what templates can see here, with more facts."""
        variables, meta, sources = self.layer.variables, self.layer.meta, context.sources
        facts = {**self.facts, **facts}
        return ShotScope(context.templates, variables, facts, meta=meta, sources=sources)


class ShotEntry(NamedTuple):
    """One entry under `shots`.

    `where` is the path to it; `position` is where problems with a whole shot are reported.
    `scope` has the facts that its shots have in common. `inputs` are those of each of its models,
    in order; empty if a model is unknown.
    """

    node: MappingNode
    where: str
    section: Section
    position: Position
    scope: ShotScope
    inputs: tuple[PayloadInputs, ...]

    @property
    def settings(self) -> Mapping[str, Setting]:
        """The settings that apply to the entry."""
        return self.section.layer.settings
