"""A model card as values: endpoint, parameters with their limits, and properties of the videos.

`models.card_reader` reads it from an OpenAPI document. Limits are written in
the card's schemas and nowhere else. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from storyboard.records import Json, Payload

ParameterType: TypeAlias = Literal["string", "integer", "number", "boolean"]

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

    `request_schema` is JSON Schema 2020-12. `origin` and `base_path` are the
    API's own ("https://api.modellix.ai", "/api/v1"); `submit_suffix` is how a
    submission's path ends ("/async" or nothing). `retention_h` is how long a
    result is kept where the reply does not say, `slowest_h` the longest that a task is
    known to take. `sizes` maps resolution and
    ratio to pixels, as an estimate. `docs_url` is the vendor's page, or empty.
    """

    name: str
    title: str
    protocol: str
    origin: str
    base_path: str
    submit_suffix: str
    request_schema: Mapping[str, Json]
    parameters: Mapping[str, Parameter]
    retention_h: float
    slowest_h: float = 1.0
    frame_rate: float | None = None
    sizes: Mapping[tuple[str, str], tuple[int, int]] | None = None
    docs_url: str = ""

    @property
    def endpoint(self) -> str:
        """The path of a submission, from the origin's root: /api/v1/alibaba/wan2.7-t2v/async."""
        return f"{self.base_path}/{self.name}{self.submit_suffix}"

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
