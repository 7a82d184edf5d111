"""A model card as values: service, parameters with their limits, and properties of the videos.

`models.card_reader` reads it from its file. Limits are written in the card's
request and nowhere else. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from storyboard.models.service import Service
from storyboard.records import Json, Payload

ParameterType: TypeAlias = Literal["string", "integer", "number", "boolean"]

Kind: TypeAlias = Literal["text", "image", "frames", "reference", "video"]

DURATION, SEED, RESOLUTION, RATIO = "duration", "seed", "resolution", "ratio"
"""The parameters that the program itself reads from a payload."""


class Parameter(NamedTuple):
    """One key of the request. `limits` is its JSON Schema, including descriptions.

    `default` is the value that the API uses if the parameter is not sent, or None.
    """

    name: str
    type: ParameterType
    limits: Mapping[str, Json]
    is_required: bool = False
    default: Json = None


@dataclass(frozen=True, eq=False)
class ModelCard:
    """One model. Compared by identity, so that it can key a cache.

    `kind` is what a video is made from. `request_schema` is JSON Schema 2020-12. `words` says
    which parameter each common word ("resolution") means. `source` is where the limits were read
    and `read` the day; `retires` is the day on which the model goes, or None for none that is
    known. `usual_render_s` is what most tasks take, `slowest_s` the longest that one is known to
    take. `sizes` maps resolution and ratio to pixels, as an estimate.
    """

    name: str
    title: str
    service: Service
    kind: Kind
    request_schema: Mapping[str, Json]
    parameters: Mapping[str, Parameter]
    words: Mapping[str, str]
    source: str
    read: str
    confidence: str
    retires: str | None = None
    frame_rate: float | None = None
    usual_render_s: float | None = None
    slowest_s: float = 3600.0
    sizes: Mapping[tuple[str, str], tuple[int, int]] | None = None

    @property
    def endpoint(self) -> str:
        """The path of a submission, from the origin's root: /api/v1/alibaba/wan2.7-t2v/async."""
        return self.service.endpoint(self.name)

    @property
    def docs_url(self) -> str:
        """The page where the limits were read, or empty where it was none."""
        return self.source if self.source.startswith("https://") else ""

    @property
    def text_parameters(self) -> frozenset[str]:
        """The parameters of type string; their YAML scalars are taken as written (`08`, `yes`)."""
        return frozenset(name for name, known in self.parameters.items() if known.type == "string")

    @property
    def seed_range(self) -> tuple[int, int] | None:
        """The smallest and largest allowed seed; None if the card does not state both."""
        known = self.parameters.get(SEED)
        if known is None:
            return None
        least, most = known.limits.get("minimum"), known.limits.get("maximum")
        return (least, most) if isinstance(least, int) and isinstance(most, int) else None

    def pixels(
        self, resolution: str | None = None, ratio: str | None = None
    ) -> tuple[int, int] | None:
        """Width and height in pixels, or None if the card does not state them.

        Arguments that are left out have the API's default.
        """
        key = (resolution or self._default(RESOLUTION), ratio or self._default(RATIO))
        return (self.sizes or {}).get((str(key[0]), str(key[1])))

    def expected_duration_s(self, payload: Payload) -> float | None:
        """The length of the requested video in seconds, or None if it is not known."""
        value = payload.get(DURATION, self._default(DURATION))
        try:
            # One vendor's API takes the length as text, "8".
            return float(value) if isinstance(value, int | float | str) else None
        except ValueError:
            return None

    def _default(self, name: str) -> Json:
        known = self.parameters.get(name)
        return known.default if known else None
