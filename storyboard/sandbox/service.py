"""Decides each request: who may ask, what is accepted, what remains. Uses no HTTP library.

Everything here runs in the server's single event loop, so no other request can
come between a decision and its effects.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus

from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.words import RATIO, RESOLUTION
from storyboard.names import USER_ID
from storyboard.records import Json
from storyboard.sandbox.checks import is_public_https, payload_error, read_body
from storyboard.sandbox.clips.format import clip_format
from storyboard.sandbox.faults import Faults, Stage, chance
from storyboard.sandbox.ledger import Ledger
from storyboard.sandbox.rate import RateWindow
from storyboard.sandbox.replies import Refusal, not_found
from storyboard.sandbox.settings import DEFAULT_KEY, SandboxSettings
from storyboard.sandbox.tasks import Fate, Task

_PENDING_SHARE = 0.2  # of a task's time, until the API says "processing"
_FATES = {
    "task_fails": Fate.FAILS,
    "task_canceled": Fate.CANCELED,
    "never_ends": Fate.NEVER_ENDS,
    "no_video": Fate.NO_VIDEO,
}


class Service:
    """The account and its tasks. `settings` may be replaced between requests."""

    def __init__(
        self,
        catalog: Catalog,
        settings: SandboxSettings,
        ledger: Ledger,
        clock: Callable[[], float],
        *,
        api_key: str,
    ) -> None:
        self._api_key = api_key
        self.catalog = catalog
        self.settings = settings
        self.now = clock
        self._ledger = ledger
        self._tasks: dict[str, Task] = {}
        self._tasks_by_file: dict[str, Task] = {}
        self._open: dict[str, Task] = {}
        self.last_polled: Task | None = None
        self._spent_usd = 0.0
        self._counts: Counter[Stage] = Counter()
        self._window = RateWindow(settings.requests_per_minute)

    # Faults

    def count(self, stage: Stage) -> int:
        """The number of this request within its stage, from 1."""
        self._counts[stage] += 1
        return self._counts[stage]

    def set_faults(self, faults: Faults) -> None:
        """Inject these faults from now on; the next request of each stage counts as its first."""
        self.settings = replace(self.settings, faults=faults)
        self._counts.clear()

    def injects(self, name: str, count: int) -> bool:
        """Whether to inject a fault into this request; counted in the ledger."""
        is_injected = self.settings.faults.injects(name, count)
        self._ledger.faults[name] += is_injected
        return is_injected

    # Who may ask, and how often

    def is_valid_key(self, authorization: str | None) -> bool:
        """Whether the header carries the key of this sandbox."""
        scheme, _, key = (authorization or "").strip().partition(" ")
        # aiohttp decodes invalid bytes in a header as surrogates.
        given = key.strip().encode("utf-8", "surrogateescape")
        return scheme.lower() == "bearer" and hmac.compare_digest(given, self._api_key.encode())

    def check_key(self, authorization: str | None) -> None:
        """Raise Refusal 401 unless the header carries the key of this sandbox."""
        if not self.is_valid_key(authorization):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Authentication failed: no valid API key")

    @property
    def has_secret_key(self) -> bool:
        """Whether the key is not the default, which everybody knows."""
        return self._api_key != DEFAULT_KEY

    def check_rate(self) -> None:
        """Count a submission; raises Refusal 429 if it exceeds the limit per minute."""
        self._window = self._window.at(self.now(), self.settings.requests_per_minute)
        if self._window.is_full:
            raise self.too_many_requests(self._window)
        self._window = self._window.after_one_more()

    def too_many_requests(self, window: RateWindow | None = None) -> Refusal:
        """A 429 for the rate; without a window (for a fault), as if the limit were used up."""
        limit = self.settings.requests_per_minute
        window = window or RateWindow(limit, self.now(), used=limit)
        return Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Rate limit exceeded: {window.limit} requests per minute",
            window.headers | self.retry_headers,
        )

    @property
    def rate_headers(self) -> Mapping[str, str]:
        """The rate headers of every answer to a submission."""
        return self._window.headers

    @property
    def retry_headers(self) -> dict[str, str]:
        """Retry-After, if set; the real service does not document it."""
        seconds = self.settings.retry_after_s
        return {} if seconds is None else {"Retry-After": str(seconds)}

    # Submissions

    def accept(self, model: str, body: bytes, *, user_id: str | None, webhook: str | None) -> Task:
        """Accept a request and return its task; otherwise raises the Refusal to answer with.

        `user_id` and `webhook` come from its headers. A webhook is checked but never called.
        The task counts from now on; `forget` it if it cannot be written to the journal.
        """
        card = self.catalog.get(model)
        if card is None:
            raise not_found(f"model '{model[:200]}' does not exist")
        try:
            payload = read_body(body)
        except ValueError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from None
        if message := payload_error(payload, card):
            raise Refusal(HTTPStatus.BAD_REQUEST, message)
        if user_id is not None and not re.fullmatch(USER_ID, user_id):
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                "Invalid format: X-Mdlx-User-Id takes 8 to 128 letters, digits, '_' and '-'",
            )
        if webhook is not None and not is_public_https(webhook):
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                "Invalid parameters: X-Webhook-URL takes a public HTTPS address without a user",
            )
        task = self._make_task(card, payload, user_id)
        self._check_balance(task)
        self._check_in_flight()
        self.restore([task])
        return task

    def restore(self, tasks: Iterable[Task]) -> None:
        """Add accepted tasks, new ones or those from before a restart."""
        for task in tasks:
            self._tasks[task.id] = self._tasks_by_file[task.file] = self._open[task.id] = task

    def update(self, task: Task) -> None:
        """Replace an accepted task by what is known of it now."""
        self._tasks[task.id] = self._tasks_by_file[task.file] = task
        if task.id in self._open:
            self._open[task.id] = task

    def forget(self, task: Task) -> None:
        """Remove a task whose client was never answered."""
        del self._tasks[task.id], self._tasks_by_file[task.file]
        self._open.pop(task.id, None)

    def _check_balance(self, task: Task) -> None:
        left = self.balance_usd()
        if task.cost_usd > left:
            raise Refusal(
                HTTPStatus.PAYMENT_REQUIRED,
                f"Insufficient balance: the task costs {task.cost_usd:.4f} USD, {left:.4f} is left",
            )

    def _check_in_flight(self) -> None:
        limit = self.settings.max_in_flight
        if self.in_flight() >= limit:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Concurrent limit exceeded: {limit} tasks may be in flight",
                self.rate_headers,
            )

    def _make_task(self, card: ModelCard, payload: dict[str, Json], user_id: str | None) -> Task:
        settings, now = self.settings, self.now()
        spread = chance(settings.seed, "render_time", len(self._tasks) + 1) * 2 - 1
        time_s = max(0.0, settings.render_time_s + settings.render_time_spread_s * spread)
        retention_s = settings.retention_s
        words = card.words_of(payload)
        clip = clip_format(card, payload, settings.clip_size)
        return Task(
            id=f"sandbox-{secrets.token_hex(12)}",
            file=f"{secrets.token_urlsafe(24)}.mp4",
            model=card.name,
            payload=payload,
            accepted_at=now,
            starts_at=now + time_s * _PENDING_SHARE,
            ends_at=now + time_s,
            retention_s=card.service.retention_h * 3600 if retention_s is None else retention_s,
            fate=self._decide_fate(payload),
            cost_usd=round(clip.duration_s * settings.price_per_second_usd, 4),
            resolution=str(words.get(RESOLUTION, "")),
            ratio=str(words.get(RATIO, "")),
            width_px=clip.width_px,
            height_px=clip.height_px,
            duration_s=clip.duration_s,
            fps=clip.fps,
            user_id=user_id,
        )

    def _decide_fate(self, payload: Mapping[str, Json]) -> Fate:
        count = self.count(Stage.TASK)
        marker = self.settings.faults.fail_marker
        if marker and marker in str(payload.get("prompt", "")):
            return Fate.FAILS
        injected = (fate for name, fate in _FATES.items() if self.injects(name, count))
        return next(injected, Fate.SUCCEEDS)

    # The account and its tasks

    def in_flight(self) -> int:
        """The number of unfinished tasks."""
        self._charge_finished()
        return len(self._open)

    def balance_usd(self) -> float:
        """The remaining balance, to four decimals, as the API shows it."""
        self._charge_finished()
        reserved = sum(task.cost_usd for task in self._open.values())
        return round(self.settings.balance_usd - self._spent_usd - reserved, 4)

    def _charge_finished(self) -> None:
        """Charge for finished tasks, whose price no longer changes."""
        now = self.now()
        for task in [task for task in self._open.values() if task.is_finished(now)]:
            del self._open[task.id]
            self._spent_usd += task.charge_usd(now)

    def task(self, task_id: str) -> Task:
        """The task with this id; raises Refusal 404 if it does not exist or has expired."""
        task = self._tasks.get(task_id)
        if task is None or task.is_expired(self.now()):
            raise not_found("task does not exist or has expired")
        self.last_polled = task
        return task

    def task_of_file(self, name: str) -> Task:
        """The task that a result belongs to; raises Refusal 404 if the link does not work."""
        task = self._tasks_by_file.get(name)
        if task is None or not task.has_video(self.now()):
            raise not_found("this link does not exist or has expired")
        return task

    def tasks_between(self, start: float, end: float, user_id: str | None) -> tuple[Task, ...]:
        """The tasks accepted in a span of time, newest first, for one user id or for all."""
        return tuple(
            task
            for task in reversed(self._tasks.values())
            if start <= task.accepted_at <= end and user_id in (None, task.user_id)
        )
