"""What makes two requests the same. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from storyboard.records import Json, Payload

_WHOLE = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical_json(value: Json | Payload) -> str:
    """The one spelling of a JSON value: keys sorted, no spaces, no ASCII escapes.

    Whole numbers are written as integers, so 5.0 and 5 are the same request.
    Raises ValueError for NaN and the infinities, which JSON does not have.
    """
    return _ENCODER.encode(whole_numbers(value))


def whole_numbers(value: Json | Payload) -> Json:
    """The same value with whole floats as integers; an API's integer enum wants 5, not 5.0."""
    if type(value) in _WHOLE:
        return value  # type: ignore[return-value] # the set says so
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    if isinstance(value, (dict, Mapping)):  # a dict is quickly told, other mappings are not
        return {
            key: item if type(item) in _WHOLE else whole_numbers(item)
            for key, item in value.items()
        }
    return value


def fingerprint(model: str, payload: Payload, *, repeat: int = 0) -> str:
    """64 hex digits: sha256 of the canonical JSON of model and payload.

    `repeat` says how many earlier takes of the same shot have an equal
    payload; they want different videos from equal requests.
    """
    request: dict[str, Json] = {"model": model, "payload": dict(payload)}
    if repeat:
        request["repeat"] = repeat
    # Half a character cannot be sent and is reported where it was read; hashing it must not fail.
    text = canonical_json(request).encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()
