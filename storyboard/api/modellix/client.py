"""The Modellix API: each call builds one request, and the pure modules read the answer.

The key is sent only in the Authorization header, and only to the API's own
origin. Source: sections 1 and 2 of the API contract.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote as percent_encode

import requests

from storyboard.api.account import (
    Checkup,
    ListedModel,
    LogPage,
    number_in,
    read_checkup,
    read_log,
    read_models,
)
from storyboard.api.credentials import ApiKey
from storyboard.api.http.addresses import origin_of
from storyboard.api.http.client import HttpClient, Timeouts
from storyboard.api.http.response import Answer, object_in, rate_hint, text_in
from storyboard.api.modellix.submissions import is_own_error, is_task_id, read_submission
from storyboard.api.modellix.tasks import read_task
from storyboard.api.modellix.uploads import make_form, read_upload, read_uploads
from storyboard.api.redaction import Redaction, printable_line
from storyboard.errors import AccountError, NotNow, Unreachable, UsageError
from storyboard.names import ENDPOINT, USER_ID
from storyboard.records import Payload
from storyboard.replies import Outcome, SubmitReply, TaskReply, TaskStatus, Uploaded, UploadReply

_FILES = "/api/v1/media/files"
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class ModellixApi:
    """One account at one origin. Used from many threads at once.

    With an empty key no request is signed, which is enough to see whether the API is up.
    """

    def __init__(
        self,
        origin: str,
        key: ApiKey,
        *,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.origin = origin
        self._key = key
        self._http = HttpClient(
            self._sign, timeouts or Timeouts(), redaction=Redaction(key.reveal()), clock=clock
        )

    def submit(self, endpoint: str, payload: Payload, *, user_id: str | None = None) -> SubmitReply:
        """Send one paid request exactly once and return the result.

        `endpoint` is the path from the model card. Network errors are reported in
        the reply, not raised.

        Effect: may be charged. The caller has committed a `sending` row.

        Raises:
            UsageError: the endpoint is not a path; nothing was sent.
        """
        if not re.fullmatch(ENDPOINT, endpoint):
            raise UsageError(
                f"the endpoint {endpoint[:100]!r} is not a path.",
                next_step="correct it in the model card",
            )
        try:
            body = _encode(payload)
        except ValueError:
            return SubmitReply(Outcome.REJECTED, message="the payload cannot be written as JSON")
        answer = self._http.post(self.origin + endpoint, body, headers=_user_header(user_id))
        return read_submission(answer)

    def poll(self, task_id: str) -> TaskReply:
        """Ask once for the task's status; the URL comes from the id, never from a reply."""
        if not is_task_id(task_id):
            return TaskReply(TaskStatus.MISSING, reason="this cannot be a task id")
        reply = read_task(self._get(f"tasks/{percent_encode(task_id, safe='')}"), task_id)
        if reply.status is TaskStatus.MISMATCHED:
            self._http.drop_connection()  # it may be one reply behind, and would stay so
        return reply

    def account(self, salt: str) -> str:
        """A digest that identifies the key and the origin, and with another salt does not."""
        text = "\0".join(("storyboard account", salt, self.origin, self._key.reveal()))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def upload(self, name: str, content: bytes) -> UploadReply:
        """Upload a picture; `name` ends in .png, .jpg or .webp. Free, and may be repeated."""
        body, content_type = make_form(name, content)
        url = f"{self.origin}{_FILES}"
        answer = self._http.upload(url, body, content_type=content_type)
        return read_upload(answer, name, origin=self.origin)

    def uploads(self) -> tuple[Uploaded, ...] | None:
        """The account's files, whoever uploaded them; None if that cannot be found out now."""
        return read_uploads(self._http.get(f"{self.origin}{_FILES}"), origin=self.origin)

    def delete_upload(self, file_id: str) -> bool:
        """Whether the file is no longer at the API after this request to delete it."""
        if not is_task_id(file_id):
            return False
        path = f"{_FILES}/{percent_encode(file_id, safe='')}"
        answer = self._http.delete(f"{self.origin}{path}")
        is_gone = answer.status in (404, 410) and is_own_error(answer)
        return is_gone or (answer.status is not None and 200 <= answer.status < 300)

    def check_up(self) -> Checkup:
        """Whether the API knows the key, and what its reply says about limits and clock."""
        answer = self._get("apikey/validate")
        is_valid = (
            not (answer.status == 401 and is_own_error(answer))
            and object_in(self._checked(answer), "data").get("is_valid") is True
        )
        return read_checkup(answer, is_key_valid=is_valid)

    def clock_offset_s(self) -> float | None:
        """How far the API's clock is ahead of ours, by any reply; None if it does not say."""
        answer = self._get("apikey/validate")
        return read_checkup(answer, is_key_valid=False).clock_offset_s

    def balance_usd(self) -> float | None:
        """The account's balance in US dollars; None if the reply does not say."""
        return number_in(object_in(self._checked(self._get("team/balance")), "data"), "balance")

    def models(self) -> tuple[ListedModel, ...]:
        """The models that the API offers."""
        return read_models(self._checked(self._get("models")))

    def model_schema(self, model: str) -> Any:
        """The API's own schema for a model's requests; None if it does not know the model.

        The schema is public, so this works without a key.
        """
        path = "/".join(percent_encode(part, safe="") for part in model.split("/"))
        answer = self._http.get(f"{self.origin}/models/{path}/api_schema")
        return None if answer.status == 404 and is_own_error(answer) else self._checked(answer)

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        """One page of the account's request log between two times, at most 30 days apart.

        The log is the whole team's. `user_id` asks only for the requests that carried
        this id; the name of that filter is a guess, so the caller must not rely on it.
        """
        params: dict[str, str | int] = {
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "page": page,
            "page_size": page_size,
        }
        if user_id is not None:
            params["user_id"] = user_id
        return read_log(self._checked(self._get("logs", params)))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._http.close()

    def _get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        return self._http.get(f"{self.origin}/api/v1/{path}", params=params)

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        key = self._key.reveal()
        if key and origin_of(request.url or "") == self.origin:
            request.headers["Authorization"] = f"Bearer {key}"
        return request

    def _checked(self, answer: Answer) -> Any:
        """The document of a successful answer.

        Raises:
            Unreachable: no reply came.
            NotNow: the answer says to try again, or is a server error.
            AccountError: the answer is another error, or makes no sense.
        """
        if answer.status is None:
            raise Unreachable(
                f"{self.origin} could not be reached: {answer.problem}.",
                next_step=answer.remedy
                or "check the network and the address (MODELLIX_BASE_URL, --base-url)",
            )
        document = answer.document
        code = document.get("code", 0) if isinstance(document, dict) else None
        if 200 <= answer.status < 300 and code == 0:
            return document
        message = text_in(document, "message") or answer.problem
        because = f": {printable_line(message).rstrip('.')}" if message else ""
        if answer.status in (401, 403) and is_own_error(answer):
            raise AccountError(
                f"{self.origin} refused the key (HTTP {answer.status}){because}.",
                next_step="check MODELLIX_API_KEY, or the profile that the key comes from",
            )
        if answer.proxy and not is_own_error(answer):
            because += f"; the proxy {answer.proxy} may have sent it"
        sentence = f"{self.origin} gave no usable reply (HTTP {answer.status}){because}."
        if answer.status in _TRY_LATER:
            hint = rate_hint(answer)
            wait_s = hint.reset_in_s if hint.retry_after_s is None else hint.retry_after_s
            raise NotNow(sentence, next_step="try again in a while", wait_s=wait_s)
        raise AccountError(sentence, next_step="try again in a while")


def _encode(payload: Payload) -> bytes:
    """The JSON body of a request: compact, UTF-8, in the payload's order.

    Raises:
        ValueError: it holds a value that JSON or UTF-8 cannot represent.
    """
    text = json.dumps(dict(payload), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _user_header(user_id: str | None) -> dict[str, str]:
    if user_id is None:
        return {}
    if not re.fullmatch(USER_ID, user_id):
        raise ValueError("a user id is 8 to 128 letters, digits, '_' and '-'")
    return {"X-Mdlx-User-Id": user_id}
