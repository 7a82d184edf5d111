"""The interface that the engine needs from an API, and the wire protocols that provide it.

A new provider needs a file beside this one and a line in `PROTOCOLS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from storyboard.api.modellix.client import ModellixApi
from storyboard.records import Payload
from storyboard.replies import SubmitReply, TaskReply, Uploaded, UploadReply


class Api(Protocol):
    """One account at one origin. Used from many threads at once."""

    @property
    def origin(self) -> str:
        """Scheme, host and port; the state file and the manifest name it."""
        ...

    def submit(self, endpoint: str, payload: Payload, *, user_id: str | None = None) -> SubmitReply:
        """Send one paid request, once. The caller has committed a `sending` row."""
        ...

    def poll(self, task_id: str) -> TaskReply:
        """Ask once for the task's status."""
        ...

    def account(self, salt: str) -> str:
        """A digest that identifies the key and the origin, and with another salt does not."""
        ...

    def upload(self, name: str, content: bytes) -> UploadReply:
        """Upload a picture; `name` ends in .png, .jpg or .webp. Free, and may be repeated."""
        ...

    def uploads(self) -> tuple[Uploaded, ...] | None:
        """The account's files, whoever uploaded them; None if that cannot be found out now."""
        ...

    def delete_upload(self, file_id: str) -> bool:
        """Whether the file is no longer at the API after this request to delete it."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


@runtime_checkable
class HasClock(Protocol):
    """An API that can be asked for its time, without a key."""

    def clock_offset_s(self) -> float | None:
        """How far its clock is ahead of ours, in seconds; None if it does not give the time."""
        ...


PROTOCOLS: dict[str, Callable[..., Api]] = {"modellix": ModellixApi}
