"""The fingerprint that two requests share if they are the same. Pure."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from storyboard.media import Input, with_inputs
from storyboard.records import Json, Payload, Take

_WHOLE = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical_json(value: Json | Payload) -> str:
    """A JSON value in its canonical form: keys sorted, no spaces, no ASCII escapes.

    Whole numbers are written as integers, so 5.0 and 5 make the same request.
    Raises ValueError for NaN and the infinities, which JSON cannot hold.
    """
    return _ENCODER.encode(whole_numbers(value))


def whole_numbers(value: Json | Payload) -> Json:
    """The value with whole floats as integers: an API that wants the integer 5 rejects 5.0."""
    if type(value) in _WHOLE:
        return value  # type: ignore[return-value] # mypy cannot narrow by a set
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    if isinstance(value, (dict, Mapping)):  # dict first: the check against Mapping is slow
        return {
            key: item if type(item) in _WHOLE else whole_numbers(item)
            for key, item in value.items()
        }
    return value


def fingerprint(model: str, payload: Payload, *, repeat: int = 0) -> str:
    """The sha256 of the canonical JSON of model and payload, as 64 hex digits.

    `repeat` is the number of earlier takes of the same shot with an equal
    payload; it gives each take its own fingerprint, and so its own video.
    """
    request: dict[str, Json] = {"model": model, "payload": dict(payload)}
    if repeat:
        request["repeat"] = repeat
    # A lone surrogate was reported when it was read; hashing it here must not fail.
    text = canonical_json(request).encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()


def with_changed_inputs(take: Take, change: Callable[[Sequence[Input]], tuple[Input, ...]]) -> Take:
    """The take and its fallbacks with other files and frames; payloads and fingerprints follow.

    Returns the same object if `change` changes none of them.
    """
    inputs = change(take.inputs)
    fallbacks = tuple(with_changed_inputs(one, change) for one in take.fallbacks)
    if inputs == take.inputs:
        is_same = all(map(operator.is_, fallbacks, take.fallbacks))
        return take if is_same else replace(take, fallbacks=fallbacks)
    payload = with_inputs(take.payload, inputs)
    request = fingerprint(take.model, payload, repeat=take.repeat)
    return replace(take, payload=payload, fingerprint=request, inputs=inputs, fallbacks=fallbacks)


def find_repeat(value: str, model: str, payload: Payload, *, repeats: Iterable[int]) -> int | None:
    """The first of these repeats with which `value` is the fingerprint of model and payload.

    None if it is with none of them. Serializes the payload only once, however many are tried.
    """
    request: dict[str, Json] = {"model": model, "payload": dict(payload)}
    start = canonical_json(request).encode(errors="surrogatepass").removesuffix(b"}")
    hashed = hashlib.sha256(start)
    for repeat in repeats:
        one = hashed.copy()
        one.update(b',"repeat":%d}' % repeat if repeat else b"}")  # the last of the sorted keys
        if one.hexdigest() == value:
            return repeat
    return None
