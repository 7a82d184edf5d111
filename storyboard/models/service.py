"""A service as values: where its requests go, and how long it keeps what it made. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One service, which offers many models.

    `protocol` names the way to speak to it. `origin` and `base_path` are the API's own
    ("https://api.modellix.ai", "/api/v1"); `submit_suffix` is how a submission's path ends
    ("/async" or nothing). `retention_h` is how long a result is kept where the reply does not say.
    """

    name: str
    protocol: str
    origin: str
    base_path: str
    submit_suffix: str
    retention_h: float

    def endpoint(self, model: str) -> str:
        """The path of a submission, from the origin's root: /api/v1/alibaba/wan2.7-t2v/async."""
        return f"{self.base_path}/{model}{self.submit_suffix}"
