"""A service as values: where its requests go, and how long it keeps results. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One service, which offers many models.

    `protocol` names the way to communicate with it. `origin` and `base_path` are the API's own
    ("https://api.modellix.ai", "/api/v1"). `submit_suffix` is the end of a submission's path
    ("/async" or nothing). `retention_h` is how many hours a result is kept if the reply does not
    say.
    """

    name: str
    protocol: str
    origin: str
    base_path: str
    submit_suffix: str
    retention_h: float

    def endpoint(self, model: str) -> str:
        """Return a submission's path, from the origin's root: /api/v1/alibaba/wan2.7-t2v/async."""
        return f"{self.base_path}/{model}{self.submit_suffix}"
