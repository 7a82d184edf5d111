"""The API that a render talks to: the account's own, or the sandbox in this process."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storyboard.api.credentials import ApiKey, Credentials, find_key
from storyboard.api.http.environment import check_environment
from storyboard.api.protocols import PROTOCOLS, Api
from storyboard.api.redaction import Redaction
from storyboard.errors import UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.service import Service
from storyboard.names import SANDBOX
from storyboard.private import home_folder
from storyboard.project.sandbox_tasks import SANDBOX_FOLDER
from storyboard.project.workspace import Workspace
from storyboard.videos.fetch import make_fetch
from storyboard.videos.result import Fetch

if TYPE_CHECKING:
    from storyboard.sandbox.settings import SandboxSettings

_SANDBOX_UPLOADS = 6_000  # a minute: nobody else uses it


@dataclass(frozen=True, slots=True)
class Connection:
    """An open API, the client that downloads its results, and what is stored with each submission.

    `user_id` is random for each render: it distinguishes the render's rows in the account's
    request log from a colleague's. `profile` names the key. `account_of` replaces the API's own
    digest of the account.
    """

    api: Api
    fetch: Fetch
    profile: str
    user_id: str = field(default_factory=lambda: f"storyboard-{secrets.token_hex(8)}")
    account_of: Callable[[str], str] | None = None
    uploads_per_minute: int = 30


def service_of(catalog: Catalog, model: str, endpoint: str | None) -> Service:
    """The service of a model, for new submissions.

    A submission that was already sent works without its card: `endpoint` is where it was
    sent. Raises UsageError if neither is known.
    """
    try:
        service = card_of(catalog, model).service
    except UsageError:
        known = None if endpoint is None else catalog.service_at(endpoint)
        if known is None:
            raise
        service = known
    if service.protocol not in PROTOCOLS:
        raise UsageError(
            f"service {service.name} speaks {service.protocol!r}, and this version of storyboard "
            f"speaks {', '.join(PROTOCOLS)}",
            next_step="correct x-storyboard.protocol in the service's file",
        )
    return service


def card_of(catalog: Catalog, model: str) -> ModelCard:
    """The card of a model that a submission was sent to. Raises UsageError if it is gone."""
    card = catalog.get(model)
    if card is None:
        raise UsageError(
            f"there is no model card for {model}, which an earlier render used",
            next_step="put the card back, or use the storyboard version that has it",
        )
    return card


def find_credentials(origin: str) -> Credentials:
    """The key for an origin, found before anything is sent or written.

    Raises AccountError if there is none, or if the configured proxy or certificates
    cannot be used.
    """
    credentials = find_key(origin, environ=os.environ, home=home_folder())
    check_environment(origin)
    return credentials


@contextmanager
def connect(
    space: Workspace,
    catalog: Catalog,
    *,
    protocol: str,
    allow_private: bool = False,
    sandbox: SandboxSettings | None = None,
) -> Iterator[Connection]:
    """The connection for a workspace's origin, closed at the end of the context.

    `allow_private` lets results come from private addresses, for users whose
    proxy maps every host to one. `sandbox` says how the sandbox behaves, if it is
    the origin and should not behave as usual.

    Raises:
        AccountError: there is no key, or the configured proxy or certificates cannot be used.
        UsageError: the sandbox is requested but not installed.
    """
    if space.origin == SANDBOX:
        with _connect_sandbox(space, catalog, protocol, sandbox) as connection:
            yield connection
        return
    credentials = find_credentials(space.origin)
    api = PROTOCOLS[protocol](space.origin, credentials.key)
    try:
        redaction = Redaction(credentials.key.reveal())
        fetch = make_fetch(
            catalog, origin=space.origin, allow_private=allow_private, redaction=redaction
        )
        yield Connection(api, fetch, credentials.profile)
    finally:
        api.close()


@contextmanager
def _connect_sandbox(
    space: Workspace, catalog: Catalog, protocol: str, settings: SandboxSettings | None
) -> Iterator[Connection]:
    from storyboard.sandbox import require_sandbox

    require_sandbox()
    from storyboard.sandbox.server import SandboxServer
    from storyboard.sandbox.settings import UNLIMITED

    key = secrets.token_urlsafe(32)  # no other program or web page may talk to it
    folder = space.state / SANDBOX_FOLDER
    own = catalog.of(space.storyboard.path)
    with SandboxServer(folder, settings or UNLIMITED, api_key=key, catalog=own) as server:
        api = PROTOCOLS[protocol](server.base_url, ApiKey(key))
        try:
            fetch = make_fetch(
                catalog, origin=server.base_url, moved_to=server.base_url, redaction=Redaction(key)
            )
            yield Connection(
                api,
                fetch,
                SANDBOX,
                account_of=_sandbox_account,
                uploads_per_minute=_SANDBOX_UPLOADS,
            )
        finally:
            api.close()


def _sandbox_account(salt: str) -> str:
    """The digest of the sandbox's account, whose key and port are new each time."""
    return hashlib.sha256(f"sandbox {salt}".encode()).hexdigest()[:32]
