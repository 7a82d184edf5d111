"""The key is kept out of texts, however they spell it."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.api.redaction import Redaction

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)
KEY = 'mdlx/marked+key="&<0123\\456789%'


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
        html.escape(KEY),
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
        "".join(f"&#x{ord(char):x};" for char in KEY),
        quote(quote(KEY, safe=""), safe=""),
        "".join(f"%25{ord(char):02X}" for char in KEY),
        json.dumps("".join(f"\\u{ord(char):04x}" for char in KEY))[1:-1],
        KEY.upper(),
        KEY.title(),
        quote(KEY.upper(), safe=""),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        quote(base64.b64encode(KEY.encode()).decode().rstrip("="), safe=""),
    ],
)
def test_the_key_is_hidden_in_each_of_its_spellings(text: str) -> None:
    redaction = Redaction(KEY)
    assert redaction.hide(f"before {text} after") == "before *** after"
    assert not redaction.is_clean(f"https://host/?token={text}")


@given(KEYS, st.text(), st.text())
def test_any_key_is_hidden_and_what_stands_around_it_stays(
    key: str, before: str, after: str
) -> None:
    redaction = Redaction(key)
    hidden = redaction.hide(f"{before}\n{key}\n{after}")
    assert f"\n{key}\n" not in hidden
    if redaction.is_clean(before) and redaction.is_clean(after):
        assert hidden == f"{before}\n***\n{after}"


def test_other_text_is_left_as_it_is() -> None:
    text = base64.b64encode(b"another value altogether").decode()
    assert Redaction(KEY).hide(text) == text


@given(KEYS, st.binary(max_size=8), st.binary(max_size=8), st.booleans())
def test_the_key_is_hidden_in_base64_wherever_it_stands_in_a_longer_text(
    key: str, before: bytes, after: bytes, is_url_safe: bool
) -> None:
    encode = base64.urlsafe_b64encode if is_url_safe else base64.b64encode
    text = encode(before + key.encode() + after).decode()
    hidden = Redaction(key).hide(f"a {text} z")
    # Of the characters beside the mask, at most one on each side holds bits of the key.
    assert "***" in hidden
    assert len(hidden) <= len(f"a {encode(before + after).decode()} z") + 8


DIGITS = "12345678901234567"


@pytest.mark.parametrize("value", [int(DIGITS), -int(DIGITS), float("123456789012") * 8])
def test_a_number_that_is_the_key_is_hidden(value: float) -> None:
    key = str(abs(int(value)))
    document = {"data": [{"balance": value, key: 1.5}], "code": 0, "is_valid": True}
    assert Redaction(key).hide_in(document) == {
        "data": [{"balance": "***", "***": 1.5}],
        "code": 0,
        "is_valid": True,
    }


def test_a_number_that_lost_the_zeros_in_front_of_the_key_is_hidden() -> None:
    assert Redaction("0012345678").hide_in([12345678, 1234567]) == ["***", 1234567]


def test_what_is_nested_too_deep_is_left_out() -> None:
    document: object = KEY
    for _ in range(100):
        document = [document]
    assert KEY not in str(Redaction(KEY).hide_in(document))


@pytest.mark.parametrize(
    "unit", ["m", "mdlx", "%", "%25", "\\", "\\u00", "&#0", "&#x0", "&", "QUJD", KEY[:-1], "6d"]
)
def test_hiding_costs_time_in_proportion_to_the_text(unit: str) -> None:
    def cost_s(size: int) -> float:
        text = unit * (size // len(unit))
        times = []
        for _ in range(3):
            began = time.process_time()
            Redaction(KEY).hide(text)
            times.append(time.process_time() - began)
        return min(times)

    assert cost_s(400_000) < 20 * cost_s(50_000) + 0.05


def test_a_stand_in_of_a_few_letters_is_not_hidden() -> None:
    assert Redaction("sandbox").hide("task sandbox-1") == "task sandbox-1"
