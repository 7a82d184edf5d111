"""A model card as values: service, parameters with their limits, and properties of the videos.

`models.card_reader` reads it from its file. Limits are stated in the card's request and nowhere
else. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from storyboard.media import At
from storyboard.models.media_limits import MediaLimits, limits_at, schema_at
from storyboard.models.service import Service
from storyboard.models.words import DURATION, RATIO, RESOLUTION, SEED, ParameterType, Word, words_of
from storyboard.records import Json, Payload

_DATA = "data:image/png;base64,iVBORw0KGgo="

SLOWEST_S = 3600.0
"""The longest time that a task takes if a model's card does not say."""

Kind: TypeAlias = Literal["text", "image", "frames", "reference", "video"]


class Parameter(NamedTuple):
    """One key of the request, or of a storyboard. `limits` is its JSON Schema with descriptions.

    `default` is the value that the API uses if the parameter is not sent, or None.
    """

    name: str
    type: ParameterType
    limits: Mapping[str, Json]
    is_required: bool = False
    default: Json = None


@dataclass(frozen=True, eq=False)
class ModelCard:
    """One model. Cards are compared by identity, so that they can be cache keys.

    `kind` is what a video is made from. `request_schema` is JSON Schema 2020-12; `parameters` are
    its fields. `words` says what each common word ("resolution") means to the model. `settings`
    is everything a storyboard can set in a request: the fields' own names, and the words.
    `source` is where the limits were read, `read` the day. `retires` is the day the model
    retires, or None if none is known. `usual_render_s` is how long most tasks take, `slowest_s`
    the longest time known. `sizes` maps resolution and ratio to pixels, as an estimate.
    """

    name: str
    title: str
    service: Service
    kind: Kind
    request_schema: Mapping[str, Json]
    parameters: Mapping[str, Parameter]
    words: Mapping[str, Word]
    settings: Mapping[str, Parameter]
    source: str
    read: str
    confidence: str
    retires: str | None
    frame_rate: float | None
    usual_render_s: float | None
    slowest_s: float
    sizes: Mapping[tuple[str, str], tuple[int, int]]

    @property
    def endpoint(self) -> str:
        """The path of a submission, from the origin's root: /api/v1/alibaba/wan2.7-t2v/async."""
        return self.service.endpoint(self.name)

    @property
    def docs_url(self) -> str:
        """The page where the limits were read, or empty if they were not read from a page."""
        return self.source if self.source.startswith("https://") else ""

    @cached_property
    def defaults(self) -> Mapping[str, Json]:
        """The API's defaults in common words."""
        return self.words_of({})

    @property
    def seed_range(self) -> tuple[int, int] | None:
        """The smallest and largest seed that a take can have; None if the card does not say."""
        word = self.words.get(SEED)
        if word is None:
            return None
        least, most = word.limits.get("minimum"), word.limits.get("maximum")
        if not (isinstance(least, int) and isinstance(most, int)):
            return None
        return (least + (least == word.any_value), most)

    def words_of(self, payload: Payload) -> dict[str, Json]:
        """Return a payload's values in common words, with the API's defaults for what it omits."""
        return words_of(self.words, {**self._field_defaults, **payload})

    def pixels(
        self, resolution: str | None = None, ratio: str | None = None
    ) -> tuple[int, int] | None:
        """Return width and height in pixels, or None if the card does not state them.

        Omitted arguments take the API's default.
        """
        defaults = self.defaults
        key = (resolution or defaults.get(RESOLUTION), ratio or defaults.get(RATIO))
        return self.sizes.get((str(key[0]), str(key[1])))

    def expected_duration_s(self, payload: Payload) -> float | None:
        """Return the length of the requested video in seconds, or None if it is not known."""
        word = self.words.get(DURATION)
        value = word.value_in({**self._field_defaults, **payload}) if word else None
        return float(value) if isinstance(value, int | float) else None

    def media_limits(self, at: At) -> MediaLimits:
        """Return what a file at this path of a payload may be; empty if the card does not say."""
        return limits_at(self.request_schema, at)

    def takes_data(self, at: At) -> bool:
        """Whether a payload takes at this path a picture as a `data:` address, by its pattern."""
        # Imported here because every start of the program reads this module.
        from storyboard.models.schema.validator import matcher

        pattern = schema_at(self.request_schema, at).get("pattern")
        return isinstance(pattern, str) and bool(matcher(pattern)(_DATA))

    @cached_property
    def _field_defaults(self) -> dict[str, Json]:
        known = self.parameters.values()
        return {each.name: each.default for each in known if each.default is not None}
